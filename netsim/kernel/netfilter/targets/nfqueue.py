"""`-j NFQUEUE`: packets for a program that decides on them (`xt_NFQUEUE`, `nf_queue`); no program listens here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import ACCEPT, STOLEN, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class NfqueueTarget:
    """Queues from `number` to `last`; a packet is on a queue nobody listens to: `bypass` lets it pass, else it is lost and its sender not told."""

    number: int = 0
    last: int = 0
    bypass: bool = False
    fanout: bool = False

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Past the rest of this table, or nowhere."""
        return ACCEPT if self.bypass else STOLEN
