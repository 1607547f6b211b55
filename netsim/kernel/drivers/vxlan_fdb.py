"""Keeping a VXLAN device's forwarding database: learnt and static entries, ageing (`vxlan_core.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import MAC, IPv4
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, ENOENT, ENOSPC, EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.tables.neigh import NUD_PERMANENT, NUD_REACHABLE
from netsim.kernel.tables.vxlan import Remote, VxlanEntry

if TYPE_CHECKING:
    from netsim.kernel.drivers.vxlan import VxlanDevice

NLM_F_REPLACE, NLM_F_EXCL, NLM_F_CREATE, NLM_F_APPEND = 0x100, 0x200, 0x400, 0x800


def lookup(dev: VxlanDevice, address: MAC) -> VxlanEntry | None:
    """The entry that sending may use; using one keeps it from ageing (`vxlan_find_mac`)."""
    entry = dev.fdb.find(address)
    if entry is None or has_expired(dev, entry):
        return None
    entry.used = dev.netns.kernel.clock.now
    return entry


def has_expired(dev: VxlanDevice, entry: VxlanEntry) -> bool:
    """Whether a learnt entry was not used for the ageing time; 0 keeps entries for ever (`vxlan_cleanup`)."""
    if entry.is_static or not dev.config.ageing:
        return False
    return entry.used + dev.config.ageing * SECOND <= dev.netns.kernel.clock.now


def listed(dev: VxlanDevice) -> list[VxlanEntry]:
    """The entries a listing shows; those past their age are collected first."""
    for entry in list(dev.fdb.entries.values()):
        if has_expired(dev, entry):
            dev.fdb.drop(entry.address)
    return list(dev.fdb.entries.values())


def flush(dev: VxlanDevice) -> None:
    """Forget what was learnt (`vxlan_flush`)."""
    for entry in list(dev.fdb.entries.values()):
        if not entry.is_static:
            dev.fdb.drop(entry.address)


def snoop(dev: VxlanDevice, address: MAC, remote: IPv4) -> bool:
    """A frame from an address came from a remote end (`vxlan_snoop`); True: drop it, a static entry says otherwise."""
    now = dev.netns.kernel.clock.now
    entry = dev.fdb.find(address)
    if entry is None or has_expired(dev, entry):
        if dev.flags & IFF_UP and not _is_full(dev):
            dev.fdb.put(VxlanEntry(address, [Remote(remote)], NUD_REACHABLE, updated=now, used=now))
        return False
    entry.used = now
    end = entry.remotes[0]
    if end.ip == remote and not end.ifindex:
        return False
    if entry.is_static:
        return end.ip != remote or bool(end.ifindex)
    end.ip, end.ifindex = remote, 0
    entry.updated = now
    dev.fdb.generation += 1
    return False


def _is_full(dev: VxlanDevice) -> bool:
    return bool(dev.config.maxaddress) and len(dev.fdb.entries) >= dev.config.maxaddress


def add(dev: VxlanDevice, wanted: VxlanEntry, flags: int) -> None:
    """RTM_NEWNEIGH (`vxlan_fdb_add`, `vxlan_fdb_update`); EEXIST, ENOENT, EINVAL, EOPNOTSUPP, ENOSPC. `wanted` has one remote end."""
    if not wanted.state & (NUD_PERMANENT | NUD_REACHABLE):
        raise NetError(EINVAL, "RTM_NEWNEIGH with invalid state")
    if not wanted.remotes:
        raise NetError(EINVAL)
    is_many = wanted.address.is_multicast or wanted.address.is_zero
    known = dev.fdb.find(wanted.address)
    if known is None:
        if not flags & NLM_F_CREATE:
            raise NetError(ENOENT)
        if flags & NLM_F_REPLACE and is_many:
            raise NetError(EOPNOTSUPP, "Cannot replace non-unicast fdb entries" if dev.netns.kernel.profile.extended_acks >= 618 else "")
        if _is_full(dev):
            raise NetError(ENOSPC)
        wanted.updated = wanted.used = dev.netns.kernel.clock.now
        dev.fdb.put(wanted)
        return
    if flags & NLM_F_EXCL:
        raise NetError(EEXIST)
    known.state, known.flags = wanted.state, wanted.flags
    known.updated = known.used = dev.netns.kernel.clock.now
    dev.fdb.generation += 1
    end = wanted.remotes[0]
    if flags & NLM_F_REPLACE:
        if is_many:
            raise NetError(EOPNOTSUPP, "Cannot replace non-unicast fdb entries" if dev.netns.kernel.profile.extended_acks >= 618 else "")
        known.remotes[:] = [end]
    elif flags & NLM_F_APPEND and is_many and known.remote(end.ip, end.port, end.vni, end.ifindex) is None:
        known.remotes.append(end)


def delete(dev: VxlanDevice, address: MAC, end: Remote | None) -> None:
    """RTM_DELNEIGH (`vxlan_fdb_delete`): one remote end, with the last one the entry; ENOENT."""
    known = dev.fdb.find(address)
    if known is None:
        raise NetError(ENOENT)
    if end is not None:
        found = known.remote(end.ip, end.port, end.vni, end.ifindex)
        if found is None:
            return  # the kernel says nothing about an end that is not there
        if len(known.remotes) > 1:
            known.remotes.remove(found)
            dev.fdb.generation += 1
            return
    dev.fdb.drop(address)


def flush_all(dev: VxlanDevice) -> None:
    """`bridge fdb flush`: all entries but the default remote end (`vxlan_fdb_delete_bulk`)."""
    for entry in list(dev.fdb.entries.values()):
        if entry.address.is_zero:
            entry.remotes[:] = [end for end in entry.remotes if end.ip == dev.config.remote]
            if entry.remotes:
                continue
        dev.fdb.drop(entry.address)
