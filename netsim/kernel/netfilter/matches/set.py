"""`-m set`: whether an address of the packet is in a set (`xt_set`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SetMatch:
    """The set by name (a swap gives the rule the other's contents); `sides` are "src" or "dst", of which one-dimensional sets read the first."""

    name: str
    sides: tuple[str, ...]
    inverted: bool = False
    return_nomatch: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Look the address up; a hit counts in sets that count."""
        known = state.netns.netfilter.sets.get(self.name)
        packet = skb.packet
        if known is None or known.family != state.family:
            return self.inverted
        entry = known.find(int(packet.src if self.sides[0] == "src" else packet.dst), state.netns.kernel.clock.now)
        if entry is not None and known.has_counters:
            entry.packets += 1
            entry.bytes += skb.size
        return (entry is not None) != self.inverted
