"""Nexthop objects of one namespace as data: ways out with a number of their own, and groups of them (`struct nexthop`, net/nexthop.h)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs

from netsim.kernel.tables.fib import RTN_BLACKHOLE, NextHop, Route
from netsim.kernel.tables.fib6 import Fib6Info

NO_HOP = NextHop(0)


@attrs.frozen
class Nexthop:
    """A nexthop object: one way out (`struct nh_info`), or a group of others with weights (`struct nh_group`).

    `family` is 2 or 10, 0 for a group; `protocol` says who made it (RTPROT_*); `members` are pairs of id and weight (1..256).
    """

    id: int
    family: int = 0
    protocol: int = 0
    hop: NextHop = NO_HOP
    is_blackhole: bool = False
    members: tuple[tuple[int, int], ...] = ()

    @property
    def is_group(self) -> bool:
        """Whether it leads by others."""
        return bool(self.members)


@attrs.define(eq=False)
class NexthopTable:
    """The objects by their ids (`struct netns_nexthop`); `last_id` is the last that was given unasked."""

    by_id: dict[int, Nexthop] = attrs.field(factory=dict)
    last_id: int = 0
    groups: dict[int, None] | None = attrs.field(default=None, metadata={"state": "skip"})
    """The ids of the groups, kept from when somebody first asked: a namespace may have tens of thousands of objects."""

    def put(self, nexthop: Nexthop) -> None:
        """A new object, or another in its place."""
        self.by_id[nexthop.id] = nexthop
        if self.groups is not None and nexthop.members:
            self.groups[nexthop.id] = None
        elif self.groups:
            self.groups.pop(nexthop.id, None)

    def drop(self, number: int) -> None:
        """An object goes."""
        del self.by_id[number]
        if self.groups:
            self.groups.pop(number, None)

    def listed(self) -> list[Nexthop]:
        """All in the order of a dump: by id."""
        return [self.by_id[number] for number in sorted(self.by_id)]

    def free_id(self) -> int:
        """The next id nobody has (`nh_find_unused_id`)."""
        self.last_id += 1
        while self.last_id in self.by_id:
            self.last_id += 1
        return self.last_id

    def members_of(self, nexthop: Nexthop) -> list[Nexthop]:
        """The single ways a nexthop consists of, itself when it is one."""
        return [self.by_id[number] for number, _ in nexthop.members] if nexthop.members else [nexthop]

    def groups_with(self, number: int) -> list[Nexthop]:
        """The groups an object is a member of."""
        if self.groups is None:
            self.groups = dict.fromkeys(group.id for group in self.by_id.values() if group.members)
        groups = [self.by_id[place] for place in self.groups]
        return [group for group in groups if any(member == number for member, _ in group.members)]

    def is_blackhole(self, nexthop: Nexthop) -> bool:
        """Whether everything sent by it is thrown away (`nexthop_is_blackhole`)."""
        return self.members_of(nexthop)[0].is_blackhole

    def ways(self, number: int) -> tuple[NextHop, ...]:
        """The ways out an object stands for, with their weights."""
        nexthop = self.by_id[number]
        if not nexthop.members:
            return (nexthop.hop,)
        return tuple([self.by_id[member].hop.with_weight(weight) for member, weight in nexthop.members])

    def applied(self, route: Route) -> Route:
        """A route with the ways out its nexthop stands for now."""
        assert route.nh is not None
        nexthop = self.by_id[route.nh.id]
        return route.with_ways(self.ways(nexthop.id), RTN_BLACKHOLE if self.is_blackhole(nexthop) else route.nh.type)


def nexthops_of(netns: Any) -> NexthopTable:
    """The objects of a namespace (`net->nexthop`)."""
    if netns.nexthops is None:
        netns.nexthops = NexthopTable()
    table: NexthopTable = netns.nexthops
    return table


def routes_by(routes: Iterable[Route], ids: set[int]) -> list[Route]:
    """The IPv4 routes that lead by one of these objects."""
    return [route for route in routes if route.nh is not None and route.nh.id in ids]


def routes6_by(routes: Iterable[Fib6Info], ids: set[int]) -> list[Fib6Info]:
    """The IPv6 routes that lead by one of these objects."""
    return [route for route in routes if route.nh is not None and route.nh.id in ids]
