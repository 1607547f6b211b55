"""Connections as data: tuples, entries and the table of one namespace. What moves them: `kernel/netfilter/conntrack`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import attrs

ORIGINAL, REPLY = 0, 1

CT_ESTABLISHED, CT_RELATED, CT_NEW, CT_ESTABLISHED_REPLY, CT_RELATED_REPLY = range(5)
"""`enum ip_conntrack_info`: how a packet stands to its connection."""
CT_UNTRACKED = 7

IPS_EXPECTED, IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED = 1, 2, 4, 8
IPS_SRC_NAT, IPS_DST_NAT, IPS_SEQ_ADJUST = 16, 32, 64
IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE, IPS_DYING, IPS_FIXED_TIMEOUT = 128, 256, 512, 1024
IPS_NAT_MASK = IPS_SRC_NAT | IPS_DST_NAT

PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_GRE, PROTO_ICMP6, PROTO_SCTP = 1, 6, 17, 47, 58, 132
WITH_PORTS = frozenset({PROTO_TCP, PROTO_UDP, 33, PROTO_SCTP, 136})
ICMP_TURNS = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
ICMP6_TURNS = {128: 129, 129: 128, 139: 140, 140: 139}


@attrs.frozen
class Tuple:
    """One direction of a connection (`struct nf_conntrack_tuple`).

    For ICMP `sport` is the id and `dport` type * 256 + code; for GRE both are keys (0 for version 0); elsewhere they are 0.
    """

    family: int
    protocol: int
    src: int
    dst: int
    sport: int = 0
    dport: int = 0

    def inverted(self) -> Tuple | None:
        """The tuple of the answers (`nf_ct_invert_tuple`), or None for ICMP messages that get none."""
        if self.protocol not in (PROTO_ICMP, PROTO_ICMP6):
            return Tuple(self.family, self.protocol, self.dst, self.src, self.dport, self.sport)
        turns = ICMP_TURNS if self.protocol == PROTO_ICMP else ICMP6_TURNS
        kind = turns.get(self.dport >> 8)
        if kind is None:
            return None
        return Tuple(self.family, self.protocol, self.dst, self.src, self.sport, kind << 8 | self.dport & 255)

    def with_source(self, src: int, sport: int) -> Tuple:
        """The same tuple from elsewhere."""
        return Tuple(self.family, self.protocol, src, self.dst, sport, self.dport)

    def with_destination(self, dst: int, dport: int) -> Tuple:
        """The same tuple to elsewhere."""
        return Tuple(self.family, self.protocol, self.src, dst, self.sport, dport)


@attrs.define(eq=False)
class TcpSide:
    """What was seen of one sender (`struct ip_ct_tcp_state`)."""

    end: int = 0
    max_end: int = 0
    max_window: int = 0
    max_ack: int = 0
    scale: int = 0
    flags: int = 0


@attrs.define(eq=False)
class TcpTrack:
    """A TCP connection's state (`struct ip_ct_tcp`)."""

    state: int = 0
    sides: tuple[TcpSide, TcpSide] = attrs.field(factory=lambda: (TcpSide(), TcpSide()))
    last_direction: int = 0
    last_index: int = 0
    last_seq: int = 0
    last_ack: int = 0
    last_end: int = 0
    last_window: int = 0
    last_flags: int = 0
    retransmissions: int = 0


@attrs.define(eq=False)
class Connection:
    """One connection (`struct nf_conn`). `timeout` is when it is forgotten (ns); before it is confirmed, how long it would last."""

    tuples: list[Tuple]
    zone: int = 0
    status: int = 0
    timeout: int = 0
    mark: int = 0
    tcp: TcpTrack | None = None
    stream_from: int = 0  # UDP: when it becomes a stream (ns)
    masquerade_device: int = 0
    number: int = 0

    @property
    def original(self) -> Tuple:
        """The tuple of the packet that began it."""
        return self.tuples[ORIGINAL]

    @property
    def reply(self) -> Tuple:
        """The tuple answers are expected to have."""
        return self.tuples[REPLY]

    @property
    def is_confirmed(self) -> bool:
        """Whether its first packet got through."""
        return bool(self.status & IPS_CONFIRMED)


@attrs.frozen
class Tracked:
    """What a packet carries (`skb->_nfct`): its connection and how it stands to it. No connection: untracked."""

    connection: Connection | None
    info: int

    @property
    def direction(self) -> int:
        """ORIGINAL or REPLY (`CTINFO2DIR`)."""
        return REPLY if self.info >= CT_ESTABLISHED_REPLY else ORIGINAL


@attrs.frozen
class Template:
    """What `-j CT` laid down for the tracker (`nf_ct_tmpl_alloc`)."""

    zone: int = 0


UNTRACKED = Tracked(None, CT_UNTRACKED)
Key = tuple[int, Tuple]


@attrs.define(eq=False)
class ConntrackTable:
    """All connections of a namespace, found by (zone, tuple) of either direction."""

    entries: dict[Key, tuple[Connection, int]] = attrs.field(factory=dict)
    sources: dict[tuple[int, int, int, int, int], list[Connection]] = attrs.field(factory=dict)
    """`nf_nat_bysource`: (zone, family, protocol, src, sport) of the original direction -> connections with translation set up."""
    users: Counter[int] = attrs.field(factory=Counter)  # family -> rules that need tracking
    stats: Counter[str] = attrs.field(factory=Counter)
    listeners: list[Callable[[str, Connection], None]] = attrs.field(factory=list)  # `conntrack -E`
    numbers: int = 0

    def find(self, zone: int, tuple_: Tuple, now: int) -> tuple[Connection, int] | None:
        """The living connection a tuple belongs to, and in which direction (`__nf_conntrack_find_get`)."""
        found = self.entries.get((zone, tuple_))
        if found is None or found[0].timeout <= now:
            return None
        return found

    def connections(self, now: int) -> Iterator[Connection]:
        """Living connections, newest last."""
        for connection, direction in tuple(self.entries.values()):
            if direction == ORIGINAL and connection.timeout > now:
                yield connection
