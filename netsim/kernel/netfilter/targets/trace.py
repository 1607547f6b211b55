"""`-j TRACE`: every rule the packet meets from here on is told of (`nft_meta_set_eval` of nftrace, `xt_TRACE`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TraceTarget:
    """No options."""

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Mark the packet with a number of its own and go on."""
        if not skb.nf_trace:
            skb.nf_trace = state.netns.kernel.rng.getrandbits(32) or 1
        return CONTINUE
