"""`-j SET`: what a packet is from or to goes into a set, or out of it (`xt_set`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import SECOND
from netsim.kernel.netfilter.set_parts import part_of
from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.kernel.tables.ipset import BITMAP_IP, BITMAP_PORT, LIST_SET, Entry, IpSet, Key

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class SetUse:
    """A set by name, and "src" or "dst" for each part of an element."""

    name: str
    sides: tuple[str, ...]


@attrs.frozen
class SetTarget:
    """`exist` begins an element's time and counters anew; `timeout` seconds in place of the set's own, -1: the set's."""

    add: SetUse | None = None
    delete: SetUse | None = None
    exist: bool = False
    timeout: int = -1

    @property
    def names(self) -> tuple[str, ...]:
        """The sets it refers to."""
        return tuple([use.name for use in (self.add, self.delete) if use is not None])

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Add, then delete (`set_target_v3`)."""
        sets = state.netns.netfilter.sets
        if self.add is not None and self.add.name in sets:
            self._add(sets[self.add.name], self.add.sides, skb, state)
        if self.delete is not None and self.delete.name in sets:
            _delete(sets[self.delete.name], self.delete.sides, skb, state)
        return CONTINUE

    def _add(self, known: IpSet, sides: tuple[str, ...], skb: SkBuff, state: HookState) -> bool:
        """Whether there was a place for it; a list's first set that has one takes it (`ip_set_add`, `list_set_kadd`)."""
        now = state.netns.kernel.clock.now
        known.expire(now)
        if not _is_fit(known, sides, state):
            return False
        if known.kind == LIST_SET:
            sets = state.netns.netfilter.sets
            return any(name in sets and self._add(sets[name], sides, skb, state) for name, _ in list(known.entries))
        key = _key(known, sides, skb, state)
        if key is None:
            return False
        is_new = key not in known.entries
        if not is_new and not self.exist:
            return False
        if is_new and known.kind not in (BITMAP_IP, BITMAP_PORT) and len(known.entries) >= known.maxelem:
            return False
        seconds = 0 if known.timeout is None else known.timeout if self.timeout < 0 else self.timeout
        counts = (1, skb.size) if known.has_counters else (0, 0)
        known.put(key, Entry(now + seconds * SECOND if seconds else 0, *counts))
        return True


def _delete(known: IpSet, sides: tuple[str, ...], skb: SkBuff, state: HookState) -> bool:
    known.expire(state.netns.kernel.clock.now)
    if not _is_fit(known, sides, state):
        return False
    if known.kind == LIST_SET:
        sets = state.netns.netfilter.sets
        return any(name in sets and _delete(sets[name], sides, skb, state) for name, _ in list(known.entries))
    key = _key(known, sides, skb, state)
    return key is not None and known.drop(key)


def _is_fit(known: IpSet, sides: tuple[str, ...], state: HookState) -> bool:
    return known.family in (0, state.family) and len(sides) >= len(known.parts)


def _key(known: IpSet, sides: tuple[str, ...], skb: SkBuff, state: HookState) -> Key | None:
    """A packet's element; a network is as long as the longest that is there (`INIT_CIDR`)."""
    parts = []
    for what, side in zip(known.parts, sides, strict=False):
        part = part_of(known, what, side, skb, state)
        if part is None:
            return None
        if what == "net":
            length = max(known.lengths, default=known.width)
            part = part[0] >> known.width - length << known.width - length, length
        parts.append(part)
    return tuple(parts) if len(parts) > 1 else parts[0]
