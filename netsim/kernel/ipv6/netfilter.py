"""What packet filtering asks of IPv6: another way for a packet whose ends it changed (`net/ipv6/netfilter.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import NetError
from netsim.kernel.ipv6.fib import owner_of
from netsim.kernel.ipv6.route import Flow6, ip6_route_output, keys_of

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def ip6_route_me_harder(netns: Netns, skb: SkBuff) -> None:
    """Route a packet of our own again after its ends, mark or class changed; NetError is what the sender hears."""
    packet = skb.packet
    bound = getattr(skb.owner, "bound_dev", 0)
    master = skb.dev.l3mdev
    source = packet.src if owner_of(netns, packet.src, domain=master) is not None else None
    domain = master.ifindex if master is not None else 0
    protocol, sport, dport = keys_of(packet)
    rt = ip6_route_output(netns, Flow6(packet.dst, source, bound, 0, packet.tclass, skb.mark, protocol, sport, dport, l3mdev=domain), bound)
    if rt.refuses:
        raise NetError(rt.error)
    skb.route = rt
    skb.dev = rt.dev
