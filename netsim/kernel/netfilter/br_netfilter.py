"""Bridged packets shown to the filters of IP (`br_netfilter_hooks.c`, `br_netfilter_ipv6.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC
from netsim.errors import NetError
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.bridge.forward import br_dev_queue_push_xmit, br_forward_finish
from netsim.kernel.bridge.input import br_handle_frame_finish
from netsim.kernel.core.hooks import (
    ACCEPT,
    DROP,
    FORWARD,
    PF_BRIDGE,
    PF_INET,
    PF_INET6,
    POST_ROUTING,
    PRE_ROUTING,
    STOLEN,
    nf_hook_slow,
    register_hook,
    unregister_hook,
)
from netsim.kernel.core.neighbour import neigh_create, neigh_output
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_OTHERHOST
from netsim.kernel.ipv4.arp import ARP_OPS
from netsim.kernel.ipv4.fragment import split
from netsim.kernel.ipv4.rt_cache import ip_route_input
from netsim.kernel.ipv6.ndisc import ND_OPS
from netsim.kernel.ipv6.route import ip6_route_input
from netsim.kernel.tables.neigh import NUD_CONNECTED
from netsim.packet import Ip, Ip6
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, IP_DF
from netsim.trace import Dropped

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

BRNF, FIRST, LAST = 0, -0x80000000, 0x7FFFFFFF


@attrs.define(eq=False)
class NfBridge:
    """What a packet remembers of the bridge it crosses (`struct nf_bridge_info`)."""

    physindev: NetDevice
    physoutdev: NetDevice | None = None
    destination: int = 0
    was_for_others: bool = False
    in_prerouting: bool = True
    sabotaged: bool = False
    largest: int = 0
    """Of a packet that was put together the size of its largest piece, which is what it is cut into again (`frag_max_size`)."""
    resolving: MAC | None = None
    """The sender's address while the bridge finds out where a translated destination lives (`bridged_dnat`)."""

    def takes_xmit(self, skb: SkBuff) -> bool:
        """Whether a frame the bridge itself would send is a bridged one on its way (`br_nf_dev_xmit`)."""
        if self.resolving is None:
            return False
        skb.src, self.resolving = self.resolving, None
        skb.dev = self.physindev
        br_handle_frame_finish(skb.dev.netns, skb)
        return True


def _family(netns: Netns, skb: SkBuff, bridge: Bridge) -> int:
    """The family whose filters shall see a frame, or 0."""
    conf, kind, packet = netns.netfilter.bridge, skb.protocol, skb.packet
    if skb.vlan and not conf.filter_vlan_tagged:
        return 0
    if kind == ETH_P_IP and isinstance(packet, (Ip, Ip6)):
        return PF_INET if conf.call_iptables or bridge.options["nf_call_iptables"] else 0
    if kind == ETH_P_IPV6 and isinstance(packet, (Ip, Ip6)):
        return PF_INET6 if conf.call_ip6tables or bridge.options["nf_call_ip6tables"] else 0
    return 0


# coming in -------------------------------------------------------------------------------------------------------------


def br_nf_pre_routing(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """A frame came in at a port: PREROUTING sees it as received by the bridge."""
    bridge = indev.slave_data.bridge
    family = _family(netns, skb, bridge)
    if not family:
        return ACCEPT
    skb.nf_bridge = state = NfBridge(indev, destination=skb.packet.dst)
    if skb.pkt_type == PACKET_OTHERHOST:
        skb.pkt_type, state.was_for_others = PACKET_HOST, True
    skb.dev, skb.control = bridge, None
    entries = (netns.hooks_ipv4 if family == PF_INET else netns.hooks_ipv6)[PRE_ROUTING]
    nf_hook_slow(entries, PRE_ROUTING, netns, skb, bridge, None, br_nf_pre_routing_finish)
    return STOLEN


def br_nf_pre_routing_finish(netns: Netns, skb: SkBuff) -> None:
    """Back to the bridge; a destination that was translated may lie on the bridge, on this host, or behind it."""
    state: NfBridge = skb.nf_bridge
    state.in_prerouting, state.largest = False, skb.control or 0
    if state.was_for_others:
        skb.pkt_type, state.was_for_others = PACKET_OTHERHOST, False
    if skb.packet.dst == state.destination:
        skb.dev = state.physindev
        br_handle_frame_finish(netns, skb)
        return
    bridge = skb.dev
    try:
        route = skb.route = ip_route_input(skb) if isinstance(skb.packet, Ip) else ip6_route_input(skb)
    except NetError:
        return
    if route.error:
        return
    if route.dev is bridge and not route.is_local:
        _to_neighbour(netns, skb, bridge, state)
        return
    skb.dev, skb.dst, skb.pkt_type = state.physindev, bridge.address, PACKET_HOST
    br_handle_frame_finish(netns, skb)


def _to_neighbour(netns: Netns, skb: SkBuff, bridge: NetDevice, state: NfBridge) -> None:
    """Bridged traffic that goes to another host of the same bridge now needs that host's address (`br_nf_pre_routing_finish_bridge`)."""
    table, ops = (netns.inet.arp, ARP_OPS) if isinstance(skb.packet, Ip) else (netns.inet6.neigh, ND_OPS)
    key = skb.route.gateway if skb.route.gateway is not None else skb.packet.dst
    neigh = neigh_create(table, ops, key, bridge)
    skb.route = None
    if neigh.state & NUD_CONNECTED and neigh.lladdr is not None:
        skb.dev, skb.dst = state.physindev, neigh.lladdr
        br_handle_frame_finish(netns, skb)
        return
    state.resolving = skb.src
    neigh_output(table, ops, key, bridge, skb)


def ip_sabotage_in(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """What the bridge passes up was seen by PREROUTING already."""
    state = skb.nf_bridge
    if state is None or state.in_prerouting or state.sabotaged:
        return ACCEPT
    state.sabotaged = True
    okfn(netns, skb)
    return STOLEN


# crossing --------------------------------------------------------------------------------------------------------------


def br_nf_forward(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice, outdev: NetDevice, okfn: Callable[..., Any]) -> int:
    """A frame goes from port to port: FORWARD sees it go from the bridge to the bridge."""
    seen = skb.nf_bridge
    if seen is None or outdev.master is None or not isinstance(skb.packet, (Ip, Ip6)):
        return ACCEPT
    skb.nf_bridge = NfBridge(seen.physindev, outdev, in_prerouting=False, largest=seen.largest)
    if skb.pkt_type == PACKET_OTHERHOST:
        skb.pkt_type, skb.nf_bridge.was_for_others = PACKET_HOST, True
    entries = (netns.hooks_ipv4 if type(skb.packet) is Ip else netns.hooks_ipv6)[FORWARD]
    nf_hook_slow(entries, FORWARD, netns, skb, outdev.master, outdev.master, br_nf_forward_finish)
    return STOLEN


def br_nf_forward_finish(netns: Netns, skb: SkBuff) -> None:
    """FORWARD let it pass."""
    if skb.nf_bridge.was_for_others:
        skb.pkt_type, skb.nf_bridge.was_for_others = PACKET_OTHERHOST, False
    br_forward_finish(netns, skb)


def br_nf_post_routing(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice, okfn: Callable[..., Any]) -> int:
    """A bridged frame is about to leave: POSTROUTING sees it leave by the bridge."""
    state = skb.nf_bridge
    if state is None or state.physoutdev is None:
        return ACCEPT
    if outdev.master is None:
        return DROP
    skb.pkt_type = PACKET_HOST
    entries = (netns.hooks_ipv4 if type(skb.packet) is Ip else netns.hooks_ipv6)[POST_ROUTING]
    nf_hook_slow(entries, POST_ROUTING, netns, skb, None, outdev.master, br_nf_dev_queue_xmit)
    return STOLEN


def br_nf_dev_queue_xmit(netns: Netns, skb: SkBuff) -> None:
    """Out of the port, cut again if it was put together on the way."""
    skb.nf_bridge, largest = None, skb.nf_bridge.largest
    if largest and isinstance(skb.packet, Ip) and skb.size > min(largest, skb.dev.mtu):
        for piece in split(skb.packet, min(largest, skb.dev.mtu)):
            part = skb.clone()
            part.packet, part.control = piece, None
            br_dev_queue_push_xmit(netns, part)
        return
    br_dev_queue_push_xmit(netns, skb)


def br_refragment(netns: Netns, skb: SkBuff) -> bool:
    """A bridged IPv4 packet is too long for its port: cut where it may be, else dropped without a word (`br_nf_dev_queue_xmit`, `br_nf_ip_fragment`).

    That happens although no table looks at the packet. False: bridge netfilter does not concern itself with it.
    """
    dev, packet = skb.dev, skb.packet
    if "br_netfilter" not in netns.kernel.profile.modules or not isinstance(dev.master, Bridge) or not isinstance(packet, Ip):
        return False
    if netns.netfilter is not None and _family(netns, skb, dev.master) != PF_INET:
        return False
    if packet.flags & IP_DF:
        netns.mib["IpFragFails"] += 1
        if netns.trace is not None:
            netns.trace.record(Dropped(netns.kernel.clock.now, netns.cookie, "PKT_TOO_BIG", dev.name, packet))
        return True
    for piece in split(packet, dev.mtu):
        part = skb.clone()
        part.packet, part.control = piece, None
        br_dev_queue_push_xmit(netns, part)
    return True


# hanging ---------------------------------------------------------------------------------------------------------------

HOOKS = (
    (PF_BRIDGE, PRE_ROUTING, BRNF, br_nf_pre_routing),
    (PF_BRIDGE, FORWARD, BRNF, br_nf_forward),
    (PF_BRIDGE, POST_ROUTING, LAST, br_nf_post_routing),
    (PF_INET, PRE_ROUTING, FIRST, ip_sabotage_in),
    (PF_INET6, PRE_ROUTING, FIRST, ip_sabotage_in),
)


def settle(netns: Netns) -> None:
    """Hang the hooks where there is a bridge and something of IP's that would see its packets; else they would show packets to nobody."""
    state = netns.netfilter
    if state is None or "br_netfilter" not in netns.kernel.profile.modules:
        return
    wanted = _is_watched(netns) and any(isinstance(dev, Bridge) for dev in netns.devices.values())
    if wanted == state.bridge.hung:
        return
    state.bridge.hung = wanted
    for family, hook, priority, function in HOOKS:
        if wanted:
            register_hook(netns, family, hook, priority, function)
        else:
            unregister_hook(netns, family, hook, function)


def _is_watched(netns: Netns) -> bool:
    """Whether anything but the sabotage hangs in IP's hooks."""
    for hooks in (netns.hooks_ipv4, netns.hooks_ipv6):
        for entries in hooks:
            for _, function in entries:
                if function is not ip_sabotage_in:
                    return True
    return False
