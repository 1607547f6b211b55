"""IPv6 packets come in: those for this host are delivered (`ip6_input.c`); the others need forwarding, which is not modelled yet."""

from __future__ import annotations

from netsim.kernel.core.skbuff import PACKET_OTHERHOST, SkBuff
from netsim.kernel.ipv6.icmp import icmpv6_rcv
from netsim.kernel.ipv6.output import is_local
from netsim.packet import HopByHop, Ip6


def ipv6_rcv(skb: SkBuff) -> None:
    """The protocol handler for ETH_P_IPV6."""
    dev, packet = skb.dev, skb.packet
    if skb.pkt_type == PACKET_OTHERHOST or not isinstance(packet, Ip6) or dev.inet6 is None or dev.inet6.conf.disable_ipv6:
        return
    netns = dev.netns
    if packet.dst.is_multicast:
        if packet.dst not in dev.inet6.multicast and packet.dst & 0xFFFF != 1:
            return
    elif not is_local(netns, packet.dst):
        return
    payload = packet.payload
    if isinstance(payload, HopByHop):
        return
    for sock in tuple(netns.sockets.raw.get(packet.nexthdr, ())):
        sock.receive6(skb)
    if packet.nexthdr == 58:
        icmpv6_rcv(netns, skb)
