"""ip route get: asking the kernel for one decision (`iproute_get`), and the cache as show prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.commands.ip.inet_proto import inet_proto_a2n
from netsim.commands.ip.names import name_of
from netsim.commands.ip.output import to_json
from netsim.commands.ip.route6_show import get6
from netsim.commands.ip.route_show import gateway_item, json_route, line, metric_text, metrics_json, ordered_metrics
from netsim.commands.ip.route_words import RouteFilter, dev_index, vrf_named
from netsim.commands.ip.usage import ROUTE
from netsim.commands.ip.words import Prefix, Stop, Words, answers, invarg, matches, number, prefix
from netsim.errors import EHOSTUNREACH, NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.rtnl.route import CachedRoute, RouteAnswer, RouteQuery, cached_routes, getroute, table_told
from netsim.kernel.tables.fib import RT_TABLE_MAIN, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST

if TYPE_CHECKING:
    from netsim.commands.ip.main import Ip

TYPE_WORDS = {RTN_LOCAL: "local", RTN_BROADCAST: "broadcast", RTN_MULTICAST: "multicast"}


def get(session: Ip, cursor: Words) -> None:
    """ip route get."""
    family = session.style.family if session.style.family in (2, 10) else 0
    dst: Prefix | None = None
    values: dict[str, int] = {}
    src: IPv4 | IPv6 | None = None
    fibmatch = False
    while cursor.more():
        word = cursor.take()
        if word == "tos" or matches(word, "dsfield"):
            values["tos"] = _number(cursor.argument(), 255, "TOS value is invalid\n", base="0x")
        elif matches(word, "from"):
            src = _single(session, prefix(cursor.argument(), family)).address
        elif matches(word, "iif"):
            values["iif"] = dev_index(session.netns, cursor.argument())
        elif matches(word, "mark"):
            values["mark"] = _number(cursor.argument(), 0xFFFFFFFF, "invalid mark value")
        elif matches(word, "oif") or word == "dev":
            values["oif"] = dev_index(session.netns, cursor.argument())
        elif word == "uid":
            values["uid"] = _number(cursor.argument(), 0xFFFFFFFF, "invalid UID\n")
        elif word in ("sport", "dport"):
            values[word] = _number(cursor.argument(), 65535, f"invalid {word}\n")
        elif word == "ipproto":
            values["protocol"] = inet_proto_a2n(session, cursor.argument())
        elif matches(word, "fibmatch"):
            fibmatch = True
        elif word == "vrf":
            values["oif"] = vrf_named(session.netns, cursor.argument()).ifindex
        elif word in ("notify", "connected", "as"):
            raise Stop(f'netsim: "ip route get" option "{word}" is not modelled\n', 1)
        else:
            if word == "to":
                word = cursor.argument()
            if matches(word, "help"):
                raise Stop(ROUTE, 255)
            dst = _single(session, prefix(word, family))
            family = family or dst.family
    if dst is None:
        raise Stop("need at least a destination address\n", 1)
    if dst.family == 10:
        get6(session, RouteQuery(dst.address if dst.address is not None else IPv6(0), src, family=10, **values), fibmatch=fibmatch)
        return
    address = dst.address if dst.address is not None else IPv4(0)
    try:
        answer = getroute(session.netns, RouteQuery(address, src, family=dst.family or 2, **values))
    except NetError as error:
        raise answers(error) from None
    (_print_route if fibmatch else _print)(session, answer)


def _number(word: str, most: int, complaint: str, base: str = "") -> int:
    parsed = number(base + word.removeprefix(base), 0, most)
    if parsed is None:
        raise invarg(complaint, word)
    return parsed


def _single(session: Ip, found: Prefix) -> Prefix:
    """Only whole addresses can be asked for; a shorter prefix gets a warning and is taken as its address."""
    longest = 128 if found.family == 10 else 32
    if (found.address is not None or found.family == 10) and found.length != longest:
        session.err.append(f"Warning: /{found.length} as prefix is invalid, only /{longest} (or none) is supported.\n")
    return found


def _print_route(session: Ip, answer: RouteAnswer) -> None:
    """The route that decided (fibmatch)."""
    if answer.route.found is None:
        raise answers(NetError(EHOSTUNREACH))
    route = answer.route.found.route
    route = attrs.evolve(route, table=table_told(session.netns, route))
    every = RouteFilter(table=0)
    session.print(to_json([json_route(session, route, every)], session.style) if session.style.json else line(session, route, every) + "\n")


def _print(session: Ip, answer: RouteAnswer) -> None:
    item = answer_item(session, answer)
    session.print(to_json([item], session.style) if session.style.json else answer_text(session, item))


def answer_item(session: Ip, answer: RouteAnswer) -> dict[str, Any]:
    """The decision with iproute2's keys, in the order both forms print them."""
    route, query = answer.route, answer.query
    item: dict[str, Any] = {}
    kind = TYPE_WORDS.get(route.type)
    if kind is not None or session.style.details:
        item["type"] = kind or "unicast"
    item["dst"] = str(query.dst)
    if query.src:
        item["from"] = str(query.src)
    if route.found is not None and route.found.route.tos:
        item["tos"] = f"0x{route.found.route.tos:02x}"
    if route.gateway is not None:
        item.update(gateway_item(route.gateway))
    item["dev"] = route.dev.name
    table = table_told(session.netns, route.found.route) if route.found is not None else 0
    if table and (table != RT_TABLE_MAIN or session.style.details):
        item["table"] = name_of(session, "table", table)
    if not query.src and route.src is not None and not query.iif:
        item["prefsrc"] = str(route.src)
    item["flags"] = ["rt_offload_failed"] if route.type == RTN_MULTICAST else []  # RTCF_MULTICAST is the same bit
    if query.mark:
        item["mark"] = query.mark
    if not query.iif:
        item["uid"] = query.uid
    item["cache"] = _cache_flags(answer)
    item.update(_cache_life(session, route))
    if query.iif and answer.incoming is not None:
        item["iif"] = answer.incoming.name
    return item


def _cache_flags(answer: RouteAnswer) -> list[str]:
    route = answer.route
    if route.is_redirected:
        return ["redirected"]
    if route.do_redirect:
        return ["redirect"]
    if route.type == RTN_MULTICAST:
        joined = route.dev.inet is not None and answer.query.dst in route.dev.inet.multicast
        return ["local", "mc"] if joined else ["mc"]
    if route.dev.flags & IFF_LOOPBACK and route.type not in (RTN_LOCAL, RTN_BROADCAST):
        return ["local"]
    return [] if route.leaves else {RTN_LOCAL: ["local"], RTN_BROADCAST: ["local", "brd"]}.get(route.type, [])


def _cache_life(session: Ip, route: Any) -> dict[str, Any]:
    """How long what was learnt about the destination stays, and the metrics."""
    item: dict[str, Any] = {}
    metrics: list[tuple[str, int]] = list(route.found.route.metrics) if route.found is not None else []
    if route.expires:
        item["expires"] = max(0, route.expires - session.netns.kernel.clock.now) // SECOND
        if (route.pmtu or route.mtu < route.dev.mtu) and not any(name == "mtu" and value == route.mtu for name, value in metrics):
            metrics = [pair for pair in metrics if pair[0] not in ("mtu", "lock mtu")] + [("mtu", route.mtu)]
            if route.mtu_locked:
                metrics.append(("lock mtu", 1))
    shown = [(name, value) for name, value in metrics if not name.startswith("lock ")]
    if shown:
        item["metrics"] = [metrics_json(tuple(metrics))] if session.style.json else [dict(ordered_metrics(tuple(metrics)))]
        item["locked"] = {name.removeprefix("lock ") for name, _ in metrics if name.startswith("lock ")}
    if session.style.json:
        item.pop("locked", None)
    return item


def answer_text(session: Ip, item: dict[str, Any]) -> str:
    """The decision in words, and a second line about its cache entry."""
    text = f"{item['type']} " if "type" in item else ""
    style = session.style
    text += style.paint_address(item["dst"], f"{item['dst']} ")
    if "from" in item:
        text += "from " + style.paint_address(item["from"], f"{item['from']} ")
    if "tos" in item:
        text += f"tos {item['tos']} "
    if "via" in item:
        text += f"via inet6 {style.paint_address(item['via']['host'], item['via']['host'] + ' ')}"
    for key, word in (("gateway", "via"), ("dev", "dev"), ("table", "table"), ("prefsrc", "src")):
        if key in item:
            value = f"{item[key]} "
            text += f"{word} " + (
                style.paint("ifname", value) if key == "dev" else value if key == "table" else style.paint_address(item[key], value)
            )
    text += "".join(f"{flag} " for flag in item["flags"])
    if "mark" in item:
        text += f"mark {item['mark']:#x} " if item["mark"] >= 16 else f"mark {item['mark']} "
    if "uid" in item:
        text += f"uid {item['uid']} "
    text += session.style.newline + "    cache "
    if item["cache"]:
        text += f"<{','.join(item['cache'])}> "
    if "expires" in item:
        text += f"expires {item['expires']}sec "
    for name, value in item.get("metrics", [{}])[0].items():
        text += f"{name} {'lock ' if name in item['locked'] else ''}{metric_text(name, value)} "
    if "iif" in item:
        text += f"iif {item['iif']} "
    return text + "\n"


def show_cache(session: Ip, wanted: RouteFilter) -> None:
    """ip route show cache: what was learnt about single destinations."""
    items = [cached_item(session, cached) for cached in cached_routes(session.netns) if not wanted.dev or cached.route.dev.ifindex == wanted.dev]
    if session.style.json:
        session.print(to_json(items, session.style))
    else:
        session.print("".join(answer_text(session, item) for item in items))


def cached_item(session: Ip, cached: CachedRoute) -> dict[str, Any]:
    """One exception as a decision would print it."""
    route = cached.route
    item: dict[str, Any] = {"dst": str(cached.dst)}
    if route.gateway is not None:
        item.update(gateway_item(route.gateway))
    item["dev"] = route.dev.name
    item["flags"] = []
    item["cache"] = ["redirected"] if route.is_redirected else []
    item.update(_cache_life(session, route))
    return item
