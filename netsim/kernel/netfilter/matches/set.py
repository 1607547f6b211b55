"""`-m set`: whether what a packet is from, to or by is in a set (`xt_set`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.set_parts import part_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.ipset import LIST_SET, Entry, IpSet

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SetMatch:
    """The set by name (a swap gives the rule the other's contents); `sides` are "src" or "dst", one for each part of an element.

    With `return_nomatch` it is what exceptions cover that matches, nothing else.
    """

    name: str
    sides: tuple[str, ...]
    inverted: bool = False
    return_nomatch: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Look the packet up; a hit counts in sets that count."""
        known = state.netns.netfilter.sets.get(self.name)
        return (known is not None and self._is_in(known, skb, state)) != self.inverted

    def _is_in(self, known: IpSet, skb: SkBuff, state: HookState) -> bool:
        """Whether it is in a set, or in one of a list's (`ip_set_test`)."""
        if known.family not in (0, state.family) or len(self.sides) < len(known.parts):
            return False
        now = state.netns.kernel.clock.now
        if known.kind == LIST_SET:
            known.expire(now)
            for name, _ in known.entries:
                member = state.netns.netfilter.sets.get(name)
                if member is not None and self._is_in(member, skb, state):
                    _count(known, known.entries[name, 0], skb)
                    return True
            return False
        parts = tuple([part_of(known, what, side, skb, state) for what, side in zip(known.parts, self.sides, strict=False)])
        if None in parts:
            return False
        entry = known.lookup(parts if len(parts) > 1 else parts[0], now)  # type: ignore[arg-type]
        if entry is None:
            return False
        _count(known, entry, skb)
        return entry.nomatch == (self.return_nomatch and "net" in known.parts)


def _count(known: IpSet, entry: Entry, skb: SkBuff) -> None:
    if known.has_counters:
        entry.packets += 1
        entry.bytes += skb.size
