"""The embedded name server: 127.0.0.11 in a container's namespace (`libnetwork/resolver.go`).

The daemon's own process holds the sockets; rules of the namespace lead port 53 to them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.docker.cnm.model import Sandbox
from netsim.docker.names import records
from netsim.errors import NetError
from netsim.machine.sockets import SocketFile, make_socket
from netsim.packet.decode_icmp6 import DecodeError
from netsim.packet.dns import (
    DNS_QR,
    DNS_RA,
    DNS_RD,
    RCODE_REFUSED,
    RCODE_SERVFAIL,
    TYPE_A,
    TYPE_AAAA,
    TYPE_MX,
    TYPE_PTR,
    Dns,
    Question,
    Record,
    decode_dns,
    encode_dns,
)

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM = 2, 10, 1, 2
INSIDE = "127.0.0.11"
ADDRESS = IPv4.parse(INSIDE)
DOMAIN = 53
NAT = ("iptables", "--wait", "-t", "nat")
CHAINS = (
    (*NAT, "-N", "DOCKER_OUTPUT"), (*NAT, "-N", "DOCKER_POSTROUTING"),
    (*NAT, "-I", "OUTPUT", "-d", INSIDE, "-j", "DOCKER_OUTPUT"), (*NAT, "-I", "POSTROUTING", "-d", INSIDE, "-j", "DOCKER_POSTROUTING"),
)  # fmt: skip
TO_SERVER, FROM_SERVER = (*NAT, "-I", "DOCKER_OUTPUT", "-d", INSIDE), (*NAT, "-I", "DOCKER_POSTROUTING", "-s", INSIDE)
TTL = 600
PATIENCE = 4 * SECOND
"""How long an upstream server may take."""
MOST_UPSTREAMS = 3


@attrs.frozen
class Upstream:
    """A server of the outside; `from_host`: asked from the host's namespace instead of the container's."""

    address: IPv4 | IPv6
    from_host: int = 0


@attrs.define(eq=False)
class Pending:
    """A question handed on: who asked, by which socket, and whose turn it is."""

    message: Dns
    data: bytes
    client: Any
    port: int
    reply_fd: int
    """The socket to answer on: the server's own, or the client's connection."""
    is_stream: int
    upstreams: tuple[Upstream, ...]
    fd: int = -1


@attrs.define(eq=False)
class Resolver:
    """One container's name server."""

    engine: Engine
    sandbox: Sandbox
    upstreams: tuple[Upstream, ...]
    ndots: int = 0
    """From the container's resolv.conf: names with fewer dots are not asked of the outside when it is above 0."""
    udp: int = -1
    tcp: int = -1
    udp_port: int = 0
    tcp_port: int = 0
    pending: dict[int, Pending] = attrs.field(factory=dict)
    """By the upstream socket's descriptor."""
    streams: dict[int, bytes] = attrs.field(factory=dict)
    """Clients' connections and what has come on them."""

    def start(self) -> None:
        """Sockets on two ports that the kernel chooses, and the rules that lead to them."""
        (self.udp, self.udp_port), (self.tcp, self.tcp_port) = self._open(SOCK_DGRAM), self._open(SOCK_STREAM)
        self._rules()

    def move(self, engine: Engine) -> None:
        """Another daemon serves: on other ports, to which the chains that are there lead now."""
        self.engine = engine
        self.pending.clear()
        self.streams.clear()
        for chain in ("DOCKER_OUTPUT", "DOCKER_POSTROUTING"):
            engine.run((*NAT, "-F", chain), self.sandbox.netns)
        (self.udp, self.udp_port), (self.tcp, self.tcp_port) = self._open(SOCK_DGRAM), self._open(SOCK_STREAM)
        self._ways()

    def _open(self, kind: int) -> tuple[int, int]:
        """A socket of the daemon's in the container's namespace: its descriptor and port."""
        process = self.engine.process
        sock = make_socket(self.sandbox.netns, AF_INET, kind, 0)
        sock.bind(ADDRESS, 0)
        if kind == SOCK_STREAM:
            sock.listen(4096)
        fd = process.adopt(SocketFile(sock=sock, process=process))
        self.engine.resolvers[fd] = self
        return fd, sock.getsockname()[1]

    def _rules(self) -> None:
        """DOCKER_OUTPUT and DOCKER_POSTROUTING in the container's nat table (`setupNAT`)."""
        inside, netns, run = INSIDE, self.sandbox.netns, self.engine.run
        if self.engine.options.firewall_backend == "nftables":
            self._nft_rules(inside)
            return
        for words in CHAINS:
            run(words, netns)
        self._ways()

    def _ways(self) -> None:
        inside, netns, run = INSIDE, self.sandbox.netns, self.engine.run
        for protocol, port in (("udp", self.udp_port), ("tcp", self.tcp_port)):
            run((*TO_SERVER, "-p", protocol, "--dport", f"{DOMAIN}", "-j", "DNAT", "--to-destination", f"{inside}:{port}"), netns)
            run((*FROM_SERVER, "-p", protocol, "--sport", f"{port}", "-j", "SNAT", "--to-source", f":{DOMAIN}"), netns)

    def _nft_rules(self, inside: str) -> None:
        """The same in a table of its own (`setupNftablesNAT`)."""
        table = "ip docker-dns"
        commands = [
            f"add table {table}", f"add chain {table} dns-dnat {{ type nat hook output priority -100; policy accept; }}",
            f"add chain {table} dns-snat {{ type nat hook postrouting priority srcnat; policy accept; }}",
        ]  # fmt: skip
        for protocol, port in (("udp", self.udp_port), ("tcp", self.tcp_port)):
            commands.append(f"add rule {table} dns-dnat ip daddr {inside} {protocol} dport {DOMAIN} counter dnat to {inside}:{port}")
            commands.append(f"add rule {table} dns-snat ip saddr {inside} {protocol} sport {port} counter snat to :{DOMAIN}")
        self.engine.run(("nft", "; ".join(commands)), netns=self.sandbox.netns)

    def stop(self) -> None:
        """The container is gone."""
        resolvers, process = self.engine.resolvers, self.engine.process
        for fd in (self.udp, self.tcp, *self.pending, *self.streams):
            resolvers.pop(fd, None)
            if fd in process.fds:
                process.close(fd)
        self.pending.clear()
        self.streams.clear()

    # what comes in -------------------------------------------------------------------------------------------------------

    def readable(self, fd: int) -> None:
        """A question, or an upstream's answer."""
        process = self.engine.process
        try:
            if fd == self.tcp:
                while (client := process.sock(fd).accept()) is not None:
                    opened = process.adopt(SocketFile(sock=client, process=process))
                    self.streams[opened] = b""
                    self.engine.resolvers[opened] = self
            elif fd == self.udp:
                while (received := process.sock(fd).recvfrom()) is not None:
                    self._question(received.data, received.src, received.sport, fd, 0)
            elif fd in self.streams:
                self._stream(fd)
            elif fd in self.pending:
                self._answered(fd)
        except NetError:
            if fd in self.pending:
                self._next(self._drop(fd))

    def _stream(self, fd: int) -> None:
        """A question over TCP: two bytes of length in front."""
        data = self.engine.process.sock(fd).recv()
        if data is None:
            return
        if not data:
            self._hang_up(fd)
            return
        self.streams[fd] += data
        buffered = self.streams[fd]
        length = int.from_bytes(buffered[:2], "big")
        if len(buffered) >= 2 + length and length:
            self.streams[fd] = buffered[2 + length :]
            self._question(buffered[2 : 2 + length], None, 0, fd, 1)

    def _hang_up(self, fd: int) -> None:
        self.streams.pop(fd, None)
        self.engine.resolvers.pop(fd, None)
        if fd in self.engine.process.fds:
            self.engine.process.close(fd)

    def _question(self, data: bytes, client: Any, port: int, fd: int, is_stream: int) -> None:
        try:
            message = decode_dns(data)
        except DecodeError:
            return
        if not message.questions:
            return
        is_foreign = message.questions[0].type == TYPE_PTR and not message.questions[0].name.rstrip(".").endswith((".in-addr.arpa", ".ip6.arpa"))
        if is_foreign and not self.engine.profile.answers_failure:
            return  # 20.10 only writes `invalid PTR query` to its log
        asked = Pending(message, data, client, port, fd, is_stream, self.upstreams[:MOST_UPSTREAMS])
        answer = self._own(message.questions[0])
        if answer is not None:
            self._reply(asked, Dns(message.ident, DNS_QR | DNS_RA | message.flags & DNS_RD, message.questions, tuple(answer)))
            return
        name = message.questions[0].name
        if message.questions[0].type in (TYPE_A, TYPE_AAAA) and self.ndots > 0 and "." not in name.rstrip("."):
            self._reply(asked, Dns(message.ident, DNS_QR | DNS_RA | message.flags & DNS_RD, message.questions))
            return
        if not self.engine.profile.asks_for_isolated and not self._has_way_out():
            asked.upstreams = tuple(upstream for upstream in asked.upstreams if not upstream.from_host)
        self._next(asked)

    def _has_way_out(self) -> bool:
        """Whether the container can reach the outside, so that the host may ask there for it (`Sandbox.hasExternalAccess`, `forwardExtDNS`); what it
        reaches itself it may ask in any case."""
        return any(not one.network.spec.internal and (any(one.leads) or one.routes_on_link) for one in self.sandbox.endpoints)

    def _own(self, question: Question) -> list[Record] | None:
        """What the daemon knows itself: None when the outside must be asked."""
        if question.type == TYPE_PTR:
            address = _reversed(question.name)
            name = None if address is None else records.name_of(self.sandbox, address)
            return None if name is None else [Record(question.name, TYPE_PTR, TTL, name)]
        if question.type not in (TYPE_A, TYPE_AAAA, TYPE_MX):
            return None
        known = records.resolve(self.sandbox, question.name)
        if not known:
            return None
        if question.type == TYPE_MX:
            return []
        found = records.addresses(known, IPv4 if question.type == TYPE_A else IPv6)
        if len(found) > 1:
            self.engine.rng.shuffle(found)
        return [Record(question.name, question.type, TTL, address) for address in found]

    # the outside ---------------------------------------------------------------------------------------------------------

    def _next(self, asked: Pending | None) -> None:
        """Ask the upstream whose turn it is; after the last one the client hears of the failure, or (20.10) nothing."""
        if asked is None:
            return
        process = self.engine.process
        while asked.upstreams:
            upstream, asked.upstreams = asked.upstreams[0], asked.upstreams[1:]
            netns = process.netns if upstream.from_host else self.sandbox.netns
            try:
                sock = make_socket(netns, AF_INET if isinstance(upstream.address, IPv4) else AF_INET6, SOCK_DGRAM, 0)
            except NetError:
                continue
            fd = process.adopt(SocketFile(sock=sock, process=process))  # a refusal may come while it is being sent
            self.pending[fd], self.engine.resolvers[fd], asked.fd = asked, self, fd
            try:
                sock.connect(upstream.address, DOMAIN)
                sock.send(asked.data)
            except NetError:
                self._drop(fd)
                continue
            process.timer(PATIENCE, ("dns", fd, asked.message.ident))
            return
        if self.engine.profile.answers_failure:
            self._reply(asked, Dns(asked.message.ident, DNS_QR | DNS_RA | asked.message.flags & DNS_RD | RCODE_SERVFAIL, asked.message.questions))

    def timed_out(self, fd: int, ident: int) -> None:
        """An upstream was silent."""
        asked = self.pending.get(fd)
        if asked is not None and asked.message.ident == ident:
            self._next(self._drop(fd))

    def _drop(self, fd: int) -> Pending | None:
        asked = self.pending.pop(fd, None)
        self.engine.resolvers.pop(fd, None)
        if fd in self.engine.process.fds:
            self.engine.process.close(fd)
        return asked

    def _answered(self, fd: int) -> None:
        data = self.engine.process.sock(fd).recv()
        if data is None:
            return
        asked = self._drop(fd)
        assert asked is not None
        try:
            message = decode_dns(data)
        except DecodeError:
            self._next(asked)
            return
        if message.rcode in (RCODE_SERVFAIL, RCODE_REFUSED) and (asked.upstreams or self.engine.profile.answers_failure):
            self._next(asked)
            return
        self._send(asked, data)

    def _reply(self, asked: Pending, message: Dns) -> None:
        self._send(asked, encode_dns(message))

    def _send(self, asked: Pending, data: bytes) -> None:
        sock = self.engine.process.sock(asked.reply_fd)
        try:
            if asked.is_stream:
                sock.send(len(data).to_bytes(2, "big") + data)
            else:
                sock.sendto(data, asked.client, asked.port)
        except NetError:
            return


def _reversed(name: str) -> IPv4 | IPv6 | None:
    """The address that a name below in-addr.arpa or ip6.arpa stands for."""
    plain = name.rstrip(".").lower()
    try:
        if plain.endswith(".in-addr.arpa"):
            return IPv4.parse(".".join(reversed(plain.removesuffix(".in-addr.arpa").split("."))))
        if plain.endswith(".ip6.arpa"):
            digits = "".join(reversed(plain.removesuffix(".ip6.arpa").split(".")))
            return IPv6(int(digits, 16)) if len(digits) == 32 else None
    except ValueError:
        return None
    return None
