"""`-j CHECKSUM`: fills in a checksum the device would have made (`xt_CHECKSUM`); packets here always carry theirs when written out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class ChecksumTarget:
    """`--checksum-fill`."""

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Nothing is left to fill: go on."""
        return CONTINUE
