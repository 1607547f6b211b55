"""The words of `ip route` that several of its commands share: tables, names, and what a listing is asked about (`iproute_list_flush_or_save`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.names import NAMES, number_of
from netsim.commands.ip.usage import ROUTE
from netsim.commands.ip.words import Prefix, Stop, Words, address, device, invarg, matches, number, prefix
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.link import getlink
from netsim.kernel.tables.fib import RT_TABLE_MAIN, RTN_BROADCAST, RTN_LOCAL, Route

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

TYPES = NAMES["type"]


def vrf_named(netns: Netns, word: str) -> NetDevice:
    """A VRF by name; `Invalid VRF`."""
    dev = getlink(netns, word)
    if dev is None or not dev.l3mdev_table:
        raise invarg("Invalid VRF\n", word)
    return dev


def vrf_table(netns: Netns, word: str) -> int:
    """The table of a VRF by its name; `default` is the main one where no VRF is called so (`ipvrf_get_table`)."""
    return RT_TABLE_MAIN if word == "default" and getlink(netns, word) is None else vrf_named(netns, word).l3mdev_table


def table_number(session: Ip, word: str, complaint: str = "table id value is invalid\n") -> int:
    """A table by name or number."""
    return named(session, "table", word, complaint)


def named(session: Ip, kind: str, word: str, complaint: str) -> int:
    """A number by the name it has in one of iproute2's tables, or in digits."""
    value = number_of(session, kind, word)
    if value is None:
        raise invarg(complaint, word)
    return value


def dev_index(netns: Netns, name: str) -> int:
    """A device's index; `Cannot find device`."""
    return device(netns, name).ifindex


@attrs.define(eq=False)
class RouteFilter:
    """What `ip route show` and `flush` are asked about."""

    table: int = RT_TABLE_MAIN  # 0: all
    cache: bool = False
    root: Prefix | None = None
    match: Prefix | None = None
    exact: Prefix | None = None
    dev: int = 0
    via: IPv4 | IPv6 | None = None
    src: IPv4 | IPv6 | None = None
    protocol: int | None = None
    scope: int | None = None
    type: int | None = None
    tos: int | None = None
    metric: int | None = None
    without: tuple[int, ...] = ()
    """Types of route that are not asked about."""


def parse_filter(session: Ip, cursor: Words) -> RouteFilter:
    """The filter words (`iproute_list_flush_or_save`)."""
    wanted = RouteFilter()
    family = session.style.family if session.style.family in (2, 10) else 0
    while cursor.more():
        word = cursor.take()
        if matches(word, "table"):
            value = cursor.argument()
            if matches(value, "cache") and value == "cache":
                wanted.cache = True
            elif value == "all":
                wanted.table = 0
            else:
                wanted.table = table_number(session, value)
        elif matches(word, "cached") or matches(word, "cloned"):
            wanted.cache = True
        elif word == "tos" or matches(word, "dsfield"):
            wanted.tos = number("0x" + cursor.argument().removeprefix("0x"), 0, 255)
        elif matches(word, "protocol"):
            value = cursor.argument()
            wanted.protocol = None if value == "all" else named(session, "protocol", value, 'invalid "protocol"\n')
        elif matches(word, "scope"):
            value = cursor.argument()
            wanted.scope = None if value == "all" else named(session, "scope", value, 'invalid "scope"\n')
        elif matches(word, "type"):
            wanted.type = named(session, "type", cursor.argument(), "node type value is invalid\n")
        elif word in ("dev", "oif"):
            wanted.dev = dev_index(session.netns, cursor.argument())
        elif word == "via":
            value = cursor.argument()
            wanted.via = address(cursor.argument(), 2 if value == "inet" else 10) if value in ("inet", "inet6") else address(value, family)
        elif word == "src":
            wanted.src = address(cursor.argument(), family)
        elif matches(word, "metric") or matches(word, "priority"):
            value = cursor.argument()
            wanted.metric = number(value, 0, 0xFFFFFFFF)
            if wanted.metric is None:
                raise invarg('"metric" value is invalid\n', value)
        elif word == "vrf":
            wanted.table = vrf_table(session.netns, cursor.argument())
            wanted.without = (RTN_LOCAL, RTN_BROADCAST)
        elif word in ("iif", "from", "mark"):
            raise Stop(f'netsim: "ip route show" option "{word}" is not modelled\n', 1)
        else:
            _selector(wanted, cursor, word, family)
    return wanted


def _selector(wanted: RouteFilter, cursor: Words, word: str, family: int) -> None:
    if word == "to":
        word = cursor.argument()
    if word == "root":
        wanted.root = prefix(cursor.argument(), family)
    elif word == "match":
        wanted.match = prefix(cursor.argument(), family)
    else:
        if word == "exact":
            word = cursor.argument()
        if matches(word, "help"):
            raise Stop(ROUTE, 255)
        wanted.exact = prefix(word, family)


def is_inside(dst: int, length: int, wanted: Prefix) -> bool:
    """Whether a prefix lies within another (`root`)."""
    if wanted.address is None:
        return True
    width = 32 if wanted.family == 2 else 128
    return length >= wanted.length and not (dst ^ wanted.address) >> (width - wanted.length)


def holds(dst: int, length: int, wanted: Prefix) -> bool:
    """Whether a prefix holds another (`match`)."""
    if wanted.address is None:
        return True
    width = 32 if wanted.family == 2 else 128
    return length <= wanted.length and (not length or not (dst ^ wanted.address) >> (width - length))


def passes(route: Route, wanted: RouteFilter) -> bool:
    """Whether a route is asked about."""
    if route.type in wanted.without:
        return False
    if wanted.root is not None and not is_inside(route.dst, route.length, wanted.root):
        return False
    if wanted.match is not None and not holds(route.dst, route.length, wanted.match):
        return False
    if wanted.exact is not None and ((wanted.exact.address or 0) != route.dst or wanted.exact.length != route.length):
        return False
    only = route.nexthops[0] if len(route.nexthops) == 1 else None  # several next hops have no attribute that could be compared
    if wanted.dev and (only is None or only.ifindex != wanted.dev):
        return False
    if wanted.via is not None and (only is None or only.gateway != wanted.via):
        return False
    pairs = (
        (wanted.src, route.prefsrc),
        (wanted.protocol, route.protocol),
        (wanted.scope, route.scope),
        (wanted.type, route.type),
        (wanted.tos, route.tos),
        (wanted.metric, route.priority),
    )
    return all(asked is None or asked == known for asked, known in pairs)
