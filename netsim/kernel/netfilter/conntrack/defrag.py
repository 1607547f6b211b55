"""Fragments are put together before anybody looks at ports (`nf_defrag_ipv4.c`, `nf_conntrack_reasm.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.clock import SECOND
from netsim.kernel.core.hooks import ACCEPT, LOCAL_OUT, STOLEN
from netsim.kernel.ipv4.fragment import DEFRAG_CONNTRACK_IN, DEFRAG_CONNTRACK_OUT, ip_defrag
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.kernel.ipv6.fragment import Queue, frag_expire, insert, joined, whole_of
from netsim.kernel.tables.conntrack import Template
from netsim.packet.numbers import IP_MF

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def ipv4_conntrack_defrag(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Keep fragments until the packet is whole; what was seen before (loopback) passes."""
    packet = skb.packet
    if not (packet.offset or packet.flags & IP_MF) or (skb.nfct is not None and not isinstance(skb.nfct, Template)):
        return ACCEPT
    whole = ip_defrag(netns, skb, DEFRAG_CONNTRACK_OUT if hook == LOCAL_OUT else DEFRAG_CONNTRACK_IN)
    if whole is None:
        return STOLEN
    skb.packet, skb.control = whole.packet, whole.control
    return ACCEPT


def ipv6_defrag(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """The same for IPv6; pieces that cannot be are dropped without a word (`nf_ct_frag6_gather`)."""
    upper = upper_of(skb.packet)
    piece = upper.fragment
    if piece is None or (skb.nfct is not None and not isinstance(skb.nfct, Template)):
        return ACCEPT
    if piece.more and len(piece.payload) % 8:
        return ACCEPT
    user = DEFRAG_CONNTRACK_OUT if hook == LOCAL_OUT else DEFRAG_CONNTRACK_IN
    interface = skb.dev.ifindex if skb.packet.dst.is_linklocal or skb.packet.dst.is_multicast else 0
    key = (int(skb.packet.src), int(skb.packet.dst), piece.ident | user << 32, interface)
    queue = netns.inet6.fragments.get(key)
    if queue is None:
        queue = netns.inet6.fragments[key] = Queue()
        queue.timer = netns.kernel.clock.call_later(netns.netfilter.conntrack.conf.frag6_timeout * SECOND, frag_expire, netns, key)
    if not insert(queue, piece.offset, piece.payload, piece.more):
        return STOLEN
    queue.largest = max(queue.largest, skb.packet.size)
    if piece.offset == 0 and queue.first is None:
        queue.first = skb.clone()
    content = joined(queue)
    if content is None or queue.first is None:
        return STOLEN
    del netns.inet6.fragments[key]
    if queue.timer is not None:
        queue.timer.cancel()
    head = upper_of(queue.first.packet).fragment
    assert head is not None
    skb.packet, skb.control = whole_of(queue.first, head, content).packet, queue.largest
    return ACCEPT
