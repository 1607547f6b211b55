"""`-m quota`: until so many bytes have passed (`xt_quota`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.define
class QuotaMatch:
    """Matches until `quota` bytes have gone by."""

    quota: int
    inverted: bool = False
    left: int = attrs.field(default=-1, eq=False)

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet still fits; one that does not ends the quota for good."""
        if self.left < 0:
            self.left = self.quota
        size = skb.size
        if self.left >= size:
            self.left -= size
            return not self.inverted
        self.left = 0
        return self.inverted
