"""The words that make a device of each kind, as iproute2 reads them; only what is not the kind's default."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.clock import MS
from netsim.commands.ip.kinds.bond import MODES as BOND_MODES
from netsim.commands.ip.kinds.bond import WORDS as BOND_WORDS
from netsim.commands.ip.kinds.ipvlan import MODE_NAMES as IPVLAN_MODES
from netsim.commands.ip.kinds.macvlan import MODE_NAMES as MACVLAN_MODES
from netsim.commands.ip.kinds.vlan import FLAG_NAMES, PROTOCOL_NAMES
from netsim.commands.ip.kinds.vxlan import DFS
from netsim.kernel.bridge.device import BRIDGE_OPTIONS, DEFAULT_COST, PORT_OPTIONS, Bridge, BridgePort, port_cost
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.bond import DEFAULTS as BOND_DEFAULTS
from netsim.kernel.drivers.bond import Bond
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.ipvlan import FLAG_PRIVATE, FLAG_VEPA, Ipvlan
from netsim.kernel.drivers.macvlan import FLAG_NODST, FLAG_NOPROMISC, SOURCE, Macvlan
from netsim.kernel.drivers.nic import Nic
from netsim.kernel.drivers.vlan import REORDER_HDR, Vlan
from netsim.kernel.drivers.vrf import Vrf
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.packet.numbers import ETH_P_8021Q, GRE_CSUM, GRE_KEY, GRE_SEQ

BRIDGE_TIMES = {
    "forward_delay": "bridge_forward_delay",
    "hello_time": "bridge_hello_time",
    "max_age": "bridge_max_age",
    "ageing_time": "bridge_ageing_time",
}
ON_OFF = {1: "on", 0: "off"}
TUNNEL_MODES = {4: "ipip", 41: "ip6ip", 0: "any"}


def _different(value: Any, wanted: dict[str, Any]) -> list[str]:
    """`NAME VALUE` for those fields of a value that are not what a new one has."""
    defaults = {field.name: field.default for field in attrs.fields(type(value))}
    return [word for name, attribute in wanted.items() if getattr(value, name) != defaults[name] for word in (attribute, str(getattr(value, name)))]


def _bridge(dev: Bridge) -> list[str]:
    defaults = {field.name: field.default for field in attrs.fields(Bridge)}
    words = []
    for name, attribute in BRIDGE_TIMES.items():
        if getattr(dev, attribute) != defaults[attribute]:
            words += [name, str(getattr(dev, attribute) // (10 * MS))]
    words += _different(dev, {"stp_enabled": "stp_state", "priority": "priority", "group_address": "group_address"})
    for name, value in dev.options.items():
        if value != BRIDGE_OPTIONS[name]:
            words += [name, PROTOCOL_NAMES[value] if name == "vlan_protocol" else str(value)]
    return words


def port_words(port: BridgePort) -> list[str]:
    """What a bridge's port was told (`type bridge_slave ...`); a state set by hand only where spanning tree does not rule."""
    words = _different(port, {"priority": "priority"})
    words += ["cost", str(port.cost)] if port.cost != (DEFAULT_COST if isinstance(port.dev, Nic) else port_cost(port.dev)) else []
    for name, value in port.options.items():
        if value != PORT_OPTIONS[name]:
            words += [name, str(value) if name in ("mcast_router", "group_fwd_mask") else ON_OFF[value]]
    return words


def _vxlan(dev: VxlanDevice) -> list[str]:
    c = dev.config
    words = ["id", str(c.id)]
    if c.remote:
        words += ["group" if c.remote.is_multicast else "remote", str(c.remote)]
    if c.local:
        words += ["local", str(c.local)]
    if c.link:
        words += ["dev", _name_in(dev.home, c.link)]
    words += ["dstport", str(c.dstport)]
    if c.srcport != (0, 0):
        words += ["srcport", *map(str, c.srcport)]
    words += [] if c.learning else ["nolearning"]
    words += [name for name in ("proxy", "rsc", "l2miss", "l3miss", "udp6zerocsumtx", "udp6zerocsumrx") if getattr(c, name)]
    words += [] if c.udpcsum else ["noudpcsum"]
    words += _tos(c.tos) + (["ttl", "inherit"] if c.ttl_inherit else ["ttl", str(c.ttl)] if c.ttl else [])
    words += ["df", DFS[c.df]] if c.df else []
    return words + _different(c, {"ageing": "ageing", "maxaddress": "maxaddress"})


def _tos(value: int) -> list[str]:
    return [] if not value else ["tos", "inherit" if value == 1 else f"{value:#x}"]


def _name_in(netns: Netns, ifindex: int) -> str:
    dev = netns.devices.get(ifindex)
    return dev.name if dev is not None else f"if{ifindex}"


def _tunnel(dev: IpTunnel) -> list[str]:
    p = dev.parms
    words = []
    if dev.kind in ("ipip", "sit"):
        words += ["mode", TUNNEL_MODES[p.protocol]]
    words += ["remote", str(p.remote)] if p.remote else []
    words += ["local", str(p.local)] if p.local else []
    words += ["dev", _name_in(dev.home, p.link)] if p.link else []
    words += ["ttl", str(p.ttl)] if p.ttl else []
    words += _tos(p.tos)
    words += [] if p.df else ["nopmtudisc"]
    words += ["ignore-df"] if p.ignore_df else []
    for way, flags, key in (("i", p.iflags, p.ikey), ("o", p.oflags, p.okey)):
        words += [f"{way}key", str(key)] if flags & GRE_KEY else []
        words += [f"{way}seq"] if flags & GRE_SEQ else []
        words += [f"{way}csum"] if flags & GRE_CSUM else []
    return words + (["fwmark", str(p.fwmark)] if p.fwmark else [])


def _vlan(dev: Vlan) -> list[str]:
    words = ["protocol", PROTOCOL_NAMES[dev.protocol]] if dev.protocol != ETH_P_8021Q else []
    words += ["id", str(dev.vid)]
    for bit, name in FLAG_NAMES:
        if dev.vlan_flags & bit != REORDER_HDR & bit:
            words += [name.lower(), "on" if dev.vlan_flags & bit else "off"]
    for name, pairs in (("ingress-qos-map", dev.ingress), ("egress-qos-map", dev.egress)):
        if pairs:
            words += [name, *(f"{before}:{after}" for before, after in pairs.items())]
    return words


def _macvlan(dev: Macvlan) -> list[str]:
    words = ["mode", MACVLAN_MODES[dev.mode]]
    words += ["nopromisc"] if dev.mode_flags & FLAG_NOPROMISC else []
    return words + (["flag", "nodst"] if dev.mode_flags & FLAG_NODST else [])


def macvlan_sources(dev: NetDevice) -> list[str]:
    """The sources a macvlan in source mode takes, as a change after it was made."""
    if not isinstance(dev, Macvlan) or dev.mode != SOURCE or not dev.sources:
        return []
    return ["type", "macvlan", "macaddr", "set", *map(str, dev.sources)]


def _ipvlan(dev: Ipvlan) -> list[str]:
    way = "private" if dev.port.flags & FLAG_PRIVATE else "vepa" if dev.port.flags & FLAG_VEPA else "bridge"
    return ["mode", IPVLAN_MODES[dev.port.mode], *([way] if way != "bridge" else [])]


def _vrf(dev: Vrf) -> list[str]:
    return ["table", str(dev.table)]


def _bond(dev: Bond) -> list[str]:
    words = ["mode", BOND_MODES[dev.mode]]
    for name, value in dev.settings.items():
        if value != BOND_DEFAULTS[name]:
            words += [name, BOND_WORDS[name][value] if name in BOND_WORDS else str(value)]
    return words


def _nothing(dev: NetDevice) -> list[str]:
    return []


WORDS: dict[str, Callable[[Any], list[str]]] = {
    "bridge": _bridge, "vxlan": _vxlan, "gre": _tunnel, "gretap": _tunnel, "ipip": _tunnel, "sit": _tunnel, "vlan": _vlan, "macvlan": _macvlan,
    "ipvlan": _ipvlan, "vrf": _vrf, "bond": _bond, "dummy": _nothing, "ifb": _nothing,
}  # fmt: skip
"""What follows `type KIND`."""
