"""`-j CONNMARK`: marks of connections (`xt_connmark`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.netfilter.conntrack.entries import note
from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.kernel.tables.conntrack import Tracked

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ALL_BITS = 0xFFFFFFFF


@attrs.frozen
class ConnmarkTarget:
    """`mode` is "set", "save" (packet to connection) or "restore"; `shift` is positive to the left, negative to the right."""

    needs_tracking: ClassVar[bool] = True

    mode: str
    value: int = 0
    ctmask: int = ALL_BITS
    nfmask: int = ALL_BITS
    shift: int = 0

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Change the mark and go on."""
        connection = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
        if connection is None:
            return CONTINUE
        if self.mode == "restore":
            skb.mark = (skb.mark & ~self.nfmask & ALL_BITS) ^ self._shifted(connection.mark & self.ctmask)
            return CONTINUE
        if self.mode == "set":
            mark = self._shifted((connection.mark & ~self.ctmask & ALL_BITS) ^ self.value)
        else:
            mark = (connection.mark & ~self.ctmask & ALL_BITS) ^ self._shifted(skb.mark & self.nfmask)
        if mark != connection.mark:
            connection.mark = mark
            note(connection)
        return CONTINUE

    def _shifted(self, mark: int) -> int:
        return (mark << self.shift & ALL_BITS) if self.shift >= 0 else mark >> -self.shift
