"""What was learnt about single destinations behind a next hop: smaller MTUs, better gateways (`struct fib_nh_exception` of `route.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4
from netsim.clock import SECOND

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.ipv4.fib_lookup import Found
    from netsim.kernel.ipv4.route import Rt
    from netsim.kernel.tables.fib import FibTable, NextHop, Route

Behind = tuple[Any, ...]
MIN_PMTU = 552
OF_OBJECT = 4
"""So many words name a way by a nexthop object."""


@attrs.define(eq=False)
class Learnt:
    """What was learnt about one destination: another gateway, a smaller MTU; until when (ns)."""

    gateway: IPv4 | None = None
    mtu: int = 0
    is_locked: bool = False
    expires: int = 0


def behind(route: Route, hop: NextHop) -> Behind:
    """The next hop that an exception hangs on: routes that differ in nothing but what they match share it (`fib_find_info`)."""
    way = hop.ifindex, hop.gateway, hop.weight
    if route.nh is not None:
        return (route.nh.id, *way)
    return (route.type, route.scope, route.protocol, route.prefsrc, route.priority, route.metrics, route.table, *way)


def find_exception(netns: Netns, dst: IPv4, found: Found | None) -> Learnt | None:
    """What is still valid about a destination by this way (`find_exception`)."""
    if found is None or found.hop is None:
        return None
    key = dst, behind(found.route, found.hop)
    known: Learnt | None = netns.inet.exceptions.get(key)
    if known is not None and known.expires and known.expires <= netns.kernel.clock.now:
        del netns.inet.exceptions[key]
        return None
    return known


def learn_pmtu(netns: Netns, route: Rt, dst: IPv4, mtu: int) -> None:
    """A router said that packets to `dst` must be smaller (`__ip_rt_update_pmtu`); not where the route's MTU is locked."""
    found = route.found
    if found is None or found.hop is None or ("lock mtu", 1) in found.route.metrics or route.mtu < mtu:
        return
    sysctl, now = netns.inet.sysctl, netns.kernel.clock.now
    lowest, lifetime = int(sysctl.get("route/min_pmtu", MIN_PMTU)), int(sysctl.get("route/mtu_expires", 600)) * SECOND
    locked = mtu < lowest
    if locked:
        mtu = min(route.mtu, lowest)
    elif route.pmtu == mtu and now < route.expires - lifetime // 2:
        return
    entry = find_exception(netns, dst, found) or Learnt()
    entry.mtu, entry.is_locked, entry.expires = mtu, locked, now + lifetime
    _keep(netns, dst, found, entry)


def learn_redirect(netns: Netns, route: Rt, dst: IPv4, gateway: IPv4) -> None:
    """A router named a better gateway for `dst` (`__ip_do_redirect`)."""
    found = route.found
    if found is None or found.hop is None:
        return
    entry = find_exception(netns, dst, found) or Learnt()
    entry.gateway = gateway
    entry.expires = netns.kernel.clock.now + int(netns.inet.sysctl.get("route/gc_timeout", 300)) * SECOND
    _keep(netns, dst, found, entry)


def _keep(netns: Netns, dst: IPv4, found: Found, entry: Learnt) -> None:
    assert found.hop is not None
    netns.inet.exceptions[dst, behind(found.route, found.hop)] = entry
    netns.inet.rt_genid += 1


def flush_cache(netns: Netns) -> None:
    """Forget all exceptions (`rt_cache_flush`)."""
    netns.inet.exceptions.clear()
    netns.inet.rt_genid += 1


def forget_behind(netns: Netns, table: FibTable, gone: Route) -> None:
    """A route went: what was learnt behind its next hops goes with the last route that shares them (`free_nh_exceptions`)."""
    if gone.nh is not None:
        return
    lost = {behind(gone, hop) for hop in gone.nexthops} - {behind(route, hop) for route in table.routes() for hop in route.nexthops}
    for key in [key for key in netns.inet.exceptions if key[1] in lost]:
        del netns.inet.exceptions[key]


def forget_object(netns: Netns, numbers: set[int]) -> None:
    """Nexthop objects went, or became others: what was learnt behind them goes (`nexthop_free`)."""
    for key in [key for key in netns.inet.exceptions if len(key[1]) == OF_OBJECT and key[1][0] in numbers]:
        del netns.inet.exceptions[key]


def sync_learnt_mtu(dev: NetDevice) -> None:
    """What was learnt of ways over a device gets smaller with it, and larger where it was the device that set it (`fib_nhc_update_mtu`)."""
    for (_, way), known in dev.netns.inet.exceptions.items():
        if way[-3] != dev.ifindex or not known.mtu:
            continue
        if known.is_locked:
            if dev.mtu <= known.mtu:
                known.mtu, known.is_locked = dev.mtu, False
        elif dev.mtu < known.mtu or known.mtu == dev.mtu_before:
            known.mtu = dev.mtu
