"""Changing nexthop objects, and the routes of both protocols that lead by them (`net/ipv4/nexthop.c`)."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from netsim.addr import IPv6
from netsim.errors import EEXIST, EINVAL, ENOENT, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv4 import fib
from netsim.kernel.ipv4.fnhe import forget_object
from netsim.kernel.ipv6 import fib as fib6
from netsim.kernel.ipv6.nexthop import check_nexthop as check_nexthop6
from netsim.kernel.ipv6.nexthop import routes_of
from netsim.kernel.tables.fib import RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RT_TABLE_MAIN, RTNH_F_ONLINK, NextHop, Route
from netsim.kernel.tables.fib6 import Fib6Info
from netsim.kernel.tables.nexthop import Nexthop, NexthopTable, nexthops_of, routes6_by, routes_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from netsim.kernel.core.netns import Netns


def checked_hop(netns: Netns, family: int, hop: NextHop) -> NextHop:
    """The way out of a new object made sure of (`nh_create_ipv4`, `nh_create_ipv6`); NetError with the kernel's sentences."""
    dev = netns.devices.get(hop.ifindex)
    table = (dev.l3mdev.l3mdev_table if dev is not None and dev.l3mdev is not None else 0) or RT_TABLE_MAIN
    if family == 2:
        return fib.check_hop(netns, hop, table, RT_SCOPE_UNIVERSE)
    assert hop.gateway is None or isinstance(hop.gateway, IPv6)
    asked = Fib6Info(IPv6(1), 128, table=table, ifindex=hop.ifindex, gateway=hop.gateway)
    made = fib6.complete(netns, asked, onlink=bool(hop.flags & RTNH_F_ONLINK))
    return hop.resolved(made.ifindex, RT_SCOPE_LINK, hop.flags)


def checked_blackhole(netns: Netns, family: int, hop: NextHop) -> NextHop:
    """Nowhere, by way of the loopback device, which must be up for it."""
    there = NextHop(netns.loopback.ifindex, None, 1, hop.flags)
    made = checked_hop(netns, family, there)
    return there.resolved(made.ifindex, RT_SCOPE_UNIVERSE, made.flags)


def check_route(netns: Netns, route: Route) -> Route:
    """A route by a nexthop object as the kernel would keep it (`fib_create_info` with `fc_nh_id`)."""
    assert route.nh is not None
    table = nexthops_of(netns)
    if route.nh.id not in table.by_id:
        raise NetError(EINVAL, "Nexthop id does not exist")
    if route.type not in fib.ERROR_TYPES:
        if route.scope > RT_SCOPE_HOST:
            raise NetError(EINVAL, "Invalid scope")
        check_nexthop(table, table.by_id[route.nh.id], route.scope)
    if route.prefsrc is not None and not fib.valid_prefsrc(netns, route):
        raise NetError(EINVAL, "Invalid prefsrc address")
    return table.applied(route)


def check_nexthop(table: NexthopTable, nexthop: Nexthop, scope: int) -> None:
    """Whether a route of a scope may lead by a nexthop object (`fib_check_nexthop`)."""
    if nexthop.is_group and scope == RT_SCOPE_HOST:
        raise NetError(EINVAL, "Route with host scope can not have multiple nexthops")
    hop = table.members_of(nexthop)[0].hop
    if scope == RT_SCOPE_HOST and hop.gateway is not None:
        raise NetError(EINVAL, "Route with host scope can not have a gateway")
    if hop.flags & RTNH_F_ONLINK and scope >= RT_SCOPE_LINK:
        raise NetError(EINVAL, "Scope mismatch with nexthop")


def check_members(table: NexthopTable, members: tuple[tuple[int, int], ...]) -> None:
    """Whether a group can be of these (`nh_check_attr_group`)."""
    numbers = [number for number, _ in members]
    for place, number in enumerate(numbers):
        if number in numbers[place + 1 :]:
            raise NetError(EINVAL, "Nexthop id can not be used twice in a group")
    for number in numbers:
        nexthop = table.by_id.get(number)
        if nexthop is None:
            raise NetError(EINVAL, "Invalid nexthop id")
        if nexthop.is_group:
            raise NetError(EINVAL, "Hash-threshold group can not be a nexthop within a group")
        if nexthop.is_blackhole and len(members) > 1:
            raise NetError(EINVAL, "Blackhole nexthop can not be used in a group with more than 1 path")


def insert(netns: Netns, new: Nexthop, flags: int) -> None:
    """Add an object or put it in the place of the one with its id (`insert_nexthop`); EEXIST, ENOENT."""
    table = nexthops_of(netns)
    old = table.by_id.get(new.id)
    if old is None:
        if flags & fib.NLM_F_REPLACE and not flags & fib.NLM_F_CREATE:
            raise NetError(ENOENT, "Replace specified without create and no entry exists")
        table.put(new)
        return
    if not flags & fib.NLM_F_REPLACE:
        raise NetError(EEXIST)
    _check_replacement(netns, table, old, new)
    table.put(new)
    changed = {new.id, *[group.id for group in table.groups_with(new.id)]}
    if netns.inet.exceptions:
        forget_object(netns, changed)
    _apply(netns, changed)


def _check_replacement(netns: Netns, table: NexthopTable, old: Nexthop, new: Nexthop) -> None:
    """Whether whoever uses the old object can use the new one (`replace_nexthop`, `nh_check_attr_group`)."""
    for route in routes_by(_routes(netns), {old.id}):
        if fib.type_asked(route) not in fib.ERROR_TYPES:
            check_nexthop(table, new, route.scope)
    if routes6_by(netns.inet6.fib.routes(), {old.id}):
        check_nexthop6(table, new)
    if new.is_group and not old.is_group:
        raise NetError(EINVAL, "Can not replace a nexthop with a nexthop group.")
    if old.is_group and not new.is_group:
        raise NetError(EINVAL, "Can not replace a nexthop group with a nexthop.")
    for group in table.groups_with(old.id):
        if new.is_blackhole and len(group.members) > 1:
            raise NetError(EINVAL, "Blackhole nexthop can not be a member of a group with more than one path")
        if new.family == 2 and routes6_by(netns.inet6.fib.routes(), {group.id}):
            raise NetError(EINVAL, "IPv6 routes can not use an IPv4 nexthop")


def _routes(netns: Netns) -> Iterator[Route]:
    return chain.from_iterable(table.routes() for table in netns.inet.fib.tables.values())


def _apply(netns: Netns, ids: set[int]) -> None:
    """Routes by these objects lead as the objects say now (`nh_rt_cache_flush`)."""
    table = nexthops_of(netns)
    netns.stir()
    for route in routes_by(_routes(netns), ids):
        netns.inet.fib.tables[route.table].swap(route, table.applied(route))
    netns.inet.fib.generation += 1
    for route6 in [known for known in routes6_by(netns.inet6.fib.routes(), ids) if not known.siblings or known.siblings[0] is known]:
        _put_in_place(netns, table, route6)
    netns.inet6.fib.generation += 1


def _put_in_place(netns: Netns, table: NexthopTable, old: Fib6Info) -> None:
    """An IPv6 route by an object, and its siblings, made anew where it stood."""
    node = netns.inet6.fib.tables[old.table]
    gone = list(old.siblings) or [old]
    position = node.at(int(old.dst), old.length).index(gone[0])
    made = routes_of(netns, table, old)
    for place, route in enumerate(made):
        node.insert(route, position + place)
    for route in gone:
        node.remove(route)


def remove(netns: Netns, number: int) -> None:
    """Take an object away, with the routes and groups that have no way left then (`remove_nexthop`); ENOENT."""
    table = nexthops_of(netns)
    nexthop = table.by_id.get(number)
    if nexthop is None:
        raise NetError(ENOENT)
    _take_routes(netns, number)
    if netns.inet.exceptions:
        forget_object(netns, {number, *[group.id for group in table.groups_with(number)]})
    for group in table.groups_with(number):
        left = tuple([member for member in group.members if member[0] != number])
        if left:
            table.put(Nexthop(group.id, 0, group.protocol, members=left))
            _apply(netns, {group.id})
        else:
            remove(netns, group.id)
    table.drop(number)


def _take_routes(netns: Netns, number: int) -> None:
    """The routes by an object go (`__remove_nexthop_fib`)."""
    for route in routes_by(_routes(netns), {number}):
        fib.take_out(netns, netns.inet.fib.tables[route.table], route)
    for route6 in routes6_by(netns.inet6.fib.routes(), {number}):
        fib6.remove(netns, route6)


# devices ---------------------------------------------------------------------------------------------------------------


def flush_dev(dev: NetDevice) -> None:
    """Objects over a device that went, or lost its carrier, go too; blackholes stay (`nexthop_flush_dev`)."""
    table = nexthops_of(dev.netns)
    for nexthop in table.listed():
        if nexthop.id in table.by_id and not nexthop.is_group and not nexthop.is_blackhole and nexthop.hop.ifindex == dev.ifindex:
            remove(dev.netns, nexthop.id)
