"""ip route: adding, changing, removing, asking and showing routes (`iproute.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route6_show import flush6, refuse_flush, show6, shown_json6
from netsim.commands.ip.route_get import get, show_cache
from netsim.commands.ip.route_show import json_route, line
from netsim.commands.ip.route_words import TYPES, RouteFilter, dev_index, named, parse_filter, passes, table_number, vrf_table
from netsim.commands.ip.usage import ROUTE
from netsim.commands.ip.words import Prefix, Stop, Words, address, answers, duparg2, invarg, matches, number, prefix
from netsim.errors import NetError
from netsim.kernel.ipv4.fnhe import flush_cache
from netsim.kernel.ipv6.route import flush_cache as flush_cache6
from netsim.kernel.rtnl.flags import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.route import HopRequest, RouteRequest, delroute, newroute
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
    TCP_CONGESTION,
    Route,
)

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

TIME_METRICS = {"rtt": 8, "rttvar": 4, "rto_min": 1}
"""How many units of the kernel a millisecond is."""
LARGEST_MTU = 65520  # 65535 less the header padding (`fib_metrics`)
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
    "fastopen_no_cookie",
    "quickack",
    "congctl",
    "rto_min",
    "hoplimit",
    "ssthresh",
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
    expires: int = 0
    pref: int = 0
    nhid: int = 0
    metrics: list[tuple[str, int]] = attrs.field(factory=list)
    hops: list[HopRequest] = attrs.field(factory=list)


def modify(session: Ip, cursor: Words, flags: int) -> None:
    """Everything that changes routes (`iproute_modify`)."""
    words = RouteWords(session.style.family if session.style.family in (2, 10) else 0)
    while cursor.more():
        word = cursor.take()
        _one_word(session, words, cursor, word)
    if words.dst is None:
        raise Stop(ROUTE, 255)
    family = words.family or 2
    kind = words.type
    deleting = flags == 0
    gateway_given = words.gateway is not None or bool(words.hops) or bool(words.nhid)
    hops = tuple(words.hops)
    only = None
    if words.gateway is not None or words.dev is not None:
        only = HopRequest(0 if words.dev is None else dev_index(session.netns, words.dev), words.gateway, 1, words.flags)
    if not hops and only is not None:
        hops = (only,)
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
        tuple(words.metrics), words.flags, family, words.expires, words.pref, words.nhid, only,
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
        if words.gateway is not None:
            raise invarg("use nexthop syntax to specify multiple via\n", word)
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
        if value not in ("::/0", "default", "any", "all"):
            session.netns.kernel.unmodelled.append("ip -6 route from PREFIX")
    elif word in ("tos", "dsfield") or matches(word, "dsfield"):
        value = cursor.argument()
        parsed = number(value if value.startswith("0x") else f"0x{value}", 0, 255)
        if parsed is None:
            raise invarg('"tos" value is invalid\n', value)
        words.tos = parsed
    elif matches(word, "metric") or matches(word, "priority") or (matches(word, "preference") and word != "pref"):
        value = cursor.argument()
        parsed = number(value, 0, 0xFFFFFFFF)
        if parsed is None:
            raise invarg('"metric" value is invalid\n', value)
        words.priority = parsed
    elif word == "scope":
        words.scope = named(session, "scope", cursor.argument(), 'invalid "scope" value\n')
    elif matches(word, "protocol"):
        words.protocol = named(session, "protocol", cursor.argument(), '"protocol" value is invalid\n')
    elif word == "vrf":
        words.table = vrf_table(session.netns, cursor.argument())
    elif matches(word, "table"):
        words.table = table_number(session, cursor.argument(), '"table" value is invalid\n')
    elif word == "dev" or word == "oif":
        words.dev = cursor.argument()
    elif word == "onlink":
        words.flags |= RTNH_F_ONLINK
    elif word == "pervasive":
        words.flags |= RTNH_F_PERVASIVE
    elif word == "nexthop":
        words.hops += _nexthops(session, words, cursor)
    elif matches(word, "realms"):
        raise Stop('netsim: "ip route" option "realms" is not modelled\n', 1)
    elif word in METRICS:
        _metric(words, cursor, word)
    elif word == "expires":
        words.expires = _unsigned(cursor.argument(), '"expires" value is invalid\n')
    elif word == "pref":
        words.pref = _preference(cursor.argument())
    elif word == "nhid":
        words.nhid = _unsigned(cursor.argument(), '"id" value is invalid\n')
    elif word == "ttl-propagate":  # which only labels look at (MPLS)
        value = cursor.argument()
        if value not in ("enabled", "disabled"):
            raise invarg(f'"{word}" value is invalid\n', value)
    elif word in ("encap", "rto"):
        raise Stop(f'netsim: "ip route" option "{word}" is not modelled\n', 1)
    else:
        _destination(words, cursor, word)


def _unsigned(word: str, complaint: str) -> int:
    parsed = number(word, 0, 0xFFFFFFFF)
    if parsed is None:
        raise invarg(complaint, word)
    return parsed


def _preference(word: str) -> int:
    known = {"low": 3, "medium": 0, "high": 1}.get(word)
    if known is None:
        known = number(word, 0, 255)
    if known is None:
        raise invarg('"pref" value is invalid\n', word)
    return known if known in (0, 1, 3) else 0


def _metric(words: RouteWords, cursor: Words, word: str) -> None:
    value = cursor.argument()
    if word == "congctl":
        if value == "lock":
            words.metrics.append(("lock congctl", 1))
            value = cursor.argument()
        words.metrics.append((word, TCP_CONGESTION.index(value) if value in TCP_CONGESTION else TCP_CONGESTION.index("unspec")))
        return
    if word == "features":
        if value != "ecn":
            raise invarg('"features" value not valid\n', value)
        words.metrics.append((word, 1))
        return
    if value == "lock" and word not in ("quickack", "initcwnd", "initrwnd", "fastopen_no_cookie"):
        value = cursor.argument()
        words.metrics.append((f"lock {word}", 1))
    elif word == "rto_min":
        words.metrics.append((f"lock {word}", 1))  # iproute2 locks it unasked
    scale = TIME_METRICS.get(word)
    parsed = number(value, 0, 255 if word == "hoplimit" else 0xFFFFFFFF) if scale is None else _time(value, scale)
    if parsed is None:
        raise invarg(f'"{word}" value is invalid\n', value)
    if word in ("quickack", "fastopen_no_cookie") and parsed > 1:
        raise invarg(f'"{word}" value should be 0 or 1\n', value)
    if word == "mtu":
        parsed = min(parsed, LARGEST_MTU)
    if parsed:
        words.metrics.append((word, parsed))


def _time(text: str, scale: int) -> int | None:
    """A round trip in the kernel's unit: with s or ms scaled to it, bare as it is (`get_time_rtt`)."""
    told = re.fullmatch(r"(\d+(?:\.\d*)?|\.\d+)(s|sec|secs|ms|msec|msecs)?", text)
    if told is None:
        return None
    if told[2] is None:
        return int(float(told[1]))
    return int(float(told[1]) * (1000 if told[2].startswith("s") else 1) * scale)


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
            value = cursor.argument()
            family = {"inet": 2, "inet6": 10}.get(value)
            hop["gateway"] = address(value, words.family) if family is None else address(cursor.argument(), family)
        elif word == "dev":
            try:
                hop["ifindex"] = dev_index(session.netns, cursor.argument())
            except Stop as stop:
                raise Stop(stop.stderr + ("Error: cannot parse nexthop\n" if stop.status == 1 else ""), 255) from None
        elif word == "weight":
            value = cursor.argument()
            parsed = number(value, 1, 256)
            if parsed is None:
                raise invarg('"weight" is invalid\n', value)
            hop["weight"] = parsed
        elif word == "onlink":
            hop["flags"] |= RTNH_F_ONLINK
        elif word == "encap" or matches(word, "realms"):
            raise Stop(f'netsim: "ip route" option "nexthop {word}" is not modelled\n', 1)
        else:
            raise Stop(f'Error: "nexthop" or end of line is expected instead of "{word}"\n', 255)
    if empty:
        raise Stop('Error: unexpected end of line after "nexthop"\n', 255)
    return [HopRequest(hop["ifindex"], hop["gateway"], hop["weight"], hop["flags"])]


# showing -----------------------------------------------------------------------------------------------------------------


def listed(session: Ip, wanted: RouteFilter) -> list[Route]:
    """The routes to show, table by table as the kernel keeps them."""
    tables = session.netns.inet.fib.tables
    numbers = [wanted.table] if wanted.table else [*sorted(number_ for number_ in tables if number_ not in (254, 255)), 254, 255]
    return [route for number_ in numbers if number_ in tables for route in tables[number_].routes() if passes(route, wanted)]


def show(session: Ip, cursor: Words) -> None:
    """ip route show."""
    wanted = parse_filter(session, cursor)
    if session.style.family == 10:
        show6(session, wanted)
        return
    if session.style.family not in (0, 2):
        return  # of links and labels there are no routes here
    if wanted.cache:
        show_cache(session, wanted)
        return
    if wanted.table not in (0, RT_TABLE_MAIN) and wanted.table not in session.netns.inet.fib.tables:
        raise Stop("Error: ipv4: FIB table does not exist.\nDump terminated\n", 2)
    routes = listed(session, wanted)
    is_of_both = wanted.table == 0 and session.style.family == 0
    if session.style.json:
        six = shown_json6(session, wanted) if is_of_both else []
        session.print(to_json([*(json_route(session, route, wanted) for route in routes), *six], session.style))
        return
    for route in routes:
        session.print(line(session, route, wanted) + "\n")
    if is_of_both:
        show6(session, wanted)


def flush(session: Ip, cursor: Words) -> None:
    """ip route flush."""
    if not cursor.more():
        raise Stop('"ip route flush" requires arguments.\n', 1)
    wanted = parse_filter(session, cursor)
    if wanted.cache:
        _flush_cache(session)
        return
    gone = flush6(session, wanted) if session.style.family == 10 else _flush4(session, wanted)
    if wanted.table == 0 and session.style.family == 0:
        gone += flush6(session, wanted)
    if session.style.statistics:
        session.print("Nothing to flush.\n" if not gone else f"\n*** Round 1, deleting {gone} entries ***\n*** Flush is complete after 1 round ***\n")


def _flush_cache(session: Ip) -> None:
    """Forget what was learnt (`iproute_flush_cache`); of IPv6 only the exceptions themselves are listed and taken."""
    if session.style.family == 10:
        flush_cache6(session.netns)
        return
    flush_cache(session.netns)
    if session.style.statistics:
        session.print("*** IPv4 routing cache is flushed.\n")


def _flush4(session: Ip, wanted: RouteFilter) -> int:
    if wanted.table not in (0, RT_TABLE_MAIN) and wanted.table not in session.netns.inet.fib.tables:
        raise Stop("Error: ipv4: FIB table does not exist.\nFlush terminated\n", 2)
    routes = listed(session, wanted)
    tables = session.netns.inet.fib.tables
    for route in routes:
        if session.style.statistics > 1:
            session.print(line(session, route, wanted) + "\n")
        if route.nh is None:
            tables[route.table].remove(route)
    session.netns.inet.fib.generation += 1
    refuse_flush([route.nh for route in routes])
    return len(routes)
