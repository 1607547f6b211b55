"""`-m esp` and `-m ah`: security parameter indexes (`xt_esp`, `ipt_ah`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import content_of, protocol_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SpiMatch:
    """`protocol` 50 (ESP) or 51 (AH) with an index from `low` to `high`."""

    protocol: int
    low: int = 0
    high: int = 0xFFFFFFFF
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the index is in range."""
        if protocol_of(skb.packet) != self.protocol:
            return False
        start = 0 if self.protocol == 50 else 4
        data = content_of(skb.packet)[start : start + 4]
        if len(data) < 4:
            return False
        return (self.low <= int.from_bytes(data, "big") <= self.high) != self.inverted
