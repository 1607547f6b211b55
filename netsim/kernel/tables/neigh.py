"""Neighbour entries as data: states, settings and the table. Timers and packets live in `core/neighbour`."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import MAC
from netsim.values import quick

NUD_NONE, NUD_INCOMPLETE, NUD_REACHABLE, NUD_STALE, NUD_DELAY, NUD_PROBE, NUD_FAILED, NUD_NOARP, NUD_PERMANENT = (
    0x00, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80,
)  # fmt: skip
NUD_VALID = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY
NUD_CONNECTED = NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE


@quick
@attrs.frozen(eq=False, weakref_slot=False)
class NeighParms:
    """`net.ipv4.neigh.DEV.*` in the sysctls' own units: seconds, and `*_ms` where the name says so. A value, as `Ipv4Conf` is."""

    mcast_solicit: int = 3
    mcast_resolicit: int = 0
    ucast_solicit: int = 3
    app_solicit: int = 0
    retrans_time_ms: int = 1000
    base_reachable_time_ms: int = 30000
    delay_first_probe_time: int = 5
    gc_stale_time: int = 60
    unres_qlen: int = 101
    unres_qlen_bytes: int = 212992
    proxy_qlen: int = 64
    anycast_delay: int = 100  # 1/100 s
    proxy_delay: int = 80  # 1/100 s
    locktime: int = 100  # 1/100 s
    interval_probe_time_ms: int = 5000


FIRST_PARMS = NeighParms()


@attrs.define(eq=False)
class Neighbour:
    """One entry (`struct neighbour`); `key` is an IPv4 or IPv6 value, `dev` the device it is on."""

    key: Any
    dev: Any
    ops: Any = None  # the family's `NeighOps`
    state: int = NUD_NONE
    lladdr: MAC | None = None
    flags: int = 0
    is_router: bool = False
    confirmed: int = 0
    updated: int = 0
    used: int = 0
    probes: int = 0
    queue: tuple[Any, ...] = ()
    timer: Any = None
    created: int = 0
    protocol: int = 0


@attrs.define(eq=False)
class NeighTable:
    """All entries of one family in one namespace, and the proxy entries."""

    entries: dict[tuple[Any, int], Neighbour] = attrs.field(factory=dict)  # (key, ifindex)
    proxies: dict[tuple[Any, int], Any] = attrs.field(factory=dict)
    generation: int = 0
