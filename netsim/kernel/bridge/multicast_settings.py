"""What is set about multicast snooping, and what ports and the bridge coming and going do to it (`br_multicast.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import EINVAL, NetError
from netsim.kernel.bridge.multicast import (
    BRIDGE_ITSELF,
    ROUTER_DISABLED,
    ROUTER_PERM,
    ROUTER_TEMP,
    ROUTER_TEMP_QUERY,
    Multicast,
    interval,
    mark_router,
    may_use,
    state_of,
)
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import IFF_UP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort


def port_enabled(port: BridgePort) -> None:
    """A port begins to forward: it is asked, where the bridge asks (`br_multicast_enable_port`)."""
    if port.bridge.options["mcast_querier"]:
        part("bridge.querier:start")(port.bridge, port)


def port_disabled(port: BridgePort) -> None:
    """A port is shut: what was learnt of it goes (`br_multicast_disable_port`)."""
    state = port.bridge.multicast_ctx
    if state is None:
        return
    for querier in (state.ip4, state.ip6):
        querier.routers.pop(port.number, None)
        own = querier.own.pop(port.number, None) if querier.own else None
        if own is not None and own.timer is not None:
            own.timer.cancel()
    if state.mdb.entries:
        _forget(state, port, permanent=0)


def port_gone(port: BridgePort) -> None:
    """A port is let go, with its permanent entries (`br_multicast_del_port`)."""
    if port.bridge.multicast_ctx is not None:
        port_disabled(port)
        _forget(port.bridge.multicast_ctx, port, permanent=1)


def _forget(state: Multicast, port: BridgePort, *, permanent: int) -> None:
    for entry in tuple(state.mdb.entries.values()):
        for place, member in tuple(entry.ports.items()):
            if member.port is port and member.is_permanent <= permanent:
                state.mdb.drop(entry, place)


def set_snooping(bridge: Bridge, value: int) -> None:
    """Look at groups, or no longer (`br_multicast_toggle`)."""
    value = int(bool(value))
    if bridge.options["mcast_snooping"] == value:
        return
    families = bridge.netns.kernel.inet_families.values()
    for family in families:
        family.leave_own_groups(bridge)
    bridge.options["mcast_snooping"] = value
    for family in families if bridge.flags & IFF_UP else ():
        family.join_own_groups(bridge)
    for port in bridge.ports:
        if not value:
            port_disabled(port)
        elif may_use(bridge, port):
            port_enabled(port)


def set_port_router(port: BridgePort, value: int) -> None:
    """Whether a router is behind a port: never, when heard, always, or for now (`br_multicast_set_port_router`); EINVAL."""
    if value > ROUTER_TEMP:
        raise NetError(EINVAL)
    port.options["mcast_router"] = value
    state = port.bridge.multicast_ctx
    for querier in (state.ip4, state.ip6) if state is not None else ():
        if value in (ROUTER_DISABLED, ROUTER_TEMP_QUERY):
            querier.routers.pop(port.number, None)
    if value == ROUTER_TEMP:
        state = state_of(port.bridge)
        for querier in (state.ip4, state.ip6):
            mark_router(port.bridge, port, querier)


def set_querier(bridge: Bridge, value: int) -> None:
    """Ask who is in which group, or no longer (`br_multicast_set_querier`)."""
    value = int(bool(value))
    if bridge.options["mcast_querier"] == value:
        return
    bridge.options["mcast_querier"] = value
    if not value:
        return
    state, now = state_of(bridge), bridge.netns.kernel.clock.now
    state.decides = True
    for querier in (state.ip4, state.ip6):
        if querier.other_until <= now:
            querier.delay_until = now + interval(bridge, "mcast_query_response_interval")
    opened(bridge)


def opened(bridge: Bridge) -> None:
    """The bridge is up: it begins to ask, where it does (`br_multicast_open`)."""
    if bridge.options["mcast_querier"] and bridge.options["mcast_snooping"]:
        state_of(bridge).decides = True
        for port in (None, *bridge.ports):
            part("bridge.querier:start")(bridge, port)


def stopped(bridge: Bridge) -> None:
    """The bridge is down: it asks no more (`br_multicast_stop`)."""
    state = bridge.multicast_ctx
    for querier in (state.ip4, state.ip6) if state is not None else ():
        for own in querier.own.values():
            if own.timer is not None:
                own.timer.cancel()
        querier.own.clear()


def set_router(bridge: Bridge, value: int) -> None:
    """Whether the bridge's own host routes groups: never, when it asks, always (`br_multicast_set_router`); EINVAL."""
    if value > ROUTER_PERM:
        raise NetError(EINVAL)
    bridge.options["mcast_router"] = value
    state = bridge.multicast_ctx
    for querier in (state.ip4, state.ip6) if state is not None else ():
        querier.routers.pop(BRIDGE_ITSELF, None)


def set_igmp_version(bridge: Bridge, value: int) -> None:
    """2, or 3 with sources (`br_multicast_set_igmp_version`); EINVAL."""
    if value not in (2, 3):
        raise NetError(EINVAL)
    bridge.options["mcast_igmp_version"] = value


def set_mld_version(bridge: Bridge, value: int) -> None:
    """1, or 2 with sources (`br_multicast_set_mld_version`); EINVAL."""
    if value not in (1, 2):
        raise NetError(EINVAL)
    bridge.options["mcast_mld_version"] = value


SETTERS = {
    "mcast_snooping": set_snooping, "mcast_querier": set_querier, "mcast_router": set_router, "mcast_igmp_version": set_igmp_version,
    "mcast_mld_version": set_mld_version,
}  # fmt: skip
