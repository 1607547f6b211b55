"""`-j CT` and `-j NOTRACK`: what the tracker shall do with a packet (`xt_CT`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.kernel.tables.conntrack import UNTRACKED, Template

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

FROM_MARK = -1
"""Instead of a zone's number: the packet's mark."""
ORIGINAL_ONLY, REPLY_ONLY, BOTH = 1, 2, 3


@attrs.frozen
class CtTarget:
    """Track in a zone, in one direction or both; an untracking one does not count as a user of tracking."""

    zone: int = 0
    directions: int = BOTH
    notrack: bool = False

    @property
    def needs_tracking(self) -> bool:
        """Whether the rule makes its namespace track."""
        return not self.notrack

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Leave a note for the tracker; packets it has seen already (loopback) are left alone."""
        if skb.nfct is None:
            skb.nfct = UNTRACKED if self.notrack else Template(skb.mark & 0xFFFF if self.zone == FROM_MARK else self.zone, self.directions)
        return CONTINUE


@attrs.frozen
class NotrackTarget:
    """No tracking of this packet; listings call it CT."""

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Mark the packet untracked."""
        if skb.nfct is None:
            skb.nfct = UNTRACKED
        return CONTINUE
