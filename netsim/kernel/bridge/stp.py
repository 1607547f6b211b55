"""The spanning tree protocol of 802.1D, and port states with or without it (`br_stp.c`, `br_stp_if.c`, `br_stp_timer.c`, `br_stp_bpdu.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netsim.addr import MAC, MAC_STP, MAC_ZERO
from netsim.clock import SECOND, Timer
from netsim.errors import EBUSY, EINVAL, ENETDOWN, ERANGE, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on
from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.packet import ConfigBpdu, Llc, TcnBpdu
from netsim.packet.numbers import ETH_P_802_2

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort

DISABLED, LISTENING, LEARNING, FORWARDING, BLOCKING = range(5)
MESSAGE_AGE_INCREMENT = SECOND // 256
HOLD_TIME = SECOND
TOPOLOGY_CHANGE, TOPOLOGY_CHANGE_ACK = 0x01, 0x80


def port_up(port: BridgePort) -> bool:
    """Whether a port is up and has a carrier."""
    return bool(port.dev.flags & IFF_UP) and port.dev.carrier


# identity ------------------------------------------------------------------------------------------------------------


def recalculate_bridge_id(bridge: Bridge) -> bool:
    """The bridge's address is the lowest of its ports' unless set by hand (`br_stp_recalculate_bridge_id`); True when it changed."""
    if bridge.explicit_address:
        return False
    address = min((port.dev.address for port in bridge.ports), default=MAC_ZERO)
    if address == bridge.id_address:
        return False
    change_bridge_id(bridge, MAC(address))
    return True


def change_bridge_id(bridge: Bridge, address: MAC) -> None:
    """Take another address: the tree is worked out anew (`br_stp_change_bridge_id`)."""
    was_root = is_root(bridge)
    old = bridge.bridge_id
    br_fdb.change_local(bridge, None, address)
    bridge.address = address
    bridge.id_address = address
    for port in bridge.ports:
        if port.designated_bridge == old:
            port.designated_bridge = bridge.bridge_id
        if port.designated_root == old:
            port.designated_root = bridge.bridge_id
    configuration_update(bridge)
    port_state_selection(bridge)
    if is_root(bridge) and not was_root:
        become_root(bridge)


def is_root(bridge: Bridge) -> bool:
    """Whether the bridge takes itself for the root of the tree."""
    return bridge.bridge_id == bridge.designated_root


# life of bridge and ports --------------------------------------------------------------------------------------------


def enable_bridge(bridge: Bridge) -> None:
    """The bridge came up (`br_stp_enable_bridge`)."""
    if bridge.stp_enabled:
        _start(bridge, "hello_timer", bridge.hello_time, hello_expired)
    bridge.gc_due = bridge.netns.kernel.clock.now + 300 * SECOND
    config_bpdu_generation(bridge)
    for port in bridge.ports:
        if port_up(port):
            enable_port(port)
    check_carrier(bridge)


def disable_bridge(bridge: Bridge) -> None:
    """The bridge went down (`br_stp_disable_bridge`)."""
    for port in bridge.ports:
        if port.state != DISABLED:
            disable_port(port)
    bridge.topology_change = 0
    bridge.topology_change_detected = 0
    for name in ("hello_timer", "topology_change_timer", "tcn_timer"):
        _stop(bridge, name)


def init_port(port: BridgePort) -> None:
    """A port starts as its own designated one, blocking (`br_init_port`)."""
    become_designated_port(port)
    if port.state == DISABLED and not port_up(port):
        port.state = DISABLED
    port.topology_change_ack = 0
    port.config_pending = 0


def enable_port(port: BridgePort) -> None:
    """A port came up (`br_stp_enable_port`)."""
    init_port(port)
    port.state = BLOCKING
    port_state_selection(port.bridge)


def disable_port(port: BridgePort) -> None:
    """A port went down or lost its carrier (`br_stp_disable_port`)."""
    bridge = port.bridge
    was_root = is_root(bridge)
    become_designated_port(port)
    port.state = DISABLED
    port.topology_change_ack = 0
    port.config_pending = 0
    for name in ("message_age_timer", "forward_delay_timer", "hold_timer"):
        _stop(port, name)
    if not bridge.options.get("keep_fdb"):
        br_fdb.delete_by_port(bridge, port, br_fdb.Which.DYNAMIC)
    configuration_update(bridge)
    port_state_selection(bridge)
    if is_root(bridge) and not was_root:
        become_root(bridge)


def port_carrier_check(port: BridgePort) -> None:
    """The carrier of a port settled anew (`br_port_carrier_check`)."""
    bridge = port.bridge
    if not bridge.flags & IFF_UP:
        return
    if port_up(port):
        if port.state == DISABLED:
            enable_port(port)
    elif port.state != DISABLED:
        disable_port(port)
    check_carrier(bridge)


def check_carrier(bridge: Bridge) -> None:
    """The bridge has a carrier when a port forwards, or while it never had ports (`br_port_state_selection`'s last step)."""
    if any(port.state == FORWARDING for port in bridge.ports):
        netif_carrier_on(bridge)
    elif bridge.ports or bridge.had_ports:
        netif_carrier_off(bridge)


def port_state_selection(bridge: Bridge) -> None:
    """Which ports forward, block or listen (`br_port_state_selection`)."""
    for port in bridge.ports:
        if port.state == DISABLED:
            continue
        if not bridge.stp_enabled or port.number == bridge.root_port:
            port.config_pending = 0
            port.topology_change_ack = 0
            make_forwarding(port)
        elif is_designated_port(port):
            _stop(port, "message_age_timer")
            make_forwarding(port)
        else:
            port.config_pending = 0
            port.topology_change_ack = 0
            make_blocking(port)
    if bridge.ports:
        check_carrier(bridge)


def make_forwarding(port: BridgePort) -> None:
    """On the way to forwarding: at once without spanning tree, else by listening and learning (`br_make_forwarding`)."""
    bridge = port.bridge
    if port.state != BLOCKING:
        return
    if not bridge.stp_enabled or bridge.forward_delay == 0:
        port.state = FORWARDING
        topology_change_detection(bridge)
        _stop(port, "forward_delay_timer")
    elif bridge.stp_enabled:
        port.state = LISTENING
    if bridge.forward_delay:
        _start(port, "forward_delay_timer", bridge.forward_delay, forward_delay_expired)


def make_blocking(port: BridgePort) -> None:
    """Stop forwarding (`br_make_blocking`)."""
    if port.state in (DISABLED, BLOCKING):
        return
    if port.state in (FORWARDING, LEARNING):
        topology_change_detection(port.bridge)
    port.state = BLOCKING
    _stop(port, "forward_delay_timer")


# the protocol's procedures ---------------------------------------------------------------------------------------------


def become_designated_port(port: BridgePort) -> None:
    """The port speaks for its segment (`br_become_designated_port`)."""
    bridge = port.bridge
    port.designated_root = bridge.designated_root
    port.designated_cost = bridge.root_path_cost
    port.designated_bridge = bridge.bridge_id
    port.designated_port = port.port_id


def is_designated_port(port: BridgePort) -> bool:
    """Whether it does."""
    return port.designated_bridge == port.bridge.bridge_id and port.designated_port == port.port_id


def configuration_update(bridge: Bridge) -> None:
    """Choose the root port and the designated ports (`br_configuration_update`)."""
    root_selection(bridge)
    designated_port_selection(bridge)


def root_selection(bridge: Bridge) -> None:
    """The best way to the best root (`br_root_selection`)."""
    best: BridgePort | None = None
    for port in bridge.ports:
        if _may_be_root_port(port, best):
            best = port
    if best is None:
        bridge.root_port = 0
        bridge.designated_root = bridge.bridge_id
        bridge.root_path_cost = 0
    else:
        bridge.root_port = best.number
        bridge.designated_root = best.designated_root
        bridge.root_path_cost = best.designated_cost + best.cost


def _may_be_root_port(port: BridgePort, best: BridgePort | None) -> bool:
    bridge = port.bridge
    if port.state == DISABLED or is_designated_port(port) or port.options["root_block"]:
        return False
    if bridge.bridge_id <= port.designated_root:
        return False
    return best is None or _root_rank(port) < _root_rank(best)


def _root_rank(port: BridgePort) -> tuple[int, int, int, int, int]:
    return port.designated_root, port.designated_cost + port.cost, port.designated_bridge, port.designated_port, port.port_id


def designated_port_selection(bridge: Bridge) -> None:
    """Speak for every segment nobody speaks better for (`br_designated_port_selection`)."""
    for port in bridge.ports:
        if port.state != DISABLED and _should_be_designated(port):
            become_designated_port(port)


def _should_be_designated(port: BridgePort) -> bool:
    bridge = port.bridge
    if is_designated_port(port) or port.designated_root != bridge.designated_root:
        return True
    ours = (bridge.root_path_cost, bridge.bridge_id, port.port_id)
    theirs = (port.designated_cost, port.designated_bridge, port.designated_port)
    return ours < theirs


def become_root(bridge: Bridge) -> None:
    """Nobody better is left (`br_become_root_bridge`)."""
    bridge.max_age = bridge.bridge_max_age
    bridge.hello_time = bridge.bridge_hello_time
    bridge.forward_delay = bridge.bridge_forward_delay
    topology_change_detection(bridge)
    _stop(bridge, "tcn_timer")
    if bridge.flags & IFF_UP:
        config_bpdu_generation(bridge)
        _start(bridge, "hello_timer", bridge.hello_time, hello_expired)


def topology_change_detection(bridge: Bridge) -> None:
    """Addresses may be elsewhere now: tell the root, or age faster (`br_topology_change_detection`)."""
    if not bridge.stp_enabled:
        return
    if is_root(bridge):
        bridge.topology_change = 1
        _start(bridge, "topology_change_timer", bridge.bridge_forward_delay + bridge.bridge_max_age, topology_change_expired)
    elif not bridge.topology_change_detected:
        transmit_tcn(bridge)
        _start(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)
    bridge.topology_change_detected = 1


def config_bpdu_generation(bridge: Bridge) -> None:
    """A configuration message on every designated port (`br_config_bpdu_generation`)."""
    for port in bridge.ports:
        if port.state != DISABLED and is_designated_port(port):
            transmit_config(port)


def transmit_config(port: BridgePort) -> None:
    """Send a configuration message, not more than one a second (`br_transmit_config`)."""
    bridge = port.bridge
    if port.hold_timer is not None and port.hold_timer.pending:
        port.config_pending = 1
        return
    age = 0
    root_port = next((other for other in bridge.ports if other.number == bridge.root_port), None)
    if not is_root(bridge) and root_port is not None and root_port.message_age_timer is not None:
        left = max(0, root_port.message_age_timer.when - bridge.netns.kernel.clock.now)
        age = bridge.max_age - left + MESSAGE_AGE_INCREMENT
    if age >= bridge.max_age:
        return
    flags = (TOPOLOGY_CHANGE if bridge.topology_change else 0) | (TOPOLOGY_CHANGE_ACK if port.topology_change_ack else 0)
    message = ConfigBpdu(
        flags, bridge.designated_root, bridge.root_path_cost, bridge.bridge_id, port.port_id,
        _wire(age), _wire(bridge.max_age), _wire(bridge.hello_time), _wire(bridge.forward_delay),
    )  # fmt: skip
    if bridge.stp_enabled:
        _send(port, message)
        port.topology_change_ack = 0
        port.config_pending = 0
        _start(port, "hold_timer", HOLD_TIME, hold_expired)


def transmit_tcn(bridge: Bridge) -> None:
    """Tell the next bridge towards the root that the topology changed (`br_transmit_tcn`)."""
    port = next((port for port in bridge.ports if port.number == bridge.root_port), None)
    if port is not None:
        _send(port, TcnBpdu())


def _send(port: BridgePort, message: ConfigBpdu | TcnBpdu) -> None:
    dev = port.dev
    dev_queue_xmit(SkBuff(dev, dev.address, MAC_STP, ETH_P_802_2, Llc(0x42, 0x42, 3, message)))


def _wire(duration: int) -> int:
    return duration * 256 // SECOND


# messages received -----------------------------------------------------------------------------------------------------


def receive(port: BridgePort, skb: SkBuff) -> None:
    """A spanning tree message came in (`br_stp_rcv`)."""
    bridge = port.bridge
    if not bridge.stp_enabled or not bridge.flags & IFF_UP or port.state == DISABLED:
        return
    if port.options["guard"]:
        disable_port(port)
        return
    packet = skb.packet
    message = packet.payload if isinstance(packet, Llc) else None
    if isinstance(message, ConfigBpdu):
        received_config(port, message)
    elif isinstance(message, TcnBpdu):
        received_tcn(port)


def received_config(port: BridgePort, message: ConfigBpdu) -> None:
    """Take over what is better, answer what is worse (`br_received_config_bpdu`)."""
    bridge = port.bridge
    was_root = is_root(bridge)
    if message.message_age > message.max_age:
        return
    if _supersedes(port, message):
        port.designated_root = message.root
        port.designated_cost = message.root_path_cost
        port.designated_bridge = message.bridge
        port.designated_port = message.port
        left = (message.max_age - message.message_age) * SECOND // 256
        _start(port, "message_age_timer", left, message_age_expired)
        configuration_update(bridge)
        port_state_selection(bridge)
        if not is_root(bridge) and was_root:
            _stop(bridge, "hello_timer")
            if bridge.topology_change_detected:
                _stop(bridge, "topology_change_timer")
                transmit_tcn(bridge)
                _start(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)
        if port.number == bridge.root_port:
            _record_timeouts(bridge, message)
            config_bpdu_generation(bridge)
            if message.flags & TOPOLOGY_CHANGE_ACK:
                bridge.topology_change_detected = 0
                _stop(bridge, "tcn_timer")
    elif is_designated_port(port):
        transmit_config(port)


def _supersedes(port: BridgePort, message: ConfigBpdu) -> bool:
    if message.root != port.designated_root:
        return message.root < port.designated_root
    if message.root_path_cost != port.designated_cost:
        return message.root_path_cost < port.designated_cost
    if message.bridge != port.designated_bridge:
        return message.bridge < port.designated_bridge
    return message.bridge != port.bridge.bridge_id or message.port <= port.designated_port


def _record_timeouts(bridge: Bridge, message: ConfigBpdu) -> None:
    bridge.max_age = message.max_age * SECOND // 256
    bridge.hello_time = message.hello_time * SECOND // 256
    bridge.forward_delay = message.forward_delay * SECOND // 256
    bridge.topology_change = int(bool(message.flags & TOPOLOGY_CHANGE))


def received_tcn(port: BridgePort) -> None:
    """A bridge below saw a change (`br_received_tcn_bpdu`)."""
    if is_designated_port(port):
        topology_change_detection(port.bridge)
        port.topology_change_ack = 1
        transmit_config(port)


# timers ----------------------------------------------------------------------------------------------------------------


def _start(owner: Bridge | BridgePort, name: str, delay: int, expired: Callable[..., None]) -> None:
    _stop(owner, name)
    bridge = getattr(owner, "bridge", owner)
    setattr(owner, name, bridge.netns.kernel.clock.call_later(delay, expired, owner))  # type: ignore[union-attr]


def _stop(owner: Bridge | BridgePort, name: str) -> None:
    timer: Timer | None = getattr(owner, name)
    if timer is not None:
        timer.cancel()
        setattr(owner, name, None)


def hello_expired(bridge: Bridge) -> None:
    """Time to say hello (`br_hello_timer_expired`)."""
    if bridge.flags & IFF_UP:
        config_bpdu_generation(bridge)
        if bridge.stp_enabled:
            _start(bridge, "hello_timer", bridge.hello_time, hello_expired)


def message_age_expired(port: BridgePort) -> None:
    """Nothing was heard for too long: speak for the segment (`br_message_age_timer_expired`)."""
    if port.state == DISABLED:
        return
    bridge = port.bridge
    was_root = is_root(bridge)
    become_designated_port(port)
    configuration_update(bridge)
    port_state_selection(bridge)
    if is_root(bridge) and not was_root:
        become_root(bridge)


def forward_delay_expired(port: BridgePort) -> None:
    """From listening to learning to forwarding (`br_forward_delay_timer_expired`)."""
    bridge = port.bridge
    if port.state == LISTENING:
        port.state = LEARNING
        _start(port, "forward_delay_timer", bridge.forward_delay, forward_delay_expired)
    elif port.state == LEARNING:
        port.state = FORWARDING
        if any(is_designated_port(other) for other in bridge.ports if other.state != DISABLED):
            topology_change_detection(bridge)
        check_carrier(bridge)


def tcn_expired(bridge: Bridge) -> None:
    """Not acknowledged yet: say it again (`br_tcn_timer_expired`)."""
    if not is_root(bridge) and bridge.flags & IFF_UP:
        transmit_tcn(bridge)
        _start(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)


def topology_change_expired(bridge: Bridge) -> None:
    """The change is over (`br_topology_change_timer_expired`)."""
    bridge.topology_change_detected = 0
    bridge.topology_change = 0


def hold_expired(port: BridgePort) -> None:
    """A message held back may go (`br_hold_timer_expired`)."""
    if port.config_pending:
        transmit_config(port)


# settings --------------------------------------------------------------------------------------------------------------


def set_stp(bridge: Bridge, value: int) -> None:
    """Spanning tree on or off (`br_stp_set_enabled`)."""
    if value and not bridge.stp_enabled:
        bridge.stp_enabled = 1
        if bridge.flags & IFF_UP:
            _start(bridge, "hello_timer", bridge.hello_time, hello_expired)
        config_bpdu_generation(bridge)
        port_state_selection(bridge)
    elif not value and bridge.stp_enabled:
        bridge.stp_enabled = 0
        _stop(bridge, "hello_timer")
        port_state_selection(bridge)


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
    if bridge.stp_enabled and not 2 * SECOND <= value <= 30 * SECOND:
        raise NetError(ERANGE)
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
    bridge.ageing_time = ticks(bridge, centiseconds)


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
    if value != DISABLED and not port_up(port):
        raise NetError(ENETDOWN)
    port.state = value
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
