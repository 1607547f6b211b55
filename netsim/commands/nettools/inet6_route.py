"""`route -6 add` and `del` (`inet6_sr.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv6
from netsim.commands.nettools.ifconfig import atoi
from netsim.commands.nettools.names import NO_ERROR, parse6
from netsim.commands.nettools.usage import E_LOOKUP, E_OPTERR, E_SOCK, INET6_ROUTE
from netsim.errors import NetError, strerror
from netsim.kernel.inet.family import AF_INET6
from netsim.kernel.rtnl import ioctl
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL
from netsim.kernel.rtnl.route import HopRequest, RouteRequest, delroute, newroute
from netsim.kernel.tables.fib import RTPROT_BOOT
from netsim.machine.call import Call, Result

USAGE = Result("", INET6_ROUTE, E_OPTERR)


@attrs.define(eq=False)
class Said:
    """What the words say; a `Result` takes the place of what cannot be."""

    dst: IPv6 = IPv6(0)
    length: int = 128
    metric: int = 1
    gateway: IPv6 | None = None
    device: str | None = None


def set_route6(call: Call, action: str, words: list[str]) -> Result:
    """Add or delete a route (SIOCADDRT, SIOCDELRT)."""
    said = _read(list(words))
    if isinstance(said, Result):
        return said
    ifindex = 0
    if said.device is not None:
        try:
            ifindex = ioctl.ifindex_of(call.netns, said.device)
        except NetError as error:
            return Result("", f"SIOGIFINDEX: {strerror(error.errno)}\n", E_SOCK)
    hops = (HopRequest(ifindex, said.gateway),) if ifindex or said.gateway is not None else ()
    request = RouteRequest(said.dst, said.length, protocol=RTPROT_BOOT, priority=said.metric, hops=hops, family=AF_INET6)
    try:
        if action == "add":
            newroute(call.netns, request, NLM_F_CREATE | NLM_F_EXCL)
        else:
            delroute(call.netns, attrs.evolve(request, protocol=None))
    except NetError as error:
        return Result("", f"{'SIOCADDRT' if action == 'add' else 'SIOCDELRT'}: {strerror(error.errno)}\n", E_SOCK)
    return Result()


def _read(queue: list[str]) -> Said | Result:
    """The destination, then keywords; a word that is none is the device, and must be the last."""
    said = Said()
    target, slash, text = queue.pop(0).partition("/")
    if slash and not 0 <= atoi(text) <= 128:
        return USAGE
    said.length = atoi(text) if slash else 128
    address = parse6(target) if target != "default" else IPv6(0)
    if address is None:
        return Result("", f"{target}: {NO_ERROR}\n", 1)
    said.dst = address
    if target == "default":
        said.length = 0
    while queue:
        word = queue.pop(0)
        if word == "metric":
            if not queue or not queue[0][:1].isdigit():
                return USAGE
            said.metric = atoi(queue.pop(0))
        elif word in ("gw", "gateway"):
            if not queue:
                return USAGE
            text = queue.pop(0)
            said.gateway = parse6(text)
            if said.gateway is None:
                return Result("", f"{text}: {NO_ERROR}\n", E_LOOKUP)
        elif word not in ("mod", "dyn"):
            if word in ("dev", "device"):
                if not queue:
                    return USAGE
                word = queue.pop(0)
            elif queue:
                return USAGE
            said.device = word
    return said
