"""Bridges and their ports (`iplink_bridge.c`, `iplink_bridge_slave.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from netsim.clock import MS, SECOND
from netsim.commands.ip.kinds.grammar import LinkUtil, Shown, on_off
from netsim.commands.ip.output import Decimal2
from netsim.commands.ip.usage import BRIDGE_KIND, BRIDGE_SLAVE_KIND
from netsim.commands.ip.words import Stop, Words, invarg, matches, number, unsigned
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.bridge.stp import gc_left
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

PORT_STATES = ("disabled", "listening", "learning", "forwarding", "blocking")
BRIDGE_NUMBERS = {
    "forward_delay": "forward_delay", "hello_time": "hello_time", "max_age": "max_age", "ageing_time": "ageing_time", "stp_state": "stp_state",
    "priority": "priority", "vlan_filtering": "vlan_filtering", "vlan_default_pvid": "vlan_default_pvid", "vlan_stats_enabled": "vlan_stats_enabled",
    "vlan_stats_per_port": "vlan_stats_per_port", "mcast_vlan_snooping": "mcast_vlan_snooping", "group_fwd_mask": "group_fwd_mask",
    "mcast_router": "mcast_router", "mcast_snooping": "mcast_snooping", "mcast_query_use_ifaddr": "mcast_query_use_ifaddr",
    "mcast_querier": "mcast_querier", "mcast_hash_elasticity": "mcast_hash_elasticity", "mcast_hash_max": "mcast_hash_max",
    "mcast_last_member_count": "mcast_last_member_count", "mcast_startup_query_count": "mcast_startup_query_count",
    "mcast_last_member_interval": "mcast_last_member_interval", "mcast_membership_interval": "mcast_membership_interval",
    "mcast_querier_interval": "mcast_querier_interval", "mcast_query_interval": "mcast_query_interval",
    "mcast_query_response_interval": "mcast_query_response_interval", "mcast_startup_query_interval": "mcast_startup_query_interval",
    "mcast_stats_enabled": "mcast_stats_enabled", "mcast_igmp_version": "mcast_igmp_version", "mcast_mld_version": "mcast_mld_version",
    "nf_call_iptables": "nf_call_iptables", "nf_call_ip6tables": "nf_call_ip6tables", "nf_call_arptables": "nf_call_arptables",
    "no_linklocal_learn": "no_linklocal_learn",
}  # fmt: skip
BRIDGE_LARGEST = {
    "priority": 0xFFFF, "group_fwd_mask": 0xFFFF, "vlan_default_pvid": 0xFFFF,
    **dict.fromkeys(("vlan_filtering", "mcast_router", "mcast_snooping", "mcast_query_use_ifaddr", "mcast_querier", "mcast_igmp_version",
                     "mcast_mld_version", "mcast_stats_enabled", "vlan_stats_enabled", "vlan_stats_per_port", "no_linklocal_learn",
                     "mcast_vlan_snooping", "nf_call_iptables", "nf_call_ip6tables", "nf_call_arptables"), 0xFF),
    **dict.fromkeys(("mcast_last_member_interval", "mcast_membership_interval", "mcast_querier_interval", "mcast_query_interval",
                     "mcast_query_response_interval", "mcast_startup_query_interval"), (1 << 64) - 1),
}  # fmt: skip
"""Of options that are not 32 bits wide."""
PORT_FLAGS = (
    "hairpin",
    "guard",
    "root_block",
    "fastleave",
    "learning",
    "flood",
    "mcast_flood",
    "bcast_flood",
    "mcast_to_unicast",
    "proxy_arp",
    "proxy_arp_wifi",
    "neigh_suppress",
    "vlan_tunnel",
    "isolated",
    "locked",
)
PORT_SPANNING = ("state", "priority", "cost")
PORT_LARGEST = {"state": 0xFF, "priority": 0xFFFF, "group_fwd_mask": 0xFFFF, "mcast_router": 0xFF}
GROUP_NAMES = {0: "stp", 2: "lacp", 14: "lldp"}
PORT_NUMBERS = ("state", "priority", "cost", "group_fwd_mask", "mcast_router")


def _bridge(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    from netsim.commands.ip.link import lladdr

    data: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        key = next((name for name in BRIDGE_NUMBERS if matches(word, name)), None)
        if key is not None:
            value = cursor.argument()
            parsed = number(value, 0, BRIDGE_LARGEST.get(key, 0xFFFFFFFF))
            if parsed is None:
                raise invarg(f"invalid {key}", value)
            data[BRIDGE_NUMBERS[key]] = parsed
        elif matches(word, "group_address"):
            data["group_address"] = lladdr(cursor.argument())
        elif matches(word, "fdb_flush"):
            data["fdb_flush"] = 1
        elif matches(word, "vlan_protocol"):
            value = cursor.argument()
            if value.lower() not in ("802.1q", "802.1ad"):
                raise invarg("invalid vlan_protocol", value)
            data["vlan_protocol"] = 0x8100 if value.lower() == "802.1q" else 0x88A8
        elif matches(word, "help"):
            raise Stop(BRIDGE_KIND, 1)
        else:
            raise Stop(f'bridge: unknown command "{word}"?\n{BRIDGE_KIND}', 1)
    return data


def parse_bridge_port(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    """The words after `type bridge_slave`."""
    data: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        if matches(word, "fdb_flush"):
            data["fdb_flush"] = 1
            continue
        key = next((name for name in (*PORT_NUMBERS, *PORT_FLAGS) if matches(word, name)), None)
        if key is None:
            raise Stop(f'bridge_slave: unknown option "{word}"?\n{BRIDGE_SLAVE_KIND}', 1)
        value = cursor.argument()
        if key in PORT_FLAGS:
            if value not in ("on", "off"):
                raise Stop(f'Error: argument of "{word}" must be one of "off", "on", not "{value}"\n', 1)
            data[key] = int(value == "on")
        else:
            data[key] = unsigned(value, f"{key} is invalid" if key in PORT_SPANNING else f"invalid {key}", PORT_LARGEST.get(key, 0xFFFFFFFF))
    return data


# showing ---------------------------------------------------------------------------------------------------------------


def _timer(session_now: int, timer: Any) -> str:
    left = max(0, timer.when - session_now) if timer is not None and timer.pending else 0
    return f"{left // SECOND:4d}.{left // (10 * MS) % 100:02d}"


def bridge_id_text(value: int) -> str:
    """A bridge id as iproute2 writes it: `8000.2:0:0:0:1:5`."""
    return f"{value >> 48:04x}.{':'.join(f'{value >> shift & 255:x}' for shift in range(40, -1, -8))}"


def _hexadecimal(value: int) -> Any:
    """A number as C's `%#x` writes it."""
    return f"{value:#x}" if value else 0


def _groups(mask: int) -> str:
    """Which link-local groups are forwarded (`_bitmask2str`)."""
    return ",".join(GROUP_NAMES.get(bit, f"{1 << bit:#x}") for bit in range(16) if mask >> bit & 1) or "0x0"


def bridge_options(dev: Bridge) -> list[tuple[str, Any]]:
    """A bridge's options in iproute2's order (`bridge_print_opt`)."""
    now = dev.netns.kernel.clock.now
    centi = 10 * MS
    left = gc_left(dev)
    gc = f"{left // SECOND:4d}.{left // centi % 100:02d}"
    options: list[tuple[str, Any]] = [
        ("forward_delay", dev.forward_delay // centi), ("hello_time", dev.hello_time // centi), ("max_age", dev.max_age // centi),
        ("ageing_time", dev.ageing_time // centi), ("stp_state", dev.stp_enabled), ("priority", dev.priority),
        ("vlan_filtering", dev.options["vlan_filtering"]),
    ]  # fmt: skip
    if "vlan_filtering" in dev.netns.kernel.profile.modules:
        options.append(("vlan_protocol", "802.1Q" if dev.options["vlan_protocol"] == 0x8100 else "802.1ad"))
    options += [
        ("bridge_id", bridge_id_text(dev.bridge_id)), ("designated_root", bridge_id_text(dev.designated_root)), ("root_port", dev.root_port),
        ("root_path_cost", dev.root_path_cost), ("topology_change", dev.topology_change), ("topology_change_detected", dev.topology_change_detected),
        ("hello_timer", _timer(now, dev.hello_timer)), ("tcn_timer", _timer(now, dev.tcn_timer)),
        ("topology_change_timer", _timer(now, dev.topology_change_timer)), ("gc_timer", gc),
    ]  # fmt: skip
    if "vlan_filtering" in dev.netns.kernel.profile.modules:
        options += [("vlan_default_pvid", dev.options["vlan_default_pvid"]), ("vlan_stats_enabled", 0), ("vlan_stats_per_port", 0)]
    options += [
        ("group_fwd_mask", _hexadecimal(dev.options["group_fwd_mask"])),
        ("group_address", str(dev.group_address)),
    ]
    names = (
        "mcast_snooping no_linklocal_learn mcast_vlan_snooping mcast_router mcast_query_use_ifaddr mcast_querier mcast_hash_elasticity mcast_hash_max "
        "mcast_last_member_count mcast_startup_query_count mcast_last_member_interval mcast_membership_interval mcast_querier_interval mcast_query_interval "
        "mcast_query_response_interval mcast_startup_query_interval mcast_stats_enabled mcast_igmp_version mcast_mld_version nf_call_iptables "
        "nf_call_ip6tables nf_call_arptables"
    )
    return options + [(name, dev.options[name]) for name in names.split()]


def port_options(port: BridgePort) -> list[tuple[str, Any]]:
    """A port's options in iproute2's order (`bridge_slave_print_opt`)."""
    now = port.dev.netns.kernel.clock.now
    o = port.options
    return [
        ("state", PORT_STATES[port.state]), ("priority", port.priority), ("cost", port.cost), ("hairpin", on_off(o["hairpin"])),
        ("guard", on_off(o["guard"])), ("root_block", on_off(o["root_block"])), ("fastleave", on_off(o["fastleave"])),
        ("learning", on_off(o["learning"])), ("flood", on_off(o["flood"])), ("port_id", f"{port.port_id:#x}"), ("port_no", f"{port.number:#x}"),
        ("designated_port", port.designated_port), ("designated_cost", port.designated_cost),
        ("designated_bridge", bridge_id_text(port.designated_bridge)), ("designated_root", bridge_id_text(port.designated_root)),
        ("hold_timer", _timer(now, port.hold_timer)), ("message_age_timer", _timer(now, port.message_age_timer)),
        ("forward_delay_timer", _timer(now, port.forward_delay_timer)), ("topology_change_ack", port.topology_change_ack),
        ("config_pending", port.config_pending), ("proxy_arp", on_off(o["proxy_arp"])), ("proxy_arp_wifi", on_off(o["proxy_arp_wifi"])),
        ("mcast_router", o["mcast_router"]), ("mcast_fast_leave", on_off(o["fastleave"])), ("mcast_flood", on_off(o["mcast_flood"])),
        ("bcast_flood", on_off(o["bcast_flood"])), ("mcast_to_unicast", on_off(o["mcast_to_unicast"])),
        ("neigh_suppress", on_off(o["neigh_suppress"])), ("group_fwd_mask", _hexadecimal(o["group_fwd_mask"])),
        ("group_fwd_mask_str", _groups(o["group_fwd_mask"])), ("vlan_tunnel", on_off(o["vlan_tunnel"])),
        ("isolated", on_off(o["isolated"])), ("locked", on_off(o["locked"])),
    ]  # fmt: skip


SHORT_KEYS = {
    "designated_root": "root_id", "group_address": "group_addr", "mcast_last_member_count": "mcast_last_member_cnt",
    "mcast_startup_query_count": "mcast_startup_query_cnt", "mcast_last_member_interval": "mcast_last_member_intvl",
    "mcast_membership_interval": "mcast_membership_intvl", "mcast_querier_interval": "mcast_querier_intvl", "mcast_query_interval": "mcast_query_intvl",
    "mcast_query_response_interval": "mcast_query_response_intvl", "mcast_startup_query_interval": "mcast_startup_query_intvl",
    "port_id": "id", "port_no": "no", "designated_bridge": "bridge_id", "mcast_router": "multicast_router",
}  # fmt: skip
"""JSON's names for options that are called otherwise in plain text."""
TEXT_ONLY = ("mcast_fast_leave",)
BRIDGE_RENAMED = tuple(name for name in SHORT_KEYS if name != "mcast_router")
PORT_RENAMED = ("port_id", "port_no", "designated_bridge", "designated_root", "mcast_router")


def _shown(options: list[tuple[str, Any]], renamed: tuple[str, ...]) -> list[Shown]:
    """Text as it stands; JSON has booleans for on and off, timers as numbers with two places, masks and addresses as text."""
    shown = []
    for name, value in options:
        text = f"{name} {value} "
        key = "" if name in TEXT_ONLY else SHORT_KEYS.get(name, name) if name in renamed else name
        if name.endswith("_timer"):
            shown.append(Shown(text, key, Decimal2(float(value))))
        elif value in ("on", "off"):
            shown.append(Shown(text, key, value == "on"))
        else:
            shown.append(Shown(text, key, value if isinstance(value, int) and name != "group_fwd_mask" else str(value)))
    return shown


def _show(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev, Bridge)
    return _shown(bridge_options(dev), BRIDGE_RENAMED)


def _show_port(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    assert isinstance(dev.slave_data, BridgePort)
    return _shown(port_options(dev.slave_data), PORT_RENAMED)


BRIDGE = LinkUtil(_bridge, _show, _show_port)
