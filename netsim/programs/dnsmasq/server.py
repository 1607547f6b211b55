"""dnsmasq as it runs: what it knows it answers, the rest goes to the servers it was told of (`dnsmasq(8)`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.errors import NetError, strerror
from netsim.kernel.core.netdevice import IFF_UP
from netsim.machine.call import Call, Program, Result
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import (
    DNS_AA,
    DNS_QR,
    DNS_RA,
    DNS_RD,
    RCODE_NXDOMAIN,
    RCODE_REFUSED,
    TYPE_A,
    TYPE_AAAA,
    TYPE_CNAME,
    TYPE_PTR,
    Dns,
    Record,
    decode_dns,
    encode_dns,
)  # fmt: skip
from netsim.programs.dnsmasq.options import OptionProblem, Options, Target, read_file, read_words
from netsim.programs.net.resolver import numeric, read_resolv_conf, reverse_name

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM = 2, 10, 1, 2
BACKLOG = 5
BAD_OPTIONS, CANNOT_LISTEN = 1, 2
PATIENCE = 10 * SECOND
MOST_ALIASES = 8
NO_DATA = -1


def dnsmasq(call: Call) -> Result | Program:
    """The command: reads its options and goes to the background, or stays with -k or -d.

    Differs: always binds the addresses that are there, as with --bind-interfaces; asks others by UDP only; has no DHCP, which is refused by name.
    """
    try:
        options = read_words(call.argv[1:])
        path = options.conf or ("/etc/dnsmasq.conf" if call.proc.machine.files.stat(call.proc, "/etc/dnsmasq.conf") is not None else "")
        if path:
            read_file(options, call.proc.read_text(path), path)
    except OptionProblem as problem:
        return _refused(str(problem))
    for said in options.unmodelled:
        call.netns.kernel.unmodelled.append(f"dnsmasq {said}")
    daemon = Dnsmasq(options)
    if options.said & {"no-daemon", "keep-in-foreground"}:
        return daemon
    child = call.proc.machine.spawn(None, call.argv, None, "/", {}, daemon, netns=call.netns)
    if not daemon.problem and options.pid_file:
        call.proc.machine.files.makedirs(call.proc, options.pid_file.rpartition("/")[0] or "/")
        call.proc.machine.files.write(call.proc, options.pid_file, f"{child.pid}\n".encode())
    return Result("", daemon.problem, CANNOT_LISTEN if daemon.problem else 0)


def _refused(text: str) -> Result:
    if text.endswith("is not modelled"):
        return Result("", f"netsim: dnsmasq: {text}\n", BAD_OPTIONS)
    if text.startswith("junk"):
        return Result("", f"\ndnsmasq: {text}\n", BAD_OPTIONS)
    return Result("", f"\ndnsmasq: bad command line options: {text or 'try --help'}\n", BAD_OPTIONS)


class Busy(Exception):
    """An address that cannot be listened on, and why."""


@attrs.define(eq=False)
class Waiting:
    """A question passed on: who asked, by which socket."""

    fd: int
    client: Any
    port: int
    query: Dns


@attrs.define(eq=False)
class Dnsmasq(Program):
    """The server."""

    options: Options
    listeners: list[int] = attrs.field(factory=list)
    streams: dict[int, bytes] = attrs.field(factory=dict)
    """Connections of clients, and what has come by them."""
    hosts: list[tuple[str, IPv4 | IPv6]] = attrs.field(factory=list)
    upstreams: list[tuple[str, Target]] = attrs.field(factory=list)
    waiting: dict[int, Waiting] = attrs.field(factory=dict)
    """By the socket that the answer comes to."""
    problem: str = ""
    """Its last words when it could not start."""

    def started(self, proc: Any) -> None:
        """Listen, or end."""
        try:
            self.listen(proc)
        except Busy as problem:
            self.problem = f"\ndnsmasq: failed to create listening socket for {problem}\n"
            if 2 in proc.fds:
                proc.write(2, self.problem)
            proc.exit(CANNOT_LISTEN)

    def listen(self, proc: Any) -> None:
        """Sockets, hosts and upstream servers; Busy."""
        self._read(proc)
        mine = self._own(proc)
        own = {Target(address, self.options.port) for address in mine}
        self.upstreams = [each for each in self.upstreams if each[1] not in own]  # "ignoring nameserver 127.0.0.1 - local interface"
        for address in mine:
            try:
                for kind in (SOCK_DGRAM, SOCK_STREAM):
                    fd = proc.socket(AF_INET if isinstance(address, IPv4) else AF_INET6, kind)
                    proc.sock(fd).set("reuseaddr", 1)
                    proc.sock(fd).bind(address, self.options.port)
                    if kind == SOCK_STREAM:
                        proc.sock(fd).listen(BACKLOG)
                        self.listeners.append(fd)
            except NetError as error:
                raise Busy(f"{address}: {strerror(error.errno)}") from None

    def _own(self, proc: Any) -> list[IPv4 | IPv6]:
        """The addresses to listen on: those named and of the interfaces named (and loopback), else all."""
        options = self.options
        found: list[IPv4 | IPv6] = list(options.listen)
        if options.listen and not options.interfaces:
            return found
        for dev in proc.netns.devices.values():
            wanted = not options.interfaces or dev.name in options.interfaces or dev.name == "lo"
            if not dev.flags & IFF_UP or not wanted or dev.name in options.excepted:
                continue
            found += [ifa.local for ifa in dev.inet.addresses] if dev.inet is not None else []
            found += [ifa.address for ifa in dev.inet6.addresses if not ifa.address.is_linklocal] if dev.inet6 is not None else []
        return list(dict.fromkeys(found))

    def _read(self, proc: Any) -> None:
        options = self.options
        files = [] if "no-hosts" in options.said else ["/etc/hosts"]
        for path in [*files, *options.hosts_files]:
            for line in proc.read_text(path).splitlines():
                words = line.partition("#")[0].split()
                address = numeric(words[0]) if words else None
                if address is not None:
                    self.hosts += [(word.lower(), address) for word in words[1:]]
        self.hosts += [(name.lower(), address) for name, address in options.records]
        self.upstreams += options.servers
        if "no-resolv" not in options.said:
            text = proc.read_text(options.resolv)
            self.upstreams += [("", Target(address)) for address in read_resolv_conf(text).servers if "nameserver" in text]

    def signal(self, proc: Any, signum: int) -> None:
        """Asked to end."""
        proc.exit(0)

    def readable(self, proc: Any, fd: int) -> None:
        """Questions of clients, or answers of servers."""
        if fd in self.listeners:
            while (client := proc.sock(fd).accept()) is not None:
                self.streams[proc.accepted(client)] = b""
            return
        if fd in self.streams:
            self._stream(proc, fd)
            return
        while (received := self._received(proc, fd)) is not None:
            try:
                message = decode_dns(received.data)
            except DecodeError:
                continue
            if fd in self.waiting:
                asked = self.waiting.pop(fd)
                self._reply(proc, asked, received.data)
                proc.close(fd)
                return
            if not message.is_response and len(message.questions) == 1:
                self._answer(proc, Waiting(fd, received.src, received.sport, message), received.data)

    def _stream(self, proc: Any, fd: int) -> None:
        """A question by TCP: two bytes of length before it."""
        try:
            data = proc.sock(fd).recv()
        except NetError:
            data = b""
        if data is None:
            return
        self.streams[fd] += data
        size = int.from_bytes(self.streams[fd][:2], "big")
        whole = self.streams[fd][2 : 2 + size]
        if not data:
            self._hang_up(proc, fd)
        elif size and len(whole) == size:
            self.streams[fd] = self.streams[fd][2 + size :]
            try:
                message = decode_dns(whole)
            except DecodeError:
                self._hang_up(proc, fd)
                return
            self._answer(proc, Waiting(fd, None, 0, message), whole)

    def _hang_up(self, proc: Any, fd: int) -> None:
        del self.streams[fd]
        proc.close(fd)

    def _received(self, proc: Any, fd: int) -> Any:
        try:
            return proc.sock(fd).recvfrom() if fd in proc.fds else None
        except NetError:
            return None

    def timer(self, proc: Any, token: Any) -> None:
        """A server was silent for too long."""
        if token in self.waiting:
            del self.waiting[token]
            proc.close(token)

    def _answer(self, proc: Any, asked: Waiting, data: bytes) -> None:
        query = asked.query
        found, code = self.look_up(query.questions[0].name, query.questions[0].type)
        flags = DNS_QR | DNS_RA | query.flags & DNS_RD
        if found:
            self._reply(proc, asked, encode_dns(Dns(query.ident, flags | DNS_AA, query.questions, tuple(found))))
        elif code:
            self._reply(proc, asked, encode_dns(Dns(query.ident, flags | max(code, 0), query.questions)))
        elif not self._pass_on(proc, asked, data):
            self._reply(proc, asked, encode_dns(Dns(query.ident, flags | RCODE_REFUSED, query.questions)))

    def look_up(self, name: str, kind: int) -> tuple[list[Record], int]:
        """Records of its own for a question, or the code of a refusal; neither: others must be asked."""
        plain = name.rstrip(".").lower()
        if kind == TYPE_PTR:
            known = next((host for host, address in self.hosts if reverse_name(address).rstrip(".") == plain), None)
            return ([Record(name, TYPE_PTR, self.options.ttl, known)] if known is not None else []), 0
        chain: list[Record] = []
        for _ in range(MOST_ALIASES):
            found = [Record(plain, kind, self.options.ttl, one) for one in self._addresses(plain) if _fits(one, kind)]
            if found:
                return [*chain, *found], 0
            target = next((to for alias, to in self.options.aliases if alias.lower() == plain), None)
            if target is None:
                break
            chain.append(Record(plain, TYPE_CNAME, self.options.ttl, target))
            plain = target.lower()
        return (chain, 0) if chain and self._addresses(plain) else ([], self._code(plain))

    def _addresses(self, name: str) -> list[IPv4 | IPv6]:
        own = [address for host, address in self.hosts if host == name]
        best = _best(name, [domain for domain, _ in self.options.addresses])
        return own or [address for domain, address in self.options.addresses if domain == best and address is not None]

    def _code(self, name: str) -> int:
        """NXDOMAIN below a domain that is said to be empty or is nobody else's; NO_DATA where the name is there with another type; else 0."""
        fixed = _best(name, [domain for domain, _ in self.options.addresses])
        if fixed is not None and not self._addresses(name):
            return RCODE_NXDOMAIN
        best = _best(name, [domain for domain, _ in self.upstreams])
        is_plain = "domain-needed" in self.options.said and "." not in name
        if is_plain or (best is not None and all(target.address is None for domain, target in self.upstreams if domain == best)):
            return NO_DATA if (fixed is not None and fixed == best) or any(host == name for host, _ in self.hosts) else RCODE_NXDOMAIN
        return 0

    def _pass_on(self, proc: Any, asked: Waiting, data: bytes) -> bool:
        """Ask the servers for the longest domain that fits; False when there is none."""
        name = asked.query.questions[0].name.rstrip(".").lower()
        best = _best(name, [domain for domain, _ in self.upstreams])
        for domain, target in self.upstreams:
            if domain != best or target.address is None:
                continue
            fd = proc.socket(AF_INET if isinstance(target.address, IPv4) else AF_INET6, SOCK_DGRAM)
            try:
                proc.sock(fd).connect(target.address, target.port)
                proc.sock(fd).send(data)
            except NetError:
                proc.close(fd)
                continue
            self.waiting[fd] = asked
            proc.timer(PATIENCE, fd)
            return True
        return False

    def _reply(self, proc: Any, asked: Waiting, data: bytes) -> None:
        try:
            if asked.fd in self.streams:
                proc.sock(asked.fd).send(len(data).to_bytes(2, "big") + data)
            elif asked.client is not None:
                proc.sock(asked.fd).sendto(data, asked.client, asked.port)
        except NetError:
            return


def _fits(address: IPv4 | IPv6, kind: int) -> bool:
    return kind == (TYPE_A if isinstance(address, IPv4) else TYPE_AAAA)


def _best(name: str, domains: list[str]) -> str | None:
    """The longest domain that a name is in; "" is all of them."""
    fitting = [domain for domain in domains if not domain or name == domain or name.endswith(f".{domain}")]
    return max(fitting, key=len, default=None)
