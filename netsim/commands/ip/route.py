"""ip route: adding, changing, removing, asking and showing routes (`iproute.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route_show import NAMES, json_route, line, table_name
from netsim.commands.ip.usage import ROUTE
from netsim.commands.ip.words import Prefix, Stop, Words, address, answers, duparg2, invarg, matches, no_device, number, prefix
from netsim.errors import NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4.route import flush_cache
from netsim.kernel.rtnl.flags import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.route import HopRequest, RouteQuery, RouteRequest, delroute, getroute, newroute
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_ANYCAST,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_UNICAST,
    RTNH_F_ONLINK,
    RTNH_F_PERVASIVE,
    Route,
)

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

TYPES = NAMES["type"]
TABLES = {"default": 253, "main": 254, "local": 255}
METRICS = (
    "mtu",
    "advmss",
    "rtt",
    "rttvar",
    "reordering",
    "window",
    "cwnd",
    "initcwnd",
    "initrwnd",
    "features",
    "quickack",
    "congctl",
    "rto_min",
    "hoplimit",
    "ssthresh",
    "realms",
)


def do_iproute(session: Ip, cursor: Words) -> None:
    """ip route (`do_iproute`)."""
    if not cursor.more():
        show(session, cursor)
        return
    word = cursor.take()
    for pattern, flags in (
        ("add", NLM_F_CREATE | NLM_F_EXCL),
        ("change", NLM_F_REPLACE),
        ("chg", NLM_F_REPLACE),
        ("replace", NLM_F_CREATE | NLM_F_REPLACE),
        ("prepend", NLM_F_CREATE),
        ("append", NLM_F_CREATE | NLM_F_APPEND),
        ("test", NLM_F_EXCL),
    ):
        if matches(word, pattern):
            modify(session, cursor, flags)
            return
    if matches(word, "delete"):
        modify(session, cursor, 0)
    elif matches(word, "list") or matches(word, "show") or matches(word, "lst"):
        show(session, cursor)
    elif matches(word, "get"):
        get(session, cursor)
    elif matches(word, "flush"):
        flush(session, cursor)
    elif word in ("save", "restore", "showdump"):
        raise Stop(f'netsim: "ip route {word}" is not modelled\n', 1)
    elif matches(word, "help"):
        raise Stop(ROUTE, 255)
    else:
        raise Stop(f'Command "{word}" is unknown, try "ip route help".\n', 255)


def table_number(word: str) -> int:
    """A table by name or number; `table id value is invalid`."""
    if word in TABLES:
        return TABLES[word]
    parsed = number(word, 0, 0xFFFFFFFF)
    if parsed is None:
        raise invarg("table id value is invalid", word)
    return parsed


def _named(kind: str, word: str, what: str) -> int:
    value = next((number_ for number_, name in NAMES[kind].items() if name == word), None)
    if value is None:
        value = number(word, 0, 255)
    if value is None:
        raise invarg(f'"{kind}" value is invalid', word)
    return value


def dev_index(netns: Netns, name: str) -> int:
    """A device's index; `Cannot find device`."""
    dev = netns.device(name)
    if dev is None:
        raise no_device(name)
    return dev.ifindex


@attrs.define(eq=False)
class RouteWords:
    """What a route command names."""

    family: int
    type: int | None = None
    dst: Prefix | None = None
    gateway: IPv4 | IPv6 | None = None
    dev: str | None = None
    src: IPv4 | IPv6 | None = None
    tos: int = 0
    priority: int | None = None
    table: int = 0
    protocol: int | None = None
    scope: int | None = None
    flags: int = 0
    metrics: list[tuple[str, int]] = attrs.field(factory=list)
    hops: list[HopRequest] = attrs.field(factory=list)


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """Everything that changes routes (`iproute_modify`)."""
    words = RouteWords(session.style.family if session.style.family in (2, 10) else 0)
    while cursor.more():
        word = cursor.take()
        _one_word(session, words, cursor, word)
    family = words.family or 2
    kind = words.type
    deleting = flags == 0
    gateway_given = words.gateway is not None or bool(words.hops)
    hops = tuple(words.hops)
    if not hops and (words.gateway is not None or words.dev is not None):
        hops = (HopRequest(0 if words.dev is None else dev_index(session.netns, words.dev), words.gateway, 1, words.flags),)
    table = words.table
    if not table:
        table = RT_TABLE_LOCAL if kind in (RTN_LOCAL, RTN_BROADCAST, RTN_ANYCAST, 10) else RT_TABLE_MAIN
    scope = words.scope
    if scope is None and family == 2:
        if kind in (RTN_LOCAL, 10):
            scope = RT_SCOPE_HOST
        elif kind in (RTN_BROADCAST, RTN_MULTICAST, RTN_ANYCAST):
            scope = RT_SCOPE_LINK
        elif kind in (RTN_UNICAST, None):
            if deleting:
                scope = None
            else:
                scope = RT_SCOPE_UNIVERSE if gateway_given else RT_SCOPE_LINK
    dst = words.dst.address if words.dst is not None else None
    request = RouteRequest(
        dst, words.dst.length if words.dst is not None else 0, words.tos, table, words.protocol, scope, kind, words.priority, words.src, hops,
        tuple(words.metrics), words.flags, family,
    )  # fmt: skip
    try:
        if deleting:
            delroute(session.netns, request)
        else:
            newroute(session.netns, request, flags)
    except NetError as error:
        raise answers(error) from None


def _one_word(session: Ip, words: RouteWords, cursor: Words, word: str) -> None:
    if word == "src":
        words.src = address(cursor.argument(), words.family)
        words.family = words.family or (2 if isinstance(words.src, IPv4) else 10)
    elif word == "via":
        value = cursor.argument()
        if value in ("inet", "inet6"):
            words.gateway = address(cursor.argument(), 2 if value == "inet" else 10)
        else:
            words.gateway = address(value, words.family)
            words.family = words.family or (2 if isinstance(words.gateway, IPv4) else 10)
    elif word == "from":
        value = cursor.argument()
        if words.family == 2 or (words.family == 0 and ":" not in value):
            raise Stop("RTNETLINK answers: Invalid argument\n", 2)
    elif word in ("tos", "dsfield") or matches(word, "dsfield"):
        value = cursor.argument()
        parsed = number(value if value.startswith("0x") else f"0x{value}", 0, 255)
        if parsed is None:
            raise invarg('"tos" value is invalid', value)
        words.tos = parsed
    elif matches(word, "metric") or matches(word, "priority") or matches(word, "preference"):
        value = cursor.argument()
        parsed = number(value, 0, 0xFFFFFFFF)
        if parsed is None:
            raise invarg('"metric" value is invalid', value)
        words.priority = parsed
    elif word == "scope":
        words.scope = _named("scope", cursor.argument(), "scope")
    elif matches(word, "protocol"):
        words.protocol = _named("protocol", cursor.argument(), "protocol")
    elif matches(word, "table"):
        words.table = table_number(cursor.argument())
    elif word == "dev" or word == "oif":
        words.dev = cursor.argument()
    elif word == "onlink":
        words.flags |= RTNH_F_ONLINK
    elif word == "pervasive":
        words.flags |= RTNH_F_PERVASIVE
    elif word == "nexthop":
        words.hops += _nexthops(session, words, cursor)
    elif word in METRICS:
        _metric(words, cursor, word)
    elif word in ("encap", "nhid", "ttl-propagate", "expires", "pref", "fastopen_no_cookie", "rto", "vrf"):
        raise Stop(f'netsim: "ip route" option "{word}" is not modelled\n', 1)
    else:
        _destination(words, cursor, word)


def _metric(words: RouteWords, cursor: Words, word: str) -> None:
    value = cursor.argument()
    if value == "lock":
        value = cursor.argument()
        words.metrics.append((f"lock {word}", 1))
    parsed = number(value, 0, 0xFFFFFFFF)
    if parsed is None:
        raise invarg(f'"{word}" value is invalid', value)
    if word not in ("mtu", "advmss", "hoplimit", "window", "initcwnd", "initrwnd"):
        raise Stop(f'netsim: "ip route" option "{word}" is not modelled\n', 1)
    words.metrics.append((word, parsed))


def _destination(words: RouteWords, cursor: Words, word: str) -> None:
    if word == "to":
        word = cursor.argument()
    if word in TYPES.values() and words.type is None and words.dst is None and word != "default":
        words.type = next(value for value, name in TYPES.items() if name == word)
        word = cursor.argument()
    if matches(word, "help"):
        raise Stop(ROUTE, 255)
    if words.dst is not None:
        raise duparg2("to", word)
    words.dst = prefix(word, words.family)
    if words.dst.family:
        words.family = words.dst.family


def _nexthops(session: Ip, words: RouteWords, cursor: Words) -> list[HopRequest]:
    """`nexthop via A dev D weight N onlink` (`parse_one_nh`)."""
    hop: dict[str, Any] = {"ifindex": 0, "gateway": None, "weight": 1, "flags": 0}
    empty = True
    while cursor.more() and cursor.peek() != "nexthop":
        word = cursor.take()
        empty = False
        if word == "via":
            hop["gateway"] = address(cursor.argument(), words.family)
        elif word == "dev":
            hop["ifindex"] = dev_index(session.netns, cursor.argument())
        elif word == "weight":
            value = cursor.argument()
            parsed = number(value, 1, 256)
            if parsed is None:
                raise invarg('"weight" is invalid', value)
            hop["weight"] = parsed
        elif word == "onlink":
            hop["flags"] |= RTNH_F_ONLINK
        else:
            raise Stop(f'Error: "nexthop" or end of line is expected instead of "{word}"\n', 255)
    if empty:
        raise Stop('Command line is not complete. Try option "help"\n', 255)
    return [HopRequest(hop["ifindex"], hop["gateway"], hop["weight"], hop["flags"])]


# showing -----------------------------------------------------------------------------------------------------------------


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
                wanted.table = table_number(value)
        elif matches(word, "cached") or matches(word, "cloned"):
            wanted.cache = True
        elif word == "tos" or matches(word, "dsfield"):
            wanted.tos = number("0x" + cursor.argument().removeprefix("0x"), 0, 255)
        elif matches(word, "protocol"):
            value = cursor.argument()
            wanted.protocol = None if value == "all" else _named("protocol", value, "protocol")
        elif matches(word, "scope"):
            value = cursor.argument()
            wanted.scope = None if value == "all" else _named("scope", value, "scope")
        elif matches(word, "type"):
            wanted.type = _named("type", cursor.argument(), "type")
        elif word in ("dev", "oif"):
            wanted.dev = dev_index(session.netns, cursor.argument())
        elif word == "via":
            wanted.via = address(cursor.argument(), family)
        elif word == "src":
            wanted.src = address(cursor.argument(), family)
        elif matches(word, "metric") or matches(word, "priority"):
            wanted.metric = number(cursor.argument(), 0, 0xFFFFFFFF)
        elif word in ("vrf", "nhid", "iif", "from", "mark"):
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


def _inside(route: Route, wanted: Prefix) -> bool:
    if wanted.address is None:
        return True
    return route.length >= wanted.length and not (route.dst ^ wanted.address) >> (32 - wanted.length)


def passes(route: Route, wanted: RouteFilter) -> bool:
    """Whether a route is asked about."""
    if wanted.root is not None and not _inside(route, wanted.root):
        return False
    if wanted.match is not None and wanted.match.address is not None:
        if route.length > wanted.match.length or (route.length and (route.dst ^ wanted.match.address) >> (32 - route.length)):
            return False
    if wanted.exact is not None and ((wanted.exact.address or 0) != route.dst or wanted.exact.length != route.length):
        return False
    if wanted.dev and not any(hop.ifindex == wanted.dev for hop in route.nexthops):
        return False
    if wanted.via is not None and not any(hop.gateway == wanted.via for hop in route.nexthops):
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


def listed(session: Ip, wanted: RouteFilter) -> list[Route]:
    """The routes to show, table by table as the kernel keeps them."""
    tables = session.netns.inet.fib.tables
    numbers = [wanted.table] if wanted.table else [*sorted(number_ for number_ in tables if number_ not in (254, 255)), 254, 255]
    return [route for number_ in numbers if number_ in tables for route in tables[number_].routes() if passes(route, wanted)]


def show(session: Ip, cursor: Words) -> None:
    """ip route show."""
    wanted = parse_filter(session, cursor)
    if session.style.family == 10:
        from netsim.commands.ip.route6_show import show6

        show6(session, wanted.table)
        return
    if wanted.cache:
        return
    if wanted.table not in (0, RT_TABLE_MAIN) and wanted.table not in session.netns.inet.fib.tables:
        raise Stop("Error: ipv4: FIB table does not exist.\nDump terminated\n", 2)
    routes = listed(session, wanted)
    if session.style.json:
        session.print(to_json([json_route(session, route, wanted) for route in routes], session.style))
        return
    for route in routes:
        session.print(line(session, route, wanted) + "\n")
    if wanted.table == 0 and session.style.family == 0:
        from netsim.commands.ip.route6_show import show6

        show6(session, 0)


def flush(session: Ip, cursor: Words) -> None:
    """ip route flush."""
    if not cursor.more():
        raise Stop('"ip route flush" requires arguments\n', 255)
    wanted = parse_filter(session, cursor)
    if wanted.cache:
        flush_cache(session.netns)
        return
    routes = listed(session, wanted)
    tables = session.netns.inet.fib.tables
    for route in routes:
        tables[route.table].remove(route)
    session.netns.inet.fib.generation += 1
    if session.style.statistics:
        session.print(
            "Nothing to flush\n" if not routes else f"*** Round 1, deleting {len(routes)} entries ***\n*** Flush is complete after 1 round ***\n"
        )


# asking ------------------------------------------------------------------------------------------------------------------


def get(session: Ip, cursor: Words) -> None:
    """ip route get (`iproute_get`)."""
    family = session.style.family if session.style.family in (2, 10) else 0
    dst: Prefix | None = None
    values: dict[str, int] = {}
    src: IPv4 | IPv6 | None = None
    while cursor.more():
        word = cursor.take()
        if word == "tos" or matches(word, "dsfield"):
            values["tos"] = number("0x" + cursor.argument().removeprefix("0x"), 0, 255) or 0
        elif matches(word, "from"):
            found = prefix(cursor.argument(), family)
            src = found.address
        elif matches(word, "iif"):
            values["iif"] = dev_index(session.netns, cursor.argument())
        elif matches(word, "oif") or word == "dev":
            values["oif"] = dev_index(session.netns, cursor.argument())
        elif matches(word, "mark"):
            value = cursor.argument()
            parsed = number(value, 0, 0xFFFFFFFF)
            if parsed is None:
                raise invarg("invalid mark", value)
            values["mark"] = parsed
        elif matches(word, "uid"):
            values["uid"] = number(cursor.argument(), 0, 0xFFFFFFFF) or 0
        elif word in ("sport", "dport"):
            values[word] = number(cursor.argument(), 0, 65535) or 0
        elif word == "ipproto":
            value = cursor.argument()
            values["protocol"] = {"tcp": 6, "udp": 17, "icmp": 1}.get(value, number(value, 0, 255) or 0)
        elif word in ("notify", "connected", "vrf", "fibmatch", "as"):
            raise Stop(f'netsim: "ip route get" option "{word}" is not modelled\n', 1)
        else:
            if word == "to":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(ROUTE, 255)
            dst = prefix(word, family)
    if dst is None or dst.address is None:
        raise Stop("need at least a destination address\n", 1)
    try:
        answer = getroute(session.netns, RouteQuery(dst.address, src, family=dst.family, **values))
    except NetError as error:
        raise answers(error) from None
    session.print(_answer(session, answer, values))


def _answer(session: Ip, answer: Any, values: dict[str, int]) -> str:
    """The decision as one route and a line about its cache entry."""
    route, query = answer.route, answer.query
    style = session.style
    prefix_word = {RTN_LOCAL: "local ", RTN_BROADCAST: "broadcast ", RTN_MULTICAST: "multicast "}.get(route.type, "")
    text = prefix_word + str(query.dst)
    if query.src is not None:
        text += f" from {query.src}"
    if query.tos:
        text += f" tos 0x{query.tos:x}"
    if route.gateway is not None:
        text += f" via {route.gateway}"
    text += f" dev {route.dev.name}"
    table = route.found.route.table if route.found is not None else RT_TABLE_MAIN
    if table not in (RT_TABLE_MAIN,) and (route.type != RTN_LOCAL or table != RT_TABLE_LOCAL) and route.type not in (RTN_BROADCAST, RTN_MULTICAST):
        text += f" table {table_name(table)}"
    elif route.type == RTN_LOCAL and route.found is not None:
        text += " table local"
    if query.src is None and route.src is not None:
        text += f" src {route.src}"
    if query.mark:
        text += f" mark {query.mark:#x}"
    text += f" uid {query.uid} " if not query.iif else " "
    text += style.newline + "    cache "
    if route.is_redirected:
        text += "<redirected> "
    elif route.type == RTN_LOCAL:
        text += "<local> "
    elif route.type == RTN_BROADCAST:
        text += "<local,brd> "
    elif route.type == RTN_MULTICAST:
        text += "<mc> "
    if route.expires:
        left = max(0, route.expires - session.netns.kernel.clock.now) // SECOND
        text += f"expires {left}sec "
        known = route.mtu
        if known < route.dev.mtu:
            text += f"mtu {'lock ' if route.mtu_locked else ''}{known} "
    elif route.found is not None:
        for name, value in route.found.route.metrics:
            if name == "mtu":
                text += f"mtu {value} "
    if query.iif and answer.incoming is not None:
        text += f"iif {answer.incoming.name} "
    return text + "\n"
