"""Raw IPv6 sockets (`raw.c`): ping, traceroute and their like."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPV6_ANY, IPV6_LOOPBACK
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.sock import InetSocket, Received
from netsim.kernel.ipv6.af_inet6 import INET6, check_too_long, flow_label, hops_for
from netsim.kernel.ipv6.counters import icmp6_count
from netsim.kernel.ipv6.err_convert import entry_of
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.kernel.ipv6.icmp import incoming_of
from netsim.kernel.ipv6.output import ip6_local_out
from netsim.kernel.ipv6.route import ip6_dst_lookup
from netsim.packet import Icmp6Error, Ip6, size_of
from netsim.packet.numbers import IPPROTO_ICMPV6


@attrs.define(eq=False)
class Raw6Socket(InetSocket):
    """Sees every IPv6 packet of its protocol that is delivered here, and sends any."""

    flowlabel: int | None = None

    def __attrs_post_init__(self) -> None:
        self.netns.sockets.raw.setdefault(self.protocol, []).append(self)

    def bind(self, address: Any, port: int = 0) -> None:
        """Take only packets to this address, and send from it."""
        self.check_bindable(address)
        self.laddr = address

    def connect(self, address: Any, port: int = 0) -> None:
        """Take only packets from this address."""
        INET6.check_peer(self, address)
        rt = INET6.route(self, address, 0)
        self.raddr = IPV6_LOOPBACK if address == IPV6_ANY else address
        if self.laddr is None:
            self.laddr = rt.src

    def sendto(self, data: Any, address: Any = None, port: int = 0) -> None:
        """Send a payload or a whole packet; what follows at once has arrived when this returns (`rawv6_sendmsg`)."""
        try:
            self._send(data, address, port)
        finally:
            self.netns.kernel.clock.settle()

    def _send(self, data: Any, address: Any = None, port: int = 0) -> None:
        """Send a payload, a header value or bytes (`rawv6_sendmsg`), or with `hdrincl` a whole `Ip6`."""
        target: Any = self.destination(address, port)[0]
        flow = INET6.flow(self, target, 0)
        rt = ip6_dst_lookup(self.netns, flow, self.bound_dev)
        if self.hdrincl:
            ip6_local_out(self.netns, data, rt, owner=self, mark=self.mark)
            return
        check_too_long(self, 40 + size_of(data), rt)
        source = rt.src or IPV6_ANY
        label = self.flowlabel if self.flowlabel is not None else flow_label(self.netns, attrs.evolve(flow, src=source))
        if self.protocol == IPPROTO_ICMPV6:
            icmp6_count(self.netns, "Out", data[0] if isinstance(data, bytes) else data)
        ip6_local_out(
            self.netns, Ip6(source, flow.dst, self.protocol, hops_for(self, rt), self.tos, label, data), rt, owner=self, mark=self.mark
        )  # fmt: skip

    def receive(self, skb: SkBuff) -> bool:
        """IPv4 packets are not for this socket."""
        return False

    def error(self, message: Any, inner: Any, skb: SkBuff) -> None:
        """Errors about IPv4 packets neither."""

    def receive6(self, skb: SkBuff) -> bool:
        """A packet of the protocol came; True when it is for this socket (`raw_v6_match`)."""
        packet = skb.packet
        if (self.raddr is not None and packet.src != self.raddr) or (self.laddr and packet.dst != self.laddr and not packet.dst.is_multicast):
            return False
        ifindex = skb.dev.ifindex if skb.sdif else incoming_of(skb)
        if self.bound_dev != ifindex and (self.bound_dev or skb.sdif) and not self.is_bound_to(skb, "raw_l3mdev_accept"):
            return False
        payload = upper_of(packet).payload
        self.deliver(Received(payload, packet.src, 0, packet.hop_limit, packet.tclass, ifindex, self.netns.kernel.clock.now, packet))
        return True

    def error6(self, message: Icmp6Error, inner: Ip6, skb: SkBuff) -> None:
        """An ICMPv6 error about a packet like ours (`rawv6_err`)."""
        if (self.laddr and inner.src != self.laddr) or (self.raddr is not None and inner.dst != self.raddr) or not self.recverr:
            return
        self.queue_error(entry_of(self.netns, message, inner, skb))

    def send(self, data: Any) -> None:
        """Send on a connected socket."""
        self.sendto(data)

    def recv(self) -> Any:
        """The next packet's payload."""
        received = self.recvfrom()
        return None if received is None else received.data

    def close(self) -> None:
        """Stop listening."""
        super().close()
        self.netns.sockets.raw[self.protocol].remove(self)
