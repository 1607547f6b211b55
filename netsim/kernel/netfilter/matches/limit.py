"""`-m limit`: a token bucket in virtual time (`xt_limit`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

SCALE = 10_000  # XT_LIMIT_SCALE: units of 1/10000 s in `average`


@attrs.define
class LimitMatch:
    """At most one packet in `average` / 10000 s on average, `burst` at once; the bucket belongs to the rule."""

    average: int
    burst: int
    credit: int = attrs.field(default=-1, eq=False)  # ns of saved-up time; -1: not begun
    previous: int = attrs.field(default=0, eq=False)

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether a token is left; takes it."""
        cost = self.average * (1_000_000_000 // SCALE)
        now = state.netns.kernel.clock.now
        full = cost * self.burst
        self.credit = full if self.credit < 0 else min(full, self.credit + now - self.previous)
        self.previous = now
        if self.credit < cost:
            return False
        self.credit -= cost
        return True
