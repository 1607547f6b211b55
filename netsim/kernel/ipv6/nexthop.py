"""IPv6 routes that lead by nexthop objects (`route.c`, `ip6_fib.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import MASKS6, IPv6
from netsim.errors import EINVAL, NetError
from netsim.kernel.ipv6 import fib
from netsim.kernel.tables.fib import RTN_BLACKHOLE, RTN_PROHIBIT, RTN_THROW, RTN_UNREACHABLE
from netsim.kernel.tables.fib6 import RTF_GATEWAY, RTF_REJECT, Fib6Info
from netsim.kernel.tables.nexthop import Nexthop, NexthopTable, nexthops_of

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

REJECTING = (RTN_BLACKHOLE, RTN_UNREACHABLE, RTN_PROHIBIT, RTN_THROW)


def check_nexthop(table: NexthopTable, nexthop: Nexthop) -> None:
    """Whether an IPv6 route may lead by an object (`fib6_check_nexthop`)."""
    if any(member.family == 2 for member in table.members_of(nexthop)):
        raise NetError(EINVAL, "IPv6 routes can not use an IPv4 nexthop")


def routes_of(netns: Netns, table: NexthopTable, asked: Fib6Info) -> list[Fib6Info]:
    """The routes a route by a nexthop object consists of: one for each way out, siblings of each other (`ip6_route_info_create`)."""
    assert asked.nh is not None
    nexthop = table.by_id[asked.nh.id]
    reject = table.is_blackhole(nexthop)
    kind = RTN_BLACKHOLE if reject else asked.nh.type
    made = []
    for hop in table.ways(nexthop.id):
        assert hop.gateway is None or isinstance(hop.gateway, IPv6)
        flags = asked.flags & ~(RTF_GATEWAY | RTF_REJECT) | (RTF_GATEWAY if hop.gateway is not None else 0)
        flags |= RTF_REJECT if kind in REJECTING else 0
        made.append(
            Fib6Info(asked.dst, asked.length, asked.metric, kind, asked.table, hop.ifindex, hop.gateway, hop.weight, hop.flags, flags,
                     asked.protocol, asked.prefsrc, asked.metrics, asked.expires, asked.pref, nh=asked.nh)
        )  # fmt: skip
    if len(made) > 1:
        for route in made:
            route.siblings = made
    return made


def insert(netns: Netns, asked: Fib6Info, flags: int) -> list[Fib6Info]:
    """Add, append or replace a route that leads by a nexthop object; what it became."""
    assert asked.nh is not None
    table = nexthops_of(netns)
    nexthop = table.by_id[asked.nh.id]
    asked.dst, asked.metric = IPv6(asked.dst & MASKS6[asked.length]), asked.metric or 1024
    dev = netns.devices[table.members_of(nexthop)[0].hop.ifindex]
    if asked.prefsrc is not None and fib.owner_of(netns, asked.prefsrc, domain=dev.l3mdev) is None:
        raise NetError(EINVAL, "Invalid source address")
    made = routes_of(netns, table, asked)
    siblings = made[0].siblings
    made[0].siblings = ()
    fib.insert(netns, made[0], flags)
    made[0].siblings = siblings
    node = netns.inet6.fib.tables[asked.table]
    position = node.at(asked.dst, asked.length).index(made[0])
    for place, route in enumerate(made[1:], 1):
        node.insert(route, position + place)
    return made
