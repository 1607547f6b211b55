"""IPv6 state of a namespace and of a device: settings, addresses, routing tables. No packets, no timers."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv6
from netsim.kernel.tables.neigh import NeighParms, NeighTable


@attrs.frozen
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


@attrs.define(eq=False)
class Ipv6Conf:
    """`net.ipv6.conf.DEV.*`, as far as modelled; names are the sysctls'."""

    forwarding: int = 0
    disable_ipv6: int = 0
    accept_ra: int = 1
    accept_redirects: int = 1
    accept_dad: int = 1
    dad_transmits: int = 1
    autoconf: int = 1
    addr_gen_mode: int = 0
    hop_limit: int = 64
    mtu: int = 1280
    proxy_ndp: int = 0
    keep_addr_on_down: int = 0
    router_solicitations: int = -1
    router_solicitation_interval: int = 4
    router_solicitation_delay: int = 1
    use_tempaddr: int = 0


@attrs.define(eq=False)
class Inet6Dev:
    """IPv6 on one device (`struct inet6_dev`)."""

    addresses: list[Ifa6] = attrs.field(factory=list)
    conf: Ipv6Conf = attrs.field(factory=Ipv6Conf)
    nd: NeighParms = attrs.field(factory=NeighParms)
    multicast: dict[IPv6, int] = attrs.field(factory=dict)
    ready: bool = False  # IF_READY
    timers: list[Any] = attrs.field(factory=list)


@attrs.define(eq=False)
class Inet6State:
    """IPv6 of one namespace (`struct netns_ipv6`)."""

    conf_all: Ipv6Conf = attrs.field(factory=Ipv6Conf)
    conf_default: Ipv6Conf = attrs.field(factory=Ipv6Conf)
    nd_default: NeighParms = attrs.field(factory=NeighParms)
    sysctl: dict[str, Any] = attrs.field(factory=dict)
    neigh: NeighTable = attrs.field(factory=NeighTable)
    fib: Any = None
    scratch: dict[str, Any] = attrs.field(factory=dict)
