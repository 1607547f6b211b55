"""Frames that come in at a port (`br_input.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import MAC
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge import multicast, stp
from netsim.kernel.bridge.arp_proxy import ANSWERED, do_proxy_suppress_arp
from netsim.kernel.bridge.forward import flood, forward_to, is_minded, multicast_flood, pass_up
from netsim.kernel.bridge.vlan import allowed_ingress, vid_of
from netsim.kernel.core.hooks import FORWARD, PF_BRIDGE, PRE_ROUTING, nf_hook, nf_hook_slow
from netsim.kernel.core.netdevice import IFF_PROMISC, IFF_UP
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.packet.numbers import ETH_P_ARP

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.netns import Netns

BR_STATE_DISABLED, BR_STATE_LISTENING, BR_STATE_LEARNING, BR_STATE_FORWARDING, BR_STATE_BLOCKING = range(5)
LINK_LOCAL = MAC(0x0180C2000000)
GROUP_BIT = 0x010000000000
RESERVED = (0, 1, 2, 3)


def br_handle_frame(skb: SkBuff) -> bool:
    """The rx handler of every port; True: the frame is the bridge's business now."""
    dev, src, dst = skb.dev, skb.src, skb.dst
    port: BridgePort = dev.slave_data
    kind = skb.pkt_type
    if kind == PACKET_LOOPBACK:
        return False
    if src & GROUP_BIT or not src:
        _drop(skb, "INVALID_SOURCE")
        return True
    if kind == PACKET_MULTICAST and dst & 0xFFFFFFFFFFF0 == LINK_LOCAL:
        return _link_local(port, skb)
    if port.state != BR_STATE_FORWARDING and port.state != BR_STATE_LEARNING:
        _drop(skb, "BRIDGE_INGRESS_STP_STATE")
        return True
    if dst == port.bridge.address:
        skb.pkt_type = PACKET_HOST
    netns = dev.netns
    entries = netns.hooks_bridge[PRE_ROUTING]
    if entries:
        nf_hook_slow(entries, PRE_ROUTING, netns, skb, dev, None, br_handle_frame_finish)
    else:
        br_handle_frame_finish(netns, skb)
    return True


def _link_local(port: BridgePort, skb: SkBuff) -> bool:
    """Group addresses that bridges do not forward: spanning tree, pause, LACP, LLDP."""
    bridge = port.bridge
    last = skb.dst & 0xF
    if last == 0:
        if bridge.stp_enabled and not bridge.options["group_fwd_mask"] & 1:
            if port.options["learning"] and port.state in (BR_STATE_LEARNING, BR_STATE_FORWARDING):
                br_fdb.learn(bridge, port, skb.src)
            stp.receive(port, skb)
            return True
        if port.state not in (BR_STATE_LEARNING, BR_STATE_FORWARDING):
            return True
        nf_hook(PF_BRIDGE, PRE_ROUTING, skb.dev.netns, skb, skb.dev, None, br_handle_frame_finish)
        return True
    if last == 1:
        _drop(skb, "MAC_INVALID_SOURCE")
        return True
    mask = bridge.options["group_fwd_mask"] | port.options["group_fwd_mask"]
    if mask & 1 << last and port.state in (BR_STATE_FORWARDING, BR_STATE_LEARNING):
        nf_hook(PF_BRIDGE, PRE_ROUTING, skb.dev.netns, skb, skb.dev, None, br_handle_frame_finish)
        return True
    return False


def br_handle_frame_finish(netns: Netns, skb: SkBuff) -> None:
    """Learn the sender, then forward, flood or pass up (`br_handle_frame_finish`)."""
    port: BridgePort | None = skb.dev.slave_data
    if port is None or port.state == BR_STATE_DISABLED:
        return
    bridge, destination, vid = port.bridge, skb.dst, 0
    netns = bridge.netns
    if bridge.options["vlan_filtering"]:
        if not allowed_ingress(bridge, port, skb):
            _drop(skb, "VLAN_FILTER")
            return
        vid = vid_of(bridge, skb)
    addresses, now = bridge.fdb.entries, netns.kernel.clock.now
    lifetime = bridge.forward_delay if bridge.topology_change else bridge.ageing_time
    if port.options["learning"]:
        entry = addresses.get(vid << 48 | skb.src if vid else skb.src)
        if lifetime and entry is not None and entry.port is port and not entry.is_local:
            entry.updated = now  # the sender is where it was
        else:
            br_fdb.learn(bridge, port, skb.src, vid)
    if port.state == BR_STATE_LEARNING:
        return
    if bridge.answers_arp and skb.protocol == ETH_P_ARP:
        skb.control = ANSWERED if do_proxy_suppress_arp(bridge, skb, vid, port) else None
    if destination & GROUP_BIT:
        if destination.is_broadcast:
            flood(bridge, skb, port, "bcast_flood", FORWARD)
            _up(bridge, skb)
        else:
            _to_group(bridge, port, skb, vid)
        return
    entry = addresses.get(vid << 48 | destination if vid else destination)
    if entry is None or (entry.updated + lifetime <= now and br_fdb.has_expired(bridge, entry)):
        if bridge.flags & IFF_PROMISC:
            _up(bridge, skb.clone())
        flood(bridge, skb, port, "flood", FORWARD)
        return
    if entry.is_local:
        _up(bridge, skb)
        return
    entry.used = now
    out = entry.port
    if netns.trace is not None:
        trace_step(netns, "br_fdb_find", bridge.name, skb.packet, (port.dev.name, destination, out.dev.name if out else ""))
    if out is not None:
        if bridge.flags & IFF_PROMISC:
            _up(bridge, skb.clone())
        forward_to(out, port, skb)


def _to_group(bridge: Bridge, port: BridgePort, skb: SkBuff, vid: int) -> None:
    """A frame to a group: to its members where those are known, else to everybody; and up."""
    audience = multicast.audience(bridge, port, skb, vid) if is_minded(bridge, skb.packet) else None
    if audience is None:
        flood(bridge, skb, port, "mcast_flood", FORWARD)
    else:
        multicast_flood(bridge, skb, port, audience.members, FORWARD)
        if not audience.is_for_host:
            if bridge.flags & IFF_PROMISC:
                _up(bridge, skb)
            return
    bridge.stats.multicast += 1
    _up(bridge, skb)


def _up(bridge: Bridge, skb: SkBuff) -> None:
    if bridge.flags & IFF_UP:
        pass_up(bridge, skb)


def _drop(skb: SkBuff, reason: str) -> None:
    netns = skb.dev.netns
    if netns.trace is not None:
        trace_drop(netns, reason, skb.dev.name, skb.packet)
