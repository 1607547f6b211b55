"""IPv6 state of a namespace and of a device: settings, addresses, routing tables. No packets, no timers."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv6
from netsim.kernel.tables.fib6 import Fib6State
from netsim.kernel.tables.inetpeer import InetPeer
from netsim.kernel.tables.neigh import NeighParms, NeighTable
from netsim.values import quick

IFA_F_TEMPORARY, IFA_F_NODAD, IFA_F_OPTIMISTIC, IFA_F_DADFAILED, IFA_F_HOMEADDRESS = 0x01, 0x02, 0x04, 0x08, 0x10
IFA_F_DEPRECATED, IFA_F_TENTATIVE, IFA_F_PERMANENT, IFA_F_MANAGETEMPADDR = 0x20, 0x40, 0x80, 0x100
IFA_F_NOPREFIXROUTE, IFA_F_MCAUTOJOIN, IFA_F_STABLE_PRIVACY = 0x200, 0x400, 0x800


@quick
@attrs.frozen(weakref_slot=False)
class Ifa6:
    """An IPv6 address on a device (`struct inet6_ifaddr`); lifetimes in seconds, `None` for ever; times in ns."""

    address: IPv6
    length: int
    scope: int
    flags: int
    peer: IPv6 | None = None
    valid: int | None = None
    preferred: int | None = None
    metric: int = 0
    protocol: int = 0
    created: int = 0
    updated: int = 0

    def with_flags(self, flags: int) -> Ifa6:
        """The same address in another state."""
        return self.dated(flags, self.created, self.updated)

    def dated(self, flags: int, created: int, updated: int) -> Ifa6:
        """The same address with other flags and times."""
        s = self
        return Ifa6(s.address, s.length, s.scope, flags, s.peer, s.valid, s.preferred, s.metric, s.protocol, created, updated)


@quick
@attrs.frozen(eq=False, weakref_slot=False)
class Ipv6Conf:
    """`net.ipv6.conf.DEV.*`; names are the sysctls'. A value, as `Ipv4Conf` is; a device's own `mtu` is in its `Inet6Dev`."""

    accept_dad: int = 1
    accept_ra: int = 1
    accept_ra_defrtr: int = 1
    accept_ra_from_local: int = 0
    accept_ra_min_hop_limit: int = 1
    accept_ra_min_lft: int = 0
    accept_ra_mtu: int = 1
    accept_ra_pinfo: int = 1
    accept_ra_rt_info_max_plen: int = 0
    accept_ra_rt_info_min_plen: int = 0
    accept_ra_rtr_pref: int = 1
    accept_redirects: int = 1
    accept_source_route: int = 0
    accept_untracked_na: int = 0
    addr_gen_mode: int = 0
    autoconf: int = 1
    dad_transmits: int = 1
    disable_ipv6: int = 0
    disable_policy: int = 0
    drop_unicast_in_l2_multicast: int = 0
    drop_unsolicited_na: int = 0
    enhanced_dad: int = 1
    force_forwarding: int = 0
    force_mld_version: int = 0
    force_tllao: int = 0
    forwarding: int = 0
    hop_limit: int = 64
    ignore_routes_with_linkdown: int = 0
    keep_addr_on_down: int = 0
    max_addresses: int = 16
    max_desync_factor: int = 600
    mc_forwarding: int = 0
    mldv1_unsolicited_report_interval: int = 10000
    mldv2_unsolicited_report_interval: int = 1000
    mtu: int = 1280
    ndisc_evict_nocarrier: int = 1
    ndisc_notify: int = 0
    ndisc_tclass: int = 0
    optimistic_dad: int = 0
    proxy_ndp: int = 0
    ra_defrtr_metric: int = 1024
    ra_honor_pio_life: int = 0
    ra_honor_pio_pflag: int = 0
    regen_max_retry: int = 3
    regen_min_advance: int = 2
    router_probe_interval: int = 60
    router_solicitation_delay: int = 1
    router_solicitation_interval: int = 4
    router_solicitation_max_interval: int = 3600
    router_solicitations: int = -1
    suppress_frag_ndisc: int = 1
    temp_prefered_lft: int = 86400
    temp_valid_lft: int = 604800
    use_oif_addrs_only: int = 0
    use_optimistic: int = 0
    use_tempaddr: int = 0


FIRST_CONF6, FIRST_CONF6_ALL = Ipv6Conf(), Ipv6Conf(accept_dad=0)
FIRST_PARMS6 = NeighParms(locktime=0)
"""What every namespace starts with."""


@attrs.define(eq=False)
class DadTrial:
    """Whether anybody else has an address is being found out, or was (`dad_probes`, `dad_nonce` and `dad_work` of `inet6_ifaddr`)."""

    left: int = -1  # probes to be sent; below 0: it is over
    nonce: bytes = b""  # tells a probe from another's when it comes back (RFC 7527)
    timer: Any = None


@attrs.define(eq=False)
class Inet6Dev:
    """IPv6 on one device (`struct inet6_dev`)."""

    addresses: list[Ifa6] = attrs.field(factory=list)
    conf: Ipv6Conf = FIRST_CONF6
    nd: NeighParms = FIRST_PARMS6
    mtu: int = 1280  # `net.ipv6.conf.DEV.mtu`
    reachable_ms: int = 0  # how long a confirmation lasts, as drawn last, and the base it was drawn for
    drawn_for: int = 0
    multicast: dict[IPv6, int] = attrs.field(factory=dict)
    unfiltered: tuple[IPv6, ...] = ()  # groups whose MAC the device does not listen to while it is down (no MAF_LOADED)
    changes: dict[IPv6, tuple[int, int]] | None = None  # group -> kind of MLD record, how often it is still to be told
    report_timer: Any = None
    anycast: dict[IPv6, int] | None = None
    ready: bool = False  # IF_READY
    rs_timer: Any = None  # the next question for routers
    mc_v1_seen: int = 0  # until when (ns) a querier that speaks MLDv1 is minded
    mca_timers: dict[IPv6, Any] | None = None  # answers to it that are due, by group
    mc_dad_timer: Any = None  # the next time that groups are told from the new link-local address
    ra_received: bool = False  # IF_RA_RCVD
    trials: dict[IPv6, DadTrial] | None = None
    predad: tuple[IPv6, ...] = ()  # addresses that stayed while the device was down, to be tried anew
    token: int = 0  # what its own addresses in advertised prefixes end in (`ip token`)
    interface_ids: dict[int, int] | None = None  # prefix -> the stable, private half made for it
    expiry: Any = None  # the timer of the next lifetime that ends

    def trial(self, address: IPv6) -> DadTrial | None:
        """The trial of an address while it goes on."""
        found = self.trials.get(address) if self.trials is not None else None
        return found if found is not None and found.left >= 0 else None


@attrs.frozen
class AddrLabel:
    """An entry of the policy table of RFC 6724 (`ip addrlabel`)."""

    prefix: IPv6
    length: int
    label: int
    ifindex: int = 0


DEFAULT_LABELS = tuple(
    AddrLabel(IPv6.parse(prefix), length, label)
    for prefix, length, label in (
        ("::1", 128, 0), ("::", 96, 3), ("::ffff:0.0.0.0", 96, 4), ("2001::", 32, 6), ("2001:10::", 28, 7), ("3ffe::", 16, 12),
        ("2002::", 16, 2), ("fec0::", 10, 11), ("fc00::", 7, 5), ("::", 0, 1),
    )
)  # fmt: skip
"""What every namespace starts with (`ip6addrlbl_init_table`)."""


@attrs.define(eq=False)
class Inet6State:
    """IPv6 of one namespace (`struct netns_ipv6`)."""

    conf_all: Ipv6Conf = FIRST_CONF6_ALL
    conf_default: Ipv6Conf = FIRST_CONF6
    nd_default: NeighParms = FIRST_PARMS6
    sysctl: dict[str, Any] = attrs.field(factory=dict)  # other net.ipv6.* values by their path ("net/ipv6/icmp/ratelimit")
    neigh: NeighTable = attrs.field(factory=NeighTable)
    fib: Fib6State = attrs.field(factory=Fib6State)
    peers: dict[int, InetPeer] | None = None
    icmp_sends: bool = False  # a control message is on its way out (`icmpv6_xmit_lock`)
    labels: tuple[AddrLabel, ...] = DEFAULT_LABELS  # longest prefix first
    fragments: dict[tuple[int, int, int, int], Any] = attrs.field(factory=dict)  # `ipv6.fragment.Queue`

    def clear(self) -> None:
        """Routes and neighbours go, with the namespace they are of."""
        self.fib.clear()
        self.neigh.entries.clear()
