"""The table of connections: found, made, kept alive and forgotten (`ip_vs_conn.c`)."""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.kernel.netfilter.conntrack.entries import kill
from netsim.kernel.tables.conntrack import Tuple
from netsim.kernel.tables.ipvs import (
    F_INACTIVE,
    F_NFCT,
    F_NOOUTPUT,
    F_ONE_PACKET,
    F_TEMPLATE,
    MASQ,
    Destination,
    IpvsState,
    Key,
    VsConnection,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

CONTROLLED_TIMEOUT = 60
FIRST_TIMEOUT = 3


def key_of(connection: VsConnection) -> Key:
    """Client and virtual end."""
    return connection.family, connection.protocol, connection.caddr, connection.cport, connection.vaddr, connection.vport


def answer_key(connection: VsConnection) -> Key:
    """The end answers come from, and the client (`ip_vs_conn_out_get`): of all methods but NAT that is the virtual one."""
    if connection.method == MASQ:
        address, port = connection.daddr, connection.dport
    else:
        address, port = connection.vaddr, connection.vport
    return connection.family, connection.protocol, address, port, connection.caddr, connection.cport


def new(netns: Netns, state: IpvsState, key: Key, destination: Destination, dport: int, flags: int, fwmark: int) -> VsConnection:
    """Make a connection to a destination known (`ip_vs_conn_new`)."""
    family, protocol, caddr, cport, vaddr, vport = key
    if state.conf.conntrack:
        flags |= F_NFCT
    if destination.method != MASQ:
        flags |= F_NOOUTPUT
    connection = VsConnection(
        family, protocol, caddr, cport, vaddr, vport, destination.family, destination.address, dport, flags | F_INACTIVE, destination.method,
        destination, fwmark, timeout=FIRST_TIMEOUT,
    )  # fmt: skip
    if flags & F_TEMPLATE:
        state.templates[key] = connection
        destination.persistent += 1
    else:
        destination.inactive += 1
        if not flags & F_ONE_PACKET:
            state.incoming[key] = connection
            state.outgoing[answer_key(connection)] = connection
    if destination.upper and destination.connections >= destination.upper:
        destination.is_overloaded = True
    keep(netns, state, connection)
    return connection


def keep(netns: Netns, state: IpvsState, connection: VsConnection) -> None:
    """The connection was used: its time begins anew (`ip_vs_conn_put`)."""
    connection.expires = netns.kernel.clock.now + (0 if connection.flags & F_ONE_PACKET else connection.timeout * SECOND)
    if connection.expires < connection.look or not connection.look:
        _look_later(state, connection)


def _look_later(state: IpvsState, connection: VsConnection) -> None:
    state.looks += 1
    connection.look = connection.expires
    heappush(state.expiry, (connection.look, state.looks, connection))


def expire(netns: Netns, state: IpvsState) -> None:
    """Forget what has not been used for its time; whoever looks at connections or counts them calls this first (`ip_vs_conn_expire`)."""
    now, expiry = netns.kernel.clock.now, state.expiry
    while expiry and expiry[0][0] <= now:
        when, _, connection = heappop(expiry)
        if connection.is_gone or when != connection.look:
            continue
        if connection.controlled:
            connection.expires = max(connection.expires, now + CONTROLLED_TIMEOUT * SECOND)
        if connection.expires > now:
            _look_later(state, connection)
        else:
            forget(netns, state, connection)


def forget(netns: Netns, state: IpvsState, connection: VsConnection) -> None:
    """The end of a connection; the one tracked with it goes too (`ip_vs_conn_expire_now`)."""
    if connection.is_gone:
        return
    connection.is_gone = True
    if connection.flags & F_TEMPLATE:
        state.templates.pop(key_of(connection), None)
    elif not connection.flags & F_ONE_PACKET:
        state.incoming.pop(key_of(connection), None)
        answers = answer_key(connection)
        if state.outgoing.get(answers) is connection:
            del state.outgoing[answers]
    if connection.control is not None:
        connection.control.controlled -= 1
        connection.control = None
    if connection.flags & F_NFCT and not connection.flags & F_TEMPLATE:
        _drop_conntrack(netns, connection)
    _unbind(state, connection)


def _drop_conntrack(netns: Netns, connection: VsConnection) -> None:
    """Forget the tracked connection between client and virtual end (`ip_vs_conn_drop_conntrack`)."""
    table = netns.netfilter.conntrack
    c = connection
    found = table.entries.get(Tuple(c.family, c.protocol, c.caddr, c.vaddr, c.cport, c.vport))
    if found is not None:
        kill(table, found[0])


def _unbind(state: IpvsState, connection: VsConnection) -> None:
    """The destination has one less (`ip_vs_unbind_dest`)."""
    destination = connection.destination
    if connection.flags & F_TEMPLATE:
        destination.persistent -= 1
    elif connection.flags & F_INACTIVE:
        destination.inactive -= 1
    else:
        destination.active -= 1
    left = destination.connections
    if destination.lower:
        if left < destination.lower:
            destination.is_overloaded = False
    elif not destination.upper or left * 4 < destination.upper * 3:
        destination.is_overloaded = False
    if not destination.is_available and not left and not destination.persistent and destination in state.trash:
        state.trash.remove(destination)


def control(template: VsConnection, connection: VsConnection) -> None:
    """The template lasts as long as the connection (`ip_vs_control_add`)."""
    connection.control = template
    template.controlled += 1
