"""`-m connlimit`: how many connections an address or network has (`xt_connlimit`, `nf_conncount`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.kernel.netfilter.conntrack.tcp_states import CLOSE, TIME_WAIT
from netsim.kernel.netfilter.conntrack.tuples import tuple_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import ORIGINAL, Tracked, Tuple

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.define
class ConnlimitMatch:
    """More than `limit` connections (or, inverted, up to so many) from one network of `mask`, or to one (`by_destination`)."""

    needs_tracking: ClassVar[bool] = True

    limit: int
    mask: int
    by_destination: bool = False
    inverted: bool = False
    seen: dict[int, dict[Tuple, int]] = attrs.field(factory=dict, eq=False)
    """Network -> connections met, and when each came first (ns)."""

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Count the connection in, and those that are over out."""
        connection = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
        own = connection.tuples[ORIGINAL] if connection is not None else tuple_of(skb.packet)
        if own is None:
            return False
        known = self.seen.setdefault(int(skb.packet.dst if self.by_destination else skb.packet.src) & self.mask, {})
        now = state.netns.kernel.clock.now
        for kept in [kept for kept, since in known.items() if self._is_over(kept, since, now, state)]:
            del known[kept]
        known.setdefault(own, now)
        return (len(known) > self.limit) != self.inverted

    def _is_over(self, kept: Tuple, since: int, now: int, state: HookState) -> bool:
        entry = state.netns.netfilter.conntrack.entries.get(kept)
        if entry is None:
            return since != now
        tcp = entry[0].tcp
        return tcp is not None and tcp.state in (TIME_WAIT, CLOSE)
