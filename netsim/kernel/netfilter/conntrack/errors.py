"""Errors about tracked packets are related to their connection (`nf_conntrack_inet_error`)."""

from __future__ import annotations

from typing import Any

from netsim.kernel.netfilter.conntrack.tuples import tuple_of_quoted
from netsim.kernel.tables.conntrack import CT_RELATED, CT_RELATED_REPLY, ORIGINAL, UNTRACKED, Connection, ConntrackTable, Template, Tracked, Tuple
from netsim.packet import Icmp6Error, IcmpError, Ip
from netsim.packet.quoted import quoted_packet

NEVER_TRACKED6 = frozenset({130, 131, 132, 133, 134, 135, 136, 143})
"""Listener reports and neighbour discovery."""
HIGHEST_ICMP = 18


def find_in_zone(table: ConntrackTable, tuple_: Tuple, template: Template) -> tuple[Connection, int] | None:
    """A tuple's connection, asked for in the zone of either direction (`nf_conntrack_find_get`)."""
    found = table.entries.get(tuple_)
    if template.directions == 3:
        return found
    if found is None or not _is_of_zone(found, template):
        found = table.entries.get(tuple_.in_zone(template.zone if template.directions & 2 else 0))
    return found if found is not None and _is_of_zone(found, template) else None


def _is_of_zone(found: tuple[Connection, int], template: Template) -> bool:
    """Whether that direction of a connection lies in the template's zone for it (`nf_ct_zone_equal`)."""
    connection, direction = found
    return connection.tuples[direction].zone == (template.zone if template.directions >> direction & 1 else 0)


def settled(table: ConntrackTable, packet: Any, header: Any, kind: int, template: Template, now: int) -> tuple[bool, Tracked | None]:
    """Whether the message is no query to be tracked, and if so what it carries from here."""
    if isinstance(packet, Ip):
        if isinstance(header, IcmpError):
            return True, related(table, packet, header, template, now)
        return kind > HIGHEST_ICMP, None
    if kind in NEVER_TRACKED6:
        return True, UNTRACKED
    if isinstance(header, Icmp6Error):
        return True, related(table, packet, header, template, now)
    return kind < 128, None


def related(table: ConntrackTable, packet: Any, header: Any, template: Template, now: int) -> Tracked | None:
    """The connection the quoted packet belongs to, when the error goes to the end that sent it."""
    quoted = quoted_packet(header.inner)
    inner = tuple_of_quoted(quoted, template.zone if template.directions & 1 else 0) if quoted is not None else None
    inverse = inner.inverted() if inner is not None else None
    found = find_in_zone(table, inverse, template) if inverse is not None else None
    if found is None or found[0].timeout <= now:
        return None
    connection, direction = found
    if connection.tuples[direction].dst != packet.dst:
        return None
    return Tracked(connection, CT_RELATED if direction == ORIGINAL else CT_RELATED_REPLY)
