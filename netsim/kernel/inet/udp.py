"""UDP sockets of both families (`udp.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.addr import IPv4
from netsim.errors import EADDRINUSE, EDESTADDRREQ, EINVAL, NetError
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.inet.family import AF_INET, AF_INET6, family_of
from netsim.kernel.inet.ports import conflicts, datagram_port, demand_privilege, unhash
from netsim.kernel.inet.sock import InetSocket, Received, SockError
from netsim.packet import Udp
from netsim.packet.numbers import IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


@attrs.define(eq=False)
class UdpSocket(InetSocket):
    """A datagram socket."""

    encap_rcv: ClassVar[Callable[..., None] | None] = None
    """For sockets of the kernel's own: takes the whole packet instead of queueing it (`udp_sk(sk)->encap_rcv`)."""

    def bind(self, address: Any, port: int = 0) -> None:
        """Take a local name; EADDRINUSE, EADDRNOTAVAIL, EINVAL when it has one."""
        if self.lport:
            raise NetError(EINVAL)
        self.check_bindable(address)
        if self.is_unprivileged:
            demand_privilege(self, port)
        self.laddr = address
        self._take_port(port)

    def _take_port(self, port: int) -> None:
        bound = self.netns.sockets.listening
        if not port:
            port = self.lport = datagram_port(self.netns, self.protocol)
            bound[self.protocol, port] = [self]
            return
        for other in bound.get((self.protocol, port), ()):
            if conflicts(self, other) and not (self.reuseaddr and other.reuseaddr) and not (self.reuseport and other.reuseport):
                raise NetError(EADDRINUSE)
        self.lport = port
        bound.setdefault((self.protocol, port), []).append(self)

    def connect(self, address: Any, port: int = 0) -> None:
        """Fix the other end (`ip4_datagram_connect`)."""
        family = self.family_for(address)
        family.check_peer(self, address)
        rt = family.route(self, address, port)
        family.check_destination(self, rt)
        if not address and rt.src:
            address = rt.src
            rt = self.route_to_self(address, port)
        if not self.lport:
            self._take_port(0)
        if not self.laddr:
            self.laddr = rt.src
        self.raddr, self.rport = address, port

    def sendto(self, data: bytes, address: Any = None, port: int = 0) -> None:
        """Send one datagram (`udp_sendmsg`); a pending error is raised first."""
        if self.so_error and not self.errors:
            error, self.so_error = self.so_error, 0
            raise NetError(error)
        target, target_port = (self.raddr, self.rport) if address is None else (address, port)
        if target is None:
            raise NetError(EDESTADDRREQ)
        if not target_port:
            raise NetError(EINVAL)
        if not self.lport:
            self._take_port(0)
        netns = self.netns
        try:
            family_of(netns, target).send_datagram(self, target, target_port, data)
        finally:
            netns.kernel.clock.settle()

    def send(self, data: bytes) -> None:
        """Send to the other end."""
        self.sendto(data)

    def recv(self) -> bytes | None:
        """The next datagram's bytes."""
        received = self.recvfrom()
        return None if received is None else received.data

    def shutdown(self) -> None:
        """Nothing more is sent (SHUT_WR); the other end does not hear of it. ENOTCONN."""
        self.getpeername()

    def join_group(self, group: Any, ifindex: int) -> None:
        """IP_ADD_MEMBERSHIP; EINVAL."""
        self.family_for(group).join_group(self, group, ifindex)
        self.groups += ((ifindex, group),)

    def takes(self, source: Any, sport: int, target: Any, ifindex: int, sdif: int = 0) -> int:
        """How well a datagram fits this socket; -1: not at all (`compute_score`)."""
        score = 1 if self.family == (AF_INET if type(target) is IPv4 else AF_INET6) else 0
        if self.laddr:
            if target != self.laddr:
                return -1
            score += 4
        elif not score and not self.hears_mapped:
            return -1
        if self.raddr is not None:
            if source != self.raddr:
                return -1
            score += 4
        if self.rport:
            if sport != self.rport:
                return -1
            score += 4
        if self.bound_dev:
            if self.bound_dev not in (ifindex, sdif):
                return -1
            score += 4
        elif sdif and not int(self.netns.inet.sysctl.get("udp_l3mdev_accept", 0)):
            return -1
        return score

    def close(self) -> None:
        """Give the port back and leave the groups."""
        super().close()
        for ifindex, group in self.groups:
            self.family_for(group).leave_group(self, group, ifindex)
        unhash(self.netns.sockets.listening, self)


def deliver_datagram(netns: Netns, skb: SkBuff, source: Any, target: Any, ttl: int, tos: int) -> bool:
    """A datagram for one socket of this host (`__udp4_lib_rcv`, `__udp6_lib_rcv`); False when nobody listens."""
    header = skb.packet.payload
    best, chosen = -1, skb.demuxed
    ifindex, sport, sdif = incoming_ifindex(netns, skb), header.sport, skb.sdif
    for sock in netns.sockets.listening.get((IPPROTO_UDP, header.dport), ()) if chosen is None else ():
        score = sock.takes(source, sport, target, ifindex, sdif)
        if score > best:
            best, chosen = score, sock
    if chosen is None:
        if netns.trace is not None:
            trace_drop(netns, "NO_SOCKET", skb.dev.name, skb.packet)
        return False
    if netns.trace is not None:
        trace_step(netns, "udp_queue_rcv_skb", skb.dev.name, skb.packet, chosen)
    data = header.payload
    received = Received(data if type(data) is bytes else b"", source, sport, ttl, tos, ifindex, netns.kernel.clock.now, skb.packet)
    _hand_over(netns, skb, chosen, received)
    return True


def deliver_to_all(netns: Netns, skb: SkBuff, source: Any, target: Any, ttl: int, tos: int) -> None:
    """A broadcast or multicast datagram: every socket it fits gets a copy (`__udp4_lib_mcast_deliver`)."""
    header = skb.packet.payload
    ifindex = incoming_ifindex(netns, skb)
    data = header.payload
    received = Received(data if type(data) is bytes else b"", source, header.sport, ttl, tos, ifindex, netns.kernel.clock.now, skb.packet)
    for sock in tuple(netns.sockets.listening.get((IPPROTO_UDP, header.dport), ())):
        if sock.takes(source, header.sport, target, ifindex, skb.sdif) >= 0:
            _hand_over(netns, skb, sock, received)


def incoming_ifindex(netns: Netns, skb: SkBuff) -> int:
    """The device a packet is said to have come by: for looped ones the device it left by."""
    return skb.iif if skb.dev is netns.loopback and skb.iif else skb.dev.ifindex


def _hand_over(netns: Netns, skb: SkBuff, sock: UdpSocket, received: Received) -> None:
    if sock.encap_rcv is not None:
        sock.encap_rcv(skb)
        return
    netns.mib[family_of(netns, received.src).udp_in_datagrams] += 1
    sock.deliver(received)


def datagram_error(netns: Netns, local: Any, header: Udp, remote: Any, entry: SockError, fatal: int) -> None:
    """An error message about a datagram of ours (`__udp4_lib_err`): queued where asked for, else told to a connected socket when it is fatal."""
    for sock in netns.sockets.listening.get((IPPROTO_UDP, header.sport), ()):
        if (sock.laddr and sock.laddr != local) or (sock.raddr is not None and (sock.raddr != remote or sock.rport != header.dport)):
            continue
        if sock.recverr:
            sock.queue_error(entry)
        elif sock.raddr is not None and fatal:
            sock.so_error = entry.errno
            sock.wake()
        return
