"""Finding an IPv6 route: the rules in order, the longest prefix, the best of its routes, one of several that share (`ip6_fib.c`, `route.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv6, mask6
from netsim.errors import EACCES, EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, NetError
from netsim.kernel.core.fib_rules import LOOPBACK_IFINDEX, chosen_rules, l3mdev_table, l3mdev_update_flow, refused_by
from netsim.kernel.core.tracepoint import trace_step
from netsim.kernel.inet.flow_keys import DST_IP, FLOWLABEL, IP_PROTO, SRC_IP, fields_of, flow_hash
from netsim.kernel.inet.nexthop import is_good_nh
from netsim.kernel.tables.fib import (
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BLACKHOLE,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    Rule,
)
from netsim.kernel.tables.fib6 import MANY, RTF_REJECT, Fib6Info, Fib6Table
from netsim.kernel.tables.neigh import NUD_FAILED, NUD_VALID
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

LOOKUP_IFACE, LOOKUP_REACHABLE, LOOKUP_IGNORE_LINKSTATE = 1, 2, 4
"""What a look-up insists on: that the way out is the device asked for; that a gateway is not known to be dead."""
REJECT_ERRORS = {RTN_BLACKHOLE: EINVAL, RTN_PROHIBIT: EACCES, RTN_THROW: EAGAIN, RTN_UNREACHABLE: EHOSTUNREACH}
FAIL_HARD, FAIL_PROBE = -3, -2


@quick
@attrs.frozen(weakref_slot=False)
class Flow6:
    """What a routing decision may depend on (`struct flowi6`); `src` None or :: is open, `tos` the traffic class."""

    dst: IPv6
    src: IPv6 | None = None
    oif: int = 0
    iif: int = 0
    tos: int = 0
    mark: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    flowlabel: int = 0
    uid: int = 0
    l3mdev: int = 0  # ifindex of the L3 master whose table decides


@quick
@attrs.frozen(weakref_slot=False)
class Found6:
    """A look-up's answer (`struct fib6_result`)."""

    route: Fib6Info
    rule: Rule | None = None

    @property
    def error(self) -> int:
        """The errno a route of a refusing type stands for, or 0 (`ip6_rt_type_to_error`)."""
        return REJECT_ERRORS.get(self.route.type, ENETUNREACH) if self.route.flags & RTF_REJECT else 0


def need_strict(address: IPv6) -> bool:
    """Whether the device matters for a destination (`rt6_need_strict`)."""
    return address.is_multicast or address.is_linklocal or address.is_loopback


def fib6_lookup(netns: Netns, flow: Flow6, oif: int, strict: int) -> Found6:
    """The route the rules choose (`fib6_rule_lookup`); NetError ENETUNREACH when none does, or what a refusing rule says.

    A route that refuses is an answer too: `Found6.error`.
    """
    fib = netns.inet6.fib
    if not fib.has_custom_rules:
        for number in (RT_TABLE_LOCAL, RT_TABLE_MAIN):
            found = table_lookup(netns, fib.tables[number], flow, oif, strict)
            if found is not None and found.error != EAGAIN:
                return found
        raise NetError(ENETUNREACH)
    if netns.l3mdevs and (flow.oif or flow.iif > LOOPBACK_IFINDEX):
        asked, flow = flow.oif, l3mdev_update_flow(netns, flow)
        oif = oif if flow.oif == asked else 0
    for rule in chosen_rules(netns, fib.rules, flow, mask6):
        refused = refused_by(rule)
        if refused is not None:
            if netns.trace is not None:
                trace_step(netns, "fib_rules_lookup", "", flow, rule)
            raise refused
        table = fib.tables.get(l3mdev_table(netns, flow) if rule.l3mdev else rule.table)
        found = table_lookup(netns, table, flow, oif, strict, rule) if table is not None else None
        if found is not None and found.error != EAGAIN and not _is_suppressed(netns, rule, found.route):
            return found
    raise NetError(ENETUNREACH)


def _is_suppressed(netns: Netns, rule: Rule, route: Fib6Info) -> bool:
    """Whether the rule throws its own answer away (`fib6_rule_suppress`)."""
    if rule.suppress_prefixlength >= route.length:
        return True
    dev = netns.devices.get(route.ifindex)
    return rule.suppress_ifgroup != -1 and dev is not None and dev.group == rule.suppress_ifgroup


def table_lookup(netns: Netns, table: Fib6Table, flow: Flow6, oif: int, strict: int, rule: Rule | None = None) -> Found6 | None:
    """The best route of one table (`fib6_table_lookup`); gateways known to be dead only when there is nothing else."""
    while True:
        for node in table.nodes(flow.dst):
            if oif and strict & LOOKUP_IFACE and len(node) > 1:
                node = table.alone(node, oif, netns.inet6.fib.over(oif) if len(node) > MANY else ())
            route = best_of(netns, node, oif, strict)
            if route is not None:
                return Found6(select_path(netns, route, flow, oif, strict), rule)
        if not strict & LOOKUP_REACHABLE:
            return None
        strict &= ~LOOKUP_REACHABLE


def best_of(netns: Netns, node: list[Fib6Info], oif: int, strict: int) -> Fib6Info | None:
    """The route of one prefix with the best metric that can be used; among equals the first with the highest score (`find_rr_leaf`)."""
    best: Fib6Info | None = None
    most = -1
    for route in node:
        if best is not None and route.metric != best.metric:
            break
        if route.expires and route.expires <= netns.kernel.clock.now:
            continue
        score = score_of(netns, route, oif, strict)
        if score > most:
            best, most = route, score
    return best


def score_of(netns: Netns, route: Fib6Info, oif: int, strict: int) -> int:
    """How well a route fits, negative when it does not (`find_match`, `rt6_score_route`)."""
    if route.nh_flags & RTNH_F_DEAD:
        return FAIL_HARD
    if route.nh_flags & RTNH_F_LINKDOWN and not strict & LOOKUP_IGNORE_LINKSTATE and ignores_linkdown(netns, route.ifindex):
        return FAIL_HARD
    score = 2 if not oif or route.ifindex == oif else 0
    if not score and strict & LOOKUP_IFACE:
        return FAIL_HARD
    score |= {0: 1, 1: 2, 3: 0}[route.pref] << 2
    if strict & LOOKUP_REACHABLE and route.gateway is not None:
        neigh = netns.inet6.neigh.entries.get((route.gateway, route.ifindex))
        if neigh is not None and not neigh.state & NUD_VALID and neigh.state & NUD_FAILED:
            return FAIL_PROBE
    return score


def ignores_linkdown(netns: Netns, ifindex: int) -> bool:
    """Whether routes over a device without carrier are passed over (`ip6_ignore_linkdown`)."""
    dev = netns.devices.get(ifindex)
    return dev is not None and dev.inet6 is not None and bool(dev.inet6.conf.ignore_routes_with_linkdown)


def select_path(netns: Netns, match: Fib6Info, flow: Flow6, oif: int, strict: int) -> Fib6Info:
    """One of several routes that share traffic, by a hash of the flow and the weights (`fib6_select_path`).

    The kernel's hash has a random seed for each boot, so which flow takes which way is ours; that it is always the same one is not.
    """
    if not match.siblings or (oif and match.ifindex == oif):
        return match
    living = [route for route in match.siblings if not route.nh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN)]
    fields = fields_of(netns.inet6.sysctl, SRC_IP | DST_IP | IP_PROTO | FLOWLABEL, "net/ipv6/")
    value = flow_hash(flow, fields, flow.flowlabel) % max(1, sum(route.weight for route in living))
    for place, route in enumerate(living):
        if value < route.weight:
            if match.nh is not None:  # `nexthop_select_path`
                return next((other for other in living[place:] if is_good_nh(netns, other.gateway, other.ifindex)), route)
            return route if score_of(netns, route, oif, strict) >= 0 else match
        value -= route.weight
    return match


def lookup_strictness(netns: Netns, flags: int) -> int:
    """Hosts avoid gateways that are known to be dead; routers do not look (`ip6_pol_route`)."""
    return flags if netns.inet6.conf_all.forwarding else flags | LOOKUP_REACHABLE
