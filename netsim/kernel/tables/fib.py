"""The IPv4 forwarding information base: routes, tables and policy rules as data, look-ups without side effects."""

from __future__ import annotations

import attrs

from netsim.addr import MASKS4, IPv4, IPv6
from netsim.values import quick

RT_TABLE_UNSPEC, RT_TABLE_COMPAT, RT_TABLE_DEFAULT, RT_TABLE_MAIN, RT_TABLE_LOCAL = 0, 252, 253, 254, 255
(
    RTN_UNSPEC,
    RTN_UNICAST,
    RTN_LOCAL,
    RTN_BROADCAST,
    RTN_ANYCAST,
    RTN_MULTICAST,
    RTN_BLACKHOLE,
    RTN_UNREACHABLE,
    RTN_PROHIBIT,
    RTN_THROW,
    RTN_NAT,
    RTN_XRESOLVE,
) = range(12)
RT_SCOPE_UNIVERSE, RT_SCOPE_SITE, RT_SCOPE_LINK, RT_SCOPE_HOST, RT_SCOPE_NOWHERE = 0, 200, 253, 254, 255
RTPROT_UNSPEC, RTPROT_REDIRECT, RTPROT_KERNEL, RTPROT_BOOT, RTPROT_STATIC, RTPROT_RA, RTPROT_DHCP = 0, 1, 2, 3, 4, 9, 16
TCP_CONGESTION = ("unspec", "reno", "cubic")
"""Algorithms by number (RTAX_CC_ALGO); the first is none."""
RTNH_F_DEAD, RTNH_F_PERVASIVE, RTNH_F_ONLINK, RTNH_F_LINKDOWN = 1, 2, 4, 16
MARKED = RTNH_F_DEAD | RTNH_F_LINKDOWN
FR_ACT_UNSPEC, FR_ACT_TO_TBL, FR_ACT_GOTO, FR_ACT_NOP, FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT = 0, 1, 2, 3, 6, 7, 8


@quick
@attrs.frozen(weakref_slot=False)
class NextHop:
    """One way out (`struct fib_nh`): the device's ifindex, the gateway if any, its weight (1..256), flags and the scope of the gateway."""

    ifindex: int
    gateway: IPv4 | IPv6 | None = None
    weight: int = 1
    flags: int = 0
    scope: int = RT_SCOPE_LINK

    def resolved(self, ifindex: int, scope: int, flags: int) -> NextHop:
        """The same way out once it is known to lead somewhere."""
        return NextHop(ifindex, self.gateway, self.weight, flags, scope)

    def with_flags(self, flags: int) -> NextHop:
        """The same way out in another state."""
        return NextHop(self.ifindex, self.gateway, self.weight, flags, self.scope)

    def with_weight(self, weight: int) -> NextHop:
        """The same way out as one of a group."""
        return NextHop(self.ifindex, self.gateway, weight, self.flags, self.scope)


@quick
@attrs.frozen(weakref_slot=False)
class ByNexthop:
    """That a route leads by a nexthop object: its id, and the type the route was made with (`fib_info.nh`)."""

    id: int
    type: int = RTN_UNICAST


@quick
@attrs.frozen(weakref_slot=False)
class Route:
    """A route (`struct fib_alias` with its `fib_info`): what matches, and what to do."""

    dst: IPv4
    length: int
    tos: int = 0
    priority: int = 0
    type: int = RTN_UNICAST
    scope: int = RT_SCOPE_UNIVERSE
    protocol: int = RTPROT_BOOT
    prefsrc: IPv4 | None = None
    nexthops: tuple[NextHop, ...] = ()
    metrics: tuple[tuple[str, int], ...] = ()
    table: int = RT_TABLE_MAIN
    nh: ByNexthop | None = None

    @property
    def is_dead(self) -> bool:
        """Whether no way out is left."""
        for hop in self.nexthops:
            if not hop.flags & RTNH_F_DEAD:
                return False
        return bool(self.nexthops)

    def with_nexthops(self, nexthops: tuple[NextHop, ...]) -> Route:
        """The same route by other ways out."""
        s = self
        return Route(s.dst, s.length, s.tos, s.priority, s.type, s.scope, s.protocol, s.prefsrc, nexthops, s.metrics, s.table, s.nh)

    def with_ways(self, nexthops: tuple[NextHop, ...], type: int) -> Route:
        """The same route as its nexthop object has become."""
        s = self
        return Route(s.dst, s.length, s.tos, s.priority, type, s.scope, s.protocol, s.prefsrc, nexthops, s.metrics, s.table, s.nh)


@attrs.frozen
class Rule:
    """A policy rule of either protocol (`struct fib_rule`, `struct fib4_rule`, `struct fib6_rule`)."""

    priority: int
    src: IPv4 | IPv6 | None = None
    src_length: int = 0
    dst: IPv4 | IPv6 | None = None
    dst_length: int = 0
    tos: int = 0
    fwmark: int = 0
    fwmask: int = 0
    iif: str = ""
    oif: str = ""
    table: int = 0
    action: int = FR_ACT_TO_TBL
    goto: int = 0
    invert: bool = False
    ipproto: int = 0
    sport: tuple[int, int] | None = None
    dport: tuple[int, int] | None = None
    uid: tuple[int, int] | None = None
    suppress_prefixlength: int = -1
    suppress_ifgroup: int = -1
    protocol: int = 0
    l3mdev: bool = False


NO_ROUTES: list[Route] = []


@attrs.define(eq=False)
class FibTable:
    """Routes of one table: for each prefix length, routes by masked address, most specific first within one prefix."""

    number: int
    lengths: dict[int, dict[int, list[Route]]] = attrs.field(factory=dict)
    order: tuple[int, ...] = ()
    has_marks: bool = False
    """Whether a way out was ever dead or without carrier."""
    hops: dict[int, int] | None = attrs.field(default=None, metadata={"state": "skip"})
    """The namespace's count of ways out by device (`FibState.hops`), from when somebody first asked."""

    def _count(self, route: Route, change: int) -> None:
        hops = self.hops
        assert hops is not None
        for hop in route.nexthops:
            count = hops[hop.ifindex] + change if hop.ifindex in hops else change
            if count:
                hops[hop.ifindex] = count
            else:
                del hops[hop.ifindex]

    def at(self, dst: int, length: int) -> list[Route]:
        """The routes to exactly this prefix, by falling TOS and rising priority; not for writing."""
        prefixes = self.lengths.get(length)
        return NO_ROUTES if prefixes is None else prefixes.get(dst, NO_ROUTES)

    def insert(self, route: Route, position: int) -> None:
        """Put a route among those of its prefix."""
        routes = self.insert_first(route)
        if routes is None:
            return
        routes.insert(position, route)
        self._note(route)

    def insert_first(self, route: Route) -> list[Route] | None:
        """Put a route to a prefix that no other leads to; else nothing happens, and these are the others."""
        length = route.length
        if length in self.lengths:
            prefixes = self.lengths[length]
            if route.dst in prefixes:
                return prefixes[route.dst]
            prefixes[int(route.dst)] = [route]
        else:
            self.lengths[length] = {int(route.dst): [route]}
            self.order = tuple(sorted(self.lengths, reverse=True)) if self.order else (length,)
        self._note(route)
        return None

    def _note(self, route: Route) -> None:
        """What is kept in mind of all routes together."""
        for hop in route.nexthops:
            if hop.flags & MARKED:
                self.has_marks = True
        if self.hops is not None:
            self._count(route, 1)

    def remove(self, route: Route) -> None:
        """Take out this very route."""
        length, dst = route.length, route.dst
        prefixes = self.lengths[length]
        routes = prefixes[dst]
        if len(routes) == 1:
            del prefixes[dst]
            if not prefixes:
                del self.lengths[length]
                self.order = tuple(sorted(self.lengths, reverse=True))
        else:
            del routes[next(place for place, known in enumerate(routes) if known is route)]
        if self.hops is not None:
            self._count(route, -1)

    def swap(self, old: Route, new: Route) -> None:
        """Put a changed route where the old one was."""
        routes = self.lengths[old.length][old.dst]
        routes[next(place for place, known in enumerate(routes) if known is old)] = new
        self._note(new)
        if self.hops is not None:
            self._count(old, -1)

    def holds(self, dst: int) -> bool:
        """Whether the prefix of any route holds an address."""
        for length, prefixes in self.lengths.items():  # noqa: SIM110  (a generator costs as much as the rest)
            if dst & MASKS4[length] in prefixes:
                return True
        return False

    def preferring(self, source: int) -> list[Route]:
        """The routes whose packets prefer a source address."""
        found = []
        for prefixes in self.lengths.values():
            for routes in prefixes.values():
                for route in routes:
                    if route.prefsrc == source:
                        found.append(route)
        return found

    def candidates(self, dst: int) -> list[Route]:
        """All routes whose prefix holds an address, longest prefix first."""
        found: list[Route] = []
        for length in self.order:
            found += self.lengths[length].get(dst & MASKS4[length], ())
        return found

    def routes(self) -> list[Route]:
        """All routes in the order the kernel's trie lists them: by address, then longest prefix first."""
        everything = [(prefix, -length, routes) for length, prefixes in self.lengths.items() for prefix, routes in prefixes.items()]
        return [route for _, _, routes in sorted(everything, key=_place) for route in routes]


def _place(item: tuple[int, int, list[Route]]) -> tuple[int, int]:
    return item[0], item[1]


FIRST_RULES = (
    Rule(0, table=RT_TABLE_LOCAL, protocol=RTPROT_KERNEL),
    Rule(32766, table=RT_TABLE_MAIN, protocol=RTPROT_KERNEL),
    Rule(32767, table=RT_TABLE_DEFAULT, protocol=RTPROT_KERNEL),
)


@attrs.define(eq=False)
class FibState:
    """Routing tables by number and the ordered policy rules of one namespace; `generation` counts every change."""

    tables: dict[int, FibTable] = attrs.field(factory=dict)
    rules: tuple[Rule, ...] = FIRST_RULES
    generation: int = 0
    has_custom_rules: bool = False
    has_custom_local_routes: bool = False
    hops: dict[int, int] | None = attrs.field(default=None, metadata={"state": "skip"})
    """ifindex -> how many ways out of all tables lead over that device, kept from when somebody asked twice (`fib_info_devhash`)."""
    was_asked: int = attrs.field(default=0, metadata={"state": "skip"})

    def clear(self) -> None:
        """All routes go, with the namespace they are of."""
        for table in self.tables.values():
            table.lengths.clear()
            table.order, table.hops = (), None
        self.hops = None
        self.generation += 1

    def may_lead_over(self, ifindex: int) -> bool:
        """Whether any way out may lead over a device. The first answer is yes: most namespaces come and go without a second question."""
        if self.hops is None:
            if not self.was_asked:
                self.was_asked = 1
                return True
            self._count_hops()
        return self.hops is not None and ifindex in self.hops

    def _count_hops(self) -> None:
        hops = self.hops = {}
        for table in self.tables.values():
            table.hops = hops
            for prefixes in table.lengths.values():
                for routes in prefixes.values():
                    for route in routes:
                        for hop in route.nexthops:
                            hops[hop.ifindex] = hops[hop.ifindex] + 1 if hop.ifindex in hops else 1

    def table(self, number: int) -> FibTable:
        """A table, made when it is not there."""
        known = self.tables.get(number)
        if known is None:
            known = self.tables[number] = FibTable(number, hops=self.hops)
        return known
