"""Changing the IPv6 forwarding information base: routes added, replaced and removed, and what devices do to them (`ip6_fib.c`, `route.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MASKS6, IPv6
from netsim.errors import EACCES, EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENODEV, ENOENT, ESRCH, NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP, NetDevice
from netsim.kernel.ipv6.fib_lookup import LOOKUP_IFACE, LOOKUP_IGNORE_LINKSTATE, Flow6, fib6_lookup, table_lookup
from netsim.kernel.tables.fib import RT_TABLE_MAIN, RTN_UNICAST, RTNH_F_DEAD, RTNH_F_LINKDOWN, RTNH_F_ONLINK
from netsim.kernel.tables.fib6 import MANY, RTF_ANYCAST, RTF_GATEWAY, RTF_LOCAL, RTF_NONEXTHOP, RTF_REJECT, RTF_UP, Fib6Info, Fib6Table
from netsim.kernel.tables.inet6 import IFA_F_TENTATIVE

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800


# checking what is asked for --------------------------------------------------------------------------------------------


def complete(netns: Netns, route: Fib6Info, *, onlink: bool = False) -> Fib6Info:
    """Check a route's way out and fill in what the kernel derives (`ip6_route_info_create`, `fib6_nh_init`).

    NetError with the kernel's sentences: ENODEV, ENETDOWN, EACCES, EHOSTUNREACH, EINVAL.
    """
    if route.dst & ~MASKS6[route.length]:
        route.dst = IPv6(route.dst & MASKS6[route.length])
    route.metric = route.metric or 1024
    route.flags |= RTF_UP
    dev = netns.devices.get(route.ifindex) if route.ifindex else None
    if route.ifindex and (dev is None or dev.inet6 is None):
        raise NetError(ENODEV)
    if onlink:
        if dev is None:
            raise NetError(ENODEV, "Nexthop device required for onlink")
        if not dev.flags & IFF_UP:
            raise NetError(ENETDOWN, "Nexthop device is not up")
        route.nh_flags |= RTNH_F_ONLINK
    if route.flags & RTF_REJECT or (dev is not None and dev.flags & IFF_LOOPBACK and _only_circles(route)):
        route.flags = route.flags & ~RTF_UP | RTF_REJECT | RTF_NONEXTHOP
        route.ifindex, route.gateway = netns.loopback.ifindex, None
        return route
    if route.gateway is not None:
        dev = _validate_gateway(netns, route, dev)
        route.ifindex = dev.ifindex
        route.flags |= RTF_GATEWAY
    if dev is None:
        raise NetError(ENODEV)
    if dev.inet6 is None or dev.inet6.conf.disable_ipv6:
        raise NetError(EACCES, "IPv6 is disabled on nexthop device")
    if not dev.flags & IFF_UP:
        raise NetError(ENETDOWN, "Nexthop device is not up")
    if not route.flags & (RTF_LOCAL | RTF_ANYCAST) and not dev.carrier:
        route.nh_flags |= RTNH_F_LINKDOWN
        netns.inet6.fib.has_marks = True
    if route.prefsrc is not None and owner_of(netns, route.prefsrc, domain=dev.l3mdev) is None:
        raise NetError(EINVAL, "Invalid source address")
    return route


def _only_circles(route: Fib6Info) -> bool:
    """Whether a route through loopback would only go in circles, and so refuses (`fib6_is_reject`)."""
    return not route.dst.is_loopback and not route.flags & (RTF_ANYCAST | RTF_LOCAL)


def owner_of(
    netns: Netns, address: IPv6, dev: NetDevice | None = None, domain: NetDevice | None = None, banned: int = IFA_F_TENTATIVE
) -> NetDevice | None:
    """The device that has an address without the `banned` flags: `dev` for link-local ones when it is given (`ipv6_chk_addr_and_flags`).

    `domain`: the L3 master of those that are asked; None: those outside all VRFs.
    """
    for other in netns.devices.values():
        if other.inet6 is None or (dev is not None and other is not dev):
            continue
        if netns.l3mdevs and dev is None and other.l3mdev is not domain:
            continue
        if any(ifa.address == address and not ifa.flags & banned for ifa in other.inet6.addresses):
            return other
    return None


def _is_own(netns: Netns, gateway: IPv6, dev: NetDevice) -> bool:
    """Whether a gateway is an address of this host; link-local ones count on their device only."""
    return owner_of(netns, gateway, dev if gateway.is_linklocal else None, dev.l3mdev, 0) is not None


def _validate_gateway(netns: Netns, route: Fib6Info, dev: NetDevice | None) -> NetDevice:
    """Whether a gateway can be one, and the device it is behind (`ip6_validate_gw`)."""
    gateway = route.gateway
    assert gateway is not None
    if dev is not None and _is_own(netns, gateway, dev):
        raise NetError(EINVAL, "Gateway can not be a local address")
    if not gateway.is_linklocal:
        if gateway.is_multicast or gateway.is_unspecified:
            raise NetError(EINVAL, "Invalid gateway address")
        if route.nh_flags & RTNH_F_ONLINK:
            assert dev is not None
            _check_onlink(netns, gateway, dev)
        else:
            dev = _check_gateway_route(netns, route, gateway, dev)
    if dev is None:
        raise NetError(EINVAL, "Egress device not specified")
    if dev.flags & IFF_LOOPBACK:
        raise NetError(EINVAL, "Egress device can not be loopback device for this route")
    if not route.ifindex and _is_own(netns, gateway, dev):
        raise NetError(EINVAL, "Gateway can not be a local address")
    return dev


def _check_gateway_route(netns: Netns, route: Fib6Info, gateway: IPv6, dev: NetDevice | None) -> NetDevice:
    """The route to a gateway must be a direct one, over the device if one was named (`ip6_route_check_nh`)."""
    flow = Flow6(gateway, oif=route.ifindex)
    found = None
    table = netns.inet6.fib.tables.get(route.table)
    if table is not None:
        found = table_lookup(netns, table, flow, route.ifindex, LOOKUP_IFACE | LOOKUP_IGNORE_LINKSTATE)
        if found is not None and (found.error or found.route.gateway is not None or (dev is not None and found.route.ifindex != dev.ifindex)):
            found = None
    if found is None:
        try:
            found = fib6_lookup(netns, flow, route.ifindex, LOOKUP_IFACE)
        except NetError:
            raise NetError(EHOSTUNREACH) from None
        if found.error or found.route.gateway is not None:
            raise NetError(EHOSTUNREACH)
    if dev is not None and found.route.ifindex != dev.ifindex:
        raise NetError(EHOSTUNREACH)
    return netns.devices[found.route.ifindex]


def _check_onlink(netns: Netns, gateway: IPv6, dev: NetDevice) -> None:
    """Nothing may say that a gateway on the link is elsewhere (`ip6_route_check_nh_onlink`)."""
    table = netns.inet6.fib.table(dev.l3mdev_fib_table or RT_TABLE_MAIN)
    found = table_lookup(netns, table, Flow6(gateway, oif=dev.ifindex), dev.ifindex, LOOKUP_IGNORE_LINKSTATE)
    if found is None or found.error or found.route.dst == 0:
        return
    if found.route.type != RTN_UNICAST or found.route.ifindex != dev.ifindex:
        raise NetError(EINVAL, "Nexthop has invalid gateway or device mismatch")


# tables ----------------------------------------------------------------------------------------------------------------


def insert(netns: Netns, route: Fib6Info, flags: int) -> None:
    """Add, append or replace a checked route (`fib6_add`, `fib6_add_rt2node`); EEXIST, ENOENT."""
    fib = netns.inet6.fib
    table = fib.tables.get(route.table) or fib.table(route.table)
    if route.prefsrc is not None:
        fib.has_prefsrc = True
    node = table.at(route.dst, route.length)
    if not node and not flags & NLM_F_CREATE and flags & NLM_F_REPLACE:
        raise NetError(ENOENT, "Can not replace route - no match found")
    if flags & NLM_F_REPLACE:
        _replace(table, node, route, flags)
    elif not node:
        table.insert(route, 0)
    else:
        is_last = len(node) > MANY and _comes_last(netns, node, route, flags)
        table.insert(route, len(node) if is_last else _position(netns, node, route, flags))
    fib.generation += 1


def _comes_last(netns: Netns, node: list[Fib6Info], route: Fib6Info, flags: int) -> bool:
    """Whether a route goes behind many others with none of which it shares a device, nor traffic."""
    if flags & NLM_F_EXCL or route.gateway is not None or node[-1].metric > route.metric:
        return False
    over = netns.inet6.fib.over(route.ifindex)
    return not any(known.length == route.length and known.dst == route.dst and known.table == route.table for known in over)


def _position(netns: Netns, node: list[Fib6Info], route: Fib6Info, flags: int) -> int:
    """Where a new route goes: after those whose metric is as good; it joins those it can share traffic with."""
    position = 0
    friends: list[Fib6Info] = []
    metric, can_ecmp = route.metric, route.gateway is not None and route.can_ecmp
    for known in node:
        if known.metric > metric:
            break
        if known.metric == metric:
            if flags & NLM_F_EXCL:
                raise NetError(EEXIST)
            if known.ifindex == route.ifindex and is_duplicate(known, route):
                if known.expires:
                    known.expires = route.expires
                raise NetError(EEXIST)
            if can_ecmp and known.can_ecmp:
                friends.append(known)
        position += 1
    if friends:
        _befriend(friends[0], route)
    return position


def _befriend(first: Fib6Info, route: Fib6Info) -> None:
    siblings = first.siblings or [first]
    siblings.append(route)
    first.siblings = route.siblings = siblings


def is_duplicate(one: Fib6Info, other: Fib6Info) -> bool:
    """Whether two routes have the same way out (`rt6_duplicate_nexthop`)."""
    if one.nh is not None or other.nh is not None:
        return one.nh == other.nh
    return one.ifindex == other.ifindex and one.gateway == other.gateway


def _replace(table: Fib6Table, node: list[Fib6Info], route: Fib6Info, flags: int) -> None:
    """Put a route in the place of the first one with its metric that is alike in sharing, or of the first at all (`fib6_add_rt2node`)."""
    equal = [known for known in node if known.metric == route.metric]
    old = next((known for known in equal if known.can_ecmp == route.can_ecmp), equal[0] if equal else None)
    if old is None:
        if not flags & NLM_F_CREATE:
            raise NetError(ENOENT)
        table.insert(route, next((place for place, known in enumerate(node) if known.metric > route.metric), len(node)))
        return
    position = node.index(old)
    gone = list(old.siblings) or [old]
    table.insert(route, position)
    for known in gone:
        table.remove(known)


@attrs.frozen
class Wanted6:
    """What a deletion names; 0 and None ask nothing."""

    dst: IPv6
    length: int
    table: int
    ifindex: int = 0
    gateway: IPv6 | None = None
    metric: int = 0
    protocol: int = 0
    nhid: int = 0


def delete(netns: Netns, wanted: Wanted6) -> None:
    """Remove the first route that matches, with its siblings unless one gateway is named (`ip6_route_del`); ESRCH."""
    table = netns.inet6.fib.tables.get(wanted.table)
    if table is None:
        raise NetError(ESRCH, "FIB table does not exist")
    for route in table.at(int(wanted.dst), wanted.length):
        if route.nh is not None or wanted.nhid:
            if route.nh is None or wanted.nhid not in (0, route.nh.id) or not _is_alike(route, wanted):
                continue
            for gone in list(route.siblings) or [route]:
                table.remove(gone)
            netns.inet6.fib.generation += 1
            return
        if wanted.ifindex and route.ifindex != wanted.ifindex:
            continue
        if wanted.gateway is not None and route.gateway != wanted.gateway:
            continue
        if not _is_alike(route, wanted):
            continue
        for gone in [route] if wanted.gateway is not None or not route.siblings else list(route.siblings):
            table.remove(gone)
        netns.inet6.fib.generation += 1
        return
    raise NetError(ESRCH)


def _is_alike(route: Fib6Info, wanted: Wanted6) -> bool:
    return wanted.metric in (0, route.metric) and wanted.protocol in (0, route.protocol)


def remove(netns: Netns, route: Fib6Info) -> None:
    """Take out this very route if it is still there (`ip6_del_rt`)."""
    table = netns.inet6.fib.tables.get(route.table)
    if table is not None and route in table.at(int(route.dst), route.length):
        table.remove(route)
        netns.inet6.fib.generation += 1


def remove_all(netns: Netns, is_unwanted: Callable[[Fib6Info], bool]) -> None:
    """Take out every route of which a question is true (`fib6_clean_all`)."""
    for route in netns.inet6.fib.routes():
        if is_unwanted(route):
            remove(netns, route)


# events ----------------------------------------------------------------------------------------------------------------


def device_down(netns: Netns, dev: NetDevice) -> None:
    """The device went down: its routes go, but one that shares traffic with living ones stays and counts as dead (`fib6_ifdown`)."""
    fib = netns.inet6.fib
    routes = tuple(fib.over(dev.ifindex))
    for route in routes:
        if route.siblings or route.nh is not None:
            break
    else:  # the common case
        for route in routes:
            fib.tables[route.table].remove(route)
        fib.generation += len(routes) + 1
        return
    for route in routes:
        if route.nh is not None:  # nexthop objects see to their own routes
            continue
        if route.siblings and any(other.ifindex != dev.ifindex and not other.nh_flags & RTNH_F_DEAD for other in route.siblings):
            route.nh_flags |= RTNH_F_DEAD | RTNH_F_LINKDOWN
            fib.has_marks = True
        else:
            for gone in list(route.siblings) or [route]:
                remove(netns, gone)
    fib.generation += 1


def device_gone(netns: Netns, dev: NetDevice) -> None:
    """The device is unregistered: all its routes go (`fib6_ifdown` with NETDEV_UNREGISTER)."""
    fib = netns.inet6.fib
    for route in tuple(fib.over(dev.ifindex)):
        fib.tables[route.table].remove(route)
        fib.generation += 1


def carrier_down(netns: Netns, dev: NetDevice) -> None:
    """The carrier went: routes over the device are marked (`fib6_ifdown` with NETDEV_CHANGE)."""
    for route in netns.inet6.fib.over(dev.ifindex):
        if not route.flags & (RTF_LOCAL | RTF_ANYCAST):
            route.nh_flags |= RTNH_F_LINKDOWN
            netns.inet6.fib.has_marks = True
    netns.inet6.fib.generation += 1


def device_up(netns: Netns, dev: NetDevice, flags: int) -> None:
    """The device is up (DEAD) or has its carrier back (LINKDOWN): what was marked lives again (`fib6_ifup`)."""
    if flags & RTNH_F_DEAD and dev.carrier:
        flags |= RTNH_F_LINKDOWN
    for route in netns.inet6.fib.over(dev.ifindex) if netns.inet6.fib.has_marks else ():
        route.nh_flags &= ~flags
    netns.inet6.fib.generation += 1
