"""`-j MARK`: sets the packet's mark (`xt_MARK`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class MarkTarget:
    """`mark = (mark & ~mask) ^ value`."""

    value: int
    mask: int = 0xFFFFFFFF

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Change the mark and go on."""
        skb.mark = (skb.mark & ~self.mask & 0xFFFFFFFF) ^ self.value
        return CONTINUE
