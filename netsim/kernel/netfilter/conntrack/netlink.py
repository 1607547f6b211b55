"""Connections made and changed from userspace (`nf_conntrack_netlink.c`)."""

from __future__ import annotations

import attrs

from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.conntrack.entries import UPDATE, insert, kill, tell
from netsim.kernel.netfilter.conntrack.tcp_window import BE_LIBERAL
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.tables.conntrack import (
    IPS_ASSURED,
    IPS_NAT_DONE_MASK,
    IPS_NAT_MASK,
    IPS_SEEN_REPLY,
    PROTO_TCP,
    Connection,
    ConntrackTable,
    TcpTrack,
    Tuple,
)

SETTABLE = IPS_SEEN_REPLY | IPS_ASSURED | IPS_NAT_MASK | IPS_NAT_DONE_MASK


@attrs.frozen
class Change:
    """What userspace wants of a connection; None leaves it as it is. `timeout` in seconds."""

    timeout: int | None = None
    mark: tuple[int, int] | None = None
    status: int = 0
    state: int | None = None


def table_of(netns: Netns) -> ConntrackTable:
    """The namespace's connections."""
    return state_of(netns).conntrack


def create(netns: Netns, original: Tuple, reply: Tuple, change: Change, zone: int = 0, portid: int = 0) -> Connection:
    """A connection nobody has sent a packet of (`ctnetlink_create_conntrack`); EEXIST, EINVAL."""
    table, now = table_of(netns), netns.kernel.clock.now
    if change.timeout is None:
        raise NetError(EINVAL)
    for tuple_ in (original, reply):
        found = table.entries.get(tuple_)
        if found is not None:
            if found[0].timeout > now:
                raise NetError(EEXIST)
            kill(table, found[0])
    connection = Connection([original, reply], change.status & SETTABLE, change.timeout * SECOND, zone=zone)
    if original.protocol == PROTO_TCP:
        connection.tcp = TcpTrack(state=change.state or 0)
        for side in connection.tcp.sides:
            side.flags = BE_LIBERAL
    if change.mark is not None:
        connection.mark = change.mark[0]
    if table.conf.acct:
        connection.packets, connection.bytes = [0, 0], [0, 0]
    connection.events = 0 if table.listeners else -1
    table.portid = portid
    insert(table, connection, now)
    table.portid = 0
    table.stats["insert"] += 1
    return connection


def update(netns: Netns, connection: Connection, change: Change, portid: int = 0) -> None:
    """Change a connection (`ctnetlink_change_conntrack`)."""
    if change.timeout is not None:
        connection.timeout = netns.kernel.clock.now + change.timeout * SECOND
    if change.mark is not None:
        value, mask = change.mark
        connection.mark = connection.mark & ~mask & 0xFFFFFFFF ^ value
    connection.status |= change.status & (IPS_SEEN_REPLY | IPS_ASSURED)
    if change.state is not None and connection.tcp is not None:
        connection.tcp.state = change.state
    if connection.events >= 0:
        table = table_of(netns)
        table.portid = portid
        tell(table, UPDATE, connection)
        table.portid = 0


def delete(netns: Netns, connection: Connection, portid: int = 0) -> None:
    """Forget one connection (`ctnetlink_del_conntrack`)."""
    table = table_of(netns)
    table.portid = portid
    kill(table, connection)
    table.portid = 0


def flush(netns: Netns, portid: int = 0) -> None:
    """Forget them all (`ctnetlink_flush_conntrack`)."""
    for connection in list(table_of(netns).connections(0)):
        delete(netns, connection, portid)
