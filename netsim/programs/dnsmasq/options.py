"""What dnsmasq is told: words of its command line, or the same as lines of a file (`dnsmasq(8)`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.addr import IPv4, IPv6
from netsim.programs.net.resolver import numeric

SWITCHES = {
    "no-daemon": "d", "keep-in-foreground": "k", "no-hosts": "h", "no-resolv": "R", "bind-interfaces": "z", "domain-needed": "D", "no-poll": "n",
    "no-negcache": "N", "strict-order": "o", "bogus-priv": "b", "expand-hosts": "E", "log-queries": "q", "localise-queries": "y", "filterwin2k": "f",
    "bind-dynamic": "", "all-servers": "", "stop-dns-rebind": "", "local-service": "",
}  # fmt: skip
VALUES = {
    "listen-address": "a", "address": "A", "server": "S", "local": "", "addn-hosts": "H", "resolv-file": "r", "interface": "i", "except-interface": "I",
    "port": "p", "conf-file": "C", "pid-file": "x", "host-record": "", "cname": "", "cache-size": "c", "user": "u", "group": "g", "log-facility": "8",
    "local-ttl": "T", "edns-packet-max": "P",
}  # fmt: skip
DHCP = ("dhcp-range", "dhcp-host", "dhcp-option", "dhcp-authoritative", "dhcp-leasefile", "dhcp-boot", "enable-tftp", "enable-ra")
LETTERS = {"F": "dhcp-range", "G": "dhcp-host", "O": "dhcp-option", "K": "dhcp-authoritative", "l": "dhcp-leasefile", "M": "dhcp-boot"}
"""Options of the server's other half, which is not here."""
QUIET = {
    "no-poll",
    "no-negcache",
    "cache-size",
    "user",
    "group",
    "bind-interfaces",
    "bind-dynamic",
    "pid-file",
    "conf-file",
    "no-daemon",
    "keep-in-foreground",
}
READ = {"no-hosts", "no-resolv", "domain-needed", "listen-address", "address", "server", "local", "addn-hosts", "resolv-file", "interface", "except-interface", "port", "host-record", "cname", "local-ttl"}  # fmt: skip
"""What is heeded; QUIET is what makes no difference here, everything else is reported as not modelled."""
DOMAIN = 53


class OptionProblem(Exception):
    """What dnsmasq does not take, in its words."""


@attrs.frozen
class Target:
    """An upstream server; no address: nobody is asked."""

    address: IPv4 | IPv6 | None
    port: int = DOMAIN


@attrs.define
class Options:
    """All of them."""

    said: set[str] = attrs.field(factory=set)
    listen: list[IPv4 | IPv6] = attrs.field(factory=list)
    interfaces: list[str] = attrs.field(factory=list)
    excepted: list[str] = attrs.field(factory=list)
    addresses: list[tuple[str, IPv4 | IPv6 | None]] = attrs.field(factory=list)
    """Domain -> the address of everything below it; None: there is nothing."""
    servers: list[tuple[str, Target]] = attrs.field(factory=list)
    """Domain ("": all) -> who is asked."""
    hosts_files: list[str] = attrs.field(factory=list)
    records: list[tuple[str, IPv4 | IPv6]] = attrs.field(factory=list)
    aliases: list[tuple[str, str]] = attrs.field(factory=list)
    resolv: str = "/etc/resolv.conf"
    conf: str = ""
    pid_file: str = "/run/dnsmasq/dnsmasq.pid"
    port: int = DOMAIN
    ttl: int = 0
    unmodelled: list[str] = attrs.field(factory=list)

    def take(self, name: str, value: str) -> None:
        """One option; OptionProblem."""
        self.said.add(name)
        if name in TAKERS:
            getattr(self, TAKERS[name])(name, value)
        elif name not in READ and name not in QUIET:
            self.unmodelled.append(f"--{name}{f'={value}' if value else ''}")

    def _listen(self, name: str, value: str) -> None:
        for word in value.split(","):
            self.listen.append(_address(name, word))

    def _names(self, name: str, value: str) -> None:
        (self.interfaces if name == "interface" else self.excepted).extend(value.split(","))

    def _domains(self, name: str, value: str) -> None:
        domains, last = _split(name, value)
        self.addresses += [(domain, None if last in ("", "#") else _address(name, last)) for domain in domains]

    def _servers(self, name: str, value: str) -> None:
        domains, last = _split(name, value) if value.startswith("/") else ([""], value)
        word, _, port = last.partition("#")
        target = Target(_address(name, word) if word else None, int(port) if port.isdecimal() else DOMAIN)
        self.servers += [(domain, target) for domain in domains]

    def _record(self, name: str, value: str) -> None:
        words = [word for word in value.split(",") if not word.isdecimal()]
        names = [word for word in words if numeric(word) is None]
        found = [address for word in words if (address := numeric(word)) is not None]
        if not names:
            raise OptionProblem("Bad host-record")
        self.records += [(word, address) for word in names for address in found]

    def _alias(self, name: str, value: str) -> None:
        *aliases, target = [word for word in value.split(",") if not word.isdecimal()]
        if not aliases:
            raise OptionProblem("bad CNAME")
        self.aliases += [(alias, target) for alias in aliases]

    def _hosts(self, name: str, value: str) -> None:
        self.hosts_files.append(value)

    def _word(self, name: str, value: str) -> None:
        setattr(self, {"resolv-file": "resolv", "conf-file": "conf", "pid-file": "pid_file"}[name], value)

    def _number(self, name: str, value: str) -> None:
        if not value.isdecimal():
            raise OptionProblem("")
        setattr(self, {"port": "port", "local-ttl": "ttl"}[name], int(value))


TAKERS = {
    "listen-address": "_listen", "interface": "_names", "except-interface": "_names", "address": "_domains", "server": "_servers", "local": "_servers",
    "host-record": "_record", "cname": "_alias", "addn-hosts": "_hosts", "resolv-file": "_word", "conf-file": "_word", "pid-file": "_word",
    "port": "_number", "local-ttl": "_number",
}  # fmt: skip


def _split(name: str, value: str) -> tuple[list[str], str]:
    """`/one/two/last`: domains and what is said of them; `#` stands for all."""
    if not value.startswith("/"):
        raise OptionProblem("Bad address in --address")
    *domains, last = value[1:].split("/")
    return ["" if domain == "#" else domain.lower() for domain in domains], last


def _address(name: str, word: str) -> IPv4 | IPv6:
    address = numeric(word)
    if address is None:
        raise OptionProblem(
            {"address": "Bad address in --address", "server": "Cannot resolve server name", "local": "Cannot resolve server name"}.get(name, "")
        )
    return address


def read_words(words: Sequence[str]) -> Options:
    """A command line; OptionProblem."""
    options, rest = Options(), list(words)
    while rest:
        word = rest.pop(0)
        if word.startswith("--") and len(word) > 2:
            name, _, value = word[2:].partition("=")
            _one(options, name, value, int("=" in word), rest)
        elif word.startswith("-") and len(word) > 1:
            _letters(options, word[1:], rest)
        else:
            raise OptionProblem("junk found in command line")
    return options


def _letters(options: Options, letters: str, rest: list[str]) -> None:
    known = {letter: name for table in (SWITCHES, VALUES) for name, letter in table.items() if letter} | LETTERS
    while letters:
        name, letters = known.get(letters[0], ""), letters[1:]
        if name in VALUES:
            _one(options, name, letters, len(letters), rest)
            return
        _one(options, name, "", 0, rest)


def _one(options: Options, name: str, value: str, has_value: int, rest: list[str]) -> None:
    if name in DHCP or name.startswith("dhcp-"):
        raise OptionProblem(f"--{name} is not modelled")
    if name in SWITCHES and not has_value:
        options.take(name, "")
    elif name in VALUES and (has_value or rest):
        options.take(name, value if has_value else rest.pop(0))
    else:
        raise OptionProblem("try --help")


def read_file(options: Options, text: str, path: str) -> None:
    """The lines of a configuration file; OptionProblem."""
    for number, line in enumerate(text.splitlines(), 1):
        plain = line.partition("#")[0].strip() if not line.lstrip().startswith(("server", "address", "local")) else line.strip()
        if not plain or plain.startswith("#"):
            continue
        name, sign, value = plain.partition("=")
        try:
            _one(options, name.strip(), value.strip().strip('"'), len(sign), [])
        except OptionProblem as problem:
            raise OptionProblem(f"{str(problem).replace('try --help', 'bad option')} at line {number} of {path}") from None
