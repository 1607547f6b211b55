"""Sets of addresses, networks, ports, devices and other sets (`ip_set_core.c`, `ip_set_hash_*.c`, `ip_set_bitmap_*.c`, `ip_set_list_set.c`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import attrs

from netsim.clock import SECOND

HASH_IP, HASH_IP_PORT, HASH_NET, HASH_MAC, LIST_SET = "hash:ip", "hash:ip,port", "hash:net", "hash:mac", "list:set"
BITMAP_IP, BITMAP_PORT = "bitmap:ip", "bitmap:port"
KINDS: dict[str, tuple[str, ...]] = {
    HASH_IP: ("ip",), HASH_NET: ("net",), HASH_IP_PORT: ("ip", "port"), "hash:net,port": ("net", "port"), "hash:ip,port,ip": ("ip", "port", "ip"),
    "hash:ip,port,net": ("ip", "port", "net"), "hash:net,iface": ("net", "iface"), HASH_MAC: ("mac",), BITMAP_IP: ("ip",), BITMAP_PORT: ("number",),
    LIST_SET: ("set",),
}  # fmt: skip
"""What an element of each kind consists of."""
REVISIONS = {
    HASH_IP: 6, HASH_NET: 7, HASH_IP_PORT: 7, "hash:net,port": 8, "hash:ip,port,ip": 6, "hash:ip,port,net": 8, "hash:net,iface": 8, HASH_MAC: 1,
    BITMAP_IP: 3, BITMAP_PORT: 3, LIST_SET: 3,
}  # fmt: skip
NEVER = 1 << 63
Part = tuple[Any, int]
"""Address and prefix length; protocol and port; the name of a device and whether it is a port of a bridge; a number, an address or a name and 0."""
Key = tuple[Any, ...]
"""The part of an element that has one, else its parts."""


@attrs.define(eq=False)
class Entry:
    """One element: when it ends (ns, 0: never), its counters and remark; `nomatch` excludes it from a wider network."""

    expires: int = 0
    packets: int = 0
    bytes: int = 0
    comment: str = ""
    nomatch: bool = False


@attrs.define(eq=False)
class IpSet:
    """A set; `family` is PF_INET, PF_INET6 or 0 for kinds of either, `timeout` seconds new entries live (None: no timeouts, 0: for ever).

    `first` and `last` bound a bitmap, whose addresses are networks of `netmask` bits (0: whole addresses), as may be those of hash:ip and hash:ip,port.
    """

    name: str
    kind: str
    family: int
    hashsize: int
    maxelem: int
    initval: int
    timeout: int | None = None
    has_counters: bool = False
    has_comments: bool = False
    entries: dict[Key, Entry] = attrs.field(factory=dict)
    first: int = 0
    last: int = 0
    netmask: int = 0
    size: int = 8
    lengths: dict[int, int] = attrs.field(factory=dict)
    """Of networks: how many there are of each length."""
    soonest: int = NEVER
    """Before this time (ns) no element ends."""

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 128 if self.family == 10 else 32

    @property
    def rest(self) -> int:
        """Bits of an address that do not count."""
        return self.width - self.netmask if self.netmask else 0

    @property
    def parts(self) -> tuple[str, ...]:
        """What its elements consist of."""
        return KINDS[self.kind]

    def put(self, key: Key, entry: Entry) -> None:
        """Add an element, or replace what is known of it."""
        if key not in self.entries and "net" in self.parts:
            length = self.length_of(key)
            self.lengths[length] = self.lengths.get(length, 0) + 1
        self.entries[key] = entry
        if entry.expires and entry.expires < self.soonest:
            self.soonest = entry.expires

    def drop(self, key: Key) -> bool:
        """Take an element out; False: it was not there."""
        if self.entries.pop(key, None) is None:
            return False
        if "net" in self.parts:
            length = self.length_of(key)
            self.lengths[length] -= 1
            if not self.lengths[length]:
                del self.lengths[length]
        return True

    def clear(self) -> None:
        """Take all elements out."""
        self.entries.clear()
        self.lengths.clear()
        self.soonest = NEVER

    def expire(self, now: int) -> None:
        """Drop what has outlived its time."""
        if now < self.soonest:
            return
        for key in [key for key, entry in self.entries.items() if entry.expires and entry.expires <= now]:
            self.drop(key)
        self.soonest = min((entry.expires for entry in self.entries.values() if entry.expires), default=NEVER)

    def lookup(self, key: Key, now: int) -> Entry | None:
        """The entry something belongs to: of networks the longest prefix that is there, also where it says nomatch."""
        self.expire(now)
        place = self.parts.index("net") if "net" in self.parts else -1
        if place < 0:
            return self.entries.get(key)
        whole = key if len(self.parts) > 1 else (key,)
        address, width = whole[place][0], self.width
        for length in sorted(self.lengths, reverse=True):
            network = address >> width - length << width - length, length
            entry = self.entries.get(network if len(whole) == 1 else (*whole[:place], network, *whole[place + 1 :]))
            if entry is not None:
                return entry
            if "iface" in self.parts and any(known[place] == network for known in self.entries):
                return None  # of a network that is there with another device no wider one is looked at (`multi` of `mtype_test_cidrs`)
        return None

    def length_of(self, key: Key) -> int:
        """The length of an element's network."""
        length: int = key[1] if len(self.parts) == 1 else key[self.parts.index("net")][1]
        return length

    def left(self, entry: Entry, now: int) -> int:
        """Whole seconds an entry has left, 0 for ever."""
        return max(1, (entry.expires - now) // SECOND) if entry.expires else 0


def users(sets: Mapping[str, IpSet], name: str) -> Iterator[IpSet]:
    """The lists a set is in."""
    return (known for known in sets.values() if known.kind == LIST_SET and (name, 0) in known.entries)


def lists_last(sets: Mapping[str, IpSet]) -> list[IpSet]:
    """In the order of dumps: lists after the sets they refer to."""
    return sorted(sets.values(), key=lambda known: known.kind == LIST_SET)
