"""getaddrinfo(3) and getnameinfo(3) as a program without threads does them: /etc/hosts, then the name servers of /etc/resolv.conf over UDP.

A program holds a `Lookup`, begins it, and passes on what its own handlers hear; the look-up is over when `done` is set.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs

from netsim.addr import IPV4_LOOPBACK, IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.machine.hostnames import in_hosts, inet_aton, inet_pton6, name_in_hosts
from netsim.machine.resolver import is_unaskable
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import (
    DNS_RD,
    RCODE_NOERROR,
    RCODE_NXDOMAIN,
    TYPE_A,
    TYPE_AAAA,
    TYPE_PTR,
    Dns,
    Question,
    decode_dns,
    encode_dns,
)

AF_INET, AF_INET6, SOCK_DGRAM = 2, 10, 2
DOMAIN = 53
AI_CANONNAME = 2
NONAME = "Name or service not known"
AGAIN = "Temporary failure in name resolution"
FAIL = "Non-recoverable failure in name resolution"
NO_ADDRESS = "No address associated with hostname"
WRONG_FAMILY = "Address family for hostname not supported"
LOOKUP_TIMER = "lookup"


@attrs.frozen
class ResolvConf:
    """/etc/resolv.conf: whom to ask, what to append, how long to wait (ns) and how often (resolv.conf(5))."""

    servers: tuple[IPv4 | IPv6, ...] = (IPV4_LOOPBACK,)
    search: tuple[str, ...] = ()
    ndots: int = 1
    timeout: int = 5 * SECOND
    attempts: int = 2


WITHOUT_CONF = ResolvConf()
"""What holds where there is no file."""


@lru_cache(maxsize=64)
def read_resolv_conf(text: str) -> ResolvConf:
    """Read the file's text; what it does not say has its default, and without a server the own host is asked."""
    servers: list[IPv4 | IPv6] = []
    search: tuple[str, ...] = ()
    numbers = {"ndots": 1, "timeout": 5, "attempts": 2}
    for line in text.splitlines():
        words = line.split("#")[0].split(";")[0].split()
        if len(words) < 2:
            continue
        if words[0] == "nameserver":
            address = inet_aton(words[1]) or inet_pton6(words[1].partition("%")[0])
            servers += [address] if address is not None else []
        elif words[0] in ("search", "domain"):
            search = tuple(words[1:7])
        elif words[0] == "options":
            for option in words[1:]:
                name, _, value = option.partition(":")
                if name in numbers and value.isdigit():
                    numbers[name] = int(value)
    return ResolvConf(
        tuple(servers[:3]) or (IPV4_LOOPBACK,), search, numbers["ndots"], min(numbers["timeout"], 30) * SECOND, max(1, numbers["attempts"])
    )


def reverse_name(address: IPv4 | IPv6) -> str:
    """The name below in-addr.arpa or ip6.arpa that stands for an address."""
    if isinstance(address, IPv4):
        return ".".join(reversed(str(address).split("."))) + ".in-addr.arpa"
    return ".".join(reversed(f"{int(address):032x}")) + ".ip6.arpa"


def numeric(text: str) -> IPv4 | IPv6 | None:
    """The address a word spells, or None for a name."""
    return inet_pton6(text.partition("%")[0]) if ":" in text else inet_aton(text)


@attrs.define(eq=False)
class Lookup:
    """One question to the resolver: a name's addresses (`types` A and AAAA) or an address's name (PTR).

    When `done`: `found` in the order getaddrinfo gives, or `error` as gai_strerror words it.
    """

    name: str
    types: tuple[int, ...]
    conf: ResolvConf = WITHOUT_CONF
    found: list[Any] = attrs.field(factory=list)
    error: str = ""
    done: bool = False
    candidates: list[str] = attrs.field(factory=list)
    pending: dict[int, int] = attrs.field(factory=dict)  # query id -> type
    answers: dict[int, list[Any]] = attrs.field(factory=dict)
    exists: bool = False
    tries: int = 0
    fd: int = -1
    alarm: int = 0

    def begin(self, proc: Any) -> None:
        """Ask the first server for the first spelling of the name."""
        self.conf = read_resolv_conf(proc.read_text("/etc/resolv.conf"))
        absolute = self.name.endswith(".")
        plain = self.name.rstrip(".")
        search = self.conf.search or (proc.hostname().partition(".")[2],)  # the domain of the host's own name
        searched = [f"{plain}.{domain.strip('.')}" for domain in search if domain.strip(".")]
        if absolute or TYPE_PTR in self.types:
            self.candidates = [plain]
        elif plain.count(".") >= self.conf.ndots:
            self.candidates = [plain, *searched]
        else:
            self.candidates = [*searched, plain]
        self._ask(proc)

    def _ask(self, proc: Any) -> None:
        """Send the questions to the server whose turn it is; a server that refuses at once is passed over."""
        self.pending.clear()
        self.answers.clear()
        while True:
            self._hang_up(proc)
            if self.tries >= len(self.conf.servers) * self.conf.attempts:
                self._finish(AGAIN)
                return
            server = self.conf.servers[self.tries % len(self.conf.servers)]
            try:
                self.fd = proc.socket(AF_INET if isinstance(server, IPv4) else AF_INET6, SOCK_DGRAM)
                proc.sock(self.fd).connect(server, DOMAIN)
                for kind in self.types:
                    ident = proc.machine.kernel.rng.getrandbits(16)
                    self.pending[ident] = kind
                    proc.sock(self.fd).send(encode_dns(Dns(ident, DNS_RD, (Question(self.candidates[0], kind),))))
            except ValueError:  # a label of more than 63 bytes has no place in a question
                self._hang_up(proc)
                self._finish(NONAME)
                return
            except NetError:
                self.tries += 1
                continue
            self.alarm = proc.timer(self.conf.timeout, LOOKUP_TIMER)
            return

    def _hang_up(self, proc: Any) -> None:
        if self.alarm:
            proc.cancel_timer(self.alarm)
            self.alarm = 0
        if self.fd >= 0:
            proc.close(self.fd)
            self.fd = -1

    def _finish(self, error: str) -> None:
        self.error, self.done = error, True

    def readable(self, proc: Any) -> None:
        """An answer or a refusal came on `fd`."""
        while not self.done and self.fd >= 0:
            try:
                data = proc.sock(self.fd).recv()
            except NetError:
                self.tries += 1
                self._ask(proc)
                return
            if data is None:
                return
            self._take(proc, data)

    def timed_out(self, proc: Any) -> None:
        """The server was silent: the next one's turn."""
        self.alarm = 0
        self.tries += 1
        self._ask(proc)

    def _take(self, proc: Any, data: bytes) -> None:
        try:
            message = decode_dns(data)
        except DecodeError:
            return
        if message.ident not in self.pending:
            return
        kind = self.pending.pop(message.ident)
        rcode = message.flags & 15
        if rcode not in (RCODE_NOERROR, RCODE_NXDOMAIN):
            if self.answers:  # half an answer is enough (`send_dg`)
                self.pending.clear()
                self._conclude(proc)
                return
            self.tries += 1
            self._ask(proc)
            return
        self.exists |= rcode == RCODE_NOERROR
        self.answers[kind] = [record.data for record in message.answers if record.type == kind]
        if not self.pending:
            self._conclude(proc)

    def _conclude(self, proc: Any) -> None:
        self.found = [data for kind in self.types for data in self.answers.get(kind, [])]
        if self.found:
            self._hang_up(proc)
            if TYPE_PTR not in self.types:
                self.found = sort_addresses(proc, self.found)
            self._finish("")
            return
        self.candidates.pop(0)
        if self.candidates:
            self._ask(proc)
            return
        self._hang_up(proc)
        self._finish(NO_ADDRESS if self.exists else NONAME)


TYPES = {0: (TYPE_A, TYPE_AAAA), AF_INET: (TYPE_A,), AF_INET6: (TYPE_AAAA,)}


def getaddrinfo(proc: Any, name: str, family: int = 0, flags: int = 0) -> Lookup:
    """A name's addresses: `family` 0 for both, `flags` AI_CANONNAME. The look-up may be done already (numbers, /etc/hosts)."""
    lookup = Lookup(name, TYPES[family])
    address = numeric(name)
    if address is not None:
        is_wrong = family and isinstance(address, IPv4) != (family == AF_INET)
        lookup.found = [] if is_wrong else [address]
        lookup._finish(WRONG_FAMILY if is_wrong else "")
        return lookup
    known = [address for address in in_hosts(proc.read_text("/etc/hosts"), name) if not family or isinstance(address, IPv4) == (family == AF_INET)]
    if known:
        lookup.found = sort_addresses(proc, known)
        lookup._finish("")
    elif is_unaskable(name, int(family == AF_INET and not flags & AI_CANONNAME)):
        lookup._finish(NONAME)
    else:
        lookup.begin(proc)
    return lookup


def sort_addresses(proc: Any, found: list[Any]) -> list[Any]:
    """The order in which to try addresses (RFC 6724): reachable ones first, IPv6 before IPv4."""
    if len({isinstance(address, IPv4) for address in found}) < 2:
        return found
    return sorted(found, key=lambda address: (not _is_reachable(proc, address), isinstance(address, IPv4)))


def _is_reachable(proc: Any, address: IPv4 | IPv6) -> bool:
    fd = -1
    try:
        fd = proc.socket(AF_INET if isinstance(address, IPv4) else AF_INET6, SOCK_DGRAM)
        proc.sock(fd).connect(address, DOMAIN)
    except NetError:
        return False
    finally:
        if fd >= 0:
            proc.close(fd)
    return True


def getnameinfo(proc: Any, address: IPv4 | IPv6) -> Lookup:
    """An address's name; where there is none, the address itself is `found`."""
    lookup = Lookup(reverse_name(address), (TYPE_PTR,))
    known = name_in_hosts(proc.read_text("/etc/hosts"), address)
    if known is not None:
        lookup.found = [known]
        lookup._finish("")
    else:
        lookup.begin(proc)
    return lookup


def service_port(proc: Any, word: str, protocol: str) -> int | None:
    """A port's number, spelt or named in /etc/services; None when it is neither."""
    if word.isascii() and word.isdigit():
        return int(word)
    for line in proc.read_text("/etc/services").splitlines():
        words = line.split("#")[0].split()
        if len(words) >= 2 and word in (words[0], *words[2:]) and words[1].endswith("/" + protocol):
            return int(words[1].partition("/")[0])
    return None


def service_name(proc: Any, port: int, protocol: str) -> str | None:
    """What /etc/services calls a port (getservbyport(3)), or None."""
    wanted = f"{port}/{protocol}"
    for line in proc.read_text("/etc/services").splitlines():
        words = line.split("#")[0].split()
        if len(words) >= 2 and words[1] == wanted:
            return str(words[0])
    return None
