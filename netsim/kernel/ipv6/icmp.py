"""ICMPv6 (`icmp.c`): echoes answered, discovery passed on; errors come with IPv6 routing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6 import ndisc
from netsim.packet import Icmp6Echo, Ip6

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ECHO_REQUEST, ECHO_REPLY = 128, 129


def icmp6_send(skb: SkBuff, kind: int, code: int, info: int) -> None:
    """Tell local sockets that a packet died; errors to other hosts need IPv6 routing, which is not modelled yet."""
    netns = skb.dev.netns
    for sock in tuple(netns.sockets.raw.get(58, ())):
        sock.error6(kind, code, info, skb)


def icmpv6_rcv(netns: Netns, skb: SkBuff) -> None:
    """A control message for this host (`icmpv6_rcv`)."""
    message = skb.packet.payload
    if isinstance(message, Icmp6Echo) and message.type == ECHO_REQUEST:
        from netsim.kernel.ipv6.output import ip6_send

        source = skb.packet.dst
        if source.is_multicast:
            source = next((ifa.address for ifa in skb.dev.inet6.addresses if not ifa.flags & 0x40), None) if skb.dev.inet6 else None
        if source is not None:
            ip6_send(netns, Ip6(source, skb.packet.src, 58, 64, payload=Icmp6Echo(ECHO_REPLY, 0, message.ident, message.seq, message.data)), skb.dev)
    else:
        ndisc.receive(skb, message)
