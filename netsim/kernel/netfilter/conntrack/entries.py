"""Entries of the table: confirmed, refreshed, counted, killed, and told about (`nf_conntrack_core.c`, `nf_conntrack_ecache.c`)."""

from __future__ import annotations

from netsim.clock import SECOND
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.netfilter.conntrack.tcp_states import CLOSING_STATES
from netsim.kernel.tables.conntrack import (
    IPS_ASSURED,
    IPS_CONFIRMED,
    IPS_DYING,
    IPS_FIXED_TIMEOUT,
    IPS_NAT_MASK,
    IPS_SRC_NAT_DONE,
    ORIGINAL,
    REPLY,
    Connection,
    ConntrackTable,
    Tracked,
)

NEW, UPDATE, DESTROY = "NEW", "UPDATE", "DESTROY"
COLLECTION = 60 * SECOND  # the longest pause of the collector, which it makes while most connections last as long
EVICTION_RANGE = 8  # buckets looked through for an entry to give up


def tell(table: ConntrackTable, kind: str, connection: Connection) -> None:
    """Tell who listens what became of a connection (`nf_conntrack_event_report`)."""
    for listener in tuple(table.listeners):
        listener.conntrack_event(kind, connection, table.portid)


def note(connection: Connection) -> None:
    """Something about a connection changed; listeners are told when the packet is through (`nf_conntrack_event_cache`)."""
    if connection.events >= 0:
        connection.events = 1


def source_key(connection: Connection) -> tuple[int, int, int, int, int]:
    """Where `nf_nat_bysource` keeps a connection."""
    original = connection.tuples[ORIGINAL]
    zone = connection.zone if connection.zone_directions == 3 else 0
    return zone, original.family, original.protocol, original.src, original.sport


def insert(table: ConntrackTable, connection: Connection, now: int) -> None:
    """Make a connection known by both its tuples; its timeout starts now (`__nf_conntrack_confirm`)."""
    if len(table.entries) > table.next_sweep:
        sweep(table, now)
    original, reply = connection.tuples
    table.entries[original] = (connection, ORIGINAL)
    table.entries[reply] = (connection, REPLY)
    connection.timeout += now
    connection.status |= IPS_CONFIRMED
    if connection.status & IPS_NAT_MASK:
        connection.targets = reply.answered(), original.answered()
    table.idents += 1
    connection.ident = table.idents
    if table.conf.timestamp:
        connection.began = now
    if connection.status & IPS_SRC_NAT_DONE:
        table.sources.setdefault(source_key(connection), []).append(connection)
    if connection.events >= 0:
        connection.events = 0
        tell(table, NEW, connection)


def kill(table: ConntrackTable, connection: Connection) -> None:
    """Forget a connection (`nf_ct_delete`)."""
    if not connection.status & IPS_CONFIRMED or connection.status & IPS_DYING:
        connection.status |= IPS_DYING
        return
    connection.status |= IPS_DYING
    for tuple_ in connection.tuples:
        found = table.entries.get(tuple_)
        if found is not None and found[0] is connection:
            del table.entries[tuple_]
    key = source_key(connection)
    mapped = table.sources.get(key)
    if mapped is not None and connection in mapped:
        mapped.remove(connection)
        if not mapped:
            del table.sources[key]
    if connection.events >= 0:
        tell(table, DESTROY, connection)


def sweep(table: ConntrackTable, now: int) -> None:
    """Drop what has timed out (`gc_worker`); runs when the table has doubled, and before anybody counts."""
    for connection, direction in tuple(table.entries.values()):
        if direction == ORIGINAL and connection.timeout <= now:
            kill(table, connection)
    table.next_sweep = max(1024, 2 * len(table.entries))


def early_drop(netns: Netns, table: ConntrackTable) -> bool:
    """The table is full: give up one entry that is not assured, if a few buckets hold one (`early_drop`); the chance is the kernel's."""
    candidates = [held for held, direction in table.entries.values() if direction == ORIGINAL and not held.status & IPS_ASSURED]
    chance = 1 - (1 - min(1.0, EVICTION_RANGE / table.conf.buckets)) ** (2 * len(candidates))
    if not candidates or netns.kernel.rng.random() >= chance:
        return False
    kill(table, netns.kernel.rng.choice(candidates))
    table.stats["early_drop"] += 1
    return True


def collect_early(netns: Netns) -> None:
    """While the table is 95 % full, give up what is not assured or is closing (`gc_worker`, `gc_worker_can_early_drop`)."""
    table = netns.netfilter.conntrack
    table.drops_early = False
    least = netns.kernel.init_net.netfilter.conntrack.conf.max // 100 * 95
    left = table.count
    for connection in table.connections(netns.kernel.clock.now):
        if left < max(1, least):
            return
        closing = connection.tcp is not None and connection.tcp.state in CLOSING_STATES
        if least and (closing or not connection.status & IPS_ASSURED):
            kill(table, connection)
            left -= 1


def refresh(connection: Connection, seconds: int, now: int) -> None:
    """The connection lives so much longer (`nf_ct_refresh`)."""
    if connection.status & IPS_CONFIRMED:
        if not connection.status & IPS_FIXED_TIMEOUT:
            connection.timeout = now + seconds * SECOND
    else:
        connection.timeout = seconds * SECOND


def account(connection: Connection, nfct: Tracked, skb: SkBuff) -> None:
    """Count a packet where accounting is on (`nf_ct_acct_update`)."""
    if connection.packets is not None and connection.bytes is not None:
        connection.packets[nfct.direction] += 1
        connection.bytes[nfct.direction] += skb.size
