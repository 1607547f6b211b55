"""The spanning tree protocol of 802.1D, and port states with or without it (`br_stp.c`, `br_stp_if.c`, `br_stp_timer.c`, `br_stp_bpdu.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from netsim.addr import MAC_STP
from netsim.clock import SECOND, Timer
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
GC_START = SECOND // 10
TOPOLOGY_CHANGE, TOPOLOGY_CHANGE_ACK = 0x01, 0x80


def port_up(port: BridgePort) -> bool:
    """Whether a port is up and has a carrier."""
    return bool(port.dev.flags & IFF_UP) and port.dev.carrier


def is_root(bridge: Bridge) -> bool:
    """Whether the bridge takes itself for the root of the tree."""
    return bridge.priority << 48 | bridge.id_address == bridge.designated_root


# life of bridge and ports --------------------------------------------------------------------------------------------


def enable_bridge(bridge: Bridge) -> None:
    """The bridge came up (`br_stp_enable_bridge`)."""
    if bridge.stp_enabled:
        start_timer(bridge, "hello_timer", bridge.hello_time, hello_expired)
    bridge.gc_from = bridge.netns.kernel.clock.now
    config_bpdu_generation(bridge)
    for port in bridge.ports:
        if port_up(port):
            enable_port(port)
    check_carrier(bridge)


def gc_left(bridge: Bridge) -> int:
    """How long until forgotten addresses are looked for again (`br->gc_work`): a tenth of a second after the start, then an ageing time apart; ns."""
    if not bridge.flags & IFF_UP:
        return 0
    passed = bridge.netns.kernel.clock.now - bridge.gc_from - GC_START
    return -passed if passed < 0 or not bridge.bridge_ageing_time else bridge.bridge_ageing_time - passed % bridge.bridge_ageing_time


def disable_bridge(bridge: Bridge) -> None:
    """The bridge went down (`br_stp_disable_bridge`)."""
    for port in bridge.ports:
        if port.state != DISABLED:
            disable_port(port)
    set_topology_change(bridge, 0)
    bridge.topology_change_detected = 0
    for timer in (bridge.hello_timer, bridge.topology_change_timer, bridge.tcn_timer):
        if timer is not None:
            timer.cancel()
    bridge.hello_timer = bridge.topology_change_timer = bridge.tcn_timer = None


def init_port(port: BridgePort) -> None:
    """A port starts as its own designated one, blocking (`br_init_port`)."""
    become_designated_port(port)
    if port.state == DISABLED and not port_up(port):
        port.set_state(DISABLED)
    port.topology_change_ack = 0
    port.config_pending = 0


def enable_port(port: BridgePort) -> None:
    """A port came up (`br_stp_enable_port`)."""
    bridge = port.bridge
    init_port(port)
    port.set_state(BLOCKING)
    if bridge.stp_enabled or bridge.unsettled_ports > 1:
        port_state_selection(bridge)
        return
    make_forwarding(port)  # without a tree nothing is to be selected for those that forward
    check_carrier(bridge)


def disable_port(port: BridgePort) -> None:
    """A port went down or lost its carrier (`br_stp_disable_port`)."""
    bridge = port.bridge
    was_root = is_root(bridge)
    become_designated_port(port)
    port.set_state(DISABLED)
    port.topology_change_ack = 0
    port.config_pending = 0
    for timer in (port.message_age_timer, port.forward_delay_timer, port.hold_timer):
        if timer is not None:
            timer.cancel()
    port.message_age_timer = port.forward_delay_timer = port.hold_timer = None
    br_fdb.delete_by_port(bridge, port, br_fdb.Which.DYNAMIC)
    configuration_update(bridge)
    port_state_selection(bridge)
    if not was_root and is_root(bridge):
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
    if bridge.forwarding_ports:
        if not bridge.carrier:
            netif_carrier_on(bridge)
    elif bridge.carrier and (bridge.ports or bridge.had_ports):
        netif_carrier_off(bridge)


def port_state_selection(bridge: Bridge) -> None:
    """Which ports forward, block or listen (`br_port_state_selection`)."""
    for port in bridge.ports:
        if port.state == DISABLED or (not bridge.stp_enabled and port.state == FORWARDING and not port.config_pending | port.topology_change_ack):
            continue
        if not bridge.stp_enabled or port.number == bridge.root_port:
            port.config_pending = 0
            port.topology_change_ack = 0
            make_forwarding(port)
        elif is_designated_port(port):
            stop_timer(port, "message_age_timer")
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
        port.set_state(FORWARDING)
        topology_change_detection(bridge)
    else:
        port.set_state(LISTENING)
    timer, port.forward_delay_timer = port.forward_delay_timer, None
    if timer is not None:
        timer.cancel()
    if bridge.forward_delay:
        port.forward_delay_timer = bridge.netns.kernel.clock.call_later(bridge.forward_delay, forward_delay_expired, port)


def make_blocking(port: BridgePort) -> None:
    """Stop forwarding (`br_make_blocking`)."""
    if port.state in (DISABLED, BLOCKING):
        return
    if port.state in (FORWARDING, LEARNING):
        topology_change_detection(port.bridge)
    port.set_state(BLOCKING)
    stop_timer(port, "forward_delay_timer")


# the protocol's procedures ---------------------------------------------------------------------------------------------


def become_designated_port(port: BridgePort) -> None:
    """The port speaks for its segment (`br_become_designated_port`)."""
    bridge = port.bridge
    port.designated_root = bridge.designated_root
    port.designated_cost = bridge.root_path_cost
    port.designated_bridge = bridge.priority << 48 | bridge.id_address  # its id
    port.designated_port = port.priority << 10 | port.number


def is_designated_port(port: BridgePort) -> bool:
    """Whether it does."""
    return port.designated_bridge == port.bridge.bridge_id and port.designated_port == port.port_id


def configuration_update(bridge: Bridge) -> None:
    """Choose the root port and the designated ports (`br_configuration_update`)."""
    own = bridge.bridge_id
    root_selection(bridge, own)
    designated_port_selection(bridge, own)


def root_selection(bridge: Bridge, own: int) -> None:
    """The best way to the best root (`br_root_selection`)."""
    best: BridgePort | None = None
    for port in bridge.ports:
        if port.state != DISABLED and port.designated_root < own and _may_be_root_port(port, best):
            best = port
    if best is None:
        bridge.root_port = 0
        bridge.designated_root = own
        bridge.root_path_cost = 0
    else:
        bridge.root_port = best.number
        bridge.designated_root = best.designated_root
        bridge.root_path_cost = best.designated_cost + best.cost


def _may_be_root_port(port: BridgePort, best: BridgePort | None) -> bool:
    """Of a port that heard of a better root whether somebody else said so, in a better way than another port's."""
    if is_designated_port(port) or port.options["root_block"]:
        return False
    return best is None or _root_rank(port) < _root_rank(best)


def _root_rank(port: BridgePort) -> tuple[int, int, int, int, int]:
    return port.designated_root, port.designated_cost + port.cost, port.designated_bridge, port.designated_port, port.port_id


def designated_port_selection(bridge: Bridge, own: int) -> None:
    """Speak for every segment nobody speaks better for (`br_designated_port_selection`)."""
    root, cost = bridge.designated_root, bridge.root_path_cost
    for port in bridge.ports:
        if port.state == DISABLED:
            continue
        if port.designated_bridge == own and port.designated_root == root and port.designated_cost == cost and port.designated_port == port.port_id:
            continue  # it does, and says what is so
        if _should_be_designated(port):
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
    stop_timer(bridge, "tcn_timer")
    if bridge.flags & IFF_UP:
        config_bpdu_generation(bridge)
        start_timer(bridge, "hello_timer", bridge.hello_time, hello_expired)


def topology_change_detection(bridge: Bridge) -> None:
    """Addresses may be elsewhere now: tell the root, or age faster (`br_topology_change_detection`)."""
    if not bridge.stp_enabled:
        return
    if is_root(bridge):
        set_topology_change(bridge, 1)
        start_timer(bridge, "topology_change_timer", bridge.bridge_forward_delay + bridge.bridge_max_age, topology_change_expired)
    elif not bridge.topology_change_detected:
        transmit_tcn(bridge)
        start_timer(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)
    bridge.topology_change_detected = 1


def set_topology_change(bridge: Bridge, value: int) -> None:
    """While it lasts, addresses are kept for twice the forward delay only (`__br_set_topology_change`)."""
    if bridge.stp_enabled and bridge.topology_change != value:
        bridge.ageing_time = 2 * bridge.forward_delay if value else bridge.bridge_ageing_time
    bridge.topology_change = value


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
        start_timer(port, "hold_timer", HOLD_TIME, hold_expired)


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
        start_timer(port, "message_age_timer", left, message_age_expired)
        configuration_update(bridge)
        port_state_selection(bridge)
        if not is_root(bridge) and was_root:
            stop_timer(bridge, "hello_timer")
            if bridge.topology_change_detected:
                stop_timer(bridge, "topology_change_timer")
                transmit_tcn(bridge)
                start_timer(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)
        if port.number == bridge.root_port:
            _record_timeouts(bridge, message)
            config_bpdu_generation(bridge)
            if message.flags & TOPOLOGY_CHANGE_ACK:
                bridge.topology_change_detected = 0
                stop_timer(bridge, "tcn_timer")
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
    set_topology_change(bridge, int(bool(message.flags & TOPOLOGY_CHANGE)))


def received_tcn(port: BridgePort) -> None:
    """A bridge below saw a change (`br_received_tcn_bpdu`)."""
    if is_designated_port(port):
        topology_change_detection(port.bridge)
        port.topology_change_ack = 1
        transmit_config(port)


# timers ----------------------------------------------------------------------------------------------------------------


def start_timer(owner: Bridge | BridgePort, name: str, delay: int, expired: Callable[..., None]) -> None:
    """Call `expired` after `delay` ns; one that ran under this name runs no more."""
    stop_timer(owner, name)
    bridge = getattr(owner, "bridge", owner)
    setattr(owner, name, bridge.netns.kernel.clock.call_later(delay, expired, owner))  # type: ignore[union-attr]


def stop_timer(owner: Bridge | BridgePort, name: str) -> None:
    """Call off what was to happen under this name."""
    timer: Timer | None = getattr(owner, name)
    if timer is not None:
        timer.cancel()
        setattr(owner, name, None)


def hello_expired(bridge: Bridge) -> None:
    """Time to say hello (`br_hello_timer_expired`)."""
    if bridge.flags & IFF_UP:
        config_bpdu_generation(bridge)
        if bridge.stp_enabled:
            start_timer(bridge, "hello_timer", bridge.hello_time, hello_expired)


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
        port.set_state(LEARNING)
        start_timer(port, "forward_delay_timer", bridge.forward_delay, forward_delay_expired)
    elif port.state == LEARNING:
        port.set_state(FORWARDING)
        if any(is_designated_port(other) for other in bridge.ports if other.state != DISABLED):
            topology_change_detection(bridge)
        check_carrier(bridge)


def tcn_expired(bridge: Bridge) -> None:
    """Not acknowledged yet: say it again (`br_tcn_timer_expired`)."""
    if not is_root(bridge) and bridge.flags & IFF_UP:
        transmit_tcn(bridge)
        start_timer(bridge, "tcn_timer", bridge.bridge_hello_time, tcn_expired)


def topology_change_expired(bridge: Bridge) -> None:
    """The change is over (`br_topology_change_timer_expired`)."""
    bridge.topology_change_detected = 0
    set_topology_change(bridge, 0)


def hold_expired(port: BridgePort) -> None:
    """A message held back may go (`br_hold_timer_expired`)."""
    if port.config_pending:
        transmit_config(port)
