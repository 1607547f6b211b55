"""`-m connbytes`: how much a connection has carried so far (`xt_connbytes`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.netfilter.conntrack.users import ACCOUNTS
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import IPS_CONFIRMED, Tracked
from netsim.kernel.tables.settings import having

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

NO_END = (1 << 64) - 1
SIDES = {"original": (0,), "reply": (1,), "both": (0, 1)}


@attrs.frozen
class ConnbytesMatch:
    """From `low` to `high` packets, bytes or bytes a packet (`mode`), of one direction or both."""

    needs_tracking: ClassVar[int] = ACCOUNTS

    low: int
    high: int
    mode: str
    direction: str
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Counting begins with the rule: connections that were there before have no counters, and never match."""
        connection = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
        if connection is None:
            return False
        if connection.packets is None or connection.bytes is None:
            table = state.netns.netfilter.conntrack
            if table.conf.acct:
                return False
            table.conf = having(table.conf, acct=1)  # `nf_ct_set_acct`
            if connection.status & IPS_CONFIRMED:
                return False
            connection.packets, connection.bytes = [1, 0], [skb.size, 0]
        packets = sum(connection.packets[side] for side in SIDES[self.direction])
        size = sum(connection.bytes[side] for side in SIDES[self.direction])
        told = packets if self.mode == "packets" else size if self.mode == "bytes" else size // packets if packets else 0
        return (self.low <= told <= self.high) != self.inverted
