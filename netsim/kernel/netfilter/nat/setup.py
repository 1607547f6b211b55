"""Deciding how a new connection is translated (`nf_nat_setup_info`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.netfilter.nat.ranges import MANIP_SRC, MAP_IPS, NatRange
from netsim.kernel.netfilter.nat.unique import unique_tuple
from netsim.kernel.tables.conntrack import (
    IPS_CONFIRMED,
    IPS_DST_NAT,
    IPS_DST_NAT_DONE,
    IPS_SRC_NAT,
    IPS_SRC_NAT_DONE,
    REPLY,
    Connection,
    ConntrackTable,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

DONE = (IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE)


def is_initialized(connection: Connection, manip: int) -> bool:
    """Whether that end was decided already (`nf_nat_initialized`)."""
    return bool(connection.status & DONE[manip])


def setup_info(netns: Netns, connection: Connection, choice: NatRange, manip: int) -> None:
    """Move one end of an unconfirmed connection into the range; its answers are expected accordingly."""
    if connection.status & IPS_CONFIRMED:
        return
    table: ConntrackTable = netns.netfilter.conntrack
    reply = connection.tuples[REPLY]
    current = reply.answered()
    new = unique_tuple(table, netns.kernel.rng, netns.kernel.clock.now, current, choice, connection, manip)
    if new != current:
        connection.tuples[REPLY] = new.answered()
        connection.status |= IPS_SRC_NAT if manip == MANIP_SRC else IPS_DST_NAT
    connection.status |= DONE[manip]


def null_binding(netns: Netns, connection: Connection, manip: int) -> None:
    """No rule wanted anything: the end stays, but a port that is taken is still moved (`nf_nat_alloc_null_binding`)."""
    reply = connection.tuples[REPLY]
    if not connection.status & IPS_CONFIRMED and netns.netfilter.conntrack.find(reply, netns.kernel.clock.now) is None:
        connection.status |= DONE[manip]  # nobody else would get the answers
        return
    address = reply.dst if manip == MANIP_SRC else reply.src
    setup_info(netns, connection, NatRange(MAP_IPS, address, address), manip)
