"""The routes that addresses bring: local, broadcast and connected ones (`fib_frontend.c`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from netsim.addr import MASKS4, IPv4
from netsim.kernel.core.neighbour import neigh_forget
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP, NetDevice
from netsim.kernel.ipv4 import fib
from netsim.kernel.ipv4.fib_lookup import inet_addr_type_dev
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_UNICAST,
    RTNH_F_LINKDOWN,
    RTPROT_KERNEL,
    FibTable,
    NextHop,
    Route,
)
from netsim.kernel.tables.inet import IFA_F_NOPREFIXROUTE, IFA_F_SECONDARY, Ifa
from netsim.kernel.tables.neigh import NUD_VALID

if TYPE_CHECKING:
    from collections.abc import Iterable

FIRST_GROUP = 0xE0000000


def same_net(one: Ifa, address: IPv4, mask: int) -> bool:
    """Whether an address is of the net that another on the device is of (`inet_ifa_match`)."""
    return not (one.peer ^ address) & mask


def _delete(dev: NetDevice, table: FibTable, kind: int, dst: int, length: int, source: IPv4, metric: int = 0) -> None:
    """A route the kernel itself takes away (`fib_magic`)."""
    prefixes = table.lengths.get(length)
    routes = None if prefixes is None else prefixes.get(dst)
    if routes is None:
        return
    scope = RT_SCOPE_HOST if kind == RTN_LOCAL else RT_SCOPE_LINK
    for route in routes:
        if route.type != kind or route.prefsrc != source or route.scope != scope or route.protocol != RTPROT_KERNEL:
            continue
        if not route.tos and (not metric or route.priority == metric) and route.nexthops and route.nexthops[0].ifindex == dev.ifindex:
            fib.take_out(dev.netns, table, route)
            return


def add_routes(dev: NetDevice, ifa: Ifa) -> None:
    """The local, broadcast and connected routes of an address (`fib_add_ifaddr`)."""
    source = _source_of(dev, ifa)
    table = dev.l3mdev_fib_table
    made = _routes_over_lo if dev.flags & IFF_LOOPBACK else _routes
    net = ifa.local, ifa.peer, ifa.length, ifa.broadcast, ifa.metric
    link = dev.ifindex, dev.flags & (IFF_UP | IFF_LOOPBACK), 0 if dev.carrier else RTNH_F_LINKDOWN
    routes = made(net, ifa.flags & (IFA_F_SECONDARY | IFA_F_NOPREFIXROUTE), source, link, table)
    if not source or (source >= FIRST_GROUP and (source.is_multicast or source.is_broadcast)):
        routes = tuple(route for route in routes if route.type == RTN_LOCAL and route.dst == source != 0)  # `fib_valid_prefsrc`
    fib.insert_own(dev.netns, routes)
    if dev.netns.inet.arp.entries:
        _invalidate_broadcasts(dev, routes)


def _invalidate_broadcasts(dev: NetDevice, routes: tuple[Route, ...]) -> None:
    """Who was asked for at an address that is everybody's now is forgotten, unless somebody answered (`arp_invalidate`)."""
    table = dev.netns.inet.arp
    for route in routes:
        known = table.entries.get((route.dst, dev.ifindex)) if route.type == RTN_BROADCAST else None
        if known is not None and not known.state & NUD_VALID:
            neigh_forget(table, known)


def _routes(net: tuple[IPv4, IPv4, int, IPv4 | None, int], flags: int, source: IPv4, link: tuple[int, int, int], vrf_table: int) -> tuple[Route, ...]:
    """What an address brings on a device in some state, as values: the routes that `fib_magic` makes, their ways out known."""
    local, peer, length, broadcast, metric = net
    ifindex, dev_flags, hop_flags = link
    own, main = vrf_table or RT_TABLE_LOCAL, vrf_table or RT_TABLE_MAIN
    to_host = _way_out(ifindex, 0, RT_SCOPE_NOWHERE)
    routes = [Route(local, 32, 0, 0, RTN_LOCAL, RT_SCOPE_HOST, RTPROT_KERNEL, source, to_host, (), own)]
    if not dev_flags & IFF_UP:
        return tuple(routes)
    to_link = _way_out(ifindex, hop_flags, RT_SCOPE_HOST)
    if broadcast is not None and broadcast != 0xFFFFFFFF:
        routes.append(Route(broadcast, 32, 0, 0, RTN_BROADCAST, RT_SCOPE_LINK, RTPROT_KERNEL, source, to_link, (), own))
    mask = MASKS4[length]
    prefix = IPv4(peer & mask)
    if prefix >> 24 == 0 or flags & IFA_F_SECONDARY or (prefix == local and length == 32):
        return tuple(routes)
    if not flags & IFA_F_NOPREFIXROUTE and dev_flags & IFF_LOOPBACK:
        routes.append(Route(prefix, length, 0, metric, RTN_LOCAL, RT_SCOPE_HOST, RTPROT_KERNEL, local, to_host, (), own))
    elif not flags & IFA_F_NOPREFIXROUTE:
        routes.append(Route(prefix, length, 0, metric, RTN_UNICAST, RT_SCOPE_LINK, RTPROT_KERNEL, local, to_link, (), main))
    if length < 31:
        everyone = IPv4(prefix | ~mask & 0xFFFFFFFF)
        routes.append(Route(everyone, 32, 0, 0, RTN_BROADCAST, RT_SCOPE_LINK, RTPROT_KERNEL, local, to_link, (), own))
    return tuple(routes)


_routes_over_lo = lru_cache(64)(_routes)
"""Those over lo are the same values in every namespace."""


@lru_cache(1024)
def _way_out(ifindex: int, flags: int, scope: int) -> tuple[NextHop, ...]:
    """Over a device, without a gateway: a value that all namespaces share (`fib_find_info` shares within one)."""
    return (NextHop(ifindex, None, 1, flags, scope),)


def _primary_of(dev: NetDevice, ifa: Ifa) -> Ifa | None:
    assert dev.inet is not None
    mask = MASKS4[ifa.length]
    return next(
        (
            other
            for other in dev.inet.addresses
            if not other.flags & IFA_F_SECONDARY and other.length == ifa.length and same_net(other, ifa.peer, mask)
        ),
        None,
    )


def _source_of(dev: NetDevice, ifa: Ifa) -> IPv4:
    """The address that the routes of an address name as their source: its own, a secondary's primary's."""
    return ((_primary_of(dev, ifa) or ifa) if ifa.flags & IFA_F_SECONDARY else ifa).local


def delete_routes(dev: NetDevice, ifa: Ifa, leaving: Ifa | None = None) -> None:
    """The routes an address brought go, unless another address still wants them (`fib_del_ifaddr`).

    `leaving`: the primary whose place another takes, so that nobody of its net wants any.
    """
    assert dev.inet is not None
    netns, vrf = dev.netns, dev.l3mdev_fib_table
    fib_state = netns.inet.fib
    own, main = fib_state.tables.get(vrf or RT_TABLE_LOCAL), fib_state.tables.get(vrf or RT_TABLE_MAIN)
    mask = MASKS4[ifa.length]
    prefix, broadcast = ifa.peer & mask, (ifa.peer & mask) | (~mask & 0xFFFFFFFF)
    others = [other for other in dev.inet.addresses if other is not ifa] if dev.inet.addresses else ()
    if leaving is not None:
        others = [other for other in others if other.length != leaving.length or not same_net(other, leaving.peer, mask)]
    is_secondary = ifa.flags & IFA_F_SECONDARY
    primary = ifa
    if is_secondary:
        primary = _primary_of(dev, ifa) or ifa
    elif prefix >> 24 and ifa.length < 32:
        if not ifa.flags & IFA_F_NOPREFIXROUTE and not (others and _has_primary(others, prefix, ifa.length)):
            if dev.flags & IFF_LOOPBACK:
                if own is not None:
                    _delete(dev, own, RTN_LOCAL, prefix, ifa.length, ifa.local, ifa.metric)
            elif main is not None:
                _delete(dev, main, RTN_UNICAST, prefix, ifa.length, ifa.local, ifa.metric)
    elif prefix >> 24 and ifa.peer != ifa.local and main is not None:
        _delete(dev, main, RTN_UNICAST, prefix, ifa.length, ifa.local, ifa.metric)
    if own is not None:
        wanted = _broadcasts_of([other for other in others if _source_of(dev, other) == primary.local]) if others else ()
        if ifa.broadcast is not None and ifa.broadcast not in wanted:
            _delete(dev, own, RTN_BROADCAST, ifa.broadcast, 32, primary.local)
        if not is_secondary and ifa.length < 31 and broadcast not in wanted:
            _delete(dev, own, RTN_BROADCAST, broadcast, 32, ifa.local)
    if not (others and any(other.local == ifa.local and _source_of(dev, other) == primary.local for other in others)):
        if own is not None:
            _delete(dev, own, RTN_LOCAL, ifa.local, 32, primary.local)
        if inet_addr_type_dev(netns, dev, ifa.local) != RTN_LOCAL:
            fib.flush_prefsrc(dev, ifa.local)


def _has_primary(addresses: Iterable[Ifa], prefix: int, length: int) -> bool:
    mask = MASKS4[length]
    return any(other.length == length and not (other.peer ^ prefix) & mask for other in addresses if not other.flags & IFA_F_SECONDARY)


def _broadcasts_of(addresses: Iterable[Ifa]) -> set[int]:
    return {other.broadcast for other in addresses if other.broadcast is not None} | {
        (other.peer & MASKS4[other.length]) | (~MASKS4[other.length] & 0xFFFFFFFF)
        for other in addresses
        if other.length < 31 and not other.flags & IFA_F_SECONDARY
    }


def modify_prefix_metric(dev: NetDevice, ifa: Ifa, old: int) -> None:
    """The connected route of an address is made anew with its other metric (`fib_modify_prefix_metric`)."""
    prefix = IPv4(ifa.peer & MASKS4[ifa.length])
    if (
        not dev.flags & IFF_UP
        or ifa.flags & (IFA_F_SECONDARY | IFA_F_NOPREFIXROUTE)
        or not prefix >> 24
        or (prefix == ifa.local and ifa.length == 32)
    ):
        return
    kind, number = (RTN_LOCAL, RT_TABLE_LOCAL) if dev.flags & IFF_LOOPBACK else (RTN_UNICAST, RT_TABLE_MAIN)
    add_routes(dev, ifa)
    _delete(dev, dev.netns.inet.fib.tables[dev.l3mdev_fib_table or number], kind, prefix, ifa.length, ifa.local, old)
