"""Connections as data: tuples, entries and the table of one namespace. What moves them: `kernel/netfilter/conntrack`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import attrs

from netsim.kernel.tables.counts import nothing_counted

ORIGINAL, REPLY = 0, 1

CT_ESTABLISHED, CT_RELATED, CT_NEW, CT_ESTABLISHED_REPLY, CT_RELATED_REPLY = range(5)
"""`enum ip_conntrack_info`: how a packet stands to its connection."""
CT_UNTRACKED = 7

IPS_EXPECTED, IPS_SEEN_REPLY, IPS_ASSURED, IPS_CONFIRMED = 1, 2, 4, 8
IPS_SRC_NAT, IPS_DST_NAT, IPS_SEQ_ADJUST = 16, 32, 64
IPS_SRC_NAT_DONE, IPS_DST_NAT_DONE, IPS_DYING, IPS_FIXED_TIMEOUT = 128, 256, 512, 1024
IPS_NAT_MASK = IPS_SRC_NAT | IPS_DST_NAT
IPS_NAT_DONE_MASK = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE

PROTO_ICMP, PROTO_TCP, PROTO_UDP, PROTO_GRE, PROTO_ICMP6, PROTO_SCTP = 1, 6, 17, 47, 58, 132
WITH_PORTS = frozenset({PROTO_TCP, PROTO_UDP, 33, PROTO_SCTP, 136})
ICMP_TURNS = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17}
ICMP6_TURNS = {128: 129, 129: 128, 139: 140, 140: 139}


_made: Any = tuple.__new__
"""What a `NamedTuple` is made by, without the function of its own that it asks first."""


class Tuple(NamedTuple):
    """One direction of a connection (`struct nf_conntrack_tuple`), and the zone that direction is looked up in.

    For ICMP `sport` is the id and `dport` type * 256 + code; for GRE both are keys (0 for version 0); elsewhere they are 0.
    """

    family: int
    protocol: int
    src: int
    dst: int
    sport: int = 0
    dport: int = 0
    zone: int = 0

    def inverted(self) -> Tuple | None:
        """The tuple of the answers (`nf_ct_invert_tuple`), or None for ICMP messages that get none."""
        family, protocol, src, dst, sport, dport, zone = self
        if protocol != PROTO_ICMP and protocol != PROTO_ICMP6:
            return _made(Tuple, (family, protocol, dst, src, dport, sport, zone))  # type: ignore[no-any-return]
        turns = ICMP_TURNS if protocol == PROTO_ICMP else ICMP6_TURNS
        kind = turns.get(dport >> 8)
        if kind is None:
            return None
        return _made(Tuple, (family, protocol, dst, src, sport, kind << 8 | dport & 255, zone))  # type: ignore[no-any-return]

    def answered(self) -> Tuple:
        """The tuple of the answers to one that is known to have some."""
        inverse = self.inverted()
        assert inverse is not None
        return inverse

    @classmethod
    def of(cls, fields: tuple[int, ...]) -> Tuple:
        """The tuple of all seven fields."""
        return _made(cls, fields)  # type: ignore[no-any-return]

    def with_source(self, src: int, sport: int) -> Tuple:
        """The same tuple from elsewhere."""
        return Tuple(self.family, self.protocol, src, self.dst, sport, self.dport, self.zone)

    def with_destination(self, dst: int, dport: int) -> Tuple:
        """The same tuple to elsewhere."""
        return Tuple(self.family, self.protocol, self.src, dst, self.sport, dport, self.zone)

    def in_zone(self, zone: int) -> Tuple:
        """The same tuple, looked up in another zone."""
        return Tuple(self.family, self.protocol, self.src, self.dst, self.sport, self.dport, zone)


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
    last_scale: int = 0
    last_flags: int = 0
    retransmissions: int = 0


@attrs.define(eq=False)
class Connection:
    """One connection (`struct nf_conn`). `timeout` is when it is forgotten (ns); before it is confirmed, how long it would last."""

    tuples: list[Tuple]
    status: int = 0
    timeout: int = 0
    mark: int = 0
    tcp: TcpTrack | None = None
    stream_from: int = 0  # UDP: when it becomes a stream (ns)
    masquerade_device: int = 0
    ident: int = 0
    packets: list[int] | None = None  # per direction, where accounting is on
    bytes: list[int] | None = None
    began: int = 0  # ns, where timestamps are on
    events: int = -1
    """1 when something changed since listeners were told; -1 when nobody listened as it began, who is told nothing then."""
    zone: int = 0
    zone_directions: int = 3  # bit per direction the zone holds for
    targets: tuple[Tuple, Tuple] | None = None
    """Where confirmed: the tuple that translation gives a packet of each direction, which turned around is what the other one has."""

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


@attrs.define(eq=False)
class Tracked:
    """What a packet carries (`skb->_nfct`): its connection and how it stands to it. No connection: untracked. Never changed once made."""

    connection: Connection | None
    info: int

    @property
    def direction(self) -> int:
        """ORIGINAL or REPLY (`CTINFO2DIR`)."""
        return REPLY if self.info >= CT_ESTABLISHED_REPLY else ORIGINAL

    def for_error(self) -> Tracked | None:
        """What a locally made error about the packet carries (`nf_conntrack_attach`)."""
        if self.connection is None:
            return UNRELATED
        return Tracked(self.connection, CT_RELATED if self.direction else CT_RELATED_REPLY)


@attrs.frozen
class Template:
    """What `-j CT` laid down for the tracker (`nf_ct_tmpl_alloc`); `directions`: bit 0 original, bit 1 reply."""

    zone: int = 0
    directions: int = 3

    def for_error(self) -> None:
        """An error about a packet that was not tracked yet belongs to no connection."""
        return


UNTRACKED = Tracked(None, CT_UNTRACKED)
UNRELATED = Tracked(None, CT_RELATED)
"""On a locally made error about an untracked packet: NOTRACK finds that it carries something already, the tracker that it has no connection yet."""


@attrs.frozen(eq=False)
class ConntrackConf:
    """`net.netfilter.nf_conntrack_*` of one namespace; names are the sysctls' without that prefix, timeouts in seconds."""

    acct: int = 0
    buckets: int = 262144
    checksum: int = 1
    events: int = 2
    expect_max: int = 4096
    frag6_high_thresh: int = 4194304
    frag6_low_thresh: int = 3145728
    frag6_timeout: int = 60
    generic_timeout: int = 600
    gre_timeout: int = 30
    gre_timeout_stream: int = 180
    icmp_timeout: int = 30
    icmpv6_timeout: int = 30
    log_invalid: int = 0
    max: int = 262144
    sctp_timeout_closed: int = 10
    sctp_timeout_cookie_echoed: int = 3
    sctp_timeout_cookie_wait: int = 3
    sctp_timeout_established: int = 210
    sctp_timeout_heartbeat_sent: int = 30
    sctp_timeout_shutdown_ack_sent: int = 3
    sctp_timeout_shutdown_recd: int = 3
    sctp_timeout_shutdown_sent: int = 3
    tcp_be_liberal: int = 0
    tcp_ignore_invalid_rst: int = 0
    tcp_loose: int = 1
    tcp_max_retrans: int = 3
    tcp_timeout_close: int = 10
    tcp_timeout_close_wait: int = 60
    tcp_timeout_established: int = 432000
    tcp_timeout_fin_wait: int = 120
    tcp_timeout_last_ack: int = 30
    tcp_timeout_max_retrans: int = 300
    tcp_timeout_syn_recv: int = 60
    tcp_timeout_syn_sent: int = 120
    tcp_timeout_time_wait: int = 120
    tcp_timeout_unacknowledged: int = 300
    timestamp: int = 0
    udp_timeout: int = 30
    udp_timeout_stream: int = 120


FIRST_CONF = ConntrackConf()


@attrs.define(eq=False)
class ConntrackTable:
    """All connections of a namespace, found by the tuple of either direction."""

    conf: ConntrackConf = FIRST_CONF
    entries: dict[tuple[int, ...], tuple[Connection, int]] = attrs.field(factory=dict)
    sources: dict[tuple[int, int, int, int, int], list[Connection]] = attrs.field(factory=dict)
    """`nf_nat_bysource`: (zone, family, protocol, src, sport) of the original direction -> connections with translation set up."""
    users: Counter[int] = attrs.field(factory=nothing_counted)  # family -> rules that need tracking
    stats: Counter[str] = attrs.field(factory=nothing_counted)
    listeners: list[Any] = attrs.field(factory=list)
    """Who is told of events: objects with `conntrack_event(kind, connection, portid)`."""
    portid: int = 0
    """The userspace that is changing the table just now, told with events."""
    idents: int = 0
    next_sweep: int = 1024
    has_masqueraded: bool = False
    """Whether any connection was ever masqueraded."""
    drops_early: bool = False
    """A packet was dropped because the table was full: the next collection gives up what it may until 95 % are left."""

    @property
    def count(self) -> int:
        """How many connections there are (`nf_conntrack_count`), those included that nobody noticed to be over."""
        return len({id(connection) for connection, _ in self.entries.values()})

    def find(self, tuple_: Tuple, now: int) -> tuple[Connection, int] | None:
        """The living connection a tuple belongs to, and in which direction (`__nf_conntrack_find_get`)."""
        found = self.entries.get(tuple_)
        if found is None or found[0].timeout <= now:
            return None
        return found

    def connections(self, now: int) -> Iterator[Connection]:
        """Living connections, oldest first (the kernel's order is that of a seeded hash)."""
        for connection, direction in tuple(self.entries.values()):
            if direction == ORIGINAL and connection.timeout > now:
                yield connection
