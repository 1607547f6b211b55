"""`-m comment`: words for people (`xt_comment`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class CommentMatch:
    """Always met."""

    text: str

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """True."""
        return True
