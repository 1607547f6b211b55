"""`-j NFLOG`: packets for a logging program over netlink (`xt_NFLOG`); no program listens here, so they are not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class NflogTarget:
    """`group` to send to; `size` bytes of each packet (0: all), handed over every `threshold` packets."""

    group: int = 0
    prefix: str = ""
    size: int = 0
    threshold: int = 0

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Nobody listens: go on."""
        return CONTINUE
