"""A bridge's forwarding database as data."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import MAC


@attrs.define(eq=False)
class FdbEntry:
    """One address: at which port (None: the bridge itself); times in ns (`struct net_bridge_fdb_entry`)."""

    address: MAC
    port: Any
    is_local: bool = False
    is_static: bool = False
    added_by_user: bool = False
    is_sticky: bool = False
    is_external: bool = False
    is_offloaded: bool = False
    updated: int = 0
    used: int = 0
    vid: int = 0  # the VLAN it holds in; 0: without filtering

    @property
    def key(self) -> int:
        """VLAN and address as one number; in VLAN 0 the address itself."""
        return self.vid << 48 | self.address


@attrs.define(eq=False)
class Fdb:
    """All entries of one bridge by VLAN and address."""

    entries: dict[int, FdbEntry] = attrs.field(factory=dict)
    generation: int = 0

    def find(self, address: MAC, vid: int = 0) -> FdbEntry | None:
        """The entry for an address in a VLAN, aged or not."""
        return self.entries.get(vid << 48 | address)

    def put(self, entry: FdbEntry) -> None:
        """Add or replace an entry."""
        self.entries[entry.vid << 48 | entry.address] = entry
        self.generation += 1

    def drop(self, entry: FdbEntry) -> None:
        """Remove an entry if it is there."""
        if self.entries.pop(entry.vid << 48 | entry.address, None) is not None:
            self.generation += 1
