"""Routes and policy rules, in an order in which each gateway can be reached when its route is added."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.clock import SECOND
from netsim.commands.ip.names import NAMES
from netsim.commands.ip.route6_show import destination as destination6
from netsim.commands.ip.route_show import destination, metric_text, ordered_metrics
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4.fib import type_asked
from netsim.kernel.tables.fib import (
    FR_ACT_GOTO,
    FR_ACT_TO_TBL,
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_MAIN,
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_ONLINK,
    RTPROT_BOOT,
    RTPROT_KERNEL,
    FibState,
    NextHop,
    Route,
    Rule,
)
from netsim.kernel.tables.fib6 import IP6_RT_PRIO_USER, RTF_ADDRCONF, RTF_CACHE, RTF_LOCAL, RTF_REJECT, Fib6Info, Fib6State
from netsim.kernel.tables.nexthop import Nexthop
from netsim.replay.addresses import expected_prefixes
from netsim.replay.operations import AddNexthop, ChangeRoute, ChangeRule, Operation
from netsim.replay.sites import Sites

ACTIONS = {3: "nop", 6: "blackhole", 7: "unreachable", 8: "prohibit"}
DEFAULT_RULES = {2: FibState, 10: Fib6State}
FAMILY_WORDS = {2: (), 10: ("-6",)}


def routes(sites: Sites) -> Iterator[Operation]:
    """Every route that did not come with an address, those without a gateway first, those by nexthop objects after these."""
    for site, netns in sites.with_netns():
        for words in (*_missing(netns), *_ipv4(netns), *_ipv6(netns)):
            yield ChangeRoute(site.name, words)
        if netns.nexthops is not None:
            for nexthop in netns.nexthops.listed():
                if not nexthop.is_group:
                    yield AddNexthop(site.name, tuple(_single(netns, nexthop)))
            for nexthop in netns.nexthops.listed():
                if nexthop.is_group:
                    yield AddNexthop(site.name, tuple(_group(nexthop)))
            for words in (*_ipv4(netns, by_nexthop=True), *_ipv6(netns, by_nexthop=True)):
                yield ChangeRoute(site.name, words)


def _single(netns: Netns, nexthop: Nexthop) -> Iterator[str]:
    """A nexthop object as `ip` makes it."""
    yield from (*FAMILY_WORDS[nexthop.family], "nexthop", "add", "id", str(nexthop.id))
    yield from ("blackhole",) if nexthop.is_blackhole else _hop(netns, nexthop.hop)
    yield from _maker(nexthop)


def _group(nexthop: Nexthop) -> Iterator[str]:
    yield from ("nexthop", "add", "id", str(nexthop.id), "group", "/".join(f"{member},{weight}" for member, weight in nexthop.members))
    yield from _maker(nexthop)


def _maker(nexthop: Nexthop) -> tuple[str, ...]:
    return ("proto", str(nexthop.protocol)) if nexthop.protocol else ()


def _missing(netns: Netns) -> Iterator[tuple[str, ...]]:
    """Routes that addresses brought along and somebody took away."""
    there = {(route.dst, route.length, hop.ifindex) for table in netns.inet.fib.tables.values() for route in table.routes() for hop in route.nexthops}
    for dev in netns.devices.values():
        for prefix, length in expected_prefixes(dev):
            if (prefix, length, dev.ifindex) not in there:
                yield ("route", "del", f"{prefix}/{length}", "dev", dev.name, "proto", "kernel")


def dead_routes(netns: Netns) -> list[str]:
    """Routes by devices that are down; they cannot be added so."""
    found = [destination(route) for table in netns.inet.fib.tables.values() for route in table.routes() if _is_own(route) and _is_dead(route)]
    return found + [destination6(route) for route in netns.inet6.fib.routes() if _is_own6(route) and route.nh_flags & RTNH_F_DEAD]


def _is_own(route: Route) -> bool:
    return route.protocol != RTPROT_KERNEL


def _is_dead(route: Route) -> bool:
    return any(hop.flags & RTNH_F_DEAD for hop in route.nexthops)


def _ipv4(netns: Netns, *, by_nexthop: bool = False) -> Iterator[tuple[str, ...]]:
    own = [route for table in netns.inet.fib.tables.values() for route in table.routes() if _is_own(route) and not _is_dead(route)]
    own = [route for route in own if (route.nh is not None) is by_nexthop]
    for route in sorted(own, key=_has_gateway):
        yield ("route", "append", *_words(netns, route))


def _has_gateway(route: Route) -> bool:
    return any(hop.gateway is not None for hop in route.nexthops)


def _words(netns: Netns, route: Route) -> Iterator[str]:
    kind = type_asked(route)
    if kind != RTN_UNICAST:
        yield NAMES["type"][kind]
    yield destination(route)
    if route.tos:
        yield from ("tos", f"{route.tos:#x}")
    if route.nh is not None:
        yield from ("nhid", str(route.nh.id))
    elif len(route.nexthops) == 1 and kind not in NOWHERE:
        yield from _hop(netns, route.nexthops[0])
    if route.table != RT_TABLE_MAIN:
        yield from ("table", str(route.table))
    if route.protocol != RTPROT_BOOT:
        yield from ("proto", NAMES["protocol"].get(route.protocol, str(route.protocol)))
    if route.scope != _natural_scope(route):
        yield from ("scope", NAMES["scope"].get(route.scope, str(route.scope)))
    if route.prefsrc is not None:
        yield from ("src", str(route.prefsrc))
    if route.priority:
        yield from ("metric", str(route.priority))
    yield from _metrics(route.metrics)
    if len(route.nexthops) > 1 and route.nh is None:
        for hop in route.nexthops:
            yield from ("nexthop", *_hop(netns, hop), "weight", str(hop.weight))


NOWHERE = range(RTN_BLACKHOLE, RTN_BLACKHOLE + 4)


def _natural_scope(route: Route) -> int:
    """What `ip route add` takes when none is told (`iproute_modify`)."""
    if route.type == RTN_LOCAL:
        return RT_SCOPE_HOST
    if route.nh is not None:
        return RT_SCOPE_UNIVERSE
    if route.type == RTN_BROADCAST or (route.type == RTN_UNICAST and len(route.nexthops) == 1 and route.nexthops[0].gateway is None):
        return RT_SCOPE_LINK
    return RT_SCOPE_UNIVERSE


def _hop(netns: Netns, hop: NextHop) -> Iterator[str]:
    if hop.gateway is not None:
        yield from ("via", str(hop.gateway)) if isinstance(hop.gateway, IPv4) else ("via", "inet6", str(hop.gateway))
    dev = netns.devices.get(hop.ifindex)
    if dev is not None:
        yield from ("dev", dev.name)
    if hop.flags & RTNH_F_ONLINK:
        yield "onlink"


def _metrics(metrics: tuple[tuple[str, int], ...]) -> Iterator[str]:
    locked = {name.removeprefix("lock ") for name, _ in metrics if name.startswith("lock ")}
    for name, value in ordered_metrics(metrics):
        yield from (name, *(["lock"] if name in locked else []), metric_text(name, value))


# IPv6 --------------------------------------------------------------------------------------------------------------------


def _is_own6(route: Fib6Info) -> bool:
    return route.protocol != RTPROT_KERNEL and not route.flags & (RTF_CACHE | RTF_LOCAL)


def _ipv6(netns: Netns, *, by_nexthop: bool = False) -> Iterator[tuple[str, ...]]:
    own = [route for route in netns.inet6.fib.routes() if _is_own6(route) and not route.nh_flags & RTNH_F_DEAD]
    told: set[int] = set()
    for route in sorted([route for route in own if (route.nh is not None) is by_nexthop], key=_has_gateway6):
        if id(route) in told:
            continue
        together = [other for other in route.siblings or [route] if not other.nh_flags & RTNH_F_DEAD]
        told.update(map(id, together))
        yield ("-6", "route", "append", *_words6(netns, route, together))


def _has_gateway6(route: Fib6Info) -> bool:
    return route.gateway is not None


def _words6(netns: Netns, route: Fib6Info, together: list[Fib6Info]) -> Iterator[str]:
    kind = route.type if route.nh is None else route.nh.type
    if kind != RTN_UNICAST:
        yield NAMES["type"][kind]
    yield destination6(route)
    if route.nh is not None:
        yield from ("nhid", str(route.nh.id))
    elif len(together) == 1 and not route.flags & RTF_REJECT:
        yield from _hop6(netns, route)
    if route.table != RT_TABLE_MAIN:
        yield from ("table", str(route.table))
    if route.protocol != RTPROT_BOOT:
        yield from ("proto", NAMES["protocol"].get(route.protocol, str(route.protocol)))
    if route.prefsrc is not None:
        yield from ("src", str(route.prefsrc))
    if route.metric != IP6_RT_PRIO_USER:
        yield from ("metric", str(route.metric))
    if route.expires:
        yield from ("expires", str(max(1, (route.expires - netns.kernel.clock.now) // SECOND)))
    if route.flags & RTF_ADDRCONF or route.pref:
        yield from ("pref", {0: "medium", 1: "high", 3: "low"}[route.pref])
    yield from _metrics(route.metrics)
    if len(together) > 1 and route.nh is None:
        for hop in together:
            yield from ("nexthop", *_hop6(netns, hop), "weight", str(hop.weight))


def _hop6(netns: Netns, route: Fib6Info) -> Iterator[str]:
    if route.gateway is not None:
        yield from ("via", str(route.gateway))
    dev = netns.devices.get(route.ifindex)
    if dev is not None:
        yield from ("dev", dev.name)
    if route.nh_flags & RTNH_F_ONLINK:
        yield "onlink"


# rules -------------------------------------------------------------------------------------------------------------------


def rules(sites: Sites) -> Iterator[Operation]:
    """Policy rules in their order, and the three that every namespace has taken away where they are gone."""
    for site, netns in sites.with_netns():
        for family, known in ((2, netns.inet.fib.rules), (10, netns.inet6.fib.rules)):
            for words in _rules(family, known, "proto" if netns.has_vrf_rules else ""):
                yield ChangeRule(site.name, (*FAMILY_WORDS[family], "rule", *words))


def _rules(family: int, known: Iterable[Rule], vrf: str) -> Iterator[tuple[str, ...]]:
    fresh = Counter(DEFAULT_RULES[family]().rules)
    for rule in known:
        if fresh[rule]:
            fresh[rule] -= 1
        elif not (rule.l3mdev and vrf):  # the first VRF brings it along
            yield ("add", *rule_words(rule))
    for rule in fresh.elements():
        yield ("del", *rule_words(rule))


def rule_words(rule: Rule) -> list[str]:
    """A rule as `ip rule add` reads it."""
    words = ["pref", str(rule.priority), *(["not"] if rule.invert else [])]
    words += ["from", _prefix(rule.src, rule.src_length)] if rule.src is not None else ["from", "all"]
    words += ["to", _prefix(rule.dst, rule.dst_length)] if rule.dst is not None else []
    words += ["tos", f"{rule.tos:#x}"] if rule.tos else []
    if rule.fwmark or rule.fwmask:
        words += ["fwmark", f"{rule.fwmark:#x}" + (f"/{rule.fwmask:#x}" if rule.fwmask != 0xFFFFFFFF else "")]
    words += [word for key, name in (("iif", rule.iif), ("oif", rule.oif)) if name for word in (key, name)]
    words += ["uidrange", f"{rule.uid[0]}-{rule.uid[1]}"] if rule.uid is not None else []
    words += ["ipproto", str(rule.ipproto)] if rule.ipproto else []
    for key, ports in (("sport", rule.sport), ("dport", rule.dport)):
        if ports is not None:
            words += [key, f"{ports[0]}-{ports[1]}" if ports[0] != ports[1] else str(ports[0])]
    if rule.l3mdev:
        words += ["l3mdev"]
    elif rule.action == FR_ACT_TO_TBL:
        words += ["lookup", str(rule.table)]
        words += ["suppress_prefixlength", str(rule.suppress_prefixlength)] if rule.suppress_prefixlength != -1 else []
        words += ["suppress_ifgroup", str(rule.suppress_ifgroup)] if rule.suppress_ifgroup != -1 else []
    else:
        words += ["goto", str(rule.goto)] if rule.action == FR_ACT_GOTO else [ACTIONS[rule.action]]
    if rule.protocol not in (0, RTPROT_BOOT, RTPROT_KERNEL):
        words += ["protocol", NAMES["protocol"].get(rule.protocol, str(rule.protocol))]
    return words


def _prefix(address: Any, length: int) -> str:
    return str(address) if length == (128 if isinstance(address, IPv6) else 32) else f"{address}/{length}"
