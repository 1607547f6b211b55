"""Routing decisions that are remembered while nothing they depend on has changed.

For what comes in: by addresses, device, TOS and mark. For what goes out: where no rule was ever added and a route has one next hop, the way of a packet
for which no device is fixed depends on its destination and TOS, and a source that the route would choose by itself changes nothing; the kernel keeps
such ways with their next hops (`nh_pcpu_rth_output`). While a recorder listens nothing is remembered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import MASKS4
from netsim.errors import EINVAL, EXDEV, NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.inet.flow_keys import L3, policy_of
from netsim.kernel.ipv4.fib_lookup import GROUPS, is_own
from netsim.kernel.ipv4.route import NO_KEYS, Rt, fib_validate_source, ip_route_input_slow, keys_of, source_of, validates_all_but_own
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.addr import IPv4
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.tables.fib import Route
    from netsim.kernel.tables.inet import Inet4State, Prefixes

RT_CACHE_SIZE = 1024
"""So many decisions are kept, then all are forgotten (`ip_rt_max_size`)."""


def ip_route_input(skb: SkBuff) -> Rt:
    """How a packet that came in goes on, as was decided for one like it while nothing has changed since (`ip_route_input_common`, before Linux 3.6).

    Errors, what was learnt and what came by lo are decided anew for each packet, and so is everything while a recorder listens.
    """
    dev, packet = skb.dev, skb.packet
    netns = dev.netns
    if netns.trace is not None:
        return ip_route_input_slow(skb)
    inet = netns.inet
    if inet.rt_cache_genid != inet.fib.generation + inet.rt_genid:
        forget_decisions(netns)
    key: tuple[int, ...] = (packet.src, packet.dst, dev.ifindex, packet.tos, skb.mark, 0)
    if inet.rt_by_ports:
        key = (*key, *keys_of(packet))
    known: Rt | None = inet.rt_cache.get(key)
    if known is not None:
        return known
    route = _own_input(skb)
    if route.found is not None and not route.is_learnt and not dev.flags & IFF_LOOPBACK:
        if len(inet.rt_cache) >= RT_CACHE_SIZE:
            forget_decisions(netns)
        inet.rt_cache[key] = route
    return route


def _own_input(skb: SkBuff) -> Rt:
    """For an own address each sender is validated by itself, but what is decided then is the same for all."""
    dev, packet = skb.dev, skb.packet
    src, dst, tos = packet.src, packet.dst, packet.tos
    known = _known_own(dev, src, dst, tos, skb.mark)
    if known is not None:
        return known
    netns = dev.netns
    route = ip_route_input_slow(skb, None if netns.inet.rt_by_ports else NO_KEYS)
    if route.type != RTN_LOCAL or route.found is None or len(route.found.route.nexthops) != 1 or dst >> 24 == 127:
        return route
    if not (netns.inet.rt_by_ports or netns.l3mdevs or dev.flags & IFF_LOOPBACK):
        netns.inet.rt_own[(dst << 32 | dev.ifindex) << 8 | tos] = (route, validates_all_but_own(dev))
    return route


def _known_own(dev: NetDevice, src: IPv4, dst: IPv4, tos: int, mark: int) -> Rt | None:
    """What is decided about packets for an own address from ordinary senders, this one validated (NetError)."""
    netns = dev.netns
    own = netns.inet.rt_own.get((dst << 32 | dev.ifindex) << 8 | tos)
    if own is None or not 0 < src >> 24 < 224 or src >> 24 == 127:
        return None
    route: Rt = own[0]
    if not own[1]:
        fib_validate_source(dev, src, dst, tos, mark, netns.loopback)
    elif is_own(netns, src):
        raise NetError(EINVAL, "martian source")
    return route


def forget_decisions(netns: Netns) -> None:
    """Begin anew, as things are now: rules, and next hops chosen by ports, look at protocol and ports too."""
    inet = netns.inet
    inet.rt_cache_genid = inet.fib.generation + inet.rt_genid
    inet.rt_cache, inet.rt_own, inet.ways, inet.ways_by_route, inet.prefixes = {}, {}, {}, {}, None
    inet.rt_by_ports = int(inet.fib.has_custom_rules or policy_of(inet.sysctl) != L3)


def ip_route_input_type(skb: SkBuff, dst: IPv4, src: IPv4) -> tuple[int, NetDevice | None]:
    """For ARP: what a destination would be for a packet from `src` that came in here, and the device it would leave by."""
    dev = skb.dev
    netns, inet = dev.netns, dev.netns.inet
    if inet.rt_cache_genid == inet.fib.generation + inet.rt_genid and netns.trace is None and not inet.rt_by_ports:
        known: Rt | None = inet.rt_cache.get((src, dst, dev.ifindex, 0, 0, 0))
        if known is not None:
            return known.type, known.dev
        try:
            known = _known_own(dev, src, dst, 0, 0)
        except NetError:
            return 0, None
        if known is not None:
            return known.type, known.dev
    probe = SkBuff(dev, skb.src, skb.dst, skb.protocol, Ip(src, dst, 0), skb.pkt_type, skb.iif)
    try:
        route = ip_route_input(probe)
    except NetError as error:
        if netns.trace is not None and (error.errno == EXDEV or error.extack == "martian source"):
            trace_drop(netns, "IP_RPFILTER" if error.errno == EXDEV else "IP_INVALID_SOURCE", dev.name, skb.packet, error)
        return 0, None
    return route.type, route.dev


# ways out ----------------------------------------------------------------------------------------------------------------


def known_way(netns: Netns, dst: IPv4, src: IPv4 | None, tos: int) -> Rt | None:
    """The way kept for a destination, where the source is fixed the one that leads from there; None when it has to be found (`ip_route_output`)."""
    inet = netns.inet
    if netns.trace is not None or inet.rt_cache_genid != inet.fib.generation + inet.rt_genid:
        return None
    key = dst << 8 | tos
    known: Rt | None = inet.ways.get(key)
    if known is None:
        if not inet.ways_by_route or inet.exceptions or not 0 < dst < GROUPS:
            return None
        known = inet.ways_by_route.get(id(_route_of(inet, dst, tos)))
        if known is None:
            return None
        inet.ways[key] = known
    return known if not src or known.src == src else None


def _route_of(inet: Inet4State, dst: IPv4, tos: int) -> Route | None:
    """The first route for a destination, whatever it says."""
    for mask, prefixes in _prefixes(inet) if inet.prefixes is None else inet.prefixes:
        for route in prefixes.get(dst & mask, ()):
            if not route.tos or route.tos == tos & 0x1C:
                return route
    return None


def _prefixes(inet: Inet4State) -> Prefixes:
    """The routes of all tables in the order the rules ask for them, by the bits that count of a destination."""
    tables = [inet.fib.tables[rule.table] for rule in inet.fib.rules if rule.table in inet.fib.tables]
    inet.prefixes = found = tuple([(MASKS4[length], table.lengths[length]) for table in tables for length in table.order])
    return found


def keep_way(netns: Netns, dst: IPv4, src: IPv4 | None, tos: int, rt: Rt) -> None:
    """Keep a way that was found without a device, if nothing but the destination decided it; what was learnt about single ones is not kept."""
    inet, found = netns.inet, rt.found
    fib = inet.fib
    if fib.has_custom_rules or fib.has_custom_local_routes or found is None or rt.is_learnt or len(found.route.nexthops) != 1:
        return
    if rt.type not in (RTN_UNICAST, RTN_LOCAL) or (src and src != _own_choice(netns, rt, dst)):
        return
    if inet.rt_cache_genid != fib.generation + inet.rt_genid or len(inet.ways) >= RT_CACHE_SIZE:
        forget_decisions(netns)
    inet.ways[dst << 8 | tos] = rt
    if rt.type == RTN_UNICAST:
        inet.ways_by_route[id(found.route)] = rt


def _own_choice(netns: Netns, rt: Rt, dst: IPv4) -> IPv4 | None:
    """The source a route would have given the packet."""
    assert rt.found is not None
    return rt.found.route.prefsrc or dst if rt.type == RTN_LOCAL else source_of(netns, rt.found, rt.dev)
