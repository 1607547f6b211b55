"""Keeping the forwarding database: learnt, local and static addresses (`br_fdb.c`)."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MAC
from netsim.errors import EEXIST, EINVAL, ENOENT, NetError
from netsim.kernel.tables.fdb import FdbEntry

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort


class Which(enum.Enum):
    """Which entries of a port go."""

    DYNAMIC = enum.auto()
    ALL = enum.auto()


@attrs.frozen
class Bulk:
    """Which entries a bulk deletion takes: those at a place, in a state, with marks (`struct net_bridge_fdb_flush_desc`)."""

    port: BridgePort | None = None
    is_own: int = 0
    """Only entries that point at the bridge itself."""
    marks: tuple[tuple[str, int], ...] = ()
    """Fields of an entry and what they must be."""
    vlan: int = 0

    def takes(self, entry: FdbEntry) -> bool:
        """Whether an entry goes (`__fdb_flush_matches`)."""
        if (self.port is not None or self.is_own) and entry.port is not self.port:
            return False
        return (not self.vlan or entry.vid == self.vlan) and all(bool(getattr(entry, name)) == bool(value) for name, value in self.marks)


def lookup(bridge: Bridge, address: MAC, vid: int = 0) -> FdbEntry | None:
    """The entry that forwarding may use: not one past its age (`br_fdb_find_rcu` and `has_expired`)."""
    entry = bridge.fdb.entries.get(vid << 48 | address if vid else address)
    if entry is None or bridge.netns.kernel.clock.now < entry.updated + (bridge.forward_delay if bridge.topology_change else bridge.ageing_time):
        return entry  # without a look at whether it ages at all
    return None if has_expired(bridge, entry) else entry


def has_expired(bridge: Bridge, entry: FdbEntry) -> bool:
    """Whether a learnt entry is older than the ageing time in force (`has_expired`)."""
    if entry.is_static or entry.is_local or entry.is_external:
        return False
    return entry.updated + (bridge.forward_delay if bridge.topology_change else bridge.ageing_time) <= bridge.netns.kernel.clock.now


def hold_time(bridge: Bridge) -> int:
    """How long learnt entries live; the forward delay while the topology changes (`hold_time`), ns."""
    return bridge.forward_delay if bridge.topology_change else bridge.ageing_time


def listed(bridge: Bridge) -> list[FdbEntry]:
    """The entries a listing shows: those past their age are collected first (`br_fdb_cleanup` runs rarely; `br_fdb_dump` shows all, aged ones not)."""
    for entry in list(bridge.fdb.entries.values()):
        if has_expired(bridge, entry):
            bridge.fdb.drop(entry)
    return list(bridge.fdb.entries.values())


def learn(bridge: Bridge, port: BridgePort, address: MAC, vid: int = 0) -> None:
    """A frame from `address` came in at `port` (`br_fdb_update`)."""
    entry = bridge.fdb.entries.get(vid << 48 | address if vid else address)
    if (entry is not None and entry.is_local) or not (bridge.forward_delay if bridge.topology_change else bridge.ageing_time):
        return
    now = bridge.netns.kernel.clock.now
    if entry is None:
        bridge.fdb.put(FdbEntry(address, port, updated=now, used=now, vid=vid))
        return
    entry.updated = now
    if entry.port is not port and not entry.is_sticky:
        entry.port = port
        entry.is_external = False
        bridge.fdb.generation += 1


def add_local(bridge: Bridge, port: BridgePort | None, address: MAC, vid: int = 0) -> None:
    """An address of a port or of the bridge itself (`fdb_add_local`)."""
    entries, key = bridge.fdb.entries, vid << 48 | address
    if (key in entries and entries[key].is_local) or not address or address >> 40 & 1:
        return
    now = bridge.netns.kernel.clock.now
    entries[key] = FdbEntry(address, port, True, True, updated=now, used=now, vid=vid)
    bridge.fdb.generation += 1


def change_local(bridge: Bridge, port: BridgePort | None, address: MAC) -> None:
    """A port or the bridge has a new address (`br_fdb_changeaddr`)."""
    for entry in list(bridge.fdb.entries.values()):
        if entry.is_local and entry.port is port and not entry.added_by_user:
            _delete_local(bridge, port, entry)
    add_local(bridge, port, address)
    for vid in (bridge if port is None else port).vlans:
        add_local(bridge, port, address, vid)


def forget_vlan(bridge: Bridge, port: BridgePort | None, vid: int) -> None:
    """A port left a VLAN: its own address and what was learnt there go (`br_fdb_find_delete_local`, `br_fdb_delete_by_port`)."""
    for entry in list(bridge.fdb.entries.values()):
        if entry.vid == vid and entry.port is port:
            if entry.is_local:
                _delete_local(bridge, port, entry)
            elif port is not None:
                bridge.fdb.drop(entry)


def _delete_local(bridge: Bridge, port: BridgePort | None, entry: FdbEntry) -> None:
    """A local address goes, unless another port or the bridge has it too (`fdb_delete_local`)."""
    for other in bridge.ports:
        if other is not port and other.dev.address == entry.address and (not entry.vid or entry.vid in other.vlans):
            entry.port = other
            return
    if port is not None and bridge.address == entry.address and (not entry.vid or entry.vid in bridge.vlans):
        entry.port = None
        return
    bridge.fdb.drop(entry)


def delete_by_port(bridge: Bridge, port: BridgePort, which: Which) -> None:
    """A port goes down (DYNAMIC) or away (ALL) (`br_fdb_delete_by_port`)."""
    for entry in tuple(bridge.fdb.entries.values()):
        if entry.port is not port:
            continue
        if which is Which.DYNAMIC:
            if not entry.is_static and not entry.is_local and not entry.is_external:
                bridge.fdb.drop(entry)
        elif entry.is_local:
            _delete_local(bridge, port, entry)
        else:
            bridge.fdb.drop(entry)


def flush(bridge: Bridge, which: Which) -> None:
    """Forget learnt entries, or all but local ones (`br_fdb_flush`)."""
    for entry in list(bridge.fdb.entries.values()):
        if entry.is_local or (which is Which.DYNAMIC and entry.is_static):
            continue
        bridge.fdb.drop(entry)


def flush_bulk(bridge: Bridge, bulk: Bulk) -> None:
    """Delete what a request describes, local entries too (`br_fdb_delete_bulk`)."""
    for entry in list(bridge.fdb.entries.values()):
        if bulk.takes(entry):
            bridge.fdb.drop(entry)


def add_by_user(bridge: Bridge, port: BridgePort | None, entry: FdbEntry, replace: int, create: int, exclusive: int) -> None:
    """`bridge fdb add|replace|append` (`fdb_add_entry`); EEXIST, ENOENT, EINVAL."""
    known = bridge.fdb.entries.get(entry.key)
    if known is None:
        if not create:
            raise NetError(ENOENT)
    elif exclusive:
        raise NetError(EEXIST)
    if port is None and not entry.is_local:
        raise NetError(EINVAL)
    if known is not None and known.is_local and known.port is not port and not replace:
        raise NetError(EEXIST)
    entry.port = port
    entry.added_by_user = True
    entry.updated = entry.used = bridge.netns.kernel.clock.now
    bridge.fdb.put(entry)


def add_learnt_elsewhere(bridge: Bridge, port: BridgePort, address: MAC, vid: int) -> None:
    """What another learner tells: new, or in place of what is there (`br_fdb_external_learn_add`)."""
    known = bridge.fdb.entries.get(vid << 48 | address)
    now = bridge.netns.kernel.clock.now
    if known is None:
        bridge.fdb.put(FdbEntry(address, port, added_by_user=True, is_external=True, updated=now, used=now, vid=vid))
        return
    known.updated = now
    if known.port is not port:
        known.port = port
        bridge.fdb.generation += 1
    if known.is_external or not known.added_by_user:
        known.is_external = True
        known.is_local = False


def delete_by_user(bridge: Bridge, port: BridgePort | None, address: MAC, vid: int = 0) -> None:
    """`bridge fdb del`; ENOENT when there is no such entry at that place."""
    known = bridge.fdb.entries.get(vid << 48 | address)
    if known is None or known.port is not port:
        raise NetError(ENOENT)
    bridge.fdb.drop(known)
