"""`bridge/` of a bridge and `brport/` of its ports below /sys (`br_sysfs_br.c`, `br_sysfs_if.c`); times in 1/100 s."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from netsim.addr import MAC
from netsim.clock import MS
from netsim.errors import EINVAL, ENOENT, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge import multicast_settings, stp_settings
from netsim.kernel.bridge.arp_proxy import ANSWERING
from netsim.kernel.bridge.device import RESTRICTED_GROUPS, RESTRICTED_PORT_GROUPS, Bridge, BridgePort
from netsim.kernel.bridge.stp import gc_left
from netsim.machine.sysfs_values import Shown, field, fixed, number

CENTISECOND = 10 * MS
LINK_LOCAL_GROUPS = 0x0180C2000000


def _id(value: int) -> str:
    return f"{value >> 48:04x}.{value & 0xFFFFFFFFFFFF:012x}"


def _shown_id(name: str) -> Callable[[Any], str]:
    def show(subject: Any) -> str:
        return _id(getattr(subject, name))

    return show


def _time(name: str) -> Callable[[Any], str]:
    def show(subject: Any) -> str:
        return str(getattr(subject, name) // CENTISECOND)

    return show


def _left(name: str) -> Callable[[Any], str]:
    """What a timer has still to go."""

    def show(subject: Any) -> str:
        timer = getattr(subject, name)
        netns = subject.netns if isinstance(subject, Bridge) else subject.bridge.netns
        left = timer.when - netns.kernel.clock.now if timer is not None and timer.pending else 0
        return str(max(0, left) // CENTISECOND)

    return show


def _gc_timer(bridge: Bridge) -> str:
    return str(gc_left(bridge) // CENTISECOND)


def _bridge_setter(name: str) -> Callable[[Bridge, str], None]:
    def store(bridge: Bridge, text: str) -> None:
        stp_settings.BRIDGE_SETTERS[name](bridge, number(text))

    return store


def _set_stp(bridge: Bridge, text: str) -> None:
    stp_settings.set_stp(bridge, int(number(text) != 0))


def _set_priority(bridge: Bridge, text: str) -> None:
    stp_settings.set_priority(bridge, number(text) & 0xFFFF)


def _option(name: str) -> Callable[[Any], str]:
    def show(subject: Any) -> str:
        return str(subject.options[name])

    return show


def _hex_option(name: str) -> Callable[[Any], str]:
    def show(subject: Any) -> str:
        return hex(subject.options[name])

    return show


def _set_switch(name: str) -> Callable[[Any, str], None]:
    def store(subject: Any, text: str) -> None:
        subject.options[name] = int(number(text) != 0)
        if name in ANSWERING and subject.options[name]:
            subject.bridge.answers_arp = True

    return store


def _set_number(name: str, least: int, most: int) -> Callable[[Any, str], None]:
    def store(subject: Any, text: str) -> None:
        value = number(text)
        if not least <= value <= most:
            raise NetError(EINVAL)
        subject.options[name] = value

    return store


def _set_groups(restricted: int) -> Callable[[Any, str], None]:
    def store(subject: Any, text: str) -> None:
        value = number(text)
        if value & restricted:
            raise NetError(EINVAL)
        subject.options["group_fwd_mask"] = value & 0xFFFF

    return store


def _set_group_address(bridge: Bridge, text: str) -> None:
    """Only 01:80:c2:00:00:0X, and not those of pause, LACP and port authentication (`group_addr_store`)."""
    try:
        address = MAC.parse(text.strip())
    except ValueError:
        raise NetError(EINVAL) from None
    if address & ~0xF != LINK_LOCAL_GROUPS or address & 0xF in (1, 2, 3):
        raise NetError(EINVAL)
    bridge.group_address = address


def _flush_bridge(bridge: Bridge, text: str) -> None:
    number(text)
    br_fdb.flush(bridge, br_fdb.Which.DYNAMIC)


def _multicast(name: str, most: int) -> Shown:
    """A setting of snooping that does more than to be there."""

    def store(bridge: Bridge, text: str) -> None:
        value = number(text)
        if value > most:
            raise NetError(EINVAL)
        multicast_settings.SETTERS[name](bridge, value)

    return Shown(_option(name), store)


def _switch(name: str) -> Shown:
    return Shown(_option(name), _set_switch(name))


def _wide(name: str) -> Shown:
    return Shown(_option(name), _set_number(name, 0, 0xFFFFFFFF))


BRIDGE_ATTRIBUTES: dict[str, Shown] = {
    "ageing_time": Shown(_time("ageing_time"), _bridge_setter("ageing_time")), "bridge_id": Shown(_shown_id("bridge_id")),
    "flush": Shown(None, _flush_bridge), "forward_delay": Shown(_time("forward_delay"), _bridge_setter("forward_delay")),
    "gc_timer": Shown(_gc_timer), "group_addr": Shown(field("group_address"), _set_group_address),
    "group_fwd_mask": Shown(_hex_option("group_fwd_mask"), _set_groups(RESTRICTED_GROUPS)),
    "hash_elasticity": Shown(_option("mcast_hash_elasticity"), _set_number("mcast_hash_elasticity", 0, 0xFFFFFFFF)),
    "hash_max": _wide("mcast_hash_max"), "hello_time": Shown(_time("hello_time"), _bridge_setter("hello_time")),
    "hello_timer": Shown(_left("hello_timer")), "max_age": Shown(_time("max_age"), _bridge_setter("max_age")),
    "multicast_igmp_version": _multicast("mcast_igmp_version", 3),
    "multicast_last_member_count": _wide("mcast_last_member_count"), "multicast_last_member_interval": _wide("mcast_last_member_interval"),
    "multicast_membership_interval": _wide("mcast_membership_interval"),
    "multicast_mld_version": _multicast("mcast_mld_version", 2),
    "multicast_querier": _multicast("mcast_querier", 0xFFFFFFFF), "multicast_querier_interval": _wide("mcast_querier_interval"),
    "multicast_query_interval": _wide("mcast_query_interval"), "multicast_query_response_interval": _wide("mcast_query_response_interval"),
    "multicast_query_use_ifaddr": _switch("mcast_query_use_ifaddr"),
    "multicast_router": _multicast("mcast_router", 2), "multicast_snooping": _multicast("mcast_snooping", 0xFFFFFFFF),
    "multicast_startup_query_count": _wide("mcast_startup_query_count"),
    "multicast_startup_query_interval": _wide("mcast_startup_query_interval"), "multicast_stats_enabled": _switch("mcast_stats_enabled"),
    "nf_call_arptables": _switch("nf_call_arptables"), "nf_call_ip6tables": _switch("nf_call_ip6tables"),
    "nf_call_iptables": _switch("nf_call_iptables"), "no_linklocal_learn": _switch("no_linklocal_learn"),
    "priority": Shown(field("priority"), _set_priority), "root_id": Shown(_shown_id("designated_root")),
    "root_path_cost": Shown(field("root_path_cost")), "root_port": Shown(field("root_port")), "stp_state": Shown(field("stp_enabled"), _set_stp),
    "tcn_timer": Shown(_left("tcn_timer")), "topology_change": Shown(field("topology_change")),
    "topology_change_detected": Shown(field("topology_change_detected")), "topology_change_timer": Shown(_left("topology_change_timer")),
}  # fmt: skip


def _set_port(name: str) -> Callable[[BridgePort, str], None]:
    def store(port: BridgePort, text: str) -> None:
        stp_settings.PORT_SETTERS[name](port, number(text))

    return store


def _set_port_router(port: BridgePort, text: str) -> None:
    multicast_settings.set_port_router(port, number(text))


def _flush_port(port: BridgePort, text: str) -> None:
    number(text)
    br_fdb.delete_by_port(port.bridge, port, br_fdb.Which.DYNAMIC)


def _refuse_backup(port: BridgePort, text: str) -> None:
    """A backup port is named by its device; only another port of the bridge may be one, which is not modelled."""
    name = text.removesuffix("\n")
    other = port.bridge.netns.device(name) if name else None
    if name and (other is None or other.master is not port.bridge):
        raise NetError(ENOENT)
    if name:
        port.bridge.netns.kernel.unmodelled.append(f"brport/backup_port={name}")


def _port_id(port: BridgePort) -> str:
    return hex(port.port_id)


def _port_number(port: BridgePort) -> str:
    return hex(port.number)


PORT_ATTRIBUTES: dict[str, Shown] = {
    "backup_port": Shown(fixed(""), _refuse_backup), "bpdu_guard": _switch("guard"), "broadcast_flood": _switch("bcast_flood"),
    "change_ack": Shown(field("topology_change_ack")), "config_pending": Shown(field("config_pending")),
    "designated_bridge": Shown(_shown_id("designated_bridge")), "designated_cost": Shown(field("designated_cost")),
    "designated_port": Shown(field("designated_port")), "designated_root": Shown(_shown_id("designated_root")), "flush": Shown(None, _flush_port),
    "forward_delay_timer": Shown(_left("forward_delay_timer")),
    "group_fwd_mask": Shown(_hex_option("group_fwd_mask"), _set_groups(RESTRICTED_PORT_GROUPS)), "hairpin_mode": _switch("hairpin"),
    "hold_timer": Shown(_left("hold_timer")), "isolated": _switch("isolated"), "learning": _switch("learning"),
    "message_age_timer": Shown(_left("message_age_timer")), "multicast_fast_leave": _switch("fastleave"),
    "multicast_flood": _switch("mcast_flood"), "multicast_router": Shown(_option("mcast_router"), _set_port_router),
    "multicast_to_unicast": _switch("mcast_to_unicast"), "neigh_suppress": _switch("neigh_suppress"),
    "path_cost": Shown(field("cost"), _set_port("cost")), "port_id": Shown(_port_id), "port_no": Shown(_port_number),
    "priority": Shown(field("priority"), _set_port("priority")), "proxyarp": _switch("proxy_arp"), "proxyarp_wifi": _switch("proxy_arp_wifi"),
    "root_block": _switch("root_block"), "state": Shown(field("state")), "unicast_flood": _switch("flood"),
}  # fmt: skip
