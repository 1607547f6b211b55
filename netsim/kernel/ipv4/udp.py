"""UDP sockets (`udp.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import EADDRINUSE, EAGAIN, EINVAL, EMSGSIZE, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.igmp import join, leave
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.raw import errno_of
from netsim.kernel.ipv4.sock import ORIGIN_ICMP, InetSocket, Received, SockError
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_MULTICAST
from netsim.packet import IcmpError, Ip, Udp
from netsim.packet.numbers import IPPROTO_UDP

HARD_ERRORS = (2, 3)  # codes of Destination Unreachable that end a connected socket's hope


def port_range(netns: Netns) -> tuple[int, int]:
    """`ip_local_port_range`."""
    low, high = str(netns.inet.sysctl.get("ip_local_port_range", "32768\t60999")).split()
    return int(low), int(high)


def ephemeral(netns: Netns, protocol: int) -> int:
    """A free port of the local range, drawn by chance; EAGAIN when none is left."""
    low, high = port_range(netns)
    start = netns.kernel.rng.randint(low, high)
    for step in range(high - low + 1):
        port = low + (start - low + step) % (high - low + 1)
        if not netns.sockets.listening.get((protocol, port)):
            return port
    raise NetError(EAGAIN)


def conflicts(one: InetSocket, other: InetSocket) -> bool:
    """Whether two sockets cannot share a port (`inet_csk_bind_conflict`, `inet_rcv_saddr_equal`)."""
    if one.bound_dev and other.bound_dev and one.bound_dev != other.bound_dev:
        return False
    mine, theirs = one.laddr or IPV4_ANY, other.laddr or IPV4_ANY
    return mine in (theirs, IPV4_ANY) or theirs == IPV4_ANY


@attrs.define(eq=False)
class UdpSocket(InetSocket):
    """A datagram socket."""

    def bind(self, address: IPv4, port: int = 0) -> None:
        """Take a local name; EADDRINUSE, EADDRNOTAVAIL, EINVAL when it has one."""
        if self.lport:
            raise NetError(EINVAL)
        self.check_bindable(address)
        self.laddr = address
        self._take_port(port)

    def _take_port(self, port: int) -> None:
        bound = self.netns.sockets.listening
        if not port:
            port = ephemeral(self.netns, self.protocol)
        for other in bound.get((self.protocol, port), ()):
            if conflicts(self, other) and not (self.reuseaddr and other.reuseaddr) and not (self.reuseport and other.reuseport):
                raise NetError(EADDRINUSE)
        self.lport = port
        bound.setdefault((self.protocol, port), []).append(self)

    def connect(self, address: IPv4, port: int = 0) -> None:
        """Fix the other end (`ip4_datagram_connect`)."""
        rt = self.route_to(address, port)
        self.check_destination(rt)
        if not self.lport:
            self._take_port(0)
        if self.laddr is None or self.laddr == IPV4_ANY:
            self.laddr = rt.src
        self.raddr, self.rport = address, port

    def sendto(self, data: bytes, address: IPv4 | None = None, port: int = 0) -> None:
        """Send one datagram (`udp_sendmsg`); a pending error is raised first."""
        if self.so_error and not self.errors:
            error, self.so_error = self.so_error, 0
            raise NetError(error)
        target, target_port = self.destination(address, port)
        if not self.lport:
            self._take_port(0)
        rt = self.route_to(target, target_port)
        self.check_destination(rt)
        header = Udp(self.lport, target_port, data)
        size = 20 + header.size
        if size > 65535 or (size > rt.mtu and self.pmtudisc in (2, 3)):
            self.local_mtu(min(rt.mtu, 65535))
            raise NetError(EMSGSIZE)
        source = self.laddr if self.laddr is not None and self.laddr != IPV4_ANY else rt.src or IPv4(0)
        packet = Ip(
            source, target, IPPROTO_UDP, self.ttl_for(rt), self.tos, self.netns.kernel.rng.getrandbits(16), self.df_for(size, rt), payload=header
        )
        self.netns.mib["UdpOutDatagrams"] += 1
        ip_local_out(self.netns, packet, rt, owner=self, mark=self.mark)

    def send(self, data: bytes) -> None:
        """Send to the other end."""
        self.sendto(data)

    def recv(self) -> bytes | None:
        """The next datagram's bytes."""
        received = self.recvfrom()
        return None if received is None else received.data

    def join_group(self, group: IPv4, ifindex: int) -> None:
        """IP_ADD_MEMBERSHIP."""
        dev = self.netns.devices.get(ifindex)
        if dev is None or dev.inet is None or not group.is_multicast:
            raise NetError(EINVAL)
        join(dev, group)
        self.groups.append((ifindex, group))

    def takes(self, packet: Ip, header: Udp, ifindex: int) -> int:
        """How well a datagram fits this socket; -1: not at all (`compute_score`)."""
        score = 0
        if self.laddr is not None and self.laddr != IPV4_ANY:
            if packet.dst != self.laddr:
                return -1
            score += 4
        if self.raddr is not None:
            if packet.src != self.raddr:
                return -1
            score += 4
        if self.rport:
            if header.sport != self.rport:
                return -1
            score += 4
        if self.bound_dev:
            if self.bound_dev != ifindex:
                return -1
            score += 4
        return score

    def close(self) -> None:
        """Give the port back."""
        super().close()
        for ifindex, group in self.groups:
            dev = self.netns.devices.get(ifindex)
            if dev is not None and dev.inet is not None:
                leave(dev, group)
        bound = self.netns.sockets.listening.get((self.protocol, self.lport))
        if bound and self in bound:
            bound.remove(self)
            if not bound:
                del self.netns.sockets.listening[self.protocol, self.lport]


def udp_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A datagram for this host: to its socket, or Port Unreachable (`__udp4_lib_rcv`)."""
    packet = skb.packet
    header = packet.payload
    if not isinstance(header, Udp):
        netns.mib["UdpInErrors"] += 1
        return True
    candidates = netns.sockets.listening.get((IPPROTO_UDP, header.dport), ())
    ifindex = skb.iif if skb.dev is netns.loopback and skb.iif else skb.dev.ifindex
    scored = [(sock.takes(packet, header, ifindex), sock) for sock in candidates]
    fitting = [(score, sock) for score, sock in scored if score >= 0]
    many = skb.route is not None and skb.route.type in (RTN_BROADCAST, RTN_MULTICAST)
    if not fitting:
        netns.mib["UdpNoPorts"] += 1
        if not many:
            icmp_send(skb, 3, 3, 0)
        return True
    chosen = [sock for _, sock in fitting] if many else [max(fitting, key=_score)[1]]
    data = header.payload if isinstance(header.payload, bytes) else b""
    for sock in chosen:
        netns.mib["UdpInDatagrams"] += 1
        sock.deliver(Received(data, packet.src, header.sport, packet.ttl, packet.tos, ifindex, netns.kernel.clock.now, packet))
    return True


def _score(item: tuple[int, UdpSocket]) -> int:
    return item[0]


def udp_err(netns: Netns, message: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a datagram of ours (`__udp4_lib_err`)."""
    header = inner.payload
    if not isinstance(header, Udp):
        return
    for sock in netns.sockets.listening.get((IPPROTO_UDP, header.sport), ()):
        if sock.laddr not in (None, IPV4_ANY, inner.src) or (sock.raddr is not None and (sock.raddr != inner.dst or sock.rport != header.dport)):
            continue
        info = message.rest & 0xFFFF if message.type == 3 and message.code == 4 else 0
        if sock.recverr:
            sock.queue_error(
                SockError(errno_of(message), ORIGIN_ICMP, message.type, message.code, info, skb.packet.src, inner, netns.kernel.clock.now)
            )
        elif sock.raddr is not None and message.type == 3 and message.code in HARD_ERRORS:
            sock.so_error = errno_of(message)
            sock.wake()
        return
