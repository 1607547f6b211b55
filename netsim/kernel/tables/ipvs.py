"""Virtual services as data: services, destinations, connections and counters of one namespace. What moves them: `kernel/netfilter/ipvs`."""

from __future__ import annotations

from collections import Counter
from typing import Any

import attrs

MASQ, LOCALNODE, TUNNEL, DROUTE, BYPASS = range(5)
"""How packets get to a destination (`IP_VS_CONN_F_FWD_MASK`)."""

F_NOOUTPUT, F_INACTIVE, F_TEMPLATE, F_ONE_PACKET, F_NFCT = 0x40, 0x100, 0x1000, 0x2000, 0x10000
"""Flags of connections (`IP_VS_CONN_F_*`)."""
SVC_PERSISTENT, SVC_HASHED, SVC_ONEPACKET, SVC_SCHED1, SVC_SCHED2, SVC_SCHED3 = 1, 2, 4, 8, 16, 32
"""Flags of services (`IP_VS_SVC_F_*`)."""

PERIOD = 2_000_000_000
"""ns between two looks of the estimator at the counters."""
COUNTED = ("conns", "inpkts", "outpkts", "inbytes", "outbytes")


@attrs.define(eq=False)
class Stats:
    """Counters, what the estimator last read of them, and its averages (`struct ip_vs_stats`).

    Tools are shown what was read (`shown`), at most one period old. `zero` is taken off (`ipvsadm -Z`). Averages are scaled by
    2**10 (connections, packets) and 2**5 (bytes).
    """

    conns: int = 0
    inpkts: int = 0
    outpkts: int = 0
    inbytes: int = 0
    outbytes: int = 0
    shown: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(COUNTED, 0))
    zero: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(COUNTED, 0))
    averages: dict[str, int] = attrs.field(factory=lambda: dict.fromkeys(COUNTED, 0))
    period: int = 0
    """The number of the period, since the machine's start, that was read last."""


@attrs.define(eq=False)
class Destination:
    """A real server of a service (`struct ip_vs_dest`); `family` may be another than the service's where packets are tunnelled."""

    family: int
    address: int
    port: int
    weight: int = 1
    method: int = DROUTE
    upper: int = 0
    lower: int = 0
    is_available: bool = True
    is_overloaded: bool = False
    active: int = 0
    inactive: int = 0
    persistent: int = 0
    stats: Stats = attrs.field(factory=Stats)
    service: Service | None = None

    @property
    def connections(self) -> int:
        """All there are (`ip_vs_dest_totalconns`)."""
        return self.active + self.inactive


@attrs.define(eq=False)
class Service:
    """A virtual service (`struct ip_vs_service`): an address and port of a protocol, or a firewall mark.

    `destinations` are newest first, as the kernel keeps them. `place` and the two fields after it belong to the scheduler.
    """

    family: int
    protocol: int
    address: int
    port: int
    fwmark: int = 0
    scheduler: str = "wlc"
    flags: int = 0
    timeout: int = 0
    """Seconds a client stays with its destination."""
    netmask: int = 0
    destinations: list[Destination] = attrs.field(factory=list)
    place: Destination | None = None
    weight_now: int = 0
    buckets: list[Destination] = attrs.field(factory=list)
    stats: Stats = attrs.field(factory=Stats)


@attrs.define(eq=False)
class VsConnection:
    """One connection through a service (`struct ip_vs_conn`): client, virtual and real end; `expires` is when it is forgotten (ns)."""

    family: int
    protocol: int
    caddr: int
    cport: int
    vaddr: int
    vport: int
    dfamily: int
    daddr: int
    dport: int
    flags: int
    method: int
    destination: Destination
    fwmark: int = 0
    state: int = 0
    timeout: int = 3
    expires: int = 0
    control: VsConnection | None = None
    controlled: int = 0
    """How many connections this one, a template, is kept for."""
    look: int = 0
    """When the table looks whether it has expired (ns): at that time or before."""
    is_gone: bool = False


Key = tuple[int, int, int, int, int, int]
"""family, protocol, address and port of one end, of the other."""


@attrs.define(eq=False)
class IpvsConf:
    """`net.ipv4.vs.*` of one namespace."""

    am_droprate: int = 10
    amemthresh: int = 1024
    backup_only: int = 0
    cache_bypass: int = 0
    conn_reuse_mode: int = 1
    conntrack: int = 0
    debug_level: int = 0
    drop_entry: int = 0
    drop_packet: int = 0
    expire_nodest_conn: int = 0
    expire_quiescent_template: int = 0
    ignore_tunneled: int = 0
    nat_icmp_send: int = 0
    pmtu_disc: int = 1
    run_estimation: int = 1
    schedule_icmp: int = 0
    secure_tcp: int = 0
    sloppy_sctp: int = 0
    sloppy_tcp: int = 0
    snat_reroute: int = 1
    sync_persist_mode: int = 0
    sync_ports: int = 1
    sync_qlen_max: int = 3820
    sync_refresh_period: int = 0
    sync_retries: int = 0
    sync_sock_size: int = 0
    sync_version: int = 1


IDLE = frozenset(
    (
        "am_droprate", "amemthresh", "cache_bypass", "debug_level", "drop_entry", "drop_packet", "schedule_icmp", "secure_tcp", "sync_persist_mode",
        "sync_ports", "sync_qlen_max", "sync_refresh_period", "sync_retries", "sync_sock_size", "sync_version", "sloppy_sctp",
    )
)  # fmt: skip
"""Settings that nothing here reads; a change is reported."""


@attrs.define(eq=False)
class IpvsState:
    """Everything of one namespace (`struct netns_ipvs`)."""

    conf: IpvsConf = attrs.field(factory=IpvsConf)
    services: dict[tuple[int, int, int, int], Service] = attrs.field(factory=dict)
    """(family, protocol, address, port) -> service, oldest first."""
    marked: dict[tuple[int, int], Service] = attrs.field(factory=dict)
    """(family, mark) -> service."""
    incoming: dict[Key, VsConnection] = attrs.field(factory=dict)
    """Connections by client and virtual end, oldest first."""
    outgoing: dict[Key, VsConnection] = attrs.field(factory=dict)
    """Connections by the end that answers and the client."""
    templates: dict[Key, VsConnection] = attrs.field(factory=dict)
    trash: list[Destination] = attrs.field(factory=list)
    """Destinations taken out, but kept for their connections."""
    expiry: list[tuple[int, int, Any]] = attrs.field(factory=list)
    """A heap of (when to look, number, connection)."""
    looks: int = 0
    stats: Stats = attrs.field(factory=Stats)
    timeouts: dict[str, int] = attrs.field(factory=lambda: {"tcp": 900, "tcpfin": 120, "udp": 300})
    hung: set[int] = attrs.field(factory=set)
    """Families whose hooks hang."""
    catch_alls: Counter[int] = attrs.field(factory=Counter)
    """protocol -> services for all ports."""
