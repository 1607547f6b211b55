"""Finding a route: the rules in order, the longest prefix, a living next hop (`fib_rules.c`, `fib_trie.c`, `fib_semantics.c`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MASKS4, IPv4, mask4
from netsim.errors import EACCES, EAGAIN, EHOSTUNREACH, EINVAL, ENETUNREACH, NetError
from netsim.kernel.core.fib_rules import LOOPBACK_IFINDEX, chosen_rules, l3mdev_table, l3mdev_update_flow, refused_by
from netsim.kernel.core.tracepoint import trace_step
from netsim.kernel.inet.flow_keys import DST_IP, SRC_IP, fields_of, flow_hash
from netsim.kernel.inet.nexthop import is_good_nh
from netsim.kernel.tables.fib import (
    RT_SCOPE_LINK,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_LOCAL,
    RTN_BLACKHOLE,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_MULTICAST,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    NextHop,
    Route,
    Rule,
)
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns

ROUTE_ERRORS = {RTN_BLACKHOLE: EINVAL, RTN_UNREACHABLE: EHOSTUNREACH, RTN_PROHIBIT: EACCES, RTN_THROW: EAGAIN}
UNSURE = RTNH_F_DEAD | RTNH_F_LINKDOWN
GROUPS = 0xE0000000
"""224.0.0.0, where addresses of hosts end."""


@quick
@attrs.frozen(weakref_slot=False)
class Flow:
    """What a routing decision may depend on (`struct flowi4`)."""

    dst: IPv4
    src: IPv4 | None = None
    oif: int = 0
    iif: int = 0
    tos: int = 0
    mark: int = 0
    protocol: int = 0
    sport: int = 0
    dport: int = 0
    scope: int = RT_SCOPE_UNIVERSE
    uid: int = 0
    l3mdev: int = 0  # ifindex of the L3 master whose table decides
    any_source: bool = False  # whether the source may be somebody else's (`FLOWI_FLAG_ANYSRC`)


@quick
@attrs.frozen(weakref_slot=False)
class Found:
    """A look-up's answer (`struct fib_result`)."""

    route: Route
    hop: NextHop | None
    rule: Rule | None = None

    @property
    def type(self) -> int:
        """RTN_*."""
        return self.route.type


def fib_lookup(netns: Netns, flow: Flow) -> Found:
    """The route the rules choose for a flow (`__fib_lookup`); NetError ENETUNREACH when none does, or what the route says."""
    if netns.l3mdevs and (flow.oif or flow.iif > LOOPBACK_IFINDEX):
        flow = l3mdev_update_flow(netns, flow)
    fib = netns.inet.fib
    if not fib.has_custom_rules:  # the rules every namespace starts with choose everything (`fib_lookup`'s shortcut)
        for rule in fib.rules:
            found = table_lookup(netns, rule.table, flow, rule)
            if found is not None:
                return found
        raise NetError(ENETUNREACH)
    for rule in chosen_rules(netns, fib.rules, flow, mask4):
        refused = refused_by(rule)
        if refused is not None:
            if netns.trace is not None:
                trace_step(netns, "fib_rules_lookup", "", flow, rule)
            raise refused
        found = table_lookup(netns, l3mdev_table(netns, flow) if rule.l3mdev else rule.table, flow, rule)
        if found is not None:
            return found
    raise NetError(ENETUNREACH)


def table_lookup(netns: Netns, number: int, flow: Flow, rule: Rule | None = None) -> Found | None:
    """The best route of one table, None to go on with the next rule (`fib_table_lookup`, `fib4_rule_suppress`)."""
    table = netns.inet.fib.tables.get(number)
    if table is None:
        return None
    lengths, dst, scope = table.lengths, flow.dst, flow.scope
    for length in table.order:
        for route in lengths[length].get(dst & MASKS4[length], ()):
            if (route.tos and route.tos != flow.tos & 0x1C) or route.scope < scope:
                continue
            error = ROUTE_ERRORS.get(route.type)
            if error is not None:
                if error == EAGAIN:
                    return None
                if netns.trace is not None:
                    trace_step(netns, "fib_table_lookup", "", flow, Found(route, None, rule))
                raise NetError(error)
            hops: Sequence[NextHop] = route.nexthops
            if len(hops) != 1 or hops[0].flags & UNSURE or flow.oif:
                hops = usable_hops(netns, route, flow)
            if not hops:
                continue
            if rule is not None and rule.suppress_prefixlength >= route.length:
                return None
            return Found(route, hops[0] if len(hops) == 1 else choose_hop(netns, hops, flow, route), rule)
    return None


def usable_hops(netns: Netns, route: Route, flow: Flow) -> Sequence[NextHop]:
    """The next hops that live and lead where the flow must go."""
    hops = route.nexthops
    if len(hops) == 1 and not hops[0].flags & UNSURE and (not flow.oif or hops[0].ifindex == flow.oif):
        return hops
    usable = []
    for hop in route.nexthops:
        if hop.flags & RTNH_F_DEAD or (flow.oif and hop.ifindex != flow.oif):
            continue
        if hop.flags & RTNH_F_LINKDOWN and not _asks_for_gateway(flow):
            dev = netns.devices.get(hop.ifindex)
            if dev is not None and ignores_linkdown(dev):
                continue
        usable.append(hop)
    return usable


def _asks_for_gateway(flow: Flow) -> bool:
    """Whether this is the look-up of a new route's gateway, to which the link's state is nothing (`FIB_LOOKUP_IGNORE_LINKSTATE`): no packet has a scope."""
    return flow.iif == LOOPBACK_IFINDEX and flow.scope >= RT_SCOPE_LINK


def ignores_linkdown(dev: NetDevice) -> bool:
    """Whether routes over a device without carrier are passed over (`ip_ignore_linkdown`)."""
    conf = dev.inet.conf if dev.inet is not None else None
    return conf is not None and bool(conf.ignore_routes_with_linkdown or dev.netns.inet.conf_all.ignore_routes_with_linkdown)


def choose_hop(netns: Netns, hops: Sequence[NextHop], flow: Flow, route: Route) -> NextHop:
    """One of several next hops by a hash of the flow and the weights (`fib_select_multipath`).

    Of a nexthop group whichever comes next whose neighbour is not known to be dead (`nexthop_select_path`).
    """
    total = sum(hop.weight for hop in hops)
    value = flow_hash(flow, fields_of(netns.inet.sysctl, SRC_IP | DST_IP)) % total
    place = 0
    while value >= hops[place].weight:
        value -= hops[place].weight
        place += 1
    if route.nh is None:
        return hops[place]
    return next((hop for hop in hops[place:] if is_good_nh(netns, hop.gateway, hop.ifindex)), hops[place])


def is_own(netns: Netns, address: IPv4) -> bool:
    """Whether an address is one of a device here (`inet_lookup_ifaddr_rcu`): each has a route of its own in the table local."""
    table = netns.inet.fib.tables.get(RT_TABLE_LOCAL)
    hosts = table.lengths.get(32) if table is not None else None
    for route in hosts.get(address, ()) if hosts else ():  # noqa: SIM110  (a generator costs as much as the rest)
        if route.type == RTN_LOCAL:
            return True
    return False


def ip_dev_find(netns: Netns, address: IPv4) -> bool:
    """Whether an address is one of this host's, in whatever VRF (`__ip_dev_find`)."""
    if inet_addr_type(netns, address) == RTN_LOCAL:
        return True
    return bool(netns.l3mdevs) and any(ifa.local == address for dev in netns.devices.values() if dev.inet is not None for ifa in dev.inet.addresses)


def inet_addr_type_dev(netns: Netns, dev: NetDevice, address: IPv4) -> int:
    """What an address is where a device is, in its VRF or outside all (`inet_addr_type_dev_table`)."""
    master = dev.l3mdev if netns.l3mdevs else None
    return inet_addr_type(netns, address, table=master.l3mdev_table if master is not None else RT_TABLE_LOCAL)


def inet_addr_type(netns: Netns, address: IPv4, ifindex: int = 0, table: int = RT_TABLE_LOCAL) -> int:
    """What an address is here: RTN_UNICAST, LOCAL, BROADCAST or MULTICAST (`inet_addr_type_dev_table`)."""
    if not 0 < address < GROUPS:
        if not address or address.is_broadcast:
            return RTN_BROADCAST
        if address.is_multicast:
            return RTN_MULTICAST
    routes = netns.inet.fib.tables.get(table)
    if routes is None:
        return RTN_UNICAST
    lengths = routes.lengths
    for length in routes.order:
        for route in lengths[length].get(address & MASKS4[length], ()):
            if ifindex and all(hop.ifindex != ifindex for hop in route.nexthops):
                continue
            if not routes.has_marks or not route.is_dead:
                return RTN_UNICAST if route.type in ROUTE_ERRORS else route.type
    return RTN_UNICAST
