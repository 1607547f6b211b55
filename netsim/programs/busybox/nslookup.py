"""nslookup of BusyBox with all its features (networking/nslookup.c): every question goes out at once, answers are told as they come."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import MS, SECOND, US
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import DNS_AA, DNS_RD, RCODE_SERVFAIL, TYPE_A, TYPE_AAAA, TYPE_PTR, Dns, Question, Record, Soa, Srv, decode_dns, encode_dns
from netsim.programs.busybox.applet import die, ended, unsigned, usage
from netsim.programs.dns.text import NAMES, RCODES, TYPES
from netsim.programs.net.resolver import AF_INET, AF_INET6, LOOKUP_TIMER, SOCK_DGRAM, Lookup, getaddrinfo, numeric, reverse_name

APPLET = "nslookup"
OPTIONS = ("timeout", "type", "querytype", "port", "retry", "debug")
INT_MAX = 0x7FFFFFFF
SAYS = {"CNAME": "canonical name = ", "NS": "nameserver = ", "PTR": "name = "}
BETWEEN = 50 * US
"""From one question to the next: time enough for a refusal from near by."""
MESSAGE_TOO_LONG = "Message too long"
NEXT, RETRY, OVER = "next", "retry", "over"


def nslookup(call: Call) -> Any:
    """nslookup (BusyBox)."""
    return ended(_nslookup, call)


@attrs.define(eq=False)
class Asked:
    """One question: `data` are its bytes, None where the name cannot be put into any; `done` once it is answered."""

    name: str
    type: int
    ident: int
    data: bytes | None
    done: int = 0


def _nslookup(call: Call) -> Result | Program:
    words = list(call.argv[1:])
    types: list[int] = []
    numbers = {"port": 53, "retry": 2, "timeout": 5, "debug": 0}
    while words and words[0].startswith("-") and len(words[0]) > 1:
        name, _, value = words.pop(0)[1:].partition("=")
        option = next((known for known in OPTIONS if known.startswith(name)), "") if name else ""
        if not option:
            raise usage(APPLET)
        if option in ("type", "querytype"):
            kind = TYPES.get(value.upper())
            if kind is None:
                raise die(APPLET, f'invalid query type "{value}"')
            types += [kind] if kind not in types else []
        elif option == "debug":
            numbers["debug"] = 1
        else:
            most = {"port": 65535, "retry": INT_MAX, "timeout": INT_MAX // 1000}[option]
            numbers[option] = unsigned(APPLET, value, most, 1)
    if not 1 <= len(words) <= 2:
        raise usage(APPLET)
    if len(words) > 1:
        names, search = [words[1]], list[str]()
    else:
        names, search = _configuration(call.proc.read_text("/etc/resolv.conf"))
        domain = call.proc.hostname().partition(".")[2]
        search = search or ([domain] if domain else [])
    return Nslookup(words[0], types, names, search, numbers["port"], numbers["timeout"] * SECOND, numbers["retry"], numbers["debug"])


def _configuration(text: str) -> tuple[list[str], list[str]]:
    """The name servers and the search list of /etc/resolv.conf; its options are not looked at. Whoever names a server does without."""
    servers: list[str] = []
    search: list[str] = []
    for line in text.splitlines():
        words = line.split()
        if len(words) >= 2 and words[0] == "nameserver":
            servers.append(words[1])
        elif words and words[0] in ("search", "domain"):
            search = words[1:]
    return servers or ["127.0.0.1"], search


@attrs.define(eq=False)
class Nslookup(Program):
    """One nslookup: asks one server after the other until one has answered something."""

    name: str
    types: list[int]
    servers: list[str]
    search: list[str]
    port: int
    timeout: int
    retries: int
    debug: int = 0
    asked: list[Asked] = attrs.field(factory=list)
    lookup: Lookup | None = None
    server: str = ""
    address: Any = None
    server_port: int = 0
    fd: int = -1
    place: int = 0
    asked_at: int = 0
    spare: int = 0
    """How often a server's failure is still answered by asking again."""
    failures: int = 0
    replies: int = 0
    is_told: int = 0
    status: int = 0
    timers: list[int] = attrs.field(factory=list)

    def started(self, proc: Any) -> None:
        """Write the questions and turn to the first server."""
        rng = proc.machine.kernel.rng
        address = numeric(self.name)
        for kind in self.types or ([TYPE_PTR] if address is not None else [TYPE_A, TYPE_AAAA]):
            names = [reverse_name(address)] if address is not None and not self.types else [self.name]
            if kind != TYPE_PTR and self.search and "." not in self.name:
                names = [f"{self.name}.{domain}" for domain in self.search]
            for name in names:
                ident = rng.getrandbits(16)
                self.asked.append(Asked(name, kind, ident, _question(ident, name, kind)))
        self._next_server(proc)

    def _next_server(self, proc: Any) -> None:
        if not self.servers:
            proc.write(1, ";; connection timed out; no servers could be reached\n\n")
            proc.exit(1)
            return
        self.server = self.servers.pop(0)
        host, port = _host_and_port(self.server)
        self.server_port = port or self.port
        self.lookup = getaddrinfo(proc, host)
        if self.lookup.done:
            self._connect(proc)

    def _connect(self, proc: Any) -> None:
        lookup, self.lookup = self.lookup, None
        assert lookup is not None
        if lookup.error:
            self._end(proc, f"bad address '{self.server}'")
            return
        self.address = lookup.found[0]
        self.fd = proc.socket(AF_INET if isinstance(self.address, IPv4) else AF_INET6, SOCK_DGRAM)
        try:
            proc.sock(self.fd).connect(self.address, self.server_port)
        except NetError as error:
            self._end(proc, f"can't connect to remote host ({self.address}): {strerror(error.errno)}")
            return
        self.failures = 0
        self.timers = [proc.timer(self.timeout, OVER)]
        self._send_all(proc)

    def _end(self, proc: Any, message: str) -> None:
        proc.write(2, f"{APPLET}: {message}\n")
        proc.exit(1)

    def _send_all(self, proc: Any) -> None:
        self.place = 0
        self.asked_at = proc.now()
        self.spare = 2 * len(self.asked)
        self.timers.append(proc.timer(self.timeout // self.retries // MS * MS, RETRY))
        self._send_next(proc)

    def _send_next(self, proc: Any) -> None:
        """The next question that is not answered; one that cannot be sent ends this server's turn."""
        while self.place < len(self.asked) and self.asked[self.place].done:
            self.place += 1
        if self.place == len(self.asked):
            return
        asked = self.asked[self.place]
        self.place += 1
        reason = MESSAGE_TOO_LONG if asked.data is None else self._send(proc, asked.data)
        if reason:
            proc.write(2, f"{APPLET}: write to '{self.server}': {reason}\n")
            self._give_up(proc)
        elif self.place < len(self.asked):
            self.timers.append(proc.timer(BETWEEN, NEXT))

    def _send(self, proc: Any, data: bytes) -> str:
        try:
            proc.sock(self.fd).send(data)
        except NetError as error:
            return strerror(error.errno)
        return ""

    def _give_up(self, proc: Any) -> None:
        self._hang_up(proc)
        self._next_server(proc)

    def _hang_up(self, proc: Any) -> None:
        for timer in self.timers:
            proc.cancel_timer(timer)
        self.timers = []
        if self.fd >= 0:
            proc.close(self.fd)
            self.fd = -1

    def timer(self, proc: Any, token: Any) -> None:
        """Time for the next question, for asking again, or for giving up."""
        if token == LOOKUP_TIMER and self.lookup is not None:
            self.lookup.timed_out(proc)
            self._looked_up(proc)
        elif token == NEXT:
            self._send_next(proc)
        elif token == RETRY:
            self._send_all(proc)
        elif token == OVER and self.replies:
            proc.write(1, "".join(f"*** Can't find {asked.name}: No answer\n\n" for asked in self.asked if not asked.done))
            proc.exit(self.status)
        elif token == OVER:
            self._give_up(proc)

    def _looked_up(self, proc: Any) -> None:
        if self.lookup is not None and self.lookup.done:
            self._connect(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """An answer, or word that nobody listens."""
        if self.lookup is not None:
            self.lookup.readable(proc)
            self._looked_up(proc)
            return
        while fd == self.fd and proc.status is None:
            if self.place < len(self.asked) and proc.sock(fd).so_error:
                return  # the next write will tell
            try:
                data = proc.sock(fd).recv()
            except NetError as error:
                proc.write(2, f"{APPLET}: read: {strerror(error.errno)}\n")
                continue
            if data is None:
                return
            self._take(proc, data)

    def _take(self, proc: Any, data: bytes) -> None:
        asked = next((asked for asked in self.asked if data[:2] == asked.ident.to_bytes(2, "big")), None)
        if len(data) < 4 or asked is None or asked.done:
            return
        rcode = data[3] & 15
        if not self.is_told:
            self.is_told = 1
            where = f"{self.address}:{self.server_port}" if isinstance(self.address, IPv4) else f"[{self.address}]:{self.server_port}"
            proc.write(1, f"Server:\t\t{self.server}\nAddress:\t{where}\n\n")
        if rcode == RCODE_SERVFAIL:
            self.failures += 1
            if self.spare:
                self.spare -= 1
                self._send(proc, asked.data or b"")
                return
        self._tell(proc, asked, data, rcode)
        asked.done = 1
        self.replies += 1
        if all(each.done for each in self.asked):
            proc.exit(self.status)

    def _tell(self, proc: Any, asked: Asked, data: bytes, rcode: int) -> None:
        if self.debug:
            proc.write(1, f"Query #{self.asked.index(asked)} completed in {(proc.now() - self.asked_at) // MS}ms:\n")
        if rcode:
            self.status = 1
            proc.write(1, f"** server can't find {asked.name}: {RCODES.get(rcode, f'RCODE{rcode}')}\n\n")
            return
        try:
            message = decode_dns(data)
        except DecodeError:
            self.status = 1
            proc.write(1, f"*** Can't find {asked.name}: Parse error\n\n")
            return
        text = "" if message.flags & DNS_AA else "Non-authoritative answer:\n"
        if self.debug and message.flags & DNS_AA:
            text = "authoritative answer:\n"
        lines = "".join(_record_text(record) for record in message.answers)
        proc.write(1, f"{text}{lines}\n")


def _question(ident: int, name: str, kind: int) -> bytes | None:
    plain = name.removesuffix(".")
    if plain and "" in plain.split("."):
        return None
    try:
        return encode_dns(Dns(ident, DNS_RD, (Question(plain, kind),)))
    except ValueError:
        return None


def _host_and_port(word: str) -> tuple[str, int]:
    """`HOST[:PORT]`, `[ADDRESS]:PORT` or a bare IPv6 address."""
    if word.startswith("[") and "]" in word:
        host, _, port = word[1:].partition("]")
        return host, int(port[1:]) if port[1:].isdigit() else 0
    host, colon, port = word.rpartition(":")
    if colon and ":" not in host and port.isdigit():
        return host, int(port)
    return word, 0


def _record_text(record: Record) -> str:
    """One record of an answer (`parse_reply`)."""
    name, data = record.name.rstrip("."), record.data
    kind = NAMES.get(record.type, "")
    if isinstance(data, IPv4 | IPv6):
        return f"Name:\t{name}\nAddress: {data}\n"
    if isinstance(data, str) and kind in SAYS:
        return f"{name}\t{SAYS[kind]}{data.rstrip('.')}\n"
    if isinstance(data, Soa):
        numbers = "".join(f"\t{key} = {getattr(data, key)}\n" for key in ("serial", "refresh", "retry", "expire", "minimum"))
        return f"{name}\n\torigin = {data.mname.rstrip('.')}\n\tmail addr = {data.rname.rstrip('.')}\n{numbers}"
    if isinstance(data, Srv):
        return f"{name}\tservice = {data.priority} {data.weight} {data.port} {data.target.rstrip('.')}\n"
    if isinstance(data, tuple):
        return f'{name}\ttext = "{data[0].decode("latin-1") if data else ""}"\n'
    if kind == "MX":
        return f"{name}\tmail exchanger = {data.preference} {data.exchange.rstrip('.')}\n"  # type: ignore[union-attr]
    return ""
