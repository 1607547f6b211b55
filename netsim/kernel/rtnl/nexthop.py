"""RTM_NEWNEXTHOP, RTM_DELNEXTHOP, RTM_GETNEXTHOP."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import EINVAL, ENETDOWN, ENOENT, NetError
from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4 import nexthop
from netsim.kernel.ipv6 import nexthop as nexthop6
from netsim.kernel.rtnl.flags import NLM_F_REPLACE
from netsim.kernel.tables.fib import RTNH_F_ONLINK, ByNexthop, NextHop
from netsim.kernel.tables.fib6 import Fib6Info
from netsim.kernel.tables.nexthop import Nexthop, nexthops_of


@attrs.frozen
class NexthopRequest:
    """What a nexthop message says; 0, None and () mean absent as in netlink. `flags` are RTNH_F_*."""

    id: int | None = None
    family: int = 0
    protocol: int = 0
    ifindex: int = 0
    gateway: IPv4 | IPv6 | None = None
    flags: int = 0
    is_blackhole: bool = False
    members: tuple[tuple[int, int], ...] = ()


@attrs.frozen
class NexthopFilter:
    """What a dump is asked about (`struct nh_dump_filter`); 0 asks nothing."""

    family: int = 0
    ifindex: int = 0
    master: int = 0
    groups: bool = False


def newnexthop(netns: Netns, request: NexthopRequest, flags: int) -> None:
    """Add or replace an object (`rtm_new_nexthop`); the kernel's sentences."""
    netns.kernel.require_admin()
    _check(netns, request)
    if flags & NLM_F_REPLACE and not request.id:
        raise NetError(EINVAL, "Replace requires nexthop id")
    number = request.id or nexthops_of(netns).free_id()
    asked = NextHop(request.ifindex, request.gateway or None, 1, request.flags)
    if request.members:
        new = Nexthop(number, 0, request.protocol, members=request.members)
    elif request.is_blackhole:
        hop = nexthop.checked_blackhole(netns, request.family, asked)
        new = Nexthop(number, request.family, request.protocol, hop, is_blackhole=True)
    else:
        new = Nexthop(number, request.family, request.protocol, nexthop.checked_hop(netns, request.family, asked))
    nexthop.insert(netns, new, flags)


def _check(netns: Netns, request: NexthopRequest) -> None:
    """`rtm_to_nh_config`."""
    if not request.family and not request.members:
        raise NetError(EINVAL, "Invalid address family")
    if request.members:
        if request.family:
            raise NetError(EINVAL, "Invalid family for group")
        nexthop.check_members(nexthops_of(netns), request.members)
        return
    if request.is_blackhole:
        if request.gateway is not None or request.ifindex:
            raise NetError(EINVAL, "Blackhole attribute can not be used with gateway, oif, encap or fdb")
        return
    if not request.ifindex:
        raise NetError(EINVAL, "Device attribute required for non-blackhole and non-fdb nexthops")
    dev = netns.devices.get(request.ifindex)
    if dev is None:
        raise NetError(EINVAL, "Invalid device index")
    if not dev.flags & IFF_UP:
        raise NetError(ENETDOWN, "Nexthop device is not up")
    if not dev.carrier:
        raise NetError(ENETDOWN, "Carrier for nexthop device is down")
    if request.gateway is None and request.flags & RTNH_F_ONLINK:
        raise NetError(EINVAL, "ONLINK flag can not be set for nexthop without a gateway")


def delnexthop(netns: Netns, request: NexthopRequest) -> None:
    """Remove an object and all that leads by it (`rtm_del_nexthop`); ENOENT."""
    netns.kernel.require_admin()
    if request.protocol or request.flags:
        raise NetError(EINVAL, "Invalid values in header")
    if request.ifindex or request.gateway is not None or request.is_blackhole or request.members:
        raise NetError(EINVAL, "Unknown attribute type")
    nexthop.remove(netns, _valid_id(request.id))


def _valid_id(number: int | None) -> int:
    if number is None:
        raise NetError(EINVAL, "Nexthop id is missing")
    if not number:
        raise NetError(EINVAL, "Invalid nexthop id")
    return number


def getnexthop(netns: Netns, number: int) -> Nexthop:
    """One object (`rtm_get_nexthop`); ENOENT."""
    found = nexthops_of(netns).by_id.get(_valid_id(number))
    if found is None:
        raise NetError(ENOENT)
    return found


def dump(netns: Netns, wanted: NexthopFilter) -> list[Nexthop]:
    """The objects asked about, by their ids (`rtm_dump_nexthop`, `nh_dump_filtered`)."""
    return [known for known in nexthops_of(netns).listed() if _passes(netns, known, wanted)] if netns.nexthops is not None else []


def _passes(netns: Netns, known: Nexthop, wanted: NexthopFilter) -> bool:
    if wanted.groups and not known.is_group:
        return False
    if not (wanted.ifindex or wanted.master or wanted.family):
        return True
    if known.is_group or (wanted.family and known.family != wanted.family):
        return False
    dev = netns.devices.get(known.hop.ifindex)
    if wanted.ifindex and known.hop.ifindex != wanted.ifindex:
        return False
    return not wanted.master or (dev is not None and dev.master is not None and dev.master.ifindex == wanted.master)


def add_route6(netns: Netns, asked: Fib6Info, number: int, flags: int) -> list[Fib6Info]:
    """Add, append or replace an IPv6 route that leads by an object; what it became (`ip6_route_info_create`)."""
    table = nexthops_of(netns)
    if number not in table.by_id:
        raise NetError(EINVAL, "Nexthop id does not exist")
    nexthop6.check_nexthop(table, table.by_id[number])
    asked.nh = ByNexthop(number, asked.type)
    netns.inet6.fib.table(asked.table)
    return nexthop6.insert(netns, asked, flags)
