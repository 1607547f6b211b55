"""A bridge's multicast database as data (`struct net_bridge_mdb_entry`, `struct net_bridge_port_group`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import MAC, IPv4, IPv6

RTPROT_KERNEL, RTPROT_STATIC = 2, 4
NEVER = 1 << 62
"""A time that does not come (ns): permanent entries end with it."""
Group = IPv4 | IPv6 | MAC
Key = tuple[int, int, int]


@attrs.define(eq=False)
class PortGroup:
    """A port that is in a group, until when (ns), and who said so (RTPROT_*); `station` is who, where each listener gets a copy of its own."""

    port: Any
    expires: int = NEVER
    is_permanent: bool = False
    protocol: int = RTPROT_KERNEL
    station: MAC | None = None
    is_include: bool = False
    """Whether it is in for named sources only (`MCAST_INCLUDE`)."""


@attrs.define(eq=False)
class MdbEntry:
    """A group, perhaps of one source, in a VLAN (0: none), with the ports in it by number; `host_expires` is 0 while the bridge itself is not."""

    group: Group
    vid: int = 0
    source: IPv4 | IPv6 | None = None
    ports: dict[tuple[int, int], PortGroup] = attrs.field(factory=dict)
    host_expires: int = 0

    @property
    def key(self) -> Key:
        """What tells it from others."""
        return self.group, self.vid, self.source or 0

    @property
    def is_empty(self) -> bool:
        """Whether nobody is in it any more."""
        return not self.ports and not self.host_expires


@attrs.define(eq=False)
class Mdb:
    """All groups of one bridge, the oldest first."""

    entries: dict[Key, MdbEntry] = attrs.field(factory=dict)

    def find(self, group: Group, vid: int, source: IPv4 | IPv6 | None = None) -> MdbEntry | None:
        """A group's entry."""
        return self.entries.get((group, vid, source or 0))

    def settle(self, now: int) -> None:
        """Drop whoever is in no longer at a time (ns), and groups that are empty."""
        for key, entry in list(self.entries.items()):
            self.settle_entry(entry, now)
            if entry.is_empty:
                del self.entries[key]

    def settle_entry(self, entry: MdbEntry, now: int) -> None:
        """Drop whoever is in one group no longer."""
        if 0 < entry.host_expires <= now:
            entry.host_expires = 0
        if any(member.expires <= now for member in entry.ports.values()):
            entry.ports = {place: member for place, member in entry.ports.items() if member.expires > now}

    def drop(self, entry: MdbEntry, place: tuple[int, int]) -> None:
        """A port is out of a group."""
        entry.ports.pop(place, None)
        if entry.is_empty:
            self.entries.pop(entry.key, None)
