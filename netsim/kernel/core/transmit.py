"""A frame goes out: the queueing discipline, taps, then the driver."""

from __future__ import annotations

from netsim.kernel.core.skbuff import PACKET_OUTGOING, SkBuff

NET_XMIT_SUCCESS, NET_XMIT_DROP, NET_XMIT_CN = 0, 1, 2


def dev_queue_xmit(skb: SkBuff) -> int:
    """Hand a complete frame to `skb.dev` and say what became of it (`__dev_queue_xmit`): NET_XMIT_*."""
    dev = skb.dev
    if not dev.is_active:
        dev.stats.tx_dropped += 1
        return NET_XMIT_CN
    if dev.root_qdisc is not None:
        return NET_XMIT_SUCCESS if dev.root_qdisc.enqueue(skb) else NET_XMIT_DROP
    return dev_hard_start_xmit(skb)


def dev_hard_start_xmit(skb: SkBuff) -> int:
    """Show the frame to packet sockets and give it to the driver (`dev_hard_start_xmit`)."""
    dev = skb.dev
    if dev.taps or dev.netns.taps:
        skb.pkt_type = PACKET_OUTGOING
        for tap in dev.netns.taps:
            tap.packet(skb, dev)
        for tap in dev.taps:
            tap.packet(skb, dev)
    return dev.xmit(skb) or NET_XMIT_SUCCESS
