"""`-m multiport`: up to fifteen ports and ranges (`xt_multiport`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import ports_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class MultiportMatch:
    """`side` is "sports", "dports" or "ports" (either); `ranges` are inclusive."""

    side: str
    ranges: tuple[tuple[int, int], ...]
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether a port of the side asked is among them."""
        ports = ports_of(skb.packet)
        if ports is None:
            return False
        asked = {"sports": ports[:1], "dports": ports[1:], "ports": ports}[self.side]
        hit = any(low <= port <= high for port in asked for low, high in self.ranges)
        return hit != self.inverted
