"""Statements that remember: counters, limits and quotas (`nft_counter`, `nft_limit`, `nft_quota`), and those that are kept by a name (`nft_objref`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import SECOND
from netsim.kernel.netfilter.verdict import CONTINUE, HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff
    from netsim.kernel.tables.nftables import NftTable

BREAK = -3  # NFT_BREAK


@attrs.define
class Counter:
    """Packets and bytes that came this far."""

    packets: int = 0
    bytes: int = 0

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Count and go on."""
        self.packets += 1
        self.bytes += skb.size
        return CONTINUE

    def begin_anew(self) -> None:
        """Nothing has been counted."""
        self.packets = self.bytes = 0


@attrs.define
class Limit:
    """`rate` packets per `unit` seconds with a `burst`; `over` matches what is beyond (`nft_limit`)."""

    rate: int
    unit: int
    burst: int = 5
    over: bool = False
    tokens: int = attrs.field(default=-1, eq=False)
    last: int = attrs.field(default=0, eq=False)

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Spend the time one packet costs, if there is so much."""
        cost = self.unit * SECOND // self.rate
        return _spent(self, cost, cost * self.burst, state.netns.kernel.clock.now)

    def begin_anew(self) -> None:
        """Limits have nothing to be reset."""


@attrs.define
class ByteLimit:
    """`rate` bytes per `unit` seconds, and `burst` more at once."""

    rate: int
    unit: int
    burst: int = 0
    over: bool = False
    tokens: int = attrs.field(default=-1, eq=False)
    last: int = attrs.field(default=0, eq=False)

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Spend the time a packet's bytes cost, if there is so much."""
        cost = self.unit * SECOND * skb.size // self.rate
        most = self.unit * SECOND * (self.rate + self.burst) // self.rate
        return _spent(self, cost, most, state.netns.kernel.clock.now)

    def begin_anew(self) -> None:
        """Limits have nothing to be reset."""


def _spent(limit: Limit | ByteLimit, cost: int, most: int, now: int) -> int:
    """Take what a packet costs, if it has gathered that by now; no more than `most` gathers (`nft_limit_eval`)."""
    left = most if limit.tokens < 0 else min(most, limit.tokens + now - limit.last)
    limit.last = now
    within = left >= cost
    limit.tokens = left - cost if within else left
    return CONTINUE if within != limit.over else BREAK


@attrs.define
class Quota:
    """Until `quota` bytes have passed, or (`over`) from then on."""

    quota: int
    over: bool = False
    used: int = 0

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> int:
        """Count, and say on which side of the quota that is (`nft_quota_do_eval`)."""
        self.used += skb.size
        return CONTINUE if (self.used >= self.quota) == self.over else BREAK

    def begin_anew(self) -> None:
        """Nothing has passed."""
        self.used = 0


@attrs.frozen
class Named:
    """What the table keeps under a name does the work."""

    kind: str
    name: str

    def run(self, table: NftTable, skb: SkBuff, state: HookState) -> Any:
        """Ask it."""
        return table.objects[self.kind, self.name].state.run(table, skb, state)
