"""`-m statistic`: by chance or in turn (`xt_statistic`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.define
class StatisticMatch:
    """`mode` "random": `probability` in units of 2^-31; "nth": every `every`th, beginning with number `packet`."""

    mode: str
    probability: int = 0
    every: int = 0
    packet: int = 0
    inverted: bool = False
    count: int = attrs.field(default=-1, eq=False)

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether chance or the turn picks this packet."""
        if self.mode == "random":
            return (state.netns.kernel.rng.getrandbits(31) < self.probability) != self.inverted
        if self.count < 0:
            self.count = (self.every - self.packet) % self.every
        hit = self.count == 0
        self.count = (self.count + 1) % self.every
        return hit != self.inverted
