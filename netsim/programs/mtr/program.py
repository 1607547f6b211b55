"""mtr as it runs: probes go out one after the other with rising TTLs, round after round (`net_send_batch`, `select_loop`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import US
from netsim.errors import EMSGSIZE, NetError
from netsim.machine.call import Call, Program
from netsim.machine.sockets import AF_INET, AF_INET6, SOCK_DGRAM
from netsim.packet import Icmp6Echo, IcmpEcho
from netsim.programs.mtr.report import written
from netsim.programs.net.resolver import Lookup, getnameinfo
from netsim.programs.traceroute.methods import quoted

if TYPE_CHECKING:
    from netsim.programs.mtr.command import Options

NEXT, GRACE = "next", "grace"
FIRST_GUESS, MIN_PORT = 10, 33000
TIME_EXCEEDED, TIME_EXCEEDED6 = 11, 3


@attrs.define(eq=False)
class Hop:
    """What is known of one TTL; times in us."""

    sent: int = 0
    address: IPv4 | IPv6 | None = None
    failed: int = 0
    """Whether its answer was that one cannot go on."""
    times: list[int] = attrs.field(factory=list)
    name: str = ""


@attrs.define(eq=False)
class Mtr(Program):
    """One host; `after` begins the next."""

    call: Call
    options: Options
    hosts: list[str]
    target: IPv4 | IPv6
    after: Callable[[Call, Any, list[str]], Any]
    hops: list[Hop] = attrs.field(factory=list)
    at: int = 0
    rounds: int = 0
    width: int = FIRST_GUESS
    seq: int = MIN_PORT
    probes: dict[int, tuple[int, int]] = attrs.field(factory=dict)
    """By sequence number or port: hop, and when it went (ns)."""
    fd: int = -1
    begun: int = 0
    waits: list[int] = attrs.field(factory=list)
    """Hops whose names are still to be asked for."""
    lookup: Lookup | None = None
    asked: int = -1
    raw: str = ""

    def started(self, proc: Any) -> None:
        """Open a socket, and wait for the first probe's turn."""
        self.begun = proc.wall_clock()
        self.hops = [Hop() for _ in range(max(self.options.most, 1))]
        self.at = max(0, self.options.first - 1)
        try:
            self.fd = proc.ping_socket(AF_INET if isinstance(self.target, IPv4) else AF_INET6)
        except NetError:
            proc.write(2, "mtr-packet: Failure to open IPv4 sockets: Permission denied\nmtr: Failure to start mtr-packet: Invalid argument\n")
            proc.exit(1)
            return
        sock = proc.sock(self.fd)
        sock.recverr, sock.tos = 1, self.options.tos & 0xFF
        proc.timer(self._pause(), NEXT)

    def _pause(self) -> int:
        return max(1, self.options.interval // self.width)

    def timer(self, proc: Any, token: Any) -> None:
        """The next probe, the end, or a name server that is silent."""
        if token == NEXT:
            self._turn(proc)
        elif token == GRACE:
            self._end(proc)
        elif self.lookup is not None:
            self.lookup.timed_out(proc)
            self._named(proc)

    def _turn(self, proc: Any) -> None:
        if self.rounds >= self.options.cycles:
            proc.timer(self.options.grace, GRACE)
            return
        if not self._probe(proc):
            return
        at, hops, options = self.at, self.hops, self.options
        unknown = sum(hop.address is None for hop in hops[options.first - 1 : at])
        known = any(hop.address == self.target for hop in hops[options.first - 1 : at])
        if known or hops[at].address == self.target or unknown > options.unknown or at >= options.most - 1:
            self.width, self.at = at + 1, options.first - 2
            self.rounds += 1
        self.at += 1
        proc.timer(self._pause(), NEXT)

    def _probe(self, proc: Any) -> int:
        """One probe; 0 where that ended the command."""
        hop, is_four = self.hops[self.at], isinstance(self.target, IPv4)
        seq, self.seq = self.seq, self.seq + 1
        sock = proc.sock(self.fd)
        sock.ttl = sock.multicast_ttl = self.at + 1
        hop.sent += 1
        self.raw += f"x {self.at} {seq}\n"
        self.probes[seq] = (self.at, proc.now())
        head = 20 if is_four else 40
        data = bytes(max(0, self.options.size - head - 8))
        try:
            if self.options.size > sock.route_to(self.target).mtu:
                raise NetError(EMSGSIZE)  # its headers are its own (IP_HDRINCL), and such packets are not cut into pieces
            if self.options.udp:
                udp = proc.socket(AF_INET if is_four else AF_INET6, SOCK_DGRAM)
                one = proc.sock(udp)
                one.ttl, one.recverr = self.at + 1, 1
                one.sendto(data, self.target, seq)
            else:
                echo = IcmpEcho(8, 0, proc.pid & 0xFFFF, seq, data) if is_four else Icmp6Echo(128, 0, proc.pid & 0xFFFF, seq, data)
                sock.sendto(echo, self.target)
        except NetError as error:
            if error.errno == EMSGSIZE:
                self._print(proc)
                proc.write(2, "mtr: Unexpected mtr-packet error\n")
                proc.exit(1)
                return 0
        return 1

    def readable(self, proc: Any, fd: int) -> None:
        """Answers, errors, a name."""
        if self.lookup is not None and fd == self.lookup.fd:
            self.lookup.readable(proc)
            self._named(proc)
            return
        if fd <= 2 or fd not in proc.fds:
            return
        sock = proc.sock(fd)
        while (entry := sock.next_error()) is not None:
            inner = quoted(entry.packet)
            seq = getattr(inner, "seq", None) if not self.options.udp else getattr(inner, "dport", None)
            is_on_way = entry.type == (TIME_EXCEEDED if isinstance(self.target, IPv4) else TIME_EXCEEDED6)
            is_there = entry.offender == self.target
            self._answered(proc, seq, entry.offender, entry.time or proc.now(), int(not is_on_way and not is_there))
        while (received := sock.recvfrom()) is not None:
            message = received.data
            if isinstance(message, IcmpEcho | Icmp6Echo) and message.type in (0, 129) and message.ident == proc.pid & 0xFFFF:
                self._answered(proc, message.seq, received.src, received.time or proc.now(), 0)

    def _answered(self, proc: Any, seq: Any, address: Any, when: int, failed: int) -> None:
        place = self.probes.pop(seq, None)
        if place is None or address is None:
            return
        hop = self.hops[place[0]]
        took = (when - place[1]) // US
        if hop.address is None:
            hop.address, hop.failed = address, failed
            self.raw += f"h {place[0]} {address}\n"
            if not self.options.numeric:
                self.waits.append(place[0])
                self._ask(proc)
        self.raw += f"h {place[0]} {address}\np {place[0]} {took} {seq}\n"
        hop.times.append(took)

    def _ask(self, proc: Any) -> None:
        """The names of hops, one after the other."""
        if self.lookup is None and self.waits:
            self.asked = self.waits.pop(0)
            address = self.hops[self.asked].address
            assert address is not None
            self.lookup = getnameinfo(proc, address)
            if self.lookup.done:
                self._named(proc)

    def _named(self, proc: Any) -> None:
        if self.lookup is not None and self.lookup.done:
            self.hops[self.asked].name = "" if self.lookup.error or not self.lookup.found else str(self.lookup.found[0])
            self.lookup = None
            self._ask(proc)

    def _shown(self) -> list[Hop]:
        """Up to the target, to an answer that one cannot go on, or to the one after the last that answered (`net_max`)."""
        last = 0
        for at, hop in enumerate(self.hops[: max(0, self.options.most)]):
            if hop.address == self.target or hop.failed:
                return self.hops[: at + 1]
            if hop.address is not None:
                last = at + 2
        return self.hops[:last]

    def _print(self, proc: Any) -> None:
        proc.write(1, self.raw if self.options.form == "l" else written(self.options, self._shown(), proc.hostname(), self.hosts[0], self.begun))

    def _end(self, proc: Any) -> None:
        self._print(proc)
        for fd in [fd for fd in proc.fds if fd > 2]:
            proc.close(fd)
        proc.machine.settle(proc, self.after(self.call, self.options, self.hosts[1:]))
