"""`-m length`: the packet's size at the network layer in bytes (`xt_length`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class LengthMatch:
    """Between `low` and `high` bytes, both included."""

    low: int
    high: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the size is in range."""
        return (self.low <= skb.size <= self.high) != self.inverted
