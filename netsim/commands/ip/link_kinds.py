"""The options of each link kind, as tables (`iplink_bridge.c`, `link_veth.c`, `iplink_bridge_slave.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.usage import BRIDGE_KIND, BRIDGE_SLAVE_KIND, VETH
from netsim.commands.ip.words import Stop, Words, invarg, matches, number
from netsim.kernel.core.netns import Netns

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

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
PORT_NUMBERS = ("state", "priority", "cost", "group_fwd_mask", "mcast_router")
STATES = ("disabled", "listening", "learning", "forwarding", "blocking")


def _bridge(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    from netsim.commands.ip.link import lladdr

    data: dict[str, Any] = {}
    while cursor.more():
        word = cursor.take()
        key = next((name for name in BRIDGE_NUMBERS if matches(word, name)), None)
        if key is not None:
            value = cursor.argument()
            parsed = number(value, 0, 0xFFFFFFFF)
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


def _veth(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    from netsim.commands.ip.link import parse_peer

    if not cursor.more():
        return {}
    word = cursor.take()
    if word != "peer":
        raise Stop("", 1, VETH)
    return {"peer": parse_peer(session, cursor, netns)}


def _none(session: Ip, cursor: Words, netns: Netns) -> dict[str, Any]:
    if cursor.more():
        raise Stop(f'Garbage instead of arguments "{cursor.peek()} ...". Try "ip link help".\n', 255)
    return {}


KINDS: dict[str, Callable[[Ip, Words, Netns], dict[str, Any]]] = {"bridge": _bridge, "veth": _veth, "dummy": _none, "ifb": _none}


HELP = {"bridge": BRIDGE_KIND, "bridge_slave": BRIDGE_SLAVE_KIND, "veth": VETH, "dummy": "Usage: ... dummy\n", "ifb": "Usage: ... ifb\n"}
"""What `ip link help KIND` prints; a kind without options of its own has no help."""


def parse_kind(session: Ip, kind: str, cursor: Words, netns: Netns) -> dict[str, Any]:
    """The words after `type KIND`."""
    return KINDS[kind](session, cursor, netns)


def parse_slave(session: Ip, kind: str, cursor: Words) -> dict[str, Any]:
    """The words after `type KIND_slave`."""
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
            if value not in ("on", "off", "0", "1"):
                raise Stop(f'Error: argument of "{key}" must be "on" or "off", not "{value}"\n', 255)
            data[key] = int(value in ("on", "1"))
        elif key == "state" and value in STATES:
            data[key] = STATES.index(value)
        else:
            parsed = number(value, 0, 0xFFFFFFFF)
            if parsed is None:
                raise invarg(f"invalid {key}", value)
            data[key] = parsed
    return data
