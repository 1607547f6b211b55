"""What may be set of a bridge's spanning tree and its ports, with the kernel's bounds (`br_stp.c`, `br_stp_if.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.errors import EBUSY, EINVAL, ENETDOWN, ERANGE, NetError
from netsim.kernel.bridge.stp import (
    BLOCKING,
    DISABLED,
    become_designated_port,
    become_root,
    configuration_update,
    hello_expired,
    is_designated_port,
    is_root,
    port_state_selection,
    port_up,
    start_timer,
)
from netsim.kernel.core.netdevice import IFF_UP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort


LEAST_FORWARD_DELAY, LONGEST_FORWARD_DELAY = 2 * SECOND, 30 * SECOND


def set_stp(bridge: Bridge, value: int) -> None:
    """Spanning tree on or off (`br_stp_set_enabled`)."""
    if value and not bridge.stp_enabled:
        delay = min(max(bridge.bridge_forward_delay, LEAST_FORWARD_DELAY), LONGEST_FORWARD_DELAY)
        if delay != bridge.bridge_forward_delay:
            _take_forward_delay(bridge, delay)
        bridge.stp_enabled = 1
        if bridge.flags & IFF_UP:
            start_timer(bridge, "hello_timer", bridge.hello_time, hello_expired)
        port_state_selection(bridge)
    elif not value:
        bridge.stp_enabled = 0  # ports stay as they are and timers run on (`br_stp_stop`)


def set_priority(bridge: Bridge, value: int) -> None:
    """The upper half of the bridge id (`br_stp_set_bridge_priority`)."""
    if not 0 <= value <= 0xFFFF:
        raise NetError(ERANGE)
    was_root = is_root(bridge)
    old = bridge.bridge_id
    bridge.priority = value
    for port in bridge.ports:
        if port.state != DISABLED and port.designated_bridge == old:
            port.designated_bridge = bridge.bridge_id
    if was_root and not bridge.ports:
        bridge.designated_root = bridge.bridge_id
    configuration_update(bridge)
    port_state_selection(bridge)
    if is_root(bridge) and not was_root:
        become_root(bridge)


def ticks(bridge: Bridge, centiseconds: int) -> int:
    """A time in 1/100 s as the kernel keeps it, in whole ticks (`clock_t_to_jiffies`); ns."""
    hz = bridge.netns.kernel.profile.hz
    return centiseconds * hz // 100 * SECOND // hz


def set_forward_delay(bridge: Bridge, centiseconds: int) -> None:
    """In 1/100 s (`br_set_forward_delay`); ERANGE outside 2 to 30 s while spanning tree is on."""
    value = ticks(bridge, centiseconds)
    if bridge.stp_enabled and not LEAST_FORWARD_DELAY <= value <= LONGEST_FORWARD_DELAY:
        raise NetError(ERANGE)
    _take_forward_delay(bridge, value)


def _take_forward_delay(bridge: Bridge, value: int) -> None:
    """`__br_set_forward_delay`, ns."""
    bridge.bridge_forward_delay = value
    if is_root(bridge):
        bridge.forward_delay = value


def set_hello_time(bridge: Bridge, centiseconds: int) -> None:
    """In 1/100 s (`br_set_hello_time`); ERANGE outside 1 to 10 s."""
    value = ticks(bridge, centiseconds)
    if not SECOND <= value <= 10 * SECOND:
        raise NetError(ERANGE)
    bridge.bridge_hello_time = value
    if is_root(bridge):
        bridge.hello_time = value


def set_max_age(bridge: Bridge, centiseconds: int) -> None:
    """In 1/100 s (`br_set_max_age`); ERANGE outside 6 to 40 s."""
    value = ticks(bridge, centiseconds)
    if not 6 * SECOND <= value <= 40 * SECOND:
        raise NetError(ERANGE)
    bridge.bridge_max_age = value
    if is_root(bridge):
        bridge.max_age = value


def set_ageing_time(bridge: Bridge, centiseconds: int) -> None:
    """In 1/100 s (`br_set_ageing_time`)."""
    bridge.ageing_time = bridge.bridge_ageing_time = ticks(bridge, centiseconds)


def set_port_priority(port: BridgePort, value: int) -> None:
    """The upper part of the port id (`br_stp_set_port_priority`); ERANGE above 63."""
    if not 0 <= value <= 63:
        raise NetError(ERANGE)
    designated = is_designated_port(port)
    port.priority = value
    if designated:
        port.designated_port = port.port_id
        port_state_selection(port.bridge)
    if port.designated_bridge == port.bridge.bridge_id and port.port_id < port.designated_port:
        become_designated_port(port)
        port_state_selection(port.bridge)


def set_path_cost(port: BridgePort, value: int) -> None:
    """What the way through this port costs (`br_stp_set_path_cost`); ERANGE outside 1 to 65535."""
    if not 1 <= value <= 65535:
        raise NetError(ERANGE)
    port.cost = value
    configuration_update(port.bridge)
    port_state_selection(port.bridge)


def set_port_state(port: BridgePort, value: int) -> None:
    """By hand (`br_set_port_state`): refused with the spanning tree on, and without a carrier for all but disabled."""
    if not 0 <= value <= BLOCKING:
        raise NetError(EINVAL)
    if port.bridge.stp_enabled:
        raise NetError(EBUSY)
    if not port.dev.flags & IFF_UP or (value != DISABLED and not port_up(port)):
        raise NetError(ENETDOWN)
    port.set_state(value)
    port_state_selection(port.bridge)


BRIDGE_SETTERS: dict[str, Callable[[Bridge, int], None]] = {
    "stp_state": set_stp,
    "priority": set_priority,
    "forward_delay": set_forward_delay,
    "hello_time": set_hello_time,
    "max_age": set_max_age,
    "ageing_time": set_ageing_time,
}
PORT_SETTERS: dict[str, Callable[[BridgePort, int], None]] = {"state": set_port_state, "priority": set_port_priority, "cost": set_path_cost}
