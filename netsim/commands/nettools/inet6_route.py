"""`route -6 add` and `del`: the words are checked as the tool does; routes themselves cannot be changed yet."""

from __future__ import annotations

from netsim.commands.nettools.ifconfig import atoi
from netsim.commands.nettools.names import NO_ERROR, parse6
from netsim.commands.nettools.usage import E_LOOKUP, E_OPTERR, E_SOCK, INET6_ROUTE
from netsim.errors import NetError, strerror
from netsim.kernel.rtnl import ioctl
from netsim.machine.call import Call, Result

USAGE = Result("", INET6_ROUTE, E_OPTERR)


def set_route6(call: Call, action: str, words: list[str]) -> Result:
    """Take the words apart and say that IPv6 routes are not modelled."""
    queue = list(words)
    target, slash, text = queue.pop(0).partition("/")
    if slash and not 0 <= atoi(text) <= 128:
        return USAGE
    if target != "default" and parse6(target) is None:
        return Result("", f"{target}: {NO_ERROR}\n", 1)
    device = None
    while queue:
        word = queue.pop(0)
        if word == "metric":
            if not queue or not queue.pop(0)[:1].isdigit():
                return USAGE
        elif word in ("gw", "gateway"):
            if not queue:
                return USAGE
            gateway = queue.pop(0)
            if parse6(gateway) is None:
                return Result("", f"{gateway}: {NO_ERROR}\n", E_LOOKUP)
        elif word not in ("mod", "dyn"):
            if word in ("dev", "device"):
                if not queue:
                    return USAGE
                word = queue.pop(0)
            elif queue:
                return USAGE
            device = word
    if device is not None:
        try:
            ioctl.ifindex_of(call.netns, device)
        except NetError as error:
            return Result("", f"SIOGIFINDEX: {strerror(error.errno)}\n", E_SOCK)
    return Result("", f'netsim: "route -6 {action}" is not modelled yet\n', 1)
