"""The routes that addresses bring: the host's own, the prefix's, the peer's, the subnet routers' anycast address (`addrconf.c`, `anycast.c`)."""

from __future__ import annotations

from netsim.addr import IPv6, mask6
from netsim.errors import NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.ipv6 import fib, mcast
from netsim.kernel.tables.fib import (
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_ANYCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTPROT_KERNEL,
)
from netsim.kernel.tables.fib6 import IP6_RT_PRIO_ADDRCONF, RTF_ANYCAST, RTF_LOCAL, RTF_NONEXTHOP, RTF_UP, Fib6Info
from netsim.kernel.tables.inet6 import Ifa6

MULTICAST_NET = IPv6(0xFF << 120)


def prefix_route(dev: NetDevice, address: IPv6, length: int, metric: int, *, expires: int = 0, flags: int = 0) -> None:
    """The route to a prefix on the link; refused in silence while the device is down (`addrconf_prefix_route`)."""
    route = Fib6Info(
        address, length, metric or IP6_RT_PRIO_ADDRCONF, RTN_UNICAST, dev.l3mdev_fib_table or RT_TABLE_MAIN, dev.ifindex,
        flags=RTF_UP | flags, protocol=RTPROT_KERNEL, expires=expires,
    )  # fmt: skip
    try:
        fib.insert(dev.netns, fib.complete(dev.netns, route), fib.NLM_F_CREATE)
    except NetError:
        return


def find_prefix_route(dev: NetDevice, address: IPv6, length: int) -> Fib6Info | None:
    """The connected route of a prefix on a device (`addrconf_get_prefix_route`)."""
    table = dev.netns.inet6.fib.tables.get(dev.l3mdev_fib_table or RT_TABLE_MAIN)
    routes = table.at(int(address), length) if table is not None else []
    return next((route for route in routes if route.ifindex == dev.ifindex and route.gateway is None and route.type == RTN_UNICAST), None)


def multicast_route(dev: NetDevice) -> None:
    """Groups are reached over the device, an L3 master has none (`addrconf_add_dev`, `addrconf_add_mroute`)."""
    if dev.flags & IFF_LOOPBACK or dev.l3mdev_table:
        return
    table = dev.l3mdev_fib_table or RT_TABLE_LOCAL
    route = Fib6Info(MULTICAST_NET, 8, IP6_RT_PRIO_ADDRCONF, RTN_MULTICAST, table, dev.ifindex, protocol=RTPROT_KERNEL)
    try:
        fib.insert(dev.netns, fib.complete(dev.netns, route), fib.NLM_F_CREATE)
    except NetError:
        return


def _host(dev: NetDevice, address: IPv6, kind: int, flag: int) -> Fib6Info:
    return Fib6Info(
        address, 128, 0, kind, dev.l3mdev_fib_table or RT_TABLE_LOCAL, dev.ifindex, flags=RTF_UP | RTF_NONEXTHOP | flag, protocol=RTPROT_KERNEL
    )  # fmt: skip


def _insert(dev: NetDevice, route: Fib6Info) -> None:
    try:
        fib.insert(dev.netns, route, fib.NLM_F_CREATE)
    except NetError:
        return


def _find_host(dev: NetDevice, address: IPv6, kind: int) -> Fib6Info | None:
    table = dev.netns.inet6.fib.tables.get(dev.l3mdev_fib_table or RT_TABLE_LOCAL)
    for route in table.at(address, 128) if table is not None else ():
        if route.ifindex == dev.ifindex and route.type == kind:
            return route
    return None


def configured(dev: NetDevice, ifa: Ifa6) -> None:
    """An address may be used from now on (`__ipv6_ifa_notify` with RTM_NEWADDR)."""
    assert dev.inet6 is not None
    if _find_host(dev, ifa.address, RTN_LOCAL) is None:
        _insert(dev, _host(dev, ifa.address, RTN_LOCAL, RTF_LOCAL))
    if dev.inet6.conf.forwarding:
        join_anycast(dev, ifa)
    if ifa.peer is not None:
        prefix_route(dev, ifa.peer, 128, ifa.metric)


def unconfigured(dev: NetDevice, ifa: Ifa6) -> None:
    """It is no longer ours (`__ipv6_ifa_notify` with RTM_DELADDR)."""
    assert dev.inet6 is not None
    if dev.inet6.conf.forwarding:
        leave_anycast(dev, ifa)
    if not dev.flags & IFF_LOOPBACK:
        mcast.leave(dev, ifa.address.solicited_node())
    if ifa.peer is not None:
        disconnect_peer(dev, ifa.peer)
    routes = tuple(dev.netns.inet6.fib.over(dev.ifindex))
    if routes:
        own = _find_host(dev, ifa.address, RTN_LOCAL)
        if own is not None:
            fib.remove(dev.netns, own)
    _remove_prefsrc(dev, ifa.address, routes)


def _remove_prefsrc(dev: NetDevice, address: IPv6, over: tuple[Fib6Info, ...]) -> None:
    """Routes no longer prefer a source that went, those over the device or all, unless it is somebody else's too (`rt6_remove_prefsrc`)."""
    netns = dev.netns
    state = netns.inet6.fib
    is_everywhere = netns.kernel.profile.clears_prefsrc_everywhere
    if is_everywhere and not state.has_prefsrc:
        return
    for route in state.routes() if is_everywhere else over:
        if route.prefsrc != address:
            continue
        other = netns.devices.get(route.ifindex)
        if not is_everywhere or fib.owner_of(netns, address, domain=None if other is None else other.l3mdev, banned=0) is None:
            route.prefsrc = None


def disconnect_peer(dev: NetDevice, peer: IPv6) -> None:
    """The route to the other end of an address goes (`cleanup_prefix_route`)."""
    route = find_prefix_route(dev, peer, 128)
    if route is not None:
        fib.remove(dev.netns, route)


def _anycast_of(ifa: Ifa6) -> IPv6 | None:
    """The subnet-router anycast address of an address's prefix; /127 and /128 have none (`addrconf_join_anycast`)."""
    address = IPv6(ifa.address & mask6(ifa.length))
    return address if ifa.length < 127 and address else None


def join_anycast(dev: NetDevice, ifa: Ifa6) -> None:
    """A router answers to the subnet's anycast address too (`__ipv6_dev_ac_inc`)."""
    address = _anycast_of(ifa)
    if address is None or dev.inet6 is None:
        return
    if dev.inet6.anycast is None:
        dev.inet6.anycast = {}
    users = dev.inet6.anycast.get(address, 0)
    dev.inet6.anycast[address] = users + 1
    if not users:
        _insert(dev, _host(dev, address, RTN_ANYCAST, RTF_ANYCAST))
        if not dev.flags & IFF_LOOPBACK:
            mcast.join(dev, address.solicited_node())


def leave_anycast(dev: NetDevice, ifa: Ifa6) -> None:
    """It no longer does (`__ipv6_dev_ac_dec`)."""
    address = _anycast_of(ifa)
    if address is None or dev.inet6 is None or dev.inet6.anycast is None or address not in dev.inet6.anycast:
        return
    dev.inet6.anycast[address] -= 1
    if dev.inet6.anycast[address]:
        return
    del dev.inet6.anycast[address]
    if not dev.flags & IFF_LOOPBACK:
        mcast.leave(dev, address.solicited_node())
    route = _find_host(dev, address, RTN_ANYCAST)
    if route is not None:
        fib.remove(dev.netns, route)
