"""Ways out that the destination alone decides: found once, kept while nothing they depend on has changed.

Where no rule was ever added and a route has one next hop, the way of a packet for which no device is fixed depends on its destination and TOS, and a
source that the route would choose by itself changes nothing. The kernel keeps such ways with their next hops (`nh_pcpu_rth_output`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.ipv4.route import Rt, source_of
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST

if TYPE_CHECKING:
    from netsim.addr import IPv4
    from netsim.kernel.core.netns import Netns

MOST_WAYS = 1024
"""So many are kept, then all are forgotten (`ip_rt_max_size`)."""


def known_way(netns: Netns, dst: IPv4, src: IPv4 | None, tos: int) -> Rt | None:
    """The way kept for a destination, where the source is fixed the one that leads from there; None when it has to be found (`ip_route_output`)."""
    inet = netns.inet
    if netns.trace is not None or inet.ways_genid != inet.fib.generation + inet.rt_genid:
        return None
    known: Rt | None = inet.ways.get(dst << 8 | tos)
    return known if known is None or not src or known.src == src else None


def keep_way(netns: Netns, dst: IPv4, src: IPv4 | None, tos: int, rt: Rt) -> None:
    """Keep a way that was found without a device, if nothing but the destination decided it; what was learnt about single ones is not kept."""
    inet, found = netns.inet, rt.found
    fib = inet.fib
    if fib.has_custom_rules or fib.has_custom_local_routes or found is None or rt.is_learnt or len(found.route.nexthops) != 1:
        return
    if rt.type not in (RTN_UNICAST, RTN_LOCAL) or (src and src != _own_choice(netns, rt, dst)):
        return
    genid = fib.generation + inet.rt_genid
    if inet.ways_genid != genid or len(inet.ways) >= MOST_WAYS:
        inet.ways, inet.ways_genid = {}, genid
    inet.ways[dst << 8 | tos] = rt


def _own_choice(netns: Netns, rt: Rt, dst: IPv4) -> IPv4 | None:
    """The source a route would have given the packet."""
    assert rt.found is not None
    return rt.found.route.prefsrc or dst if rt.type == RTN_LOCAL else source_of(netns, rt.found, rt.dev)
