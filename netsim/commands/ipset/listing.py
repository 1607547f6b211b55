"""Listings of ipset: what `list` and `save` print."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import repeat

from netsim.commands.ipset.session import Session
from netsim.commands.ipset.words import text_of
from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.tables.ipset import BITMAP_IP, BITMAP_PORT, HASH_IP, HASH_IP_PORT, HASH_MAC, LIST_SET, REVISIONS, IpSet, Key

SLOTS = {
    "hash:ip": (4, 16), "hash:net": (8, 20), "hash:ip,port": (8, 20), "hash:net,port": (8, 20), "hash:ip,port,ip": (12, 36), "hash:ip,port,net": (12, 36),
    "hash:net,iface": (28, 40), "hash:mac": (8, 8),
}  # fmt: skip
"""Bytes of an entry without extensions, in IPv4 and IPv6."""
MASKED = (HASH_IP, HASH_IP_PORT)
"""Kinds whose header has place for a mask."""


def header(known: IpSet, *, saved: bool = True) -> str:
    """What a set was made with; not `saved`: without what each kernel chooses for itself."""
    netmask = f" netmask {known.netmask}" if known.netmask else ""
    if known.kind == LIST_SET:
        text = f"size {known.size}"
    elif known.kind == BITMAP_PORT:
        text = f"range {known.first}-{known.last}"
    elif known.kind == BITMAP_IP:
        first, last = (text_of((value, 32), known) for value in (known.first, known.last))
        text = f"range {first}-{last}" + netmask
    else:
        family = "" if known.kind == HASH_MAC else f"family {'inet' if known.family == PF_INET else 'inet6'} "
        text = f"{family}hashsize {known.hashsize} maxelem {known.maxelem}" + (netmask if known.kind == HASH_IP else "")
    if known.timeout is not None:
        text += f" timeout {known.timeout}"
    text += " counters" if known.has_counters else ""
    text += " comment" if known.has_comments else ""
    if known.kind in SLOTS and saved:
        text += f" bucketsize 12 initval 0x{known.initval:08x}"
    return text + (netmask if known.kind == HASH_IP_PORT else "")


def members(known: IpSet, now: int, *, in_order: bool = False, counted: bool = True) -> list[str]:
    """Its elements, one a line."""
    lines = []
    keys = sorted(known.entries, key=_order) if known.kind in (BITMAP_IP, BITMAP_PORT) or (in_order and known.kind != LIST_SET) else known.entries
    for key in keys:
        entry = known.entries[key]
        text = text_of(key, known)
        if known.timeout is not None:
            text += f" timeout {known.left(entry, now)}"
        text += " nomatch" if entry.nomatch else ""
        if known.has_counters and counted:
            text += f" packets {entry.packets} bytes {entry.bytes}"
        lines.append(text + (f' comment "{entry.comment}"' if entry.comment else ""))
    return lines


def _order(key: Key) -> tuple[tuple[object, ...], ...]:
    """By addresses, narrower networks first, then ports by number."""
    parts = key if isinstance(key[0], tuple) else (key,)
    return tuple([(part[1], part[0]) if place == 1 and isinstance(part[0], int) else (part[0], -part[1]) for place, part in enumerate(parts)])


def size_of(known: IpSet) -> int:
    """Bytes the kernel says it uses: for a hash the table, and a bucket of two slots for each entry (as if no two fell into one)."""
    extra = 8 * (known.timeout is not None) + 16 * known.has_counters + 8 * known.has_comments
    remarks = sum(17 + len(entry.comment) for entry in known.entries.values() if entry.comment)
    if known.kind == LIST_SET:
        return 80 + (48 + extra) * len(known.entries) + remarks
    if known.kind in (BITMAP_IP, BITMAP_PORT):
        places = (known.last - known.first >> known.rest) + 1
        return (72 if known.kind == BITMAP_PORT else 88) + (places + 63) // 64 * 8 + extra * places + remarks
    slot = SLOTS[known.kind][known.family == PF_INET6]
    base = 192 + (slot + 7 & ~7) + 16 * (known.kind in MASKED) + 8 * (known.kind == "hash:net,iface") + 8 * known.width * ("net" in known.parts)
    if extra:
        slot = (slot + 7 & ~7) + extra
    return base + sum(32 + 2 * slot * ((many + 1) // 2) for many in _buckets(known)) + remarks


def _buckets(known: IpSet) -> Iterable[int]:
    """How many entries are in one bucket: networks of several devices share theirs."""
    return Counter(key[0] for key in known.entries).values() if known.kind == "hash:net,iface" else repeat(1, len(known.entries))


def shown(session: Session, known: IpSet) -> str:
    """A set as `list` prints it."""
    known.expire(session.now)
    text = f"Name: {known.name}\nType: {known.kind}\nRevision: {REVISIONS[known.kind]}\nHeader: {header(known)}\n"
    text += f"Size in memory: {size_of(known)}\nReferences: {session.references(known.name)}\nNumber of entries: {len(known.entries)}\n"
    if "terse" in session.flags:
        return text
    return text + "Members:\n" + "".join(f"{line}\n" for line in members(known, session.now, in_order="sorted" in session.flags))


def saved(session: Session, known: IpSet) -> str:
    """A set as `save` prints it."""
    known.expire(session.now)
    lines = members(known, session.now, in_order="sorted" in session.flags)
    return f"create {known.name} {known.kind} {header(known)}\n" + "".join(f"add {known.name} {line}\n" for line in lines)
