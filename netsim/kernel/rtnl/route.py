"""RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE."""

from __future__ import annotations

import attrs

from netsim.addr import IPV4_ANY, IPv4, IPv6
from netsim.errors import EINVAL, ENODEV, EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.family import AF_INET6
from netsim.kernel.ipv4 import fib, fib_lookup
from netsim.kernel.ipv4.route import Flow, Rt, ip_route_output
from netsim.kernel.ipv4.rt_cache import ip_route_input
from netsim.kernel.rtnl.route6 import BOTH, check_asked_protocol, delroute6, newroute6
from netsim.kernel.tables.fib import (
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTPROT_BOOT,
    ByNexthop,
    NextHop,
    Route,
)
from netsim.packet import Ip
from netsim.packet.numbers import ETH_P_IP
from netsim.values import quick

ECN_BITS = 3


@quick
@attrs.frozen(weakref_slot=False)
class HopRequest:
    """One next hop of a request; `ifindex` 0 leaves the device to the kernel."""

    ifindex: int = 0
    gateway: IPv4 | IPv6 | None = None
    weight: int = 1
    flags: int = 0


@quick
@attrs.frozen(weakref_slot=False)
class RouteRequest:
    """What a route message says. `dst` None is the default route; `None`/0 means absent as in netlink."""

    dst: IPv4 | IPv6 | None = None
    length: int = 0
    tos: int = 0
    table: int = 0
    protocol: int | None = None
    scope: int | None = None
    type: int | None = None
    priority: int | None = None
    prefsrc: IPv4 | IPv6 | None = None
    hops: tuple[HopRequest, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    flags: int = 0
    family: int = 2
    expires: int = 0  # seconds
    pref: int = 0
    nhid: int = 0
    only: HopRequest | None = None
    """What is said of the one next hop, outside of `nexthop`; with several it must fit the first."""


@attrs.frozen
class RouteQuery:
    """`ip route get`: what the packet in question looks like."""

    dst: IPv4 | IPv6
    src: IPv4 | IPv6 | None = None
    iif: int = 0
    oif: int = 0
    tos: int = 0
    mark: int = 0
    uid: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    family: int = 2


def _next_hop(hop: HopRequest) -> NextHop:
    """A next hop as asked for; the gateway 0.0.0.0 is none (`rtm_to_fib_config`)."""
    return NextHop(hop.ifindex, hop.gateway or None, hop.weight, hop.flags)


def newroute(netns: Netns, request: RouteRequest, flags: int) -> None:
    """Add, replace, append or prepend a route (`inet_rtm_newroute`, `fib_table_insert`)."""
    netns.kernel.require_admin()
    if request.family == AF_INET6:
        newroute6(netns, request, flags)
        return
    _only_inet(request.family)
    if request.nhid and request.hops:
        raise NetError(EINVAL, BOTH)
    _check_words(request)
    hops = tuple([_next_hop(hop) for hop in request.hops])
    kind = request.type or RTN_UNICAST
    if kind not in fib.ERROR_TYPES and not hops and not request.nhid:
        hops = (NextHop(0),)
    route = Route(
        IPv4(request.dst or 0), request.length, request.tos, request.priority or 0, kind, request.scope or RT_SCOPE_UNIVERSE,
        RTPROT_BOOT if request.protocol is None else request.protocol, None if request.prefsrc is None else IPv4(request.prefsrc), hops,
        request.metrics, request.table or RT_TABLE_MAIN, ByNexthop(request.nhid, kind) if request.nhid else None,
    )  # fmt: skip
    fib.insert(netns, route, flags)
    if kind == RTN_LOCAL:
        netns.inet.fib.has_custom_local_routes = True
        netns.inet.fib.generation += 1


def _check_words(request: RouteRequest) -> None:
    """What is refused before anything is looked up (`rtm_to_fib_config`, `fib_get_nhs`, `fib_metrics`); EINVAL."""
    if request.tos & ECN_BITS:
        raise NetError(EINVAL, "Invalid dsfield (tos): ECN bits must be 0")
    if ("congctl", 0) in request.metrics:
        raise NetError(EINVAL, "Unknown tcp congestion algorithm")
    first = request.hops[0] if request.hops else None
    if first is None or request.only is None:
        return
    if request.only.ifindex and request.only.ifindex != first.ifindex:
        raise NetError(EINVAL, "Nexthop device index does not match RTA_OIF")
    if request.only.gateway is not None and request.only.gateway != first.gateway:
        raise NetError(EINVAL, "Nexthop gateway does not match RTA_GATEWAY or RTA_VIA")


def delroute(netns: Netns, request: RouteRequest) -> None:
    """Remove the first route that matches what the request says (`fib_table_delete`); ESRCH when none does."""
    netns.kernel.require_admin()
    if request.family == AF_INET6:
        delroute6(netns, request)
        return
    _only_inet(request.family)
    if request.nhid and request.hops:
        raise NetError(EINVAL, BOTH)
    hops = tuple([_next_hop(hop) for hop in request.hops])
    fib.delete(
        netns,
        fib.Wanted(IPv4(request.dst or 0), request.length, request.tos, request.priority or 0, request.type or 0,
                   RT_SCOPE_NOWHERE if request.scope is None else request.scope, request.protocol or 0,
                   None if request.prefsrc is None else IPv4(request.prefsrc), hops, request.metrics, request.table or RT_TABLE_MAIN,
                   request.nhid, None if request.only is None else _next_hop(request.only)),
    )  # fmt: skip


def _only_inet(family: int) -> None:
    if family != 2:
        raise NetError(EOPNOTSUPP)


def hop_flags(netns: Netns, hop: NextHop) -> int:
    """A next hop's flags as a dump tells them: one that is ignored for want of a carrier counts as dead (`fib_nexthop_info`)."""
    dev = netns.devices.get(hop.ifindex)
    if hop.flags & RTNH_F_LINKDOWN and dev is not None and fib_lookup.ignores_linkdown(dev):
        return hop.flags | RTNH_F_DEAD
    return hop.flags


@attrs.frozen
class RouteAnswer:
    """What `ip route get` learns: the decision, and the packet it was made for."""

    route: Rt
    query: RouteQuery
    src: IPv4 | None
    incoming: NetDevice | None = None


def table_told(netns: Netns, route: Route) -> int:
    """The table a decision names: while there are no rules but the first three, local and main are one trie (`fib_trie_unmerge`)."""
    return RT_TABLE_MAIN if route.table == RT_TABLE_LOCAL and not netns.inet.fib.has_custom_rules else route.table


@attrs.frozen
class CachedRoute:
    """What was learnt about one destination, as the decision it leads to."""

    dst: IPv4
    route: Rt


def cached_routes(netns: Netns) -> list[CachedRoute]:
    """The exceptions that still hold, oldest first; the kernel's order is that of a hash (`fib_dump_info_fnhe`)."""
    cached = []
    for dst in dict.fromkeys([dst for dst, _ in netns.inet.exceptions]):
        try:
            route = ip_route_output(netns, Flow(dst, oif=0))
        except NetError:
            continue
        if route.is_learnt:
            cached.append(CachedRoute(dst, route))
    return cached


def getroute(netns: Netns, query: RouteQuery) -> RouteAnswer:
    """Which way a packet would go (`inet_rtm_getroute`); NetError as the look-up fails."""
    _only_inet(query.family)
    check_asked_protocol(query)
    dst, src = IPv4(query.dst), IPv4(query.src) if query.src else None
    if query.iif:
        dev = netns.devices.get(query.iif)
        if dev is None:
            raise NetError(ENODEV)
        probe = SkBuff(
            dev, dev.address, dev.address, ETH_P_IP, Ip(src or IPV4_ANY, dst, query.protocol, tos=query.tos), iif=dev.ifindex, mark=query.mark
        )
        try:
            route = ip_route_input(probe)
        except NetError as error:
            raise NetError(error.errno) from None  # the reason is for the drop counters only
        if route.error:
            raise NetError(route.error)
        if not route.leaves and route.type in (RTN_BROADCAST, RTN_MULTICAST):
            route = attrs.evolve(route, dev=dev.l3mdev or netns.loopback)  # `ip_rt_get_dev`, `ip_route_input_mc`
        return RouteAnswer(route, query, src, dev)
    if query.oif and query.oif not in netns.devices:
        raise NetError(ENODEV)
    flow = Flow(dst, src, query.oif, 0, query.tos, query.mark, query.protocol, query.sport, query.dport, uid=query.uid)
    route = ip_route_output(netns, flow)
    return RouteAnswer(route, query, src or route.src)
