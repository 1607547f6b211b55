"""`-j CLASSIFY`: sets the priority queueing disciplines look at (`xt_CLASSIFY`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.core.hooks import FORWARD, LOCAL_OUT, POST_ROUTING
from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class ClassifyTarget:
    """`MAJOR << 16 | MINOR`."""

    hooks: ClassVar[frozenset[int]] = frozenset({LOCAL_OUT, FORWARD, POST_ROUTING})

    priority: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Set it and go on."""
        skb.priority = self.priority
        return CONTINUE
