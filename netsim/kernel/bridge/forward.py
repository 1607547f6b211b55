"""Where the bridge sends frames (`br_forward.c`, `br_dev_xmit`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import MAC
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge import multicast
from netsim.kernel.bridge.arp_proxy import ANSWERED, do_proxy_suppress_arp, is_spared
from netsim.kernel.bridge.audience import is_heard_by_nobody_else
from netsim.kernel.bridge.vlan import allowed_egress, allowed_ingress, handle_vlan, vid_of
from netsim.kernel.core.hooks import FORWARD, LOCAL_OUT, PF_BRIDGE, POST_ROUTING, nf_hook, nf_hook_slow
from netsim.kernel.core.netdevice import IFF_PROMISC, IFF_UP
from netsim.kernel.core.receive import receive_core
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.packet import HopByHop, Ip, Ip6
from netsim.packet.numbers import ETH_P_ARP, IPPROTO_IGMP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.netns import Netns

BR_STATE_FORWARDING = 3
VLAN_HEADER = 4
MANY = 4
"""From so many ports on it is cheaper to know who hears a flood than to go to each, where packets are filtered and ports have to be judged anew with
every rule."""


def br_dev_xmit(bridge: Bridge, skb: SkBuff) -> None:
    """A frame the bridge's own stack sends: to the port its destination was learnt at, or to all."""
    if skb.nf_bridge is not None and skb.nf_bridge.takes_xmit(skb):
        return
    bridge.stats.tx_packets += 1
    bridge.stats.tx_bytes += skb.size + 14
    skb.dev = bridge
    skb.control = None
    destination = skb.dst
    vid = 0
    if bridge.options["vlan_filtering"]:
        if not allowed_ingress(bridge, None, skb):
            if bridge.netns.trace is not None:
                trace_drop(bridge.netns, "VLAN_FILTER", bridge.name, skb.packet)
            return
        vid = vid_of(bridge, skb)
    if bridge.answers_arp and skb.protocol == ETH_P_ARP:
        skb.control = ANSWERED if do_proxy_suppress_arp(bridge, skb, vid, None) else None
    if destination.is_multicast:
        if destination.is_broadcast:
            flood(bridge, skb, None, "bcast_flood", LOCAL_OUT)
            return
        audience = multicast.audience(bridge, None, skb, vid) if is_minded(bridge, skb.packet) else None
        if audience is None:
            flood(bridge, skb, None, "mcast_flood", LOCAL_OUT)
        else:
            multicast_flood(bridge, skb, None, audience.members, LOCAL_OUT)
        return
    entry = br_fdb.lookup(bridge, destination, vid)
    if entry is not None and entry.port is not None:
        if bridge.netns.trace is not None:
            trace_step(bridge.netns, "br_fdb_find", bridge.name, skb.packet, ("", destination, entry.port.dev.name))
        if should_deliver(entry.port, None, skb):
            _send(entry.port, skb, LOCAL_OUT)
        elif bridge.netns.trace is not None:
            trace_drop(bridge.netns, "BRIDGE_NO_EGRESS_PORT", entry.port.dev.name, skb.packet, refusal(entry.port, None, skb))
        return
    if entry is None:
        flood(bridge, skb, None, "flood", LOCAL_OUT)


def forward_to(port: BridgePort, source: BridgePort, skb: SkBuff) -> None:
    """A frame from one port to another (`br_forward`)."""
    bridge = port.bridge
    netns = bridge.netns
    if not should_deliver(port, source, skb):
        if netns.trace is not None:
            trace_drop(netns, "BRIDGE_NO_EGRESS_PORT", port.dev.name, skb.packet, refusal(port, source, skb))
        return
    hooks = netns.hooks_bridge
    if hooks[FORWARD] or hooks[POST_ROUTING] or bridge.options["vlan_filtering"]:
        _send(port, skb, FORWARD)
        return
    skb.dev = port.dev
    br_dev_queue_push_xmit(netns, skb)


def flood(bridge: Bridge, skb: SkBuff, source: BridgePort | None, flag: str, hook: int) -> None:
    """A copy to every port that may have it, the newest port first (`br_flood`; `br_add_if` puts ports at the head of the list).

    Where it would only be counted, it is, without a copy; and where that is known beforehand, without a visit (`audience`).
    """
    hooks = bridge.netns.hooks_bridge
    is_hung = hooks[hook] or hooks[POST_ROUTING]
    is_watched = is_hung and _is_watched(bridge.netns, hook, skb)
    if bridge.netns.trace is not None:
        _trace_flood(bridge, skb, source, flag)
    is_visited = is_watched or (is_hung and len(bridge.ports) < MANY)
    ports = None if is_visited or not is_heard_by_nobody_else(bridge, skb) else bridge.audience.hearers(source, skb)
    for port in bridge.ports[::-1] if ports is None else ports:
        if not (port.options[flag] or (source is None and flag != "flood")) or not should_deliver(port, source, skb):
            continue
        if bridge.answers_arp and is_spared(port, skb):
            continue
        if is_watched or not port.dev.only_counts(skb):
            _send(port, skb.clone(), hook)


def is_minded(bridge: Bridge, packet: Any) -> bool:
    """Whether snooping has to look at a frame to a group: it speaks of groups itself, or decides already where others go."""
    if not bridge.options["mcast_snooping"]:
        return False
    known, kind = bridge.multicast_ctx, type(packet)
    if (known is not None and known.decides) or (kind is Ip6 and type(packet.payload) is HopByHop):
        return True
    return kind is Ip and packet.protocol == IPPROTO_IGMP


def multicast_flood(bridge: Bridge, skb: SkBuff, source: BridgePort | None, members: tuple[tuple[BridgePort, MAC | None], ...], hook: int) -> None:
    """A copy to each member of a group and each router, to a station of its own where it is asked so (`br_multicast_flood`)."""
    if bridge.netns.trace is not None:
        names = tuple([port.dev.name for port, _ in members if not refusal(port, source, skb)])
        trace_step(bridge.netns, "br_multicast_flood", bridge.name, skb.packet, (source.dev.name if source is not None else "", skb.dst, names))
    for port, station in members:
        if not should_deliver(port, source, skb) or (source is port and station == skb.src):
            continue
        copy = skb.clone()
        if station is not None:
            copy.dst = station
        _send(port, copy, hook)


def _is_watched(netns: Netns, hook: int, skb: SkBuff) -> bool:
    """Whether a function in the hooks on the way out looks at a frame: those of br_netfilter let pass what it has not taken in (`nf_bridge_info`)."""
    hooks = netns.hooks_bridge
    state = netns.netfilter
    if skb.nf_bridge is not None or state is None or not state.bridge.hung:
        return True
    return len(hooks[hook]) + len(hooks[POST_ROUTING]) > (2 if hook == FORWARD else 1)


def _trace_flood(bridge: Bridge, skb: SkBuff, source: BridgePort | None, flag: str) -> None:
    """Tell which ports get a copy, and of each other one why not."""
    is_own = source is None and flag != "flood"
    refused = {
        port.dev.name: "flood off" if not (port.options[flag] or is_own) else refusal(port, source, skb)
        for port in bridge.ports
        if port is not source
    }
    ports = tuple(name for name, why in refused.items() if not why)
    trace_step(bridge.netns, "br_flood", bridge.name, skb.packet, (source.dev.name if source is not None else "", skb.dst, ports))
    for name, why in refused.items():
        if why:
            trace_drop(bridge.netns, "BRIDGE_NO_EGRESS_PORT", name, skb.packet, why)


def refusal(port: BridgePort, source: BridgePort | None, skb: SkBuff) -> str:
    """Which of the conditions of `should_deliver` keeps a frame from a port, "" for none; for recorders."""
    if port.state != BR_STATE_FORWARDING:
        return "state" if port.state else "down"
    if source is port and not port.options["hairpin"]:
        return "hairpin"
    if source is not None and source.options["isolated"] and port.options["isolated"]:
        return "isolated"
    if port.bridge.options["vlan_filtering"] and not allowed_egress(port.bridge, port, skb):
        return "vlan"
    return "neigh_suppress" if port.bridge.answers_arp and is_spared(port, skb) else ""


def should_deliver(port: BridgePort, source: BridgePort | None, skb: SkBuff) -> bool:
    """Whether a frame may leave by a port: forwarding, not the way it came (but for hairpin), not between isolated ports (`should_deliver`)."""
    options = port.options
    if port.state != BR_STATE_FORWARDING or (source is port and not options["hairpin"]):
        return False
    if options["isolated"] and source is not None and source.options["isolated"]:
        return False
    return not port.bridge.options["vlan_filtering"] or allowed_egress(port.bridge, port, skb)


def _send(port: BridgePort, skb: SkBuff, hook: int) -> None:
    """Through the bridge's hooks, then out (`__br_forward`)."""
    bridge = port.bridge
    if bridge.options["vlan_filtering"]:
        handle_vlan(bridge, port, skb)
    incoming, outgoing, netns = skb.dev, port.dev, bridge.netns
    skb.dev = outgoing
    entries = netns.hooks_bridge[hook]
    if entries:
        nf_hook_slow(entries, hook, netns, skb, None if hook == LOCAL_OUT else incoming, outgoing, br_forward_finish)
    else:
        br_forward_finish(netns, skb)


def br_forward_finish(netns: Netns, skb: SkBuff) -> None:
    """The last hook before the wire (`br_forward_finish`)."""
    entries = netns.hooks_bridge[POST_ROUTING]
    if entries:
        nf_hook_slow(entries, POST_ROUTING, netns, skb, None, skb.dev, br_dev_queue_push_xmit)
    else:
        br_dev_queue_push_xmit(netns, skb)


def br_dev_queue_push_xmit(netns: Netns, skb: SkBuff) -> None:
    """Out of the port; a frame too long for it is dropped (`br_dev_queue_push_xmit`, `is_skb_forwardable`)."""
    dev, packet = skb.dev, skb.packet
    size = len(packet) if type(packet) is bytes else packet.size
    if size > dev.mtu:
        if skb.iif and netns.kernel.br_refragment is not None and netns.kernel.br_refragment(netns, skb):
            return
        size -= VLAN_HEADER  # one tag more is let through
    if size > dev.mtu or not (dev.is_active or dev.flags & IFF_UP):
        if netns.trace is not None:
            trace_drop(netns, "PKT_TOO_BIG" if dev.flags & IFF_UP else "DEV_READY", dev.name, skb.packet, dev)
        return
    skb.pkt_type = PACKET_HOST
    dev_queue_xmit(skb)


def pass_up(bridge: Bridge, skb: SkBuff) -> Any:
    """A frame for the bridge itself goes on as received by it (`br_pass_frame_up`)."""
    bridge.stats.rx_packets += 1
    bridge.stats.rx_bytes += skb.size  # the link header was taken off by the port
    if bridge.options["vlan_filtering"]:
        if not bridge.flags & IFF_PROMISC and not allowed_egress(bridge, None, skb):
            if bridge.netns.trace is not None:
                trace_drop(bridge.netns, "VLAN_FILTER", bridge.name, skb.packet)
            return None
        handle_vlan(bridge, None, skb)
    incoming = skb.dev
    skb.dev = bridge
    return nf_hook(PF_BRIDGE, 1, bridge.netns, skb, incoming, None, _netif_receive)


def _netif_receive(netns: Netns, skb: SkBuff) -> None:
    skb.iif = skb.dev.ifindex
    receive_core(skb)
