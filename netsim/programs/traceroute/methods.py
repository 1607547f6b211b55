"""traceroute's methods: what a probe is, and which probe an answer belongs to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPV4_ANY, IPV6_ANY, IPv4, IPv6
from netsim.errors import EAGAIN, EHOSTUNREACH, EMSGSIZE, ENOBUFS, NetError
from netsim.kernel.inet.sock import PMTUDISC_DONT, PMTUDISC_PROBE, InetSocket, Received, SockError
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.machine.resolver import zone_of
from netsim.packet import NOP, SACK_PERMITTED, Icmp6Echo, IcmpEcho, Ip, Ip6, Tcp, TcpOption, mss, timestamps, window_scale

if TYPE_CHECKING:
    from netsim.programs.traceroute.options import Options
    from netsim.programs.traceroute.program import Probe, Traceroute

AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, SOCK_RAW = 2, 10, 1, 2, 3
ICMP, TCP, ICMPV6 = 1, 6, 58
SYN, ACK, ECE, CWR = 0x02, 0x10, 0x40, 0x80
START_PORT, UDP_PORT, TCP_PORT = 33434, 53, 80
FLAG_NAMES = ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr")


class Failed(Exception):
    """A system call failed: the tool names it, says why and ends with status 1."""

    def __init__(self, what: str, errno: int) -> None:
        super().__init__(what)
        self.what, self.errno = what, errno


def pattern(length: int) -> bytes:
    """What fills a probe."""
    return bytes(0x40 + (place & 0x3F) for place in range(length))


def tune(sock: InetSocket, options: Options) -> None:
    """Options that every method sets (`tune_socket`)."""
    sock.mark = options.mark
    bind(sock, options)
    sock.pmtudisc = PMTUDISC_PROBE if "F" in options.flags else PMTUDISC_DONT
    sock.tos = options.tos & 0xFF
    sock.dontroute = int("r" in options.flags)


def any_of(options: Options) -> IPv4 | IPv6:
    """The wildcard address of the protocol probed over."""
    return IPV4_ANY if options.family == 4 else IPV6_ANY


def quoted(packet: Any) -> Any:
    """The transport header of a packet that an error quotes, None when nothing is known of it."""
    if isinstance(packet, Ip6):
        return upper_of(packet).payload
    return packet.payload if isinstance(packet, Ip) else None


def bind(sock: Any, options: Options) -> None:
    """Device, source address and port (`bind_socket`)."""
    if options.device:
        try:
            sock.bind_to_device(options.device)
        except NetError as error:
            raise Failed("setsockopt SO_BINDTODEVICE", error.errno) from None
    if isinstance(options.target, IPv6) and (options.target.is_linklocal or options.target.is_linklocal_multicast):
        sock.bound_dev = sock.bound_dev or zone_of(options.proc, options.host)
    source = options.source
    if source is None and not options.sport:
        return
    try:
        sock.bind(source if source is not None else any_of(options), options.sport & 0xFFFF)
    except NetError as error:
        raise Failed("bind", error.errno) from None


def connect(sock: Any, target: IPv4 | IPv6, port: int) -> None:
    """Fix the other end."""
    try:
        sock.connect(target, port)
    except NetError as error:
        raise Failed("connect", error.errno) from None
    sock.recverr = 1


def send(sock: Any, data: Any) -> bool:
    """Whether a probe went, or its failure will be told by the error queue; False: try again later (`do_send`)."""
    try:
        sock.sendto(data)
    except NetError as error:
        if error.errno in (ENOBUFS, EAGAIN):
            return False
        if error.errno not in (EMSGSIZE, EHOSTUNREACH):
            raise Failed("send", error.errno) from None
    return True


@attrs.define(eq=False)
class Method:
    """One way of probing."""

    options: Options
    target: IPv4 | IPv6
    header_length: int = 0

    @property
    def address_family(self) -> int:
        """AF_INET or AF_INET6."""
        return AF_INET if isinstance(self.target, IPv4) else AF_INET6

    def start(self, proc: Any, trace: Traceroute) -> None:
        """Open what all probes share; Failed."""

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """Send one probe; its `sent` stays None when it could not go yet."""
        raise NotImplementedError

    def of_error(self, trace: Traceroute, fd: int, entry: SockError) -> Probe | None:
        """The probe an error is about."""
        raise NotImplementedError

    def of_reply(self, trace: Traceroute, fd: int, received: Received) -> Probe | None:
        """The probe a reply answers, marked as final."""
        raise NotImplementedError


@attrs.define(eq=False)
class UdpMethod(Method):
    """A socket for each probe; `port` counts up unless it is fixed."""

    port: int = START_PORT
    counts_up: bool = True
    header_length: int = 8

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """One datagram from a socket of its own."""
        fd = proc.socket(self.address_family, SOCK_DGRAM)
        sock = proc.sock(fd)
        tune(sock, self.options)
        sock.ttl = sock.multicast_ttl = ttl
        connect(sock, self.target, self.port & 0xFFFF)
        probe.sent = proc.now()
        probe.fd = fd
        if not send(sock, pattern(trace.data_length)):
            proc.close(fd)
            probe.sent, probe.fd = None, -1
            return
        probe.seq = self.port & 0xFFFF
        if self.counts_up:
            self.port += 1

    def of_error(self, trace: Traceroute, fd: int, entry: SockError) -> Probe | None:
        """By its socket."""
        return trace.by_fd(fd)

    def of_reply(self, trace: Traceroute, fd: int, received: Received) -> Probe | None:
        """By its socket: somebody answers on the port, so this is the end."""
        probe = trace.by_fd(fd)
        if probe is None or received.sport != probe.seq:
            return None
        probe.is_final = True
        return probe


@attrs.define(eq=False)
class IcmpMethod(Method):
    """Echo requests, told apart by their sequence numbers."""

    seq: int = 1
    fd: int = -1
    ident: int = 0

    def start(self, proc: Any, trace: Traceroute) -> None:
        """One raw socket."""
        trace.data_length = max(trace.data_length, 8)
        self.fd = proc.socket(self.address_family, SOCK_RAW, ICMP if self.address_family == AF_INET else ICMPV6)
        sock = proc.sock(self.fd)
        tune(sock, self.options)
        connect(sock, self.target, 0)
        self.ident = proc.pid & 0xFFFF

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """One echo request."""
        sock = proc.sock(self.fd)
        sock.ttl = sock.multicast_ttl = ttl
        probe.sent = proc.now()
        data = pattern(trace.data_length)[8:]
        echo = IcmpEcho(8, 0, self.ident, self.seq, data) if self.address_family == AF_INET else Icmp6Echo(128, 0, self.ident, self.seq, data)
        if not send(sock, echo):
            probe.sent = None
            return
        probe.seq = self.seq
        self.seq = (self.seq + 1) & 0xFFFF

    def _found(self, trace: Traceroute, message: Any) -> Probe | None:
        if not isinstance(message, IcmpEcho | Icmp6Echo) or message.ident != self.ident:
            return None
        return trace.by_seq(message.seq)

    def of_error(self, trace: Traceroute, fd: int, entry: SockError) -> Probe | None:
        """By the request quoted."""
        return self._found(trace, quoted(entry.packet))

    def of_reply(self, trace: Traceroute, fd: int, received: Received) -> Probe | None:
        """By the echoed numbers."""
        probe = self._found(trace, received.data)
        if probe is None or received.data.type not in (0, 129):
            return None
        probe.is_final = True
        return probe


@attrs.define(eq=False)
class TcpMethod(Method):
    """Half-open connections: hand-made segments from ports that are held by sockets which never connect."""

    fd: int = -1
    port: int = TCP_PORT
    source: IPv4 | IPv6 = IPV4_ANY
    flags: int = SYN
    tcp_options: tuple[TcpOption, ...] = ()
    window: int = 0

    def start(self, proc: Any, trace: Traceroute) -> None:
        """One raw socket, and the segment all probes share."""
        self.fd = proc.socket(self.address_family, SOCK_RAW, TCP)
        sock = proc.sock(self.fd)
        tune(sock, self.options)
        connect(sock, self.target, 0)
        self.source = sock.getsockname()[0]
        path = max(sock.route_to(self.target).mtu, 576) - (40 if self.address_family == AF_INET else 60)
        self.window = 4 * path & 0xFFFF
        self._design(proc, path)
        trace.data_length = self._segment(0, 0).size

    def _design(self, proc: Any, path: int) -> None:
        """Flags and options, by the settings of the machine unless told otherwise (`tcp_init`)."""
        options = self.options
        wanted = set(options.tcp_options)
        if not (options.tcp_flags or wanted & {"flags", "ecn", "sack", "timestamps", "window_scaling"}) or "sysctl" in wanted:
            wanted |= {
                name for name in ("ecn", "sack", "timestamps", "window_scaling") if proc.read_text(f"/proc/sys/net/ipv4/tcp_{name}")[:1] == "1"
            }
        self.flags = options.tcp_flags
        if not (self.flags or "flags" in wanted):
            self.flags = SYN | (ECE | CWR if "ecn" in wanted else 0)
        made: list[TcpOption] = [mss((options.mss or path) & 0xFFFF)] if self.flags & SYN else []
        chance = proc.machine.kernel.rng
        if "timestamps" in wanted:
            made += [SACK_PERMITTED] if "sack" in wanted else [NOP, NOP]
            made.append(timestamps(chance.getrandbits(32), chance.getrandbits(32) if self.flags & ACK else 0))
        elif "sack" in wanted:
            made += [NOP, NOP, SACK_PERMITTED]
        if "window_scaling" in wanted:
            made += [NOP, window_scale(2)]
        self.tcp_options = tuple(made)

    def _segment(self, sport: int, seq: int) -> Tcp:
        return Tcp(sport, self.port & 0xFFFF, seq, 0, self.flags, self.window, self.tcp_options)

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """One segment from a port that is surely ours."""
        holder_fd = proc.socket(self.address_family, SOCK_STREAM)
        holder = proc.sock(holder_fd)
        holder.reuseaddr = int("reuse" in self.options.tcp_options)
        bind(holder, self.options)
        if not holder.lport:
            holder.bind(any_of(self.options), 0)
        sock = proc.sock(self.fd)
        sock.ttl = sock.multicast_ttl = ttl
        probe.sent = proc.now()
        if not send(sock, self._segment(holder.lport, proc.machine.kernel.rng.getrandbits(32))):
            proc.close(holder_fd)
            probe.sent = None
            return
        probe.seq, probe.fd = holder.lport, holder_fd

    def of_error(self, trace: Traceroute, fd: int, entry: SockError) -> Probe | None:
        """By the port of the segment quoted."""
        segment = quoted(entry.packet)
        if not isinstance(segment, Tcp) or entry.packet.dst != self.target:
            return None
        return trace.by_seq(segment.sport) if segment.dport == self.port & 0xFFFF else None

    def of_reply(self, trace: Traceroute, fd: int, received: Received) -> Probe | None:
        """By the port answered to: open or closed, it is the end."""
        segment = received.data
        if not isinstance(segment, Tcp) or segment.sport != self.port & 0xFFFF or received.src != self.target:
            return None
        probe = trace.by_seq(segment.dport)
        if probe is not None:
            probe.is_final = True
            if "info" in self.options.tcp_options:
                probe.extra = ",".join(name for bit, name in enumerate(FLAG_NAMES) if segment.flags >> bit & 1)
        return probe


@attrs.define(eq=False)
class RawMethod(Method):
    """Packets of any protocol, one at a time: whatever comes back answers the last one."""

    fd: int = -1
    seq: int = 0

    def start(self, proc: Any, trace: Traceroute) -> None:
        """One raw socket."""
        try:
            self.fd = proc.socket(self.address_family, SOCK_RAW, self.options.port or self.options.protocol)
        except NetError as error:
            raise Failed("socket", error.errno) from None
        sock = proc.sock(self.fd)
        tune(sock, self.options)
        connect(sock, self.target, 0)

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """One packet."""
        sock = proc.sock(self.fd)
        sock.ttl = sock.multicast_ttl = ttl
        probe.sent = proc.now()
        if not send(sock, pattern(trace.data_length)):
            probe.sent = None
            return
        self.seq += 1
        probe.seq = self.seq

    def of_error(self, trace: Traceroute, fd: int, entry: SockError) -> Probe | None:
        """The last one sent."""
        return trace.by_seq(self.seq) if entry.packet is not None and entry.packet.dst == self.target else None

    def of_reply(self, trace: Traceroute, fd: int, received: Received) -> Probe | None:
        """The last one sent."""
        probe = trace.by_seq(self.seq) if received.src == self.target else None
        if probe is not None:
            probe.is_final = True
        return probe


@attrs.define(eq=False)
class DccpMethod(Method):
    """DCCP, which this kernel has no sockets for."""

    def start(self, proc: Any, trace: Traceroute) -> None:
        """The length of a request."""
        trace.data_length = 20

    def send(self, proc: Any, trace: Traceroute, probe: Probe, ttl: int) -> None:
        """ESOCKTNOSUPPORT."""
        raise Failed("socket", 94)


def method_of(options: Options, target: IPv4 | IPv6) -> Method:
    """The method chosen."""
    module, port = options.module, options.port
    if module == "default":
        return UdpMethod(options, target, port=port or START_PORT)
    if module == "udp":
        return UdpMethod(options, target, port=port or UDP_PORT, counts_up=False)
    if module == "icmp":
        return IcmpMethod(options, target, seq=port or 1)
    if module == "tcp":
        return TcpMethod(options, target, port=port or TCP_PORT)
    return RawMethod(options, target) if module == "raw" else DccpMethod(options, target)
