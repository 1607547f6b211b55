"""RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.netns import Netns


@attrs.frozen
class HopRequest:
    """One next hop of a request; `ifindex` 0 leaves the device to the kernel."""

    ifindex: int = 0
    gateway: IPv4 | IPv6 | None = None
    weight: int = 1
    flags: int = 0


@attrs.frozen
class RouteRequest:
    """What a route message says. `dst` None is the default route; `None`/0 means absent as in netlink."""

    dst: IPv4 | IPv6 | None = None
    length: int = 0
    tos: int = 0
    table: int = 0
    protocol: int | None = None
    scope: int | None = None
    type: int | None = None
    priority: int | None = None
    prefsrc: IPv4 | IPv6 | None = None
    hops: tuple[HopRequest, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    flags: int = 0
    family: int = 2


@attrs.frozen
class RouteQuery:
    """`ip route get`: what the packet in question looks like."""

    dst: IPv4 | IPv6
    src: IPv4 | IPv6 | None = None
    iif: int = 0
    oif: int = 0
    tos: int = 0
    mark: int = 0
    uid: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    fibmatch: bool = False
    family: int = 2


def newroute(netns: Netns, request: RouteRequest, flags: int) -> None:
    """Add, replace, append or prepend a route (`inet_rtm_newroute`, `fib_table_insert`, `fib_create_info`)."""
    raise NotImplementedError


def delroute(netns: Netns, request: RouteRequest) -> None:
    """Remove the first route that matches what the request says (`fib_table_delete`); ESRCH when none does."""
    raise NotImplementedError


def getroute(netns: Netns, query: RouteQuery) -> Any:
    """Which way a packet would go (`inet_rtm_getroute`): a `RouteAnswer`, or NetError (ENETUNREACH ...)."""
    raise NotImplementedError
