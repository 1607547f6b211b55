"""Fragments are put together before anybody looks at ports (`nf_defrag_ipv4.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import ACCEPT, LOCAL_OUT, STOLEN
from netsim.kernel.ipv4.fragment import DEFRAG_CONNTRACK_IN, DEFRAG_CONNTRACK_OUT, ip_defrag
from netsim.kernel.tables.conntrack import Template

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def ipv4_conntrack_defrag(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Keep fragments until the packet is whole; what was seen before (loopback) passes."""
    if not skb.packet.is_fragment or (skb.nfct is not None and not isinstance(skb.nfct, Template)):
        return ACCEPT
    whole = ip_defrag(netns, skb, DEFRAG_CONNTRACK_OUT if hook == LOCAL_OUT else DEFRAG_CONNTRACK_IN)
    if whole is None:
        return STOLEN
    skb.packet, skb.control = whole.packet, whole.control
    return ACCEPT
