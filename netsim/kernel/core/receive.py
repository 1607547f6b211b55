"""A frame comes in: taps, the device's rx handler, then the protocol's receive function."""

from __future__ import annotations

from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, SkBuff
from netsim.trace import Dropped


def eth_type(skb: SkBuff) -> int:
    """For whom a frame on an Ethernet device is (`eth_type_trans`)."""
    dst = skb.dst
    if dst == skb.dev.address:
        return PACKET_HOST
    if dst & 0x010000000000:
        return PACKET_BROADCAST if dst == skb.dev.broadcast else PACKET_MULTICAST
    return PACKET_OTHERHOST


def netif_receive(skb: SkBuff) -> None:
    """Count a frame that arrived at `skb.dev` and pass it up (`netif_rx`, `__netif_receive_skb_core`)."""
    dev = skb.dev
    if not dev.flags & IFF_UP:
        dev.stats.rx_dropped += 1
        return
    stats = dev.stats
    stats.rx_packets += 1
    stats.rx_bytes += skb.size + dev.header_length
    skb.iif = dev.ifindex
    skb.pkt_type = eth_type(skb)
    receive_core(skb)


def receive_core(skb: SkBuff) -> None:
    """Show the frame to packet sockets, to the rx handler, and to its protocol (`__netif_receive_skb_core`)."""
    dev = skb.dev
    netns = dev.netns
    for tap in netns.taps:
        tap.packet(skb, dev)
    for tap in dev.taps:
        tap.packet(skb, dev)
    if dev.rx_handler is not None and dev.rx_handler(skb):
        return
    deliver = netns.kernel.packet_types.get(skb.protocol)
    if deliver is not None:
        deliver(skb)
    elif netns.trace is not None:
        netns.trace.record(Dropped(netns.kernel.clock.now, netns.inode, "UNHANDLED_PROTO", dev.name, skb.packet))
