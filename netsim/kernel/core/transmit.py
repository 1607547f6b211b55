"""A frame goes out: the queueing discipline, taps, then the driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.core.skbuff import PACKET_OUTGOING, SkBuff
from netsim.kernel.core.tracepoint import trace_drop

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice

NET_XMIT_SUCCESS, NET_XMIT_DROP, NET_XMIT_CN = 0, 1, 2
NET_XMIT_BYPASS = 0x20000
"""Between disciplines: the frame is not queued, and its sender need not know why (`__NET_XMIT_BYPASS`)."""
NET_XMIT_MASK = 0xFFFF


def dev_queue_xmit(skb: SkBuff) -> int:
    """Hand a complete frame to `skb.dev` and say what became of it (`__dev_queue_xmit`): NET_XMIT_*."""
    dev = skb.dev
    if dev.is_active and dev.root_qdisc is None and not dev.taps and not dev.netns.taps:
        return dev.xmit(skb) or NET_XMIT_SUCCESS  # no queue (`noqueue`), and nobody listens
    if not dev.is_active:
        dev.stats.tx_dropped += 1
        if dev.netns.trace is not None:
            trace_drop(dev.netns, "DEV_READY", dev.name, skb.packet, dev)
        return NET_XMIT_CN
    if dev.ingress_queue is not None:
        told: int | None = dev.ingress_queue.sending(skb)
        if told is not None:
            return told
    root = dev.root_qdisc
    if root is not None:
        outcome: int = root.enqueue(skb)
        qdisc_run(dev)
        return outcome & NET_XMIT_MASK
    return dev_hard_start_xmit(skb)


def qdisc_run(dev: NetDevice) -> None:
    """Send what the root discipline lets go now (`__qdisc_run`)."""
    while dev.is_active and not dev.is_stopped and dev.root_qdisc is not None:
        skb = dev.root_qdisc.dequeue()
        if skb is None:
            return
        skb.dev = dev
        dev_hard_start_xmit(skb)


def dev_hard_start_xmit(skb: SkBuff) -> int:
    """Show the frame to packet sockets and give it to the driver (`dev_hard_start_xmit`)."""
    dev = skb.dev
    if dev.taps or dev.netns.taps:
        kind, skb.pkt_type = skb.pkt_type, PACKET_OUTGOING
        for tap in dev.netns.taps:
            tap.packet(skb, dev)
        for tap in dev.taps:
            tap.packet(skb, dev)
        skb.pkt_type = kind
    return dev.xmit(skb) or NET_XMIT_SUCCESS
