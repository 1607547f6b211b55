"""`-m mark`: the packet's mark (`xt_mark`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class MarkMatch:
    """`mark & mask == value`."""

    value: int
    mask: int = 0xFFFFFFFF
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the mark is the one asked for."""
        return (skb.mark & self.mask == self.value) != self.inverted
