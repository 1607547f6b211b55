"""`-m mac`: the frame's source address (`xt_mac`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import MAC
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class MacMatch:
    """Frames of one sender; packets that came by no Ethernet device never match."""

    address: MAC
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether it is the sender's."""
        if state.indev is None or state.indev.header_length != 14:
            return False
        return (skb.src == self.address) != self.inverted
