"""The IPv6 forwarding information base: routes and tables as data, look-ups without side effects (`ip6_fib.c`)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import attrs

from netsim.addr import MASKS6, IPv6, mask6
from netsim.kernel.tables.fib import RT_TABLE_LOCAL, RT_TABLE_MAIN, RTN_UNICAST, RTPROT_BOOT, RTPROT_KERNEL, ByNexthop, Rule

RTF_UP, RTF_GATEWAY, RTF_HOST, RTF_REJECT, RTF_DYNAMIC, RTF_MODIFIED = 0x1, 0x2, 0x4, 0x200, 0x10, 0x20
RTF_DEFAULT, RTF_ALLONLINK, RTF_ADDRCONF, RTF_PREFIX_RT, RTF_ANYCAST = 0x10000, 0x20000, 0x40000, 0x80000, 0x100000
RTF_NONEXTHOP, RTF_EXPIRES, RTF_ROUTEINFO, RTF_CACHE, RTF_LOCAL = 0x200000, 0x400000, 0x800000, 0x1000000, 0x80000000
PREF_MEDIUM, PREF_HIGH, PREF_LOW = 0, 1, 3
IP6_RT_PRIO_USER, IP6_RT_PRIO_ADDRCONF = 1024, 256
MANY = 32
"""So many routes are looked through one by one: a host with a thousand links has as many to each of `fe80::/64` and `ff00::/8`."""


@attrs.define(eq=False)
class Exception6:
    """What was learnt about one destination behind a route (`struct rt6_exception`): a smaller MTU, a better gateway; until when (ns, 0: no end)."""

    mtu: int = 0
    gateway: IPv6 | None = None
    is_redirect: bool = False
    expires: int = 0


@attrs.define(eq=False)
class Fib6Info:
    """A route with its one way out (`struct fib6_info`).

    Routes to the same prefix with the same metric that could share traffic know each other by `siblings`, one list they all have;
    `expires` is a time in ns (0: never).
    """

    dst: IPv6
    length: int
    metric: int = IP6_RT_PRIO_USER
    type: int = RTN_UNICAST
    table: int = RT_TABLE_MAIN
    ifindex: int = 0
    gateway: IPv6 | None = None
    weight: int = 1
    nh_flags: int = 0
    flags: int = RTF_UP
    protocol: int = RTPROT_BOOT
    prefsrc: IPv6 | None = None
    metrics: tuple[tuple[str, int], ...] = ()
    expires: int = 0
    pref: int = PREF_MEDIUM
    siblings: list[Fib6Info] | tuple[()] = ()
    exceptions: dict[IPv6, Exception6] = attrs.field(factory=dict)
    nh: ByNexthop | None = None
    """The nexthop object it leads by; one for each way out of a group, all siblings."""

    @property
    def can_ecmp(self) -> bool:
        """Whether it may share traffic with others (`rt6_qualify_for_ecmp`)."""
        return self.gateway is not None and not self.flags & RTF_ADDRCONF and self.nh is None

    def metric_value(self, name: str) -> int:
        """One of its metrics (`mtu`, `hoplimit`, `advmss`), 0 when it has none."""
        return next((value for key, value in self.metrics if key == name), 0)


NO_ROUTES: list[Fib6Info] = []


@attrs.define(eq=False)
class Fib6Table:
    """Routes of one table: for each prefix length, routes by masked address, best metric first."""

    number: int
    lengths: dict[int, dict[int, list[Fib6Info]]] = attrs.field(factory=dict)
    order: tuple[int, ...] = ()
    devices: dict[int, list[Fib6Info]] | None = attrs.field(default=None, metadata={"state": "skip"})
    """The namespace's routes by device (`Fib6State.devices`), from when somebody first asked."""

    def at(self, dst: int, length: int) -> list[Fib6Info]:
        """The routes to exactly this prefix; not for writing."""
        prefixes = self.lengths.get(length)
        return NO_ROUTES if prefixes is None else prefixes.get(dst & MASKS6[length], NO_ROUTES)

    def insert(self, route: Fib6Info, position: int) -> None:
        """Put a route among those of its prefix."""
        length, dst = route.length, route.dst
        if length not in self.lengths:
            self.lengths[length] = {int(dst): [route]}
            self.order = tuple(sorted(self.lengths, reverse=True)) if self.order else (length,)
        elif dst in self.lengths[length]:
            self.lengths[length][dst].insert(position, route)
        else:
            self.lengths[length][int(dst)] = [route]
        devices = self.devices
        if devices is not None:
            if route.ifindex in devices:
                devices[route.ifindex].append(route)
            else:
                devices[route.ifindex] = [route]

    def remove(self, route: Fib6Info) -> None:
        """Take out this very route, and its siblings' knowledge of it."""
        length, dst = route.length, route.dst
        prefixes = self.lengths[length]
        routes = prefixes[dst]
        if len(routes) == 1:
            del prefixes[dst]
            if not prefixes:
                del self.lengths[length]
                self.order = tuple(sorted(self.lengths, reverse=True))
        else:
            routes.remove(route)
        if self.devices is not None:
            known = self.devices[route.ifindex]
            if len(known) == 1:
                del self.devices[route.ifindex]
            else:
                known.remove(route)
        if route.siblings:
            route.siblings.remove(route)
            if len(route.siblings) == 1:
                route.siblings[0].siblings = ()
            route.siblings = ()

    def alone(self, node: list[Fib6Info], ifindex: int, over: Sequence[Fib6Info]) -> list[Fib6Info]:
        """Of the routes of a prefix those over a device, best metric first; `over`: all that lead over it."""
        if len(node) > MANY:
            first = node[0]
            found = [route for route in over if route.length == first.length and route.dst == first.dst and route.table == self.number]
            if len(found) < 2:
                return found
        return [route for route in node if route.ifindex == ifindex]

    def nodes(self, dst: int) -> Iterator[list[Fib6Info]]:
        """The routes of every prefix that holds an address, longest prefix first (`fib6_node_lookup`, `fib6_backtrack`)."""
        for length in self.order:
            node = self.lengths[length].get(dst & mask6(length))
            if node is not None:
                yield node

    def routes(self) -> list[Fib6Info]:
        """All routes as the kernel's tree is walked: by address, narrower prefixes before the wider ones around them (`fib6_walk`)."""
        everything = [
            (prefix | (mask6(128) ^ mask6(length)), -length, routes)
            for length, prefixes in self.lengths.items()
            for prefix, routes in prefixes.items()
        ]
        return [route for _, _, routes in sorted(everything, key=_place) for route in routes]


def _place(item: tuple[int, int, list[Fib6Info]]) -> tuple[int, int]:
    return item[0], item[1]


FIRST_RULES = (Rule(0, table=RT_TABLE_LOCAL, protocol=RTPROT_KERNEL), Rule(32766, table=RT_TABLE_MAIN, protocol=RTPROT_KERNEL))


@attrs.define(eq=False)
class Fib6State:
    """Routing tables by number and the ordered policy rules of one namespace; `generation` counts every change."""

    tables: dict[int, Fib6Table] = attrs.field(factory=lambda: {RT_TABLE_LOCAL: Fib6Table(RT_TABLE_LOCAL), RT_TABLE_MAIN: Fib6Table(RT_TABLE_MAIN)})
    rules: tuple[Rule, ...] = FIRST_RULES
    generation: int = 0
    has_custom_rules: bool = False
    has_marks: bool = False
    """Whether a way out was ever dead or without carrier."""
    has_prefsrc: bool = False
    """Whether a route ever preferred a source."""
    devices: dict[int, list[Fib6Info]] | None = attrs.field(default=None, metadata={"state": "skip"})
    """ifindex -> the routes of all tables over that device, kept from when somebody first asked."""

    def table(self, number: int) -> Fib6Table:
        """A table, made when it is not there (`fib6_new_table`)."""
        known = self.tables.get(number)
        if known is None:
            known = self.tables[number] = Fib6Table(number, devices=self.devices)
        return known

    def clear(self) -> None:
        """All routes go, with the namespace they are of."""
        for table in self.tables.values():
            table.lengths.clear()
            table.order, table.devices = (), None
        self.devices = None
        self.generation += 1

    def listed(self) -> list[Fib6Table]:
        """The tables in the order of a dump (the buckets of `fib_table_hash`)."""
        return sorted(self.tables.values(), key=_bucket)

    def routes(self) -> list[Fib6Info]:
        """Every route of every table."""
        return [route for table in self.listed() for route in table.routes()]

    def over(self, ifindex: int) -> list[Fib6Info]:
        """The routes over a device, in no order; not for writing, and another after a change."""
        devices = self.devices
        if devices is None:
            devices = self.devices = {}
            for table in self.tables.values():
                table.devices = devices
                for prefixes in table.lengths.values():
                    for node in prefixes.values():
                        for route in node:
                            if route.ifindex in devices:
                                devices[route.ifindex].append(route)
                            else:
                                devices[route.ifindex] = [route]
        return devices.get(ifindex, NO_ROUTES)


def _bucket(table: Fib6Table) -> int:
    return table.number & 0xFF
