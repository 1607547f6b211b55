"""ip route of BusyBox: what it shows of a route, and the few words it takes (`libiproute/iproute.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.busybox.ip.words import (
    AF_INET,
    AF_INET6,
    Ip,
    Prefix,
    address,
    device,
    device_name,
    keyword,
    name_in,
    named,
    prefix,
    table,
    whole,
)
from netsim.commands.busybox.ip.words import table_name as name_of_table
from netsim.commands.ip.main import Ip as Iproute2
from netsim.commands.ip.names import NAMES
from netsim.commands.ip.output import Style
from netsim.commands.ip.route6_show import UNSHOWN, answered, fields, shown
from netsim.commands.ip.route_get import answer_item
from netsim.errors import EINVAL, NetError, strerror
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv4.fnhe import flush_cache
from netsim.kernel.ipv6 import fib as fib6
from netsim.kernel.rtnl.flags import NLM_F_APPEND, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.rtnl.route import HopRequest, RouteQuery, RouteRequest, delroute, getroute, hop_flags, newroute
from netsim.kernel.rtnl.route6 import getroute6
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
    RTN_NAT,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_ONLINK,
    RTNH_F_PERVASIVE,
    Route,
)
from netsim.kernel.tables.fib6 import Fib6Info

COMMANDS = ("a", "add", "append", "change", "chg", "delete", "get", "list", "show", "prepend", "replace", "test", "flush")
REQUESTS = {
    "a": NLM_F_CREATE | NLM_F_EXCL, "add": NLM_F_CREATE | NLM_F_EXCL, "append": NLM_F_CREATE | NLM_F_APPEND, "change": NLM_F_REPLACE,
    "chg": NLM_F_REPLACE, "prepend": NLM_F_CREATE, "replace": NLM_F_CREATE | NLM_F_REPLACE, "test": NLM_F_EXCL, "delete": 0,
}  # fmt: skip
WORDS = ("src", "via", "mtu", "advmss", "scope", "protocol", "table", "dev", "oif", "to", "metric", "onlink")
FILTERS = ("protocol", "dev", "oif", "iif", "via", "table", "cache", "from", "to", "scope", "all", "root", "match", "exact", "main")
FLAG_WORDS = ((RTNH_F_DEAD, "dead "), (RTNH_F_ONLINK, "onlink "), (RTNH_F_PERVASIVE, "pervasive "))
ALL_TABLES, CACHE = 0, -1


def do_iproute(ip: Ip) -> None:
    """ip route (`do_iproute`)."""
    if not ip.more():
        show(ip)
        return
    word = ip.take()
    command = keyword(word, COMMANDS)
    if not command:
        raise ip.wrong(word, "ip")
    if command in REQUESTS:
        modify(ip, command)
    elif command == "get":
        get(ip)
    elif command == "flush":
        flush(ip)
    else:
        show(ip)


# changing --------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Change:
    """What a route command names."""

    family: int
    type: int = RTN_UNICAST
    dst: Prefix | None = None
    gateway: IPv4 | IPv6 | None = None
    src: IPv4 | IPv6 | None = None
    dev: str | None = None
    scope: int | None = None
    protocol: int | None = None
    table: int = RT_TABLE_MAIN
    metric: int | None = None
    flags: int = 0
    metrics: list[tuple[str, int]] = attrs.field(factory=list)


def modify(ip: Ip, command: str) -> None:
    """ip route add, append, change, delete, prepend, replace, test (`iproute_modify`)."""
    change = Change(ip.family, type=0 if command == "delete" else RTN_UNICAST)
    while ip.more():
        word = ip.take()
        key = keyword(word, WORDS)
        if not key or key == "to":
            _destination(ip, change, ip.argument() if key else word)
        else:
            _word(ip, change, key)
    family = change.family or AF_INET
    dev = device(ip, change.dev) if change.dev is not None else None
    hops: tuple[HopRequest, ...] = ()
    if dev is not None or change.gateway is not None:
        hops = (HopRequest(dev.ifindex if dev is not None else 0, change.gateway, 1, change.flags),)
    dst = change.dst or Prefix(0, None, 0)
    request = RouteRequest(
        dst.address, dst.length, 0, change.table, change.protocol, _scope(change, command), change.type or None, change.metric, change.src, hops,
        tuple(change.metrics), change.flags, family,
    )  # fmt: skip
    try:
        ip.netns.kernel.require_admin()
        if dst.address is not None and not dst.length and dst.address and family == AF_INET:
            raise NetError(EINVAL)  # bits beyond the mask
        if command == "delete":
            delroute(ip.netns, request)
        else:
            newroute(ip.netns, request, REQUESTS[command])
    except NetError as error:
        raise ip.answers(error) from None


def _destination(ip: Ip, change: Change, word: str) -> None:
    if not word[:1].isdigit():
        kind = next((number for number, name in NAMES["type"].items() if name == word and number), None)
        if kind is not None:
            change.type = kind
            word = ip.argument()
    if change.dst is not None:
        raise ip.twice("to", word)
    change.dst = prefix(ip, word, change.family)
    change.family = change.family or change.dst.family


def _word(ip: Ip, change: Change, key: str) -> None:
    if key == "onlink":
        change.flags |= RTNH_F_ONLINK
        return
    value = ip.argument()
    if key in ("src", "via"):
        found = address(ip, value, change.family)
        change.family = change.family or (AF_INET if isinstance(found, IPv4) else AF_INET6)
        if key == "src":
            change.src = found
        else:
            change.gateway = found
    elif key in ("mtu", "advmss"):
        if value == "lock":
            change.metrics.append((f"lock {key}", 1))
            value = ip.argument()
        change.metrics.append((key, whole(ip, value, key)))
    elif key == "scope":
        change.scope = named(ip, "scope", value, "scope")
    elif key == "protocol":
        change.protocol = named(ip, "protocol", value, "protocol")
    elif key == "table":
        change.table = table(ip, value) or RT_TABLE_MAIN
    elif key == "metric":
        change.metric = whole(ip, value, key)
    else:
        change.dev = value


def _scope(change: Change, command: str) -> int | None:
    if change.scope is not None:
        return change.scope
    if change.type in (RTN_LOCAL, RTN_NAT):
        return RT_SCOPE_HOST
    if change.type in (RTN_BROADCAST, RTN_MULTICAST, RTN_ANYCAST):
        return RT_SCOPE_LINK
    if command == "delete":
        return None
    return RT_SCOPE_LINK if change.type == RTN_UNICAST and change.gateway is None else RT_SCOPE_UNIVERSE


# showing ---------------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class Wanted:
    """What a listing or flush is asked about."""

    table: int = RT_TABLE_MAIN
    dev: NetDevice | None = None
    scope: int | None = None
    via: Prefix | None = None
    root: Prefix | None = None
    match: Prefix | None = None
    source: Prefix | None = None


def _read(ip: Ip) -> Wanted:
    wanted = Wanted()
    family = ip.family
    names: dict[str, str] = {}
    while ip.more():
        word = ip.take()
        key = keyword(word, FILTERS)
        if key == "protocol":
            value = ip.argument()
            if value != "all":
                named(ip, "protocol", value, "protocol")  # it is read, and not looked at
        elif key in ("dev", "oif", "iif"):
            names[key] = ip.argument()
        elif key == "via":
            wanted.via = prefix(ip, ip.argument(), family)
        elif key == "table":
            _table(ip, wanted, ip.argument())
        elif key == "cache":
            wanted.table = CACHE
        elif key == "scope":
            value = ip.argument()
            wanted.scope = None if value == "all" else named(ip, "scope", value, "scope")
        elif key == "from":
            value = ip.argument()
            value = ip.argument() if keyword(value, FILTERS) in ("root", "match", "exact") else value
            wanted.source = prefix(ip, value, family)
        else:
            _selector(ip, wanted, word)
    if "iif" in names:
        device(ip, names["iif"])
    wanted.dev = device(ip, names.get("oif") or names["dev"]) if "oif" in names or "dev" in names else None
    return wanted


def _table(ip: Ip, wanted: Wanted, word: str) -> None:
    key = keyword(word, FILTERS)
    if key == "cache":
        wanted.table = CACHE
    elif key == "all":
        wanted.table = ALL_TABLES
    elif key != "main":
        wanted.table = table(ip, word)


def _selector(ip: Ip, wanted: Wanted, word: str) -> None:
    """`to root P`, `to match P`, `to [exact] P`; `to` may be left out."""
    if keyword(word, FILTERS) == "to":
        word = ip.argument()
    key = keyword(word, FILTERS)
    if key == "root":
        wanted.root = prefix(ip, ip.argument(), ip.family)
    elif key == "match":
        wanted.match = prefix(ip, ip.argument(), ip.family)
    else:
        wanted.match = wanted.root = prefix(ip, ip.argument() if key == "exact" else word, ip.family)


def _is_inside(dst: int, length: int, family: int, outer: Prefix | None) -> bool:
    if outer is None or not outer.family:
        return True
    if outer.family != family or length < outer.length:
        return False
    width = 32 if family == AF_INET else 128
    return not (dst ^ int(outer.address or 0)) >> (width - outer.length)


def _holds(dst: int, length: int, family: int, inner: Prefix | None) -> bool:
    if inner is None or not inner.family:
        return True
    if inner.family != family or length > inner.length:
        return False
    width = 32 if family == AF_INET else 128
    return not length or not (dst ^ int(inner.address or 0)) >> (width - length)


def _passes(dst: int, length: int, scope: int, family: int, wanted: Wanted) -> bool:
    if wanted.scope is not None and scope != wanted.scope:
        return False
    if wanted.source is not None and wanted.source.family and (wanted.source.family != family or wanted.source.length):
        return False  # no route of ours has a source prefix
    return _is_inside(dst, length, family, wanted.root) and _holds(dst, length, family, wanted.match)


def _routes4(ip: Ip, wanted: Wanted) -> list[Route]:
    tables = ip.netns.inet.fib.tables
    numbers = [*sorted(number for number in tables if number not in (RT_TABLE_MAIN, RT_TABLE_LOCAL)), RT_TABLE_MAIN, RT_TABLE_LOCAL]
    if wanted.table > 0:
        numbers = [wanted.table]
    found = [route for number in numbers if number in tables for route in tables[number].routes()]
    return [route for route in found if _passes(route.dst, route.length, route.scope, AF_INET, wanted) and _leaves_by(route, wanted)]


def _leaves_by(route: Route, wanted: Wanted) -> bool:
    return wanted.dev is None or (len(route.nexthops) == 1 and route.nexthops[0].ifindex == wanted.dev.ifindex)


def _routes6(ip: Ip, wanted: Wanted) -> list[Fib6Info]:
    """Tables are told apart by the type of their routes only: local ones, and all others; further tables are never shown."""
    if wanted.table not in (ALL_TABLES, RT_TABLE_MAIN, RT_TABLE_LOCAL):
        return []
    routes = [route for found in ip.netns.inet6.fib.listed() for route in found.routes()]
    if wanted.table:
        routes = [route for route in routes if (route.type == RTN_LOCAL) == (wanted.table == RT_TABLE_LOCAL)]
    routes = [route for route in routes if _passes(route.dst, route.length, 0, AF_INET6, wanted)]
    return [route for route in routes if wanted.dev is None or (route.ifindex == wanted.dev.ifindex and not route.siblings)]


def show(ip: Ip) -> None:
    """ip route show (`iproute_list_or_flush`)."""
    wanted = _read(ip)
    family = ip.family or (AF_INET if wanted.table else 0)
    if family in (0, AF_INET):
        for route in _routes4(ip, wanted):
            ip.print(_line4(ip, route, wanted))
    if family in (0, AF_INET6):
        session = iproute2(ip)
        for route6 in _routes6(ip, wanted):
            if not route6.siblings or route6.siblings[0] is route6:
                ip.print(_line6(fields(session, shown(session, route6), UNSHOWN), wanted))


def iproute2(ip: Ip) -> Iproute2:
    """What the kernel's messages say is asked in iproute2's room, whose words for it are not used."""
    return Iproute2(ip.call, ip.netns, Style(family=ip.family))


def _line4(ip: Ip, route: Route, wanted: Wanted) -> str:
    """One IPv4 route (`print_route`)."""
    only = route.nexthops[0] if len(route.nexthops) == 1 else None
    text = f"{name_in('type', route.type)} " if route.type != RTN_UNICAST else ""
    text += "default " if not route.length else f"{route.dst} " if route.length == 32 else f"{route.dst}/{route.length} "
    if only is not None:
        is_said = wanted.via is not None and wanted.via.length == 32
        text += f"via {only.gateway} " if only.gateway is not None and not is_said else ""
        text += f"dev {device_name(ip, only.ifindex)} " if only.ifindex else ""
    text += f"table {name_of_table(route.table)} " if route.table != RT_TABLE_MAIN and wanted.table == ALL_TABLES else ""
    text += f"scope {name_in('scope', route.scope)} " if route.scope != RT_SCOPE_UNIVERSE and wanted.scope is None else ""
    text += f" src {route.prefsrc} " if route.prefsrc is not None else ""
    text += f" metric {route.priority} " if route.priority else ""
    flags = hop_flags(ip.netns, only) if only is not None else 0
    return text + "".join(word for bit, word in FLAG_WORDS if flags & bit) + "\n"


def _line6(item: dict[str, Any], wanted: Wanted) -> str:
    """One IPv6 route, from what its message says."""
    text = f"{item['type']} " if "type" in item else ""
    text += f"{item['dst']} "
    text += f"from {item['from']} " if "from" in item else ""
    is_said = wanted.via is not None and wanted.via.length == 128
    text += f"via {item['gateway']} " if "gateway" in item and not is_said else ""
    text += f"dev {item['dev']} " if "dev" in item else ""
    text += f"table {item['table']} " if "table" in item and wanted.table == ALL_TABLES else ""
    text += f" src {item['prefsrc']} " if "prefsrc" in item else ""
    text += f" metric {item['metric']} " if "metric" in item else ""
    text += "".join(f"{flag} " for flag in item.get("flags", ()) if flag != "linkdown")
    text += f" expires {item['expires']}sec" if "expires" in item else ""
    text += f" iif {item['iif']}" if "iif" in item else ""
    return text + "\n"


def flush(ip: Ip) -> None:
    """ip route flush."""
    if not ip.more():
        raise ip.fail('"ip route flush" requires an argument')
    wanted = _read(ip)
    family = ip.family or (AF_INET if wanted.table else 0)
    if wanted.table == CACHE:
        if family != AF_INET6:
            flush_cache(ip.netns)
        return
    try:
        ip.netns.kernel.require_admin()
    except NetError as error:
        raise ip.fail(f"RTNETLINK answers: {strerror(error.errno)}", 2) from None
    if family in (0, AF_INET):
        for route in _routes4(ip, wanted):
            ip.netns.inet.fib.tables[route.table].remove(route)
        ip.netns.inet.fib.generation += 1
    if family in (0, AF_INET6):
        for route6 in _routes6(ip, wanted):
            fib6.remove(ip.netns, route6)


# one decision ------------------------------------------------------------------------------------------------------------


def get(ip: Ip) -> None:
    """ip route get (`iproute_get`)."""
    family, dst, src = ip.family, Prefix(0, None, 0), Prefix(0, None, 0)
    names: dict[str, str] = {}
    is_connected = 0
    while ip.more():
        word = ip.take()
        if word == "from":
            src = prefix(ip, ip.argument(), family)
            family = family or src.family
        elif word in ("iif", "oif", "dev"):
            names["iif" if word == "iif" else "oif"] = ip.argument()
        elif word == "connected":
            is_connected = 1
        elif word != "notify":
            dst = prefix(ip, ip.argument() if word == "to" else word, family)
            family = family or dst.family
    if not dst.length or dst.address is None:
        raise ip.fail("need at least destination address")
    found = {key: device(ip, names[key]).ifindex for key in ("iif", "oif") if key in names}
    query = RouteQuery(dst.address, src.address, family=family or AF_INET, **found)
    item = _ask(ip, query)
    if is_connected and src.address is None:
        ip.print(_line6(item, Wanted(table=ALL_TABLES)))
        if "prefsrc" not in item:
            raise ip.fail("can't connect the route")
        own = IPv4.parse(item["prefsrc"]) if family != AF_INET6 else IPv6.parse(item["prefsrc"])
        item = _ask(ip, attrs.evolve(query, src=own))
    ip.print(_line6(item, Wanted(table=ALL_TABLES)))


def _ask(ip: Ip, query: RouteQuery) -> dict[str, Any]:
    session = iproute2(ip)
    try:
        if query.family == AF_INET6:
            answer6 = getroute6(ip.netns, query)
            if answer6.route.error:
                raise NetError(answer6.route.error)
            return fields(session, answered(session, answer6), UNSHOWN)
        item = answer_item(session, getroute(ip.netns, query))
    except NetError as error:
        raise ip.answers(error) from None
    return {**item, "flags": []}
