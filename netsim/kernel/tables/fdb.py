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


@attrs.define(eq=False)
class Fdb:
    """All entries of one bridge by address."""

    entries: dict[MAC, FdbEntry] = attrs.field(factory=dict)
    generation: int = 0

    def find(self, address: MAC) -> FdbEntry | None:
        """The entry for an address, aged or not."""
        return self.entries.get(address)

    def put(self, entry: FdbEntry) -> None:
        """Add or replace an entry."""
        self.entries[entry.address] = entry
        self.generation += 1

    def drop(self, address: MAC) -> None:
        """Remove an entry if there is one."""
        if self.entries.pop(address, None) is not None:
            self.generation += 1
