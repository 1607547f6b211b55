"""IPv4 state of a namespace and of a device: settings, addresses, routing tables. No packets, no timers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.kernel.tables.fib import FibState, Route
from netsim.kernel.tables.inetpeer import InetPeer
from netsim.kernel.tables.neigh import FIRST_PARMS, NeighParms, NeighTable
from netsim.values import quick

IFA_F_SECONDARY, IFA_F_PERMANENT, IFA_F_NOPREFIXROUTE = 0x01, 0x80, 0x200


@quick
@attrs.frozen(weakref_slot=False)
class Ifa:
    """An IPv4 address on a device (`struct in_ifaddr`).

    `peer` equals `local` unless a peer was given; `length` belongs to the peer. Lifetimes in seconds, `None` is for ever;
    `created` and `updated` in ns.
    """

    local: IPv4
    peer: IPv4
    length: int
    broadcast: IPv4 | None
    scope: int
    label: str
    flags: int = IFA_F_PERMANENT
    valid: int | None = None
    preferred: int | None = None
    metric: int = 0
    protocol: int = 0
    created: int = 0
    updated: int = 0


@quick
@attrs.frozen(eq=False, weakref_slot=False)
class Ipv4Conf:
    """`net.ipv4.conf.DEV.*`; names are the sysctls'. A value: whoever changes a setting of his own hangs another one (`settings.Holder`)."""

    forwarding: int = 0
    accept_redirects: int = 1
    secure_redirects: int = 1
    shared_media: int = 1
    rp_filter: int = 0
    send_redirects: int = 1
    accept_source_route: int = 1
    accept_local: int = 0
    src_valid_mark: int = 0
    proxy_arp: int = 0
    proxy_arp_pvlan: int = 0
    medium_id: int = 0
    bc_forwarding: int = 0
    mc_forwarding: int = 0
    bootp_relay: int = 0
    log_martians: int = 0
    tag: int = 0
    arp_filter: int = 0
    arp_announce: int = 0
    arp_ignore: int = 0
    arp_accept: int = 0
    arp_notify: int = 0
    arp_evict_nocarrier: int = 1
    disable_xfrm: int = 0
    disable_policy: int = 0
    promote_secondaries: int = 0
    route_localnet: int = 0
    force_igmp_version: int = 0
    igmpv2_unsolicited_report_interval: int = 10000
    igmpv3_unsolicited_report_interval: int = 1000
    ignore_routes_with_linkdown: int = 0
    drop_gratuitous_arp: int = 0
    drop_unicast_in_l2_multicast: int = 0


FIRST_CONF = Ipv4Conf()
"""What `all` and `default` of every namespace start with."""


@attrs.define(eq=False)
class InDevice:
    """IPv4 on one device (`struct in_device`)."""

    addresses: list[Ifa] = attrs.field(factory=list)
    conf: Ipv4Conf = FIRST_CONF
    arp: NeighParms = FIRST_PARMS
    reachable_ms: int = 0  # how long a confirmation lasts, as drawn last, and the base it was drawn for
    drawn_for: int = 0
    multicast: dict[IPv4, int] = attrs.field(factory=dict)  # joined group -> users
    mr_v2_seen: int = 0  # until when (ns) a querier that speaks IGMPv2 is minded
    report_timers: dict[IPv4, Any] | None = None  # answers that are due, by group
    explicit: tuple[str, ...] = ()  # settings somebody set by hand on this device
    is_settled: int = 0  # 1: it was given an address, so that no setting follows the default any more (`ipv4_devconf_setall`)


COUNTED_HERE = (
    ("in_octets", ("IpExtInOctets",)), ("in_noect_pkts", ("IpInReceives", "IpExtInNoECTPkts")), ("in_delivers", ("IpInDelivers",)),
    ("forw_datagrams", ("IpForwDatagrams",)), ("out_requests", ("IpOutRequests",)), ("out_transmits", ("IpOutTransmits",)),
    ("out_octets", ("IpExtOutOctets",)),
)  # fmt: skip
"""Counters that are fields of `Inet4State`, with the names they are told by: a slot grows in a fifth of the time that a `Counter` takes."""


ICMP_NAMES = {
    0: "EchoReps", 3: "DestUnreachs", 4: "SrcQuenchs", 5: "Redirects", 8: "Echos", 11: "TimeExcds", 12: "ParmProbs", 13: "Timestamps",
    14: "TimestampReps", 17: "AddrMasks", 18: "AddrMaskReps",
}  # fmt: skip


def icmp_counters(way: str, kind: int) -> tuple[str, ...]:
    """The counters of ICMP messages of a type that go `In` or `Out`: in all, by number and by name (`ICMP_INC_STATS`, `ICMPMSGIN_INC_STATS`)."""
    name = ICMP_NAMES.get(kind)
    return (f"Icmp{way}Msgs", f"IcmpMsg{way}Type{kind & 0xFF}", *([f"Icmp{way}{name}"] if name is not None else []))


Prefixes = tuple[tuple[int, dict[int, list[Route]]], ...]
"""Masks, and routes by masked destination."""


@attrs.define(eq=False)
class Inet4State:
    """IPv4 of one namespace (`struct netns_ipv4`)."""

    conf_all: Ipv4Conf = FIRST_CONF
    conf_default: Ipv4Conf = FIRST_CONF
    arp_default: NeighParms = FIRST_PARMS
    sysctl: dict[str, Any] = attrs.field(factory=dict)  # other net.ipv4.* values by name below net.ipv4 ("ip_default_ttl")
    fib: FibState = attrs.field(factory=FibState)
    arp: NeighTable = attrs.field(factory=NeighTable)
    peers: dict[int, InetPeer] | None = None
    icmp_sends: bool = False  # a control message is on its way out: what becomes of it is told to nobody (`icmp_xmit_lock`)
    icmp_global: InetPeer | None = None  # the bucket that all ICMP errors share
    exceptions: dict[tuple[IPv4, tuple[Any, ...]], Any] = attrs.field(factory=dict)  # (destination, next hop) -> `ipv4.fnhe.Learnt`
    fragments: dict[tuple[int, int, int, int, int], Any] = attrs.field(factory=dict)  # `ipv4.fragment.Queue`
    in_octets: int = 0
    """This and the next six: counters of every hop, which wait here until `snmp_fold` adds them to those by name (`ipstats_mib`)."""
    in_noect_pkts: int = 0
    in_delivers: int = 0
    forw_datagrams: int = 0
    out_requests: int = 0
    out_transmits: int = 0
    out_octets: int = 0
    icmp_in: dict[int, int] | None = None  # ICMP messages by type, until `snmp_fold` adds them under their names (`icmpmsg_mib`)
    icmp_out: dict[int, int] | None = None
    rt_genid: int = 0
    """Counts what decisions depend on besides routes and rules: devices, addresses, settings, what was learnt (`net->ipv4.rt_genid`).

    Only grows, as `fib.generation` does: a decision holds while the sum of the two is what it was (`rt_is_expired`).
    """
    rt_cache: dict[tuple[int, ...], Any] = attrs.field(factory=dict, metadata={"state": "skip"})
    """Decisions about what came in, by all of the packet that they look at (`struct rt_hash_bucket`): `ipv4.route.Rt`."""
    rt_cache_genid: int = -1
    """The sum they were made under."""
    rt_by_ports: int = 0
    """Whether they depend on protocol and ports too."""
    rt_own: dict[int, Any] = attrs.field(factory=dict, metadata={"state": "skip"})
    """Those about what came in for an own address, whoever sent it; and whether any sender may, but for own addresses."""
    ways: dict[int, Any] = attrs.field(factory=dict, metadata={"state": "skip"})
    """Ways out that the destination and TOS alone decide (`ipv4.rt_cache`)."""
    ways_by_route: dict[int, Any] = attrs.field(factory=dict, metadata={"state": "skip"})
    """The same for all destinations of a route, by the route's `id`; the decision holds on to it."""
    prefixes: Prefixes | None = attrs.field(default=None, metadata={"state": "skip"})
    """Where to look for those routes, in order, worked out when first asked for after a change."""

    def clear(self) -> None:
        """Routes, neighbours and decisions go, with the namespace they are of."""
        self.fib.clear()
        self.arp.entries.clear()
        self.rt_genid += 1
        self.rt_cache, self.rt_own, self.ways, self.ways_by_route, self.prefixes = {}, {}, {}, {}, None

    def settings(self) -> Mapping[str, Any]:
        """The plain settings, read only."""
        return self.sysctl
