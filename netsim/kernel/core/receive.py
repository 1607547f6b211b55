"""A frame comes in: taps, the device's rx handler, then the protocol's receive function."""

from __future__ import annotations

from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.packet import Dot1Q
from netsim.packet.numbers import ETH_P_8021AD, ETH_P_8021Q

TAGS = (ETH_P_8021Q, ETH_P_8021AD)
VLAN_VID_MASK = 0xFFF
GROUP_BIT = 0x010000000000


def eth_type(skb: SkBuff) -> int:
    """For whom a frame on an Ethernet device is (`eth_type_trans`)."""
    dst = skb.dst
    if dst == skb.dev.address:
        return PACKET_HOST
    if dst & GROUP_BIT:
        return PACKET_BROADCAST if dst == skb.dev.broadcast else PACKET_MULTICAST
    return PACKET_OTHERHOST


def netif_receive(skb: SkBuff) -> None:
    """Count a frame that arrived at `skb.dev`, as its driver would, and pass it up."""
    dev = skb.dev
    if dev.is_active or dev.flags & IFF_UP:  # what is active is up
        dev.stats.rx_packets += 1
        dev.stats.rx_bytes += skb.size + dev.header_length
    netif_rx(skb)


def netif_rx(skb: SkBuff) -> None:
    """Pass up a frame that its driver has counted (`netif_rx`, `__netif_receive_skb_core`)."""
    dev = skb.dev
    if not (dev.is_active or dev.flags & IFF_UP):
        dev.stats.rx_dropped += 1
        if dev.netns.trace is not None:
            trace_drop(dev.netns, "DEV_READY", dev.name, skb.packet, dev)
        return
    netns, dst = dev.netns, skb.dst
    skb.iif = dev.ifindex
    skb.pkt_type = PACKET_HOST if dst == dev.address else eth_type(skb) if dst & GROUP_BIT else PACKET_OTHERHOST
    if skb.vlan or dev.taps or netns.taps or type(skb.packet) is Dot1Q:
        receive_core(skb)
        return
    handler = dev.rx_handler  # nobody listens in, and there is no tag
    if handler is None or not handler(skb):
        (netns.kernel.packet_types.get(skb.protocol) or unhandled)(skb)


def receive_core(skb: SkBuff) -> None:
    """Show the frame to packet sockets, to the rx handler, and to its protocol (`__netif_receive_skb_core`)."""
    if type(skb.packet) is Dot1Q and skb.protocol in TAGS:
        untag(skb)
    dev = skb.dev
    netns = dev.netns
    if netns.taps or dev.taps:
        for tap in (*netns.taps, *dev.taps):
            tap.packet(skb, dev)
    if dev.ingress_queue is not None and not dev.ingress_queue.received(skb):
        return
    if skb.vlan and dev.vlan_devices and vlan_do_receive(skb):
        return
    if dev.rx_handler is not None and dev.rx_handler(skb):
        return
    if skb.vlan:
        if skb.vlan & VLAN_VID_MASK:
            skb.pkt_type = PACKET_OTHERHOST
        skb.vlan = 0
    (netns.kernel.packet_types.get(skb.protocol) or unhandled)(skb)  # `deliver_ptype_list_skb`


def unhandled(skb: SkBuff) -> None:
    """Nobody here speaks the protocol that the frame is of."""
    netns = skb.dev.netns
    if netns.trace is not None:
        trace_drop(netns, "UNHANDLED_PROTO", skb.dev.name, skb.packet)


def untag(skb: SkBuff) -> None:
    """Take the outer tag off the frame and carry it beside (`skb_vlan_untag`)."""
    tag: Dot1Q = skb.packet
    if skb.vlan:
        return
    skb.vlan = skb.protocol << 16 | tag.pcp << 13 | tag.dei << 12 | tag.vid
    skb.protocol, skb.packet = tag.ethertype, tag.payload


def push_tag(skb: SkBuff) -> None:
    """Put the tag carried beside into the frame (`__vlan_hwaccel_push_inside`)."""
    tci = skb.vlan
    skb.packet = Dot1Q(tci & VLAN_VID_MASK, tci >> 13 & 7, tci >> 12 & 1, skb.protocol, skb.packet)
    skb.protocol = tci >> 16
    skb.vlan = 0


def vlan_do_receive(skb: SkBuff) -> bool:
    """Hand a tagged frame to the VLAN device on top, without its tag (`vlan_do_receive`); False when there is none."""
    lower = skb.dev
    vlan = (lower.vlan_devices or {}).get((skb.vlan >> 16, skb.vlan & VLAN_VID_MASK))
    if vlan is None:
        return False
    if not vlan.flags & IFF_UP:
        return True
    skb.dev = vlan
    if skb.pkt_type == PACKET_OTHERHOST and skb.dst == vlan.address:
        skb.pkt_type = PACKET_HOST  # a VLAN device may have an address of its own
    vlan.tag_received(skb)
    stats = vlan.stats
    stats.rx_packets += 1
    stats.rx_bytes += skb.size
    if skb.pkt_type == PACKET_MULTICAST:
        stats.multicast += 1
    skb.iif = vlan.ifindex
    receive_core(skb)
    return True
