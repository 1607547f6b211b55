"""`-m u32`: words of a packet by their offsets (`xt_u32`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState
from netsim.packet.codec import encode

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

WORD = 0xFFFFFFFF


@attrs.frozen
class U32Test:
    """Where to read: an offset, then operators (`&`, `<<`, `>>`, `@`) with their numbers; and the ranges one of which the word must be in."""

    offset: int
    steps: tuple[tuple[str, int], ...]
    ranges: tuple[tuple[int, int], ...]

    def holds(self, data: bytes) -> bool:
        """Whether it does for a packet that begins with its network header (`u32_match_it`)."""
        at = 0
        value = _word(data, self.offset)
        for operator, number in self.steps:
            if value is None:
                return False
            if operator == "&":
                value &= number
            elif operator == "<<":
                value = value << (number & 31) & WORD
            elif operator == ">>":
                value >>= number & 31
            else:
                at += value
                value = _word(data, at + number)
        return value is not None and any(low <= value <= high for low, high in self.ranges)


def _word(data: bytes, place: int) -> int | None:
    return int.from_bytes(data[place : place + 4], "big") if place + 4 <= len(data) else None


@attrs.frozen
class U32Match:
    """All tests must hold."""

    tests: tuple[U32Test, ...]
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether they do."""
        data = encode(skb.packet)
        return all(test.holds(data) for test in self.tests) != self.inverted
