"""Raw sockets (`raw.c`): ping, traceroute and their like."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.errors import EMSGSIZE, NetError
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.sock import ORIGIN_ICMP, QUEUE_LIMIT, InetSocket, Received, SockError
from netsim.kernel.ipv4.af_inet import INET4, check_size, df_for, ttl_for
from netsim.kernel.ipv4.counters import icmp_count_out
from netsim.kernel.ipv4.err_convert import errno_of
from netsim.kernel.ipv4.options import recorded
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Rt
from netsim.kernel.tables.fib import RTN_BROADCAST
from netsim.packet import IcmpError, Ip
from netsim.packet.numbers import IPPROTO_ICMP


@attrs.define(eq=False)
class RawSocket(InetSocket):
    """Sees every packet of its protocol that is delivered here, and sends any."""

    def __attrs_post_init__(self) -> None:
        self.netns.sockets.raw.setdefault(self.protocol, []).append(self)

    def bind(self, address: IPv4, port: int = 0) -> None:
        """Take only packets to this address, and send from it."""
        self.check_bindable(address)
        self.laddr = address

    def connect(self, address: IPv4, port: int = 0) -> None:
        """Take only packets from this address."""
        rt = self.route_to(address)
        INET4.check_destination(self, rt)
        self.raddr = address
        if self.laddr is None:
            self.laddr = rt.src

    def sendto(self, data: Any, address: Any = None, port: int = 0) -> None:
        """Send a payload or a whole packet; what follows at once has arrived when this returns (`raw_sendmsg`)."""
        try:
            self._send(data, address, port)
        finally:
            self.netns.kernel.clock.settle()

    def _send(self, data: Any, address: IPv4 | None = None, port: int = 0) -> None:
        """Send a payload (a header value or bytes), or with `hdrincl` a whole Ip value (`raw_sendmsg`)."""
        target: Any = address if address is not None else self.destination(address, port)[0]
        netns = self.netns
        rt = INET4.route(self, target, 0)
        if rt.type == RTN_BROADCAST:
            INET4.check_destination(self, rt)
        if self.hdrincl:
            self._hand_on(data, rt)
            return
        length = len(data) if isinstance(data, bytes) else data.size
        if length > 65535:
            raise NetError(EMSGSIZE)  # before the route is asked for: nothing is queued for the error queue
        size = 20 + len(self.ip_options) + length
        if size > rt.mtu or size > rt.dev.mtu:
            check_size(self, size, rt)
        source: Any = self.laddr or rt.src or IPv4(0)
        options = recorded(self.ip_options, source) if self.ip_options else b""
        number = netns.kernel.rng.getrandbits(16)
        packet = Ip(source, target, self.protocol, ttl_for(self, rt), self.tos, number, df_for(self, size, rt), 0, options, data)
        if self.protocol == IPPROTO_ICMP:
            icmp_count_out(netns, data[0] if isinstance(data, bytes) else getattr(data, "type", 0))
        self._hand_on(packet, rt)

    def _hand_on(self, packet: Ip, rt: Rt) -> None:
        """Out with a packet; what may not leave is counted (`ip_send_skb`, `raw_send_hdrinc`)."""
        try:
            ip_local_out(self.netns, packet, rt, owner=self, mark=self.mark)
        except NetError:
            self.netns.mib["IpOutDiscards"] += 1
            raise

    def receive(self, skb: SkBuff) -> bool:
        """A packet of the protocol came; True when it is for this socket (`raw_v4_match`)."""
        packet = skb.packet
        if self.laddr is not None and self.laddr != 0 and packet.dst != self.laddr:
            return False
        if self.raddr is not None and packet.src != self.raddr:
            return False
        if (self.bound_dev or skb.sdif) and not self.is_bound_to(skb, "raw_l3mdev_accept"):
            return False
        if len(self.queue) < QUEUE_LIMIT:
            self.deliver(Received(packet.payload, packet.src, 0, packet.ttl, packet.tos, skb.dev.ifindex, self.netns.kernel.clock.now, packet))
        return True

    def error(self, message: IcmpError, inner: Ip, skb: SkBuff) -> None:
        """An ICMP error about a packet like ours (`raw_err`)."""
        if self.laddr is not None and self.laddr != 0 and inner.src != self.laddr:
            return
        if self.raddr is not None and inner.dst != self.raddr:
            return
        if message.type in (4, 5) or not self.recverr:
            return
        info = message.rest & 0xFFFF if message.type == 3 and message.code == 4 else 0
        entry = SockError(
            errno_of(message), ORIGIN_ICMP, message.type, message.code, info, skb.packet.src, inner, self.netns.kernel.clock.now, ttl=skb.packet.ttl
        )
        self.queue_error(entry)

    def send(self, data: bytes) -> None:
        """Send on a connected socket."""
        self.sendto(data)

    def recv(self) -> bytes | None:
        """Bytes of the next packet's payload."""
        received = self.recvfrom()
        return None if received is None else received.data

    def close(self) -> None:
        """Stop listening."""
        super().close()
        self.netns.sockets.raw[self.protocol].remove(self)
