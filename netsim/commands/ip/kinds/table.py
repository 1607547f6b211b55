"""Which kind is read and shown how; what `ip link help TYPE` prints; kinds the kernel may have but netsim lacks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from netsim.commands.ip.kinds.grammar import LinkUtil, Shown
from netsim.commands.ip.kinds.help import BOND_PORT_HELP, KIND_HELP
from netsim.commands.ip.usage import BRIDGE_KIND, BRIDGE_SLAVE_KIND, VETH
from netsim.kernel.core.netdevice import NetDevice

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip
    from netsim.commands.ip.words import Words
    from netsim.kernel.core.netns import Netns

KINDS = {
    "bridge": "bridge:BRIDGE",
    "veth": "small:VETH_KIND",
    "dummy": "small:PLAIN",
    "ifb": "small:PLAIN",
    "vrf": "vrf:VRF",
    "tun": "tun:TUN",
    "gre": "tunnels:GRE",
    "gretap": "tunnels:GRETAP",
    "erspan": "tunnels:GRETAP",
    "ipip": "tunnels:IPIP",
    "sit": "tunnels:SIT",
    "vxlan": "vxlan:VXLAN",
    "vlan": "vlan:VLAN",
    "macvlan": "macvlan:MACVLAN",
    "ipvlan": "ipvlan:IPVLAN",
    "bond": "bond:BOND",
}
"""Where each is found in this package; loaded at first use, as iproute2 loads its `link_KIND.so`."""
PORT_PARSERS = {"bridge": "bridge:parse_bridge_port", "bond": "bond:parse_bond_port"}
HELP = {
    **KIND_HELP, "bridge": BRIDGE_KIND, "bridge_slave": BRIDGE_SLAVE_KIND, "veth": VETH, "dummy": "Usage: ... dummy\n", "ifb": "Usage: ... ifb\n",
    "bond_slave": BOND_PORT_HELP,
}  # fmt: skip
"""What `ip link help KIND` prints."""
UNMODELLED = {
    "erspan": "ip_gre", "ip6gre": "ip6_gre", "ip6gretap": "ip6_gre", "ip6erspan": "ip6_gre", "ip6tnl": "ip6_tunnel", "vti": "ip_vti", "vti6": "ip6_vti",
    "geneve": "geneve", "team": "team", "macvtap": "macvtap", "ipvtap": "ipvtap", "wireguard": "wireguard", "xfrm": "xfrm_interface", "nlmon": "nlmon",
    "bareudp": "bareudp", "gtp": "gtp", "macsec": "macsec", "hsr": "hsr", "vcan": "vcan", "vxcan": "vxcan",
}  # fmt: skip
"""Kinds netsim lacks -> the module that would bring them: named as not modelled where the kernel has it, unknown to it elsewhere."""


@cache
def _found(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(import_module(f"netsim.commands.ip.kinds.{module}"), name)


def link_util(kind: str) -> LinkUtil | None:
    """How a kind is read and shown (`get_link_kind`); None for those without words of their own."""
    return _found(KINDS[kind]) if kind in KINDS else None


def port_parser(kind: str) -> Callable[[Ip, Words, Netns], dict[str, Any]] | None:
    """How the words about a port of such a device are read; None where there are none."""
    return _found(PORT_PARSERS[kind]) if kind in PORT_PARSERS else None


def kind_options(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    """The options of a device's kind as listed."""
    util = link_util(dev.kind)
    return util.show(session, dev) if util is not None else ()


def port_options(session: Ip, dev: NetDevice) -> Sequence[Shown]:
    """What a device's master keeps about it."""
    util = link_util(dev.master.kind) if dev.master is not None else None
    return util.show_port(session, dev) if util is not None else ()
