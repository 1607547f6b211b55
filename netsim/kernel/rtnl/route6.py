"""RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE for IPv6."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ANY, IPv6
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, ENODEV, EOPNOTSUPP, NetError
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6 import fib
from netsim.kernel.ipv6.fib_lookup import Flow6
from netsim.kernel.ipv6.route import Rt6, find_exception, get_saddr, ip6_route_input, ip6_route_output
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.tables.fib import (
    RT_TABLE_MAIN,
    RTN_ANYCAST,
    RTN_BLACKHOLE,
    RTN_LOCAL,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTNH_F_ONLINK,
    RTPROT_BOOT,
)
from netsim.kernel.tables.fib6 import (
    RTF_ANYCAST,
    RTF_EXPIRES,
    RTF_LOCAL,
    RTF_REJECT,
    RTF_UP,
    Exception6,
    Fib6Info,
)
from netsim.packet import Ip6
from netsim.packet.numbers import ETH_P_IPV6

if TYPE_CHECKING:
    from netsim.kernel.rtnl.route import HopRequest, RouteQuery, RouteRequest

KIND_FLAGS = {
    RTN_BLACKHOLE: RTF_REJECT, RTN_UNREACHABLE: RTF_REJECT, RTN_PROHIBIT: RTF_REJECT, RTN_THROW: RTF_REJECT, RTN_LOCAL: RTF_LOCAL,
    RTN_ANYCAST: RTF_ANYCAST,
}  # fmt: skip
BOTH = "Nexthop specification and nexthop id are mutually exclusive"


def newroute6(netns: Netns, request: RouteRequest, flags: int) -> None:
    """Add, append or replace a route (`inet6_rtm_newroute`, `ip6_route_multipath_add`)."""
    _check_words(request)
    if request.nhid:
        if request.hops:
            raise NetError(EINVAL, BOTH)
        for route in part("rtnl.nexthop:add_route6")(netns, _route(netns, request, None), request.nhid, flags):
            if route.expires:
                netns.kernel.clock.call_at(route.expires, _age, netns, route)
        return
    if len(request.hops) <= 1:
        hop = request.hops[0] if request.hops else None
        _add(netns, _route(netns, request, hop), request.flags | (hop.flags if hop is not None else 0), flags)
        return
    routes = [_route(netns, request, hop) for hop in request.hops]
    for route, hop in zip(routes, request.hops, strict=True):
        fib.complete(netns, route, onlink=bool((request.flags | hop.flags) & RTNH_F_ONLINK))
    for number, route in enumerate(routes):
        if any(fib.is_duplicate(route, other) for other in routes[:number]):
            raise NetError(EEXIST)
    for number, route in enumerate(routes):
        try:
            fib.insert(netns, route, flags)
        except NetError:
            for other in routes[:number]:
                fib.remove(netns, other)
            raise
        flags = flags & ~(NLM_F_EXCL | NLM_F_REPLACE) | NLM_F_CREATE


def _add(netns: Netns, route: Fib6Info, hop_flags: int, flags: int) -> None:
    netns.inet6.fib.table(route.table)  # made even when the route is refused
    fib.insert(netns, fib.complete(netns, route, onlink=bool(hop_flags & RTNH_F_ONLINK)), flags)
    if route.expires:
        netns.kernel.clock.call_at(route.expires, _age, netns, route)


def _age(netns: Netns, route: Fib6Info) -> None:
    """A route whose time is over goes (`fib6_age`)."""
    if route.expires and route.expires <= netns.kernel.clock.now:
        fib.remove(netns, route)


def _check_words(request: RouteRequest) -> None:
    """What is refused before anything is looked up (`rtm_to_fib6_config`, `ip6_convert_metrics`); EINVAL."""
    if request.tos:
        raise NetError(EINVAL, "Invalid dsfield (tos): option not available for IPv6")
    if ("congctl", 0) in request.metrics:
        raise NetError(EINVAL, "Unknown tcp congestion algorithm")


def _route(netns: Netns, request: RouteRequest, hop: HopRequest | None) -> Fib6Info:
    """One way out of a request (`rtm_to_fib6_config`)."""
    kind = request.type or RTN_UNICAST
    gateway = IPv6(hop.gateway) if hop is not None and hop.gateway is not None else None
    expires = netns.kernel.clock.now + request.expires * SECOND if request.expires else 0
    return Fib6Info(
        IPv6(request.dst or 0), request.length, request.priority or 0, kind, request.table or RT_TABLE_MAIN, hop.ifindex if hop is not None else 0,
        gateway, hop.weight if hop is not None else 1, 0, RTF_UP | KIND_FLAGS.get(kind, 0) | (RTF_EXPIRES if expires else 0),
        RTPROT_BOOT if request.protocol is None else request.protocol, None if request.prefsrc is None else IPv6(request.prefsrc), request.metrics,
        expires, request.pref,
    )  # fmt: skip


def delroute6(netns: Netns, request: RouteRequest) -> None:
    """Remove the first route that matches, or of several next hops each (`inet6_rtm_delroute`); ESRCH."""
    _check_words(request)
    if request.nhid and request.hops:
        raise NetError(EINVAL, BOTH)
    wanted = fib.Wanted6(
        IPv6(request.dst or 0), request.length, request.table or RT_TABLE_MAIN, 0, None, request.priority or 0, request.protocol or 0, request.nhid
    )  # fmt: skip
    failure: NetError | None = None
    for hop in request.hops or (None,):
        try:
            gateway = IPv6(hop.gateway) if hop is not None and hop.gateway is not None else None
            fib.delete(netns, attrs.evolve(wanted, ifindex=hop.ifindex if hop is not None else 0, gateway=gateway))
        except NetError as error:
            failure = error
    if failure is not None:
        raise failure


@attrs.frozen
class Route6Answer:
    """What `ip -6 route get` learns: the decision, and the source of the packet it was made for."""

    route: Rt6
    query: RouteQuery
    src: IPv6 | None
    incoming: NetDevice | None = None


ASKABLE = {2: (0, 1, 6, 17), 10: (0, 6, 17, 58)}
"""Protocols that a way may be asked for, by family; 0: none was named."""


def check_asked_protocol(query: RouteQuery) -> None:
    """EOPNOTSUPP for a protocol whose ways are not told apart (`rtm_getroute_parse_ip_proto`)."""
    if query.protocol not in ASKABLE[query.family]:
        raise NetError(EOPNOTSUPP, "Unsupported ip proto")


def getroute6(netns: Netns, query: RouteQuery) -> Route6Answer:
    """One decision (`inet6_rtm_getroute`); ENETUNREACH when no route knows."""
    check_asked_protocol(query)
    dst, src = IPv6(query.dst), IPv6(query.src) if query.src is not None else None
    if query.iif:
        dev = netns.devices.get(query.iif)
        if dev is None:
            raise NetError(ENODEV)
        packet = Ip6(src or IPV6_ANY, dst, query.protocol or 59, 64, query.tos)
        route = ip6_route_input(SkBuff(dev, dev.address, dev.address, ETH_P_IPV6, packet, iif=dev.ifindex, mark=query.mark))
        return Route6Answer(route, query, src, dev)
    if query.oif and query.oif not in netns.devices:
        raise NetError(ENODEV)
    flow = Flow6(dst, src, query.oif, 0, query.tos, query.mark, query.protocol, query.sport, query.dport, uid=query.uid)
    route = ip6_route_output(netns, flow)
    return Route6Answer(route, query, get_saddr(netns, route, dst))


@attrs.frozen
class Cached6:
    """What was learnt about one destination, behind which route."""

    dst: IPv6
    route: Fib6Info
    learnt: Exception6


def cached_routes6(netns: Netns) -> list[Cached6]:
    """The exceptions that still hold (`rt6_nh_dump_exceptions`)."""
    cached = []
    for route in netns.inet6.fib.routes():
        for dst in list(route.exceptions):
            learnt = find_exception(netns, route, dst)
            if learnt is not None:
                cached.append(Cached6(dst, route, learnt))
    return cached
