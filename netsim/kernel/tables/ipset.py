"""Sets of addresses and networks (`ip_set_hash_ip`, `ip_set_hash_net`)."""

from __future__ import annotations

import attrs

from netsim.clock import SECOND

HASH_IP, HASH_NET = "hash:ip", "hash:net"
Key = tuple[int, int]
"""Address and prefix length."""


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
    """A set; `family` is PF_INET or PF_INET6, `timeout` seconds new entries live (None: no timeouts, 0: for ever)."""

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

    @property
    def width(self) -> int:
        """Bits of an address."""
        return 32 if self.family == 2 else 128

    def expire(self, now: int) -> None:
        """Drop what has outlived its time."""
        if self.timeout is not None:
            gone = [key for key, entry in self.entries.items() if entry.expires and entry.expires <= now]
            for key in gone:
                del self.entries[key]

    def find(self, address: int, now: int) -> Entry | None:
        """The entry an address belongs to: the longest prefix that is there; None where that one says nomatch."""
        self.expire(now)
        width = self.width
        if self.kind == HASH_IP:
            return self.entries.get((address, width))
        for length in sorted({length for _, length in self.entries}, reverse=True):
            entry = self.entries.get((address >> width - length << width - length, length))
            if entry is not None:
                return None if entry.nomatch else entry
        return None

    def left(self, entry: Entry, now: int) -> int:
        """Whole seconds an entry has left, 0 for ever."""
        return max(1, (entry.expires - now) // SECOND) if entry.expires else 0
