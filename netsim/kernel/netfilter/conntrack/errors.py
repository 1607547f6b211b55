"""Errors about tracked packets are related to their connection (`nf_conntrack_inet_error`)."""

from __future__ import annotations

from typing import Any

from netsim.kernel.netfilter.conntrack.tuples import tuple_of
from netsim.kernel.tables.conntrack import CT_RELATED, CT_RELATED_REPLY, ORIGINAL, UNTRACKED, ConntrackTable, Tracked
from netsim.packet import Icmp6Error, IcmpError, Ip

NEVER_TRACKED6 = frozenset({130, 131, 132, 133, 134, 135, 136, 143})
"""Listener reports and neighbour discovery."""
HIGHEST_ICMP = 18


def settled(table: ConntrackTable, packet: Any, header: Any, kind: int, zone: int, now: int) -> tuple[bool, Tracked | None]:
    """Whether the message is no query to be tracked, and if so what it carries from here."""
    if isinstance(packet, Ip):
        if isinstance(header, IcmpError):
            return True, related(table, packet, header, zone, now)
        return kind > HIGHEST_ICMP, None
    if kind in NEVER_TRACKED6:
        return True, UNTRACKED
    if isinstance(header, Icmp6Error):
        return True, related(table, packet, header, zone, now)
    return kind < 128, None


def related(table: ConntrackTable, packet: Any, header: Any, zone: int, now: int) -> Tracked | None:
    """The connection the quoted packet belongs to, when the error goes to the end that sent it."""
    if isinstance(header.inner, bytes):
        return None
    inner = tuple_of(header.inner, zone)
    inverse = inner.inverted() if inner is not None else None
    found = table.find(inverse, now) if inverse is not None else None
    if found is None:
        return None
    connection, direction = found
    if connection.tuples[direction].dst != packet.dst:
        return None
    return Tracked(connection, CT_RELATED if direction == ORIGINAL else CT_RELATED_REPLY)
