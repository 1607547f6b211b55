"""`-m connmark`: the connection's mark (`xt_connmark`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import Tracked

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class ConnmarkMatch:
    """`ctmark & mask == value`; a packet without connection never matches."""

    needs_tracking: ClassVar[bool] = True

    value: int
    mask: int = 0xFFFFFFFF
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the connection's mark is the one asked for."""
        connection = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
        if connection is None:
            return False
        return (connection.mark & self.mask == self.value) != self.inverted
