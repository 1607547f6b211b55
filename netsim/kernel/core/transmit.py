"""A frame goes out: the queueing discipline, taps, then the driver."""

from __future__ import annotations

from netsim.kernel.core.skbuff import PACKET_OUTGOING, SkBuff


def dev_queue_xmit(skb: SkBuff) -> bool:
    """Hand a complete frame to `skb.dev` (`__dev_queue_xmit`); False when the device could not take it."""
    dev = skb.dev
    if not dev.is_active:
        dev.stats.tx_dropped += 1
        return False
    if dev.root_qdisc is not None:
        return bool(dev.root_qdisc.enqueue(skb))
    dev_hard_start_xmit(skb)
    return True


def dev_hard_start_xmit(skb: SkBuff) -> None:
    """Show the frame to packet sockets and give it to the driver (`dev_hard_start_xmit`)."""
    dev = skb.dev
    if dev.taps or dev.netns.taps:
        skb.pkt_type = PACKET_OUTGOING
        for tap in dev.netns.taps:
            tap.packet(skb, dev)
        for tap in dev.taps:
            tap.packet(skb, dev)
    dev.xmit(skb)
