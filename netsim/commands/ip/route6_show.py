"""IPv6 routes in words: listings, what was learnt about single destinations, and single decisions (`iproute.c:print_route`)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv6
from netsim.clock import SECOND
from netsim.commands.ip import nexthop_show
from netsim.commands.ip.names import name_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route_show import metrics_text, type_word
from netsim.commands.ip.route_words import RouteFilter, holds, is_inside
from netsim.commands.ip.words import Stop, answers
from netsim.errors import NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv6 import fib
from netsim.kernel.ipv6.fib_lookup import ignores_linkdown
from netsim.kernel.rtnl.route import RouteQuery
from netsim.kernel.rtnl.route6 import Route6Answer, cached_routes6, getroute6
from netsim.kernel.tables.fib import (
    RT_TABLE_MAIN,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTNH_F_ONLINK,
    ByNexthop,
)
from netsim.kernel.tables.fib6 import Fib6Info
from netsim.kernel.tables.nexthop import nexthops_of

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

PREFERENCES = {0: "medium", 1: "high", 3: "low"}
UNSHOWN = RouteFilter(table=0)


@attrs.define(eq=False)
class Shown:
    """One route message: the route, and what differs where it is about one destination only."""

    route: Fib6Info
    dst: str
    source: str | None = None
    gateway: IPv6 | None = None
    dev: str = ""
    prefsrc: IPv6 | None = None
    expires: int = 0
    metrics: tuple[tuple[str, int], ...] = ()
    iif: str | None = None


def _device(session: Ip, ifindex: int) -> str:
    dev = session.netns.devices.get(ifindex)
    return dev.name if dev is not None else f"if{ifindex}"


def _flags(session: Ip, route: Fib6Info) -> list[str]:
    flags = route.nh_flags
    if flags & RTNH_F_LINKDOWN and ignores_linkdown(session.netns, route.ifindex):
        flags |= RTNH_F_DEAD
    return [name for bit, name in ((RTNH_F_DEAD, "dead"), (RTNH_F_ONLINK, "onlink"), (RTNH_F_LINKDOWN, "linkdown")) if flags & bit]


def destination(route: Fib6Info) -> str:
    """`default`, an address, or a prefix."""
    if not route.length:
        return "default"
    return str(route.dst) if route.length == 128 else f"{route.dst}/{route.length}"


def shown(session: Ip, route: Fib6Info) -> Shown:
    """A route as a dump tells it."""
    return Shown(
        route, destination(route), None, route.gateway, _device(session, route.ifindex), route.prefsrc, route.expires, route.metrics
    )  # fmt: skip


def tells_ways(netns: Netns, route: Fib6Info) -> bool:
    """Whether a dump tells its ways out one by one: it has several, or leads by a nexthop group, be it of one (`rt6_fill_node`)."""
    return bool(route.siblings) or (route.nh is not None and nexthops_of(netns).by_id[route.nh.id].is_group)


def fields(session: Ip, what: Shown, wanted: RouteFilter) -> dict[str, Any]:
    """The route with iproute2's keys, in the order both forms print them; what every route shown shares is left out."""
    route, item = what.route, dict[str, Any]()
    details = session.style.details > 0
    is_shared = what.source is None and tells_ways(session.netns, route)
    if route.type != RTN_UNICAST or details:
        item["type"] = type_word(session, route.type)
    item["dst"] = what.dst
    if what.source is not None:
        item["from"] = what.source
    if route.nh is not None and what.source is None:
        item["nhid"] = route.nh.id
    if not is_shared:
        if what.gateway is not None and wanted.via is None:
            item["gateway"] = str(what.gateway)
        if not wanted.dev:
            item["dev"] = what.dev
    if (route.table != RT_TABLE_MAIN or details) and wanted.table == 0:
        item["table"] = name_of(session, "table", route.table)
    if (route.protocol != 3 or details) and wanted.protocol is None:
        item["protocol"] = name_of(session, "protocol", route.protocol)
    if details and wanted.scope is None:
        item["scope"] = "global"
    if what.prefsrc is not None:
        item["prefsrc"] = str(what.prefsrc)
    if wanted.metric is None:
        item["metric"] = route.metric
    item["flags"] = [] if is_shared or what.source is not None else _flags(session, route)
    if what.expires:
        item["expires"] = (what.expires - session.netns.kernel.clock.now) // SECOND
    if what.metrics:
        item["metrics"] = what.metrics
    if what.iif is not None:
        item["iif"] = what.iif
    item["pref"] = PREFERENCES[route.pref]
    if details and "nhid" in item:
        item["nh_info"] = nexthop_show.info(session, item["nhid"])
    if is_shared:
        item["nexthops"] = [
            {
                **({"gateway": str(hop.gateway)} if hop.gateway is not None else {}),
                "dev": _device(session, hop.ifindex), "weight": hop.weight, "flags": _flags(session, hop),
            }
            for hop in route.siblings or (route,)
        ]  # fmt: skip
    return item


def as_json(item: dict[str, Any]) -> dict[str, Any]:
    """A route as -j prints it."""
    if "metrics" in item:
        item["metrics"] = [{name: value for name, value in item["metrics"] if not name.startswith("lock ")}]
    return item


def line(session: Ip, item: dict[str, Any]) -> str:
    """A route in one line, next hops in lines of their own."""
    style = session.style
    text = f"{item['type']} " if "type" in item else ""
    text += f"{item['dst']} " if item["dst"] == "default" else style.paint_address(item["dst"], f"{item['dst']} ")
    for key, word in (("from", "from"), ("nhid", "nhid"), ("gateway", "via"), ("dev", "dev"), ("table", "table"), ("protocol", "proto"), ("scope", "scope"), ("prefsrc", "src")):  # fmt: skip
        if key in item:
            value = f"{item[key]} "
            text += f"{word} " + (
                style.paint("ifname", value) if key == "dev" else style.paint_address(item[key], value) if key in ("gateway", "prefsrc") else value
            )
    if "metric" in item:
        text += f"metric {item['metric']} "
    text += "".join(f"{flag} " for flag in item["flags"])
    if "expires" in item:
        text += f"expires {item['expires']}sec "
    text += metrics_text(item.get("metrics", ()))
    if "iif" in item:
        text += f"iif {item['iif']} "
    text += f"pref {item['pref']}"
    if item.get("nh_info") is not None:
        text += f"\n\tnh_info {nexthop_show.line(session, item['nh_info'])}"
    for hop in item.get("nexthops", ()):
        text += f"{style.newline}\tnexthop "
        if "gateway" in hop:
            text += f"via {style.paint_address(hop['gateway'], hop['gateway'] + ' ')}"
        text += f"dev {style.paint('ifname', hop['dev'] + ' ')}weight {hop['weight']} " + "".join(f"{flag} " for flag in hop["flags"])
    return text + "\n"


def passes6(netns: Netns, route: Fib6Info, wanted: RouteFilter) -> bool:
    """Whether a route is asked about."""
    if route.type in wanted.without:
        return False
    if wanted.root is not None and not is_inside(route.dst, route.length, wanted.root):
        return False
    if wanted.match is not None and not holds(route.dst, route.length, wanted.match):
        return False
    if wanted.exact is not None and ((wanted.exact.address or 0) != route.dst or wanted.exact.length != route.length):
        return False
    if (wanted.dev or wanted.via is not None) and tells_ways(netns, route):
        return False
    pairs = (
        (wanted.dev or None, route.ifindex),
        (wanted.via, route.gateway),
        (wanted.src, route.prefsrc),
        (wanted.protocol, route.protocol),
        (wanted.scope, 0),
        (wanted.type, route.type),
        (wanted.metric, route.metric),
    )
    return all(asked is None or asked == known for asked, known in pairs)


def listed6(session: Ip, wanted: RouteFilter) -> list[Fib6Info]:
    """The routes to show; of those that share traffic only the first, which speaks for all."""
    state = session.netns.inet6.fib
    tables = state.listed() if not wanted.table else [state.tables[wanted.table]]
    return [route for table in tables for route in _dumped(table.routes()) if passes6(session.netns, route, wanted)]


def _dumped(routes: Iterable[Fib6Info]) -> Iterator[Fib6Info]:
    """The routes a dump tells: after the first of several siblings it goes on behind the last, whatever lies between (`fib6_dump_node`)."""
    last: Fib6Info | None = None
    for route in routes:
        if last is None:
            yield route
            last = route.siblings[-1] if route.siblings else None
        elif route is last:
            last = None


def show6(session: Ip, wanted: RouteFilter) -> None:
    """ip -6 route show."""
    if wanted.cache:
        _print(session, _cached(session, wanted))
        return
    if wanted.table and wanted.table not in session.netns.inet6.fib.tables:
        raise Stop("Error: ipv6: FIB table does not exist.\nDump terminated\n", 2)
    _print(session, [fields(session, shown(session, route), wanted) for route in listed6(session, wanted)])


def shown_json6(session: Ip, wanted: RouteFilter) -> list[dict[str, Any]]:
    """The routes as -j prints them, for a listing of both protocols."""
    return [as_json(fields(session, shown(session, route), wanted)) for route in listed6(session, wanted)]


def _print(session: Ip, items: list[dict[str, Any]]) -> None:
    if session.style.json:
        session.print(to_json([as_json(item) for item in items], session.style))
    else:
        session.print("".join(line(session, item) for item in items))


def _cached(session: Ip, wanted: RouteFilter) -> list[dict[str, Any]]:
    items = []
    for cached in cached_routes6(session.netns):
        route, learnt = cached.route, cached.learnt
        if wanted.dev and route.ifindex != wanted.dev:
            continue
        gateway = learnt.gateway if learnt.is_redirect else route.gateway
        what = Shown(route, str(cached.dst), None, gateway, _device(session, route.ifindex), None, learnt.expires, _learnt_metrics(route, learnt.mtu))
        items.append(fields(session, what, wanted))
    return items


def _learnt_metrics(route: Fib6Info, mtu: int) -> tuple[tuple[str, int], ...]:
    if not mtu:
        return route.metrics
    return (("mtu", mtu), *(pair for pair in route.metrics if pair[0] not in ("mtu", "lock mtu")))


def flush6(session: Ip, wanted: RouteFilter) -> int:
    """ip -6 route flush: how many routes went."""
    if wanted.table and wanted.table not in session.netns.inet6.fib.tables:
        raise Stop("Error: ipv6: FIB table does not exist.\nFlush terminated\n", 2)
    routes = listed6(session, wanted)
    for route in routes:
        for gone in list(route.siblings) or [route]:
            if route.nh is None:
                fib.remove(session.netns, gone)
    refuse_flush([route.nh for route in routes])
    return len(routes)


def refuse_flush(nexthops: list[ByNexthop | None]) -> None:
    """What iproute2 sends back to the kernel says both the nexthop object and what it stands for, which is refused."""
    if any(nh is not None for nh in nexthops):
        raise Stop("Failed to send flush request: Invalid argument\n", 2)


# one decision ------------------------------------------------------------------------------------------------------------


def get6(session: Ip, query: RouteQuery, *, fibmatch: bool) -> None:
    """ip -6 route get."""
    try:
        answer = getroute6(session.netns, query)
    except NetError as error:
        raise answers(error) from None
    if answer.route.refuses:
        raise answers(NetError(answer.route.error))
    assert answer.route.found is not None
    if fibmatch:
        _print(session, [fields(session, shown(session, answer.route.found.route), UNSHOWN)])
    else:
        _print(session, [fields(session, answered(session, answer), UNSHOWN)])


def answered(session: Ip, answer: Route6Answer) -> Shown:
    """One decision as a message tells it."""
    rt, query = answer.route, answer.query
    assert rt.found is not None
    route = rt.found.route
    learnt = rt.learnt
    metrics = _learnt_metrics(route, learnt.mtu if learnt is not None else 0)
    expires = learnt.expires if learnt is not None and learnt.expires else route.expires
    return Shown(
        route, str(query.dst), str(query.src) if query.src is not None else "::", rt.gateway, rt.dev.name, answer.src if not query.iif else None,
        expires, metrics, answer.incoming.name if answer.incoming is not None else None,
    )  # fmt: skip
