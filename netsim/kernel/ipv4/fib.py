"""Changing the forwarding information base: routes added, replaced and removed, and what device events do to them (`fib_semantics.c`, `fib_trie.c`)."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MASKS4, IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENETDOWN, ENODEV, ENOENT, ESRCH, NetError
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.ipv4.fib_lookup import Flow, fib_lookup, inet_addr_type, inet_addr_type_dev, table_lookup
from netsim.kernel.ipv4.fnhe import forget_behind
from netsim.kernel.ipv6.fib import complete
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTNH_F_ONLINK,
    FibTable,
    NextHop,
    Route,
)
from netsim.kernel.tables.fib6 import Fib6Info

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ERROR_TYPES = (RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW)
RTN_NAT = 10
LOWEST_SCOPE = {RTN_LOCAL: RT_SCOPE_HOST, RTN_BROADCAST: RT_SCOPE_LINK, 4: RT_SCOPE_LINK, RTN_NAT: RT_SCOPE_NOWHERE}
NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800


def check_route(netns: Netns, route: Route) -> Route:
    """The route as the kernel would keep it, its next hops resolved (`fib_create_info`); refuses with the kernel's sentences."""
    if LOWEST_SCOPE.get(route.type, RT_SCOPE_UNIVERSE) > route.scope:
        raise NetError(EINVAL, "Invalid scope")
    for hop in route.nexthops:
        if hop.flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN):
            raise NetError(EINVAL, "Invalid rtm_flags - can not contain DEAD or LINKDOWN")
    if route.nh is not None:
        checked: Route = part("ipv4.nexthop:check_route")(netns, route)
        return checked
    if route.type in ERROR_TYPES:
        if any(hop.ifindex or hop.gateway is not None for hop in route.nexthops):
            raise NetError(EINVAL, "Gateway, device and multipath can not be specified for this route type")
        return route.with_nexthops(())
    if route.scope > RT_SCOPE_HOST:
        raise NetError(EINVAL, "Invalid scope")
    if route.scope == RT_SCOPE_HOST:
        hops = _host_hops(netns, route)
    else:
        hops = tuple([check_hop(netns, hop, route.table, route.scope) for hop in route.nexthops])
    if route.prefsrc is not None and not valid_prefsrc(netns, route):
        raise NetError(EINVAL, "Invalid prefsrc address")
    return route.with_nexthops(hops)


def _host_hops(netns: Netns, route: Route) -> tuple[NextHop, ...]:
    if len(route.nexthops) > 1:
        raise NetError(EINVAL, "Route with host scope can not have multiple nexthops")
    hop = route.nexthops[0]
    if hop.gateway is not None:
        raise NetError(EINVAL, "Route with host scope can not have a gateway")
    if hop.ifindex not in netns.devices:
        raise NetError(ENODEV)
    return (hop.resolved(hop.ifindex, RT_SCOPE_NOWHERE, hop.flags),)


def valid_prefsrc(netns: Netns, route: Route) -> bool:
    """Whether the source a route prefers is an address of this host (`fib_valid_prefsrc`)."""
    assert route.prefsrc is not None
    if route.type == RTN_LOCAL and route.dst == route.prefsrc:
        return True
    if route.table not in (RT_TABLE_MAIN, RT_TABLE_LOCAL) and inet_addr_type(netns, route.prefsrc, table=route.table) == RTN_LOCAL:
        return True
    return inet_addr_type(netns, route.prefsrc) == RTN_LOCAL


def check_hop(netns: Netns, hop: NextHop, table: int, scope: int) -> NextHop:
    """One next hop made sure of (`fib_check_nh`)."""
    if hop.gateway is None:
        return _check_device_hop(netns, hop)
    if isinstance(hop.gateway, IPv6):
        return _check_gateway6_hop(netns, hop, hop.gateway, table)
    if hop.flags & RTNH_F_ONLINK:
        return _check_onlink_hop(netns, hop, scope)
    return _check_gateway_hop(netns, hop, table, scope)


def _check_device_hop(netns: Netns, hop: NextHop) -> NextHop:
    if hop.flags & RTNH_F_ONLINK:
        raise NetError(EINVAL, "Invalid flags for nexthop - PERVASIVE and ONLINK can not be set")
    dev = netns.devices.get(hop.ifindex)
    if dev is None or dev.inet is None:
        raise NetError(ENODEV)
    if not dev.flags & IFF_UP:
        raise NetError(ENETDOWN, "Device for nexthop is not up")
    return hop.resolved(hop.ifindex, RT_SCOPE_HOST, hop.flags | (0 if dev.carrier else RTNH_F_LINKDOWN))


def _check_gateway6_hop(netns: Netns, hop: NextHop, gateway: IPv6, table: int) -> NextHop:
    """A gateway of the other protocol, which checks it (`fib_check_nh_v6_gw`)."""
    route = Fib6Info(IPv6(0), 0, table=table, ifindex=hop.ifindex, gateway=gateway)
    checked = complete(netns, route, onlink=bool(hop.flags & RTNH_F_ONLINK))
    return hop.resolved(checked.ifindex, RT_SCOPE_LINK, hop.flags | checked.nh_flags & RTNH_F_LINKDOWN)


def _check_onlink_hop(netns: Netns, hop: NextHop, scope: int) -> NextHop:
    assert isinstance(hop.gateway, IPv4)
    if scope >= RT_SCOPE_LINK:
        raise NetError(EINVAL, "Nexthop has invalid scope")
    dev = netns.devices.get(hop.ifindex)
    if dev is None:
        raise NetError(ENODEV, "Nexthop device required for onlink")
    if not dev.flags & IFF_UP:
        raise NetError(ENETDOWN, "Nexthop device is not up")
    if inet_addr_type_dev(netns, dev, hop.gateway) != RTN_UNICAST:
        raise NetError(EINVAL, "Nexthop has invalid gateway")
    return hop.resolved(hop.ifindex, RT_SCOPE_LINK, hop.flags | (0 if dev.carrier else RTNH_F_LINKDOWN))


def _check_gateway_hop(netns: Netns, hop: NextHop, table: int, scope: int) -> NextHop:
    assert isinstance(hop.gateway, IPv4)
    flow = Flow(dst=hop.gateway, oif=hop.ifindex, iif=1, scope=max(scope + 1, RT_SCOPE_LINK))
    try:
        found = table_lookup(netns, table, flow) if table not in (RT_TABLE_MAIN, RT_TABLE_LOCAL) else None
        if found is None:
            found = fib_lookup(netns, flow)
    except NetError as error:
        raise NetError(error.errno, "Nexthop has invalid gateway") from None
    if found.type not in (RTN_UNICAST, RTN_LOCAL) or found.hop is None:
        raise NetError(EINVAL, "Nexthop has invalid gateway")
    dev = netns.devices.get(found.hop.ifindex)
    if dev is None:
        raise NetError(ENODEV, "No egress device for nexthop gateway")
    if not dev.flags & IFF_UP:
        raise NetError(ENETDOWN)
    return hop.resolved(dev.ifindex, found.route.scope, hop.flags | (0 if dev.carrier else RTNH_F_LINKDOWN))


# tables ----------------------------------------------------------------------------------------------------------------


def insert(netns: Netns, route: Route, flags: int) -> None:
    """Add, replace, append or prepend (`fib_table_insert`)."""
    if route.dst & ~MASKS4[route.length] & 0xFFFFFFFF:
        raise NetError(EINVAL, "Invalid prefix for given prefix length")
    netns.inet.fib.table(route.table)  # made even when the route is refused
    insert_checked(netns, check_route(netns, route), flags)


def insert_own(netns: Netns, routes: Iterable[Route]) -> None:
    """Put in the routes that the kernel makes itself; one that is there already stays (`fib_magic` minds no answer)."""
    fib = netns.inet.fib
    netns.stir()
    for route in routes:
        table = fib.tables.get(route.table) or fib.table(route.table)
        known = table.insert_first(route)
        if known is None:
            fib.generation += 1
        elif not _is_first(known[0], route) and route not in known:
            with suppress(NetError):
                insert_checked(netns, route, NLM_F_CREATE | NLM_F_APPEND)


def _is_first(first: Route, route: Route) -> bool:
    """Whether two of the kernel's own routes to a prefix are the same; True where it is seen at once: their ways out are one (`devinet._way_out`)."""
    return first.nexthops is route.nexthops and first.prefsrc == route.prefsrc and first.type == route.type and first.priority == route.priority


def insert_checked(netns: Netns, route: Route, flags: int) -> None:
    """Put a route whose next hops are resolved into its table (`fib_insert_alias`); EEXIST, ENOENT."""
    fib = netns.inet.fib
    table = fib.tables.get(route.table) or fib.table(route.table)
    if route.table == RT_TABLE_LOCAL or route.type == RTN_LOCAL:
        netns.stir()
    known = table.at(route.dst, route.length)
    if not known and flags & NLM_F_CREATE:
        table.insert_first(route)
        fib.generation += 1
        return
    same = [other for other in known if other.tos == route.tos and other.priority == route.priority]
    position = _position(known, route)
    if same:
        if flags & NLM_F_EXCL:
            raise NetError(EEXIST)
        twin = next((other for other in same if _same(other, route)), None)
        if flags & NLM_F_REPLACE:
            if twin is same[0]:
                return
            if twin is not None:
                raise NetError(EEXIST)
            table.swap(same[0], route)
            netns.inet.fib.generation += 1
            if netns.inet.exceptions:
                forget_behind(netns, table, same[0])
            return
        if twin is not None:
            raise NetError(EEXIST)
        if flags & NLM_F_APPEND:
            position += len(same)
    if not flags & NLM_F_CREATE:
        raise NetError(ENOENT)
    table.insert(route, position)
    netns.inet.fib.generation += 1


def _position(known: list[Route], route: Route) -> int:
    """Before the first that is as good or worse (`fib_find_alias`)."""
    for place, other in enumerate(known):
        if other.tos < route.tos or (other.tos == route.tos and other.priority >= route.priority):
            return place
    return len(known)


def _same(one: Route, other: Route) -> bool:
    if type_asked(one) != type_asked(other) or one.scope != other.scope or one.prefsrc != other.prefsrc or one.protocol != other.protocol:
        return False
    if one.dst != other.dst or one.length != other.length or one.tos != other.tos or one.priority != other.priority:
        return False
    if one.nh is not None or other.nh is not None:
        return one.nh == other.nh and one.metrics == other.metrics and one.table == other.table
    if one.metrics != other.metrics or one.table != other.table or len(one.nexthops) != len(other.nexthops):
        return False
    for hop, theirs in zip(one.nexthops, other.nexthops, strict=True):
        if hop.ifindex != theirs.ifindex or hop.gateway != theirs.gateway or hop.weight != theirs.weight:
            return False
        if (hop.flags ^ theirs.flags) & RTNH_F_ONLINK:
            return False
    return True


def type_asked(route: Route) -> int:
    """The type a route was made with, whatever its nexthop object makes of it."""
    return route.type if route.nh is None else route.nh.type


@attrs.frozen
class Wanted:
    """What a deletion names; 0 and None ask nothing."""

    dst: IPv4
    length: int
    tos: int = 0
    priority: int = 0
    type: int = 0
    scope: int = RT_SCOPE_NOWHERE
    protocol: int = 0
    prefsrc: IPv4 | None = None
    hops: tuple[NextHop, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    table: int = RT_TABLE_MAIN
    nhid: int = 0
    only: NextHop | None = None
    """What is said of the one next hop outside of `nexthop`: the first decides (`fib_nh_match`)."""


def delete(netns: Netns, wanted: Wanted) -> None:
    """Remove the first route that matches (`fib_table_delete`); ESRCH."""
    if wanted.dst & ~MASKS4[wanted.length] & 0xFFFFFFFF:
        raise NetError(EINVAL, "Invalid prefix for given prefix length")
    state = netns.inet.fib
    table = state.tables.get(wanted.table)
    if table is None:  # main comes with local, which is one with it until there are rules
        is_there = wanted.table == RT_TABLE_MAIN and RT_TABLE_LOCAL in state.tables and not state.has_custom_rules
        raise NetError(ESRCH, "" if is_there else "FIB table does not exist")
    for route in table.at(int(wanted.dst), wanted.length):
        if _is_wanted(route, wanted):
            take_out(netns, table, route)
            return
    raise NetError(ESRCH)


def take_out(netns: Netns, table: FibTable, route: Route) -> None:
    """Remove this very route."""
    netns.stir()
    table.remove(route)
    netns.inet.fib.generation += 1
    if netns.inet.exceptions:
        forget_behind(netns, table, route)


def _is_wanted(route: Route, wanted: Wanted) -> bool:
    if route.tos != wanted.tos or (wanted.type and type_asked(route) != wanted.type):
        return False
    if wanted.scope != RT_SCOPE_NOWHERE and route.scope != wanted.scope:
        return False
    if wanted.prefsrc is not None and route.prefsrc != wanted.prefsrc:
        return False
    if wanted.protocol and route.protocol != wanted.protocol:
        return False
    if wanted.priority and route.priority != wanted.priority:
        return False
    if any(metric not in route.metrics for metric in wanted.metrics):
        return False
    if wanted.nhid or route.nh is not None:
        return route.nh is not None and (route.nh.id == wanted.nhid if wanted.nhid else not wanted.hops)
    return _hop_wanted(route, wanted.only) if wanted.only is not None else _hops_wanted(route, wanted.hops)


def _hop_wanted(route: Route, hop: NextHop) -> bool:
    have = route.nexthops[0] if route.nexthops else None
    return have is not None and hop.ifindex in (0, have.ifindex) and hop.gateway in (None, have.gateway)


def _hops_wanted(route: Route, hops: tuple[NextHop, ...]) -> bool:
    """Each next hop of the route must have been named in its place; further ones are not looked at."""
    if not hops:
        return True
    if not len(hops) >= len(route.nexthops) > 0:
        return False
    return all(hop.ifindex in (0, have.ifindex) and hop.gateway in (None, have.gateway) for hop, have in zip(hops, route.nexthops, strict=False))


# events ----------------------------------------------------------------------------------------------------------------


def flush_prefsrc(dev: NetDevice, address: IPv4) -> None:
    """Routes that prefer a source address that went, in the main table or the one of the device's VRF, no other (`fib_sync_down_addr`)."""
    table = dev.netns.inet.fib.tables.get(dev.l3mdev_fib_table or RT_TABLE_MAIN)
    if table is not None:
        for route in table.preferring(address):
            take_out(dev.netns, table, route)


def device_down(netns: Netns, dev: NetDevice, *, keep_local: bool) -> None:
    """The device went down: next hops over it die, routes without a living one go (`fib_sync_down_dev`, `fib_flush`).

    `keep_local`: an address that stays keeps its local route (`fib_disable_ip` without force).
    """
    fib = netns.inet.fib
    fib.generation += 1
    if not fib.may_lead_over(dev.ifindex):
        return
    dead = _mark(netns, dev.ifindex, RTNH_F_DEAD | RTNH_F_LINKDOWN, skip_host=keep_local)
    if dead:
        netns.stir()
    for table, route in dead:
        table.remove(route)
        if netns.inet.exceptions:
            forget_behind(netns, table, route)


def device_gone(netns: Netns, dev: NetDevice) -> None:
    """All routes over a device go, those of its addresses too: it enters or leaves a VRF (`fib_disable_ip` with force)."""
    device_down(netns, dev, keep_local=False)


def device_unregistered(netns: Netns, dev: NetDevice) -> None:
    """A device is no more, and with it every route that shares traffic over it (`fib_sync_down_dev` with NETDEV_UNREGISTER)."""
    device_down(netns, dev, keep_local=False)
    if not netns.inet.fib.may_lead_over(dev.ifindex):
        return
    for table in netns.inet.fib.tables.values():
        if not table.has_marks:
            continue
        for route in table.routes():
            if route.nh is None and any(hop.ifindex == dev.ifindex for hop in route.nexthops):
                table.remove(route)


def carrier_down(netns: Netns, dev: NetDevice) -> None:
    """The carrier went: next hops over the device are marked (`fib_sync_down_dev` with NETDEV_CHANGE)."""
    netns.inet.fib.generation += 1
    _mark(netns, dev.ifindex, RTNH_F_LINKDOWN, skip_host=True)


def _mark(netns: Netns, ifindex: int, flags: int, *, skip_host: bool) -> list[tuple[FibTable, Route]]:
    """Mark the next hops over a device; the routes that have none alive any more."""
    dead: list[tuple[FibTable, Route]] = []
    for table in netns.inet.fib.tables.values():
        for prefixes in table.lengths.values():
            for routes in prefixes.values():
                for place, route in enumerate(routes):
                    hops = route.nexthops
                    if len(hops) == 1:
                        if hops[0].ifindex != ifindex or hops[0].flags & flags == flags:
                            continue
                    elif not any(hop.ifindex == ifindex and hop.flags & flags != flags for hop in hops):
                        continue
                    if route.nh is not None or (skip_host and (route.scope == RT_SCOPE_HOST or route.type == RTN_LOCAL)):
                        continue  # nexthop objects see to their own routes
                    if flags & RTNH_F_DEAD and len(hops) == 1:
                        dead.append((table, route))
                        continue
                    routes[place] = route = _marked(route, ifindex, flags)
                    table.has_marks = True
                    if route.is_dead:
                        dead.append((table, route))
    return dead


def _marked(route: Route, ifindex: int, flags: int) -> Route:
    return route.with_nexthops(tuple([hop.with_flags(hop.flags | flags) if hop.ifindex == ifindex else hop for hop in route.nexthops]))


def device_up(netns: Netns, dev: NetDevice, flags: int) -> None:
    """The device is up (DEAD) or has its carrier back (LINKDOWN): its next hops live again (`fib_sync_up`)."""
    if dev.flags & IFF_UP and dev.carrier:
        flags |= RTNH_F_LINKDOWN
    ifindex, fib = dev.ifindex, netns.inet.fib
    fib.generation += 1
    for table in fib.tables.values():
        if not table.has_marks:
            continue
        if not fib.may_lead_over(ifindex):
            return
        for prefixes in table.lengths.values():
            for routes in prefixes.values():
                for place, route in enumerate(routes):
                    for hop in route.nexthops:
                        if hop.flags & flags and hop.ifindex == ifindex:
                            routes[place] = _revived(route, ifindex, flags)
                            break


def _revived(route: Route, ifindex: int, flags: int) -> Route:
    return route.with_nexthops(tuple([hop.with_flags(hop.flags & ~flags) if hop.ifindex == ifindex else hop for hop in route.nexthops]))
