"""Following everything that is not TCP (`nf_conntrack_proto_{udp,icmp,icmpv6,gre,generic}.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.kernel.netfilter.conntrack.entries import account, note, refresh
from netsim.kernel.netfilter.conntrack.outcome import INVALID, VALID
from netsim.kernel.netfilter.conntrack.tcp import tcp_packet
from netsim.kernel.tables.conntrack import (
    IPS_ASSURED,
    IPS_CONFIRMED,
    IPS_SEEN_REPLY,
    ORIGINAL,
    PROTO_GRE,
    PROTO_ICMP,
    PROTO_ICMP6,
    PROTO_SCTP,
    PROTO_TCP,
    PROTO_UDP,
    ConntrackTable,
    Tracked,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

STREAM_AFTER = 2 * SECOND
PROTO_UDPLITE = 136
BEGINS4, BEGINS6 = frozenset({8, 13, 15, 17}), frozenset({128, 139})
"""Requests that begin a connection."""


def _assure(nfct: Tracked) -> None:
    connection = nfct.connection
    assert connection is not None
    if not connection.status & IPS_ASSURED:
        connection.status |= IPS_ASSURED
        note(connection)


def udp_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """A datagram: after two seconds of talk in both directions it is a stream and assured (`nf_conntrack_udp_packet`)."""
    connection = nfct.connection
    assert connection is not None
    now, status = netns.kernel.clock.now, connection.status
    if not status & IPS_CONFIRMED:
        connection.stream_from = now + STREAM_AFTER
    is_stream = status & IPS_SEEN_REPLY and now > connection.stream_from
    refresh(connection, table.conf.udp_timeout_stream if is_stream else table.conf.udp_timeout, now)
    if connection.packets is not None:
        account(connection, nfct, skb)
    if is_stream:
        _assure(nfct)
    return VALID


def icmp_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """An ICMP request or reply; only requests begin a connection (`nf_conntrack_icmp_packet`)."""
    return _query(netns, skb, nfct, BEGINS4, table.conf.icmp_timeout)


def icmp6_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """The same for ICMPv6 (`nf_conntrack_icmpv6_packet`)."""
    return _query(netns, skb, nfct, BEGINS6, table.conf.icmpv6_timeout)


def _query(netns: Netns, skb: SkBuff, nfct: Tracked, begins: frozenset[int], seconds: int) -> int:
    connection = nfct.connection
    assert connection is not None
    if not connection.status & IPS_CONFIRMED and connection.tuples[ORIGINAL].dport >> 8 not in begins:
        return INVALID
    refresh(connection, seconds, netns.kernel.clock.now)
    if connection.packets is not None:
        account(connection, nfct, skb)
    return VALID


def gre_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """A tunnelled packet: assured once there was one in each direction (`nf_conntrack_gre_packet`)."""
    connection = nfct.connection
    assert connection is not None
    replied = connection.status & IPS_SEEN_REPLY
    refresh(connection, table.conf.gre_timeout_stream if replied else table.conf.gre_timeout, netns.kernel.clock.now)
    account(connection, nfct, skb)
    if replied:
        _assure(nfct)
    return VALID


def generic_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """Any other protocol lasts ten minutes from its last packet (`nf_conntrack_proto_generic.c`)."""
    assert nfct.connection is not None
    refresh(nfct.connection, table.conf.generic_timeout, netns.kernel.clock.now)
    account(nfct.connection, nfct, skb)
    return VALID


def sctp_packet(netns: Netns, table: ConntrackTable, skb: SkBuff, nfct: Tracked) -> int:
    """SCTP is followed by its ports alone; its states and timeouts are not modelled, and that is said."""
    said = "connection tracking of SCTP states"
    if said not in netns.kernel.unmodelled:
        netns.kernel.unmodelled.append(said)
    return generic_packet(netns, table, skb, nfct)


TRACKERS: dict[int, Callable[[Netns, ConntrackTable, SkBuff, Tracked], int]] = {
    PROTO_TCP: tcp_packet, PROTO_UDP: udp_packet, PROTO_UDPLITE: udp_packet, PROTO_ICMP: icmp_packet, PROTO_ICMP6: icmp6_packet,
    PROTO_GRE: gre_packet, PROTO_SCTP: sctp_packet,
}  # fmt: skip
