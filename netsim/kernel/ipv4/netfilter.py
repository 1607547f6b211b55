"""What packet filtering asks of IPv4: another way for a packet whose ends it changed (`net/ipv4/netfilter.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.ipv4.route import Flow, Rt, ip_route_output, keys_of
from netsim.kernel.tables.fib import RTN_LOCAL
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def ip_route_me_harder(netns: Netns, skb: SkBuff) -> None:
    """Route a packet of our own again after its ends, mark or TOS changed; NetError is what the sender hears."""
    skb.route = route_of(netns, skb.packet, skb.mark, getattr(skb.owner, "bound_dev", 0))
    skb.dev = skb.route.dev


def route_of(netns: Netns, packet: Ip, mark: int, bound: int = 0) -> Rt:
    """The way of a packet sent from here, be its source ours or not."""
    source = packet.src if inet_addr_type(netns, packet.src) == RTN_LOCAL else None
    protocol, sport, dport = keys_of(packet)
    return ip_route_output(netns, Flow(packet.dst, source, bound, 0, packet.tos, mark, protocol, sport, dport))
