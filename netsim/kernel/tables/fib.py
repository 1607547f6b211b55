"""The IPv4 forwarding information base: routes, tables and policy rules as data, look-ups without side effects."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4

RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL = 253, 254, 255
RTN_UNICAST, RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, RTN_MULTICAST, RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW = range(1, 10)
RT_SCOPE_UNIVERSE, RT_SCOPE_SITE, RT_SCOPE_LINK, RT_SCOPE_HOST, RT_SCOPE_NOWHERE = 0, 200, 253, 254, 255
RTPROT_UNSPEC, RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_BOOT, RTPROT_STATIC = 0, 1, 2, 3, 4
RTNH_F_DEAD, RTNH_F_ONLINK, RTNH_F_LINKDOWN = 1, 4, 16


@attrs.frozen
class NextHop:
    """One way out (`struct fib_nh`): the device's ifindex, the gateway if any, its weight (1..256) and flags."""

    ifindex: int
    gateway: IPv4 | None = None
    weight: int = 1
    flags: int = 0
    scope: int = RT_SCOPE_LINK


@attrs.frozen
class Route:
    """A route (`struct fib_alias` with its `fib_info`): what matches, and what to do."""

    dst: IPv4
    length: int
    tos: int = 0
    priority: int = 0
    type: int = RTN_UNICAST
    scope: int = RT_SCOPE_UNIVERSE
    protocol: int = RTPROT_BOOT
    prefsrc: IPv4 | None = None
    nexthops: tuple[NextHop, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    table: int = RT_TABLE_MAIN


@attrs.define(eq=False)
class FibState:
    """Routing tables by number and the ordered policy rules of one namespace. Its owner fills this in."""

    tables: dict[int, Any] = attrs.field(factory=dict)
    rules: list[Any] = attrs.field(factory=list)
    generation: int = 0
