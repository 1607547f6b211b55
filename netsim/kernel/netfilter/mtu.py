"""The smaller of the MTUs towards and from a packet's sender, which TCPMSS clamps to (`tcpmss_reverse_mtu`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


def path_mtu(skb: SkBuff, state: HookState) -> int:
    """Bytes; the way back is looked up as if this host answered."""
    forth = getattr(skb.route, "mtu", 0) or (state.outdev.mtu if state.outdev else 0xFFFF)
    back = 0xFFFF
    if state.family == PF_INET:
        try:
            back = ip_route_output(state.netns, Flow(dst=skb.packet.src)).mtu or 0xFFFF
        except NetError:
            back = 0xFFFF
    elif state.indev is not None:
        back = state.indev.mtu
    return min(forth, back)
