"""`-m recent`: addresses met lately, in lists that rules share by name (`xt_recent`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

SET, RCHECK, UPDATE, REMOVE = "set", "rcheck", "update", "remove"
MOST_ENTRIES = 100
"""Addresses a list holds (`ip_list_tot`); the one met longest ago makes room."""
MOST_STAMPS = 256
"""Times it keeps of each, unless a rule counts further (`XT_RECENT_MAX_NSTAMPS`)."""


@attrs.define(eq=False)
class Entry:
    """One address: its last TTL and a ring of the times (ns) it was met; `index` is where the next goes."""

    ttl: int
    stamps: list[int]
    index: int = 1

    def touch(self, now: int, most: int) -> None:
        """Met again (`recent_entry_update`)."""
        self.index %= most
        if self.index < len(self.stamps):
            self.stamps[self.index] = now
        else:
            self.stamps.append(now)
        self.index += 1


@attrs.define(eq=False)
class RecentTable:
    """One list: entries by family's width and address, the one met longest ago first."""

    entries: dict[tuple[int, int], Entry] = attrs.field(factory=dict)
    most: int = MOST_STAMPS

    def add(self, key: tuple[int, int], ttl: int, now: int) -> Entry:
        """A new address (`recent_entry_init`)."""
        if len(self.entries) >= MOST_ENTRIES:
            del self.entries[next(iter(self.entries))]
        entry = self.entries[key] = Entry(ttl, [now])
        return entry

    def touch(self, key: tuple[int, int], now: int) -> None:
        """An address was met again: it is the youngest now."""
        entry = self.entries[key] = self.entries.pop(key)
        entry.touch(now, self.most)

    def reap(self, kept: Entry | None, oldest: int) -> None:
        """The address met longest ago goes if that is before `oldest`, unless it is the one in hand (`recent_entry_reap`)."""
        key = next(iter(self.entries), None)
        if key is None or self.entries[key] is kept:
            return
        entry = self.entries[key]
        if entry.stamps[entry.index - 1] < oldest:
            del self.entries[key]


def recent_table(netns: Netns, name: str) -> RecentTable:
    """The list of that name, made when it is first asked for."""
    shared = netns.netfilter.shared
    table: RecentTable | None = shared.get(("recent", name))
    if table is None:
        table = shared["recent", name] = RecentTable()
    return table


@attrs.frozen
class RecentMatch:
    """What to do with the packet's address in a list: `seconds` and `hits` 0 do not ask."""

    action: str
    name: str
    mask: int
    by_destination: bool = False
    seconds: int = 0
    hits: int = 0
    with_ttl: bool = False
    reaps: bool = False
    inverted: bool = False

    @property
    def shares(self) -> tuple[str, str]:
        """What it has in common with other rules of the namespace."""
        return "recent", self.name

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Ask the list, and change it (`recent_mt`)."""
        packet, table, now = skb.packet, recent_table(state.netns, self.name), state.netns.kernel.clock.now
        if self.hits > table.most:
            table.most = 1 << (self.hits - 1).bit_length()
        is_ipv4 = isinstance(packet, Ip)
        ttl = (packet.ttl if is_ipv4 else packet.hop_limit) + (state.outdev is not None and skb.owner is None)
        key = 32 if is_ipv4 else 128, int(packet.dst if self.by_destination else packet.src) & self.mask
        entry = table.entries.get(key)
        if entry is not None and self.with_ttl and entry.ttl not in (ttl, 0):
            entry = None
        if entry is None:
            if self.action != SET:
                return self.inverted
            table.add(key, ttl, now)
            return not self.inverted
        found = self.inverted
        if self.action in (RCHECK, UPDATE):
            oldest = now - self.seconds * SECOND
            met = sum(stamp >= oldest for stamp in entry.stamps) if self.seconds else len(entry.stamps)
            if met >= max(1, self.hits):
                found = not found
            if self.reaps:
                table.reap(entry if self.action == UPDATE and found else None, oldest)
        else:
            found = not found
            if self.action == REMOVE:
                del table.entries[key]
        if (self.action == SET or (self.action == UPDATE and found)) and key in table.entries:
            table.touch(key, now)
            entry.ttl = ttl
        return found


def address_of(key: tuple[int, int]) -> IPv4 | IPv6:
    """The address an entry stands for."""
    return IPv4(key[1]) if key[0] == 32 else IPv6(key[1])
