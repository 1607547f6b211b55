"""Netfilter's hook points: where tables, NAT and connection tracking hang themselves into the path."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.skbuff import SkBuff

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns

PF_INET, PF_BRIDGE, PF_INET6 = 2, 7, 10
PRE_ROUTING, LOCAL_IN, FORWARD, LOCAL_OUT, POST_ROUTING = range(5)
ALL_HOOKS = frozenset(range(5))
DROP, ACCEPT, STOLEN, REFUSED = range(4)

HookFunction = Callable[..., int]
HookEntry = tuple[int, HookFunction]
"""`(owner, netns, hook, skb, indev, outdev, okfn) -> verdict`; STOLEN: it keeps the skb and will call okfn itself; REFUSED: dropped, and a local sender hears EPERM."""


FIELDS = {PF_INET: "hooks_ipv4", PF_INET6: "hooks_ipv6", PF_BRIDGE: "hooks_bridge"}
"""Where a namespace keeps the hooks of each family."""


def nf_hook(family: int, hook: int, netns: Netns, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> Any:
    """Show the packet to every function at the hook, then go on with `okfn(netns, skb)`.

    Mirrors `NF_HOOK`, whose jump label the busiest paths write out: they look for functions first, and call okfn themselves where there are none.
    """
    entries = getattr(netns, FIELDS[family])[hook]
    return nf_hook_slow(entries, hook, netns, skb, indev, outdev, okfn) if entries else okfn(netns, skb)


def nf_hook_slow(
    entries: tuple[HookEntry, ...], hook: int, netns: Netns, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]
) -> Any:
    """Show the packet to the functions in order of priority, then go on with `okfn(netns, skb)` (`nf_hook_slow`).

    Returns what okfn returned, REFUSED when a packet on its way out was dropped, None when it was dropped elsewhere or taken.
    """
    for _, function in entries:
        verdict = function(netns, hook, skb, indev, outdev, okfn)
        if verdict != ACCEPT:
            return REFUSED if verdict == REFUSED or (verdict == DROP and hook in (LOCAL_OUT, POST_ROUTING)) else None
    return okfn(netns, skb)


def register_hook(netns: Netns, family: int, hook: int, priority: int, function: HookFunction) -> None:
    """Hang `function` into a hook of one namespace; lower priorities run first, of equal ones the newest (`nf_register_net_hook`)."""
    netns.stir()
    setattr(netns, FIELDS[family], _with(getattr(netns, FIELDS[family]), ((hook, priority, function),)))


def register_hooks(netns: Netns, family: int, functions: tuple[tuple[int, int, HookFunction], ...]) -> None:
    """Hang several functions that any namespace may have, each with its hook and priority, one after the other (`nf_register_net_hooks`)."""
    netns.stir()
    hooks = getattr(netns, FIELDS[family])
    setattr(netns, FIELDS[family], _with(hooks, functions) if any(hooks) else _alone(functions))


@lru_cache(maxsize=64)
def _alone(functions: tuple[tuple[int, int, HookFunction], ...]) -> tuple[tuple[HookEntry, ...], ...]:
    """A family's hooks with these functions only."""
    return _with(((), (), (), (), ()), functions)


def _with(hooks: tuple[tuple[HookEntry, ...], ...], functions: tuple[tuple[int, int, HookFunction], ...]) -> tuple[tuple[HookEntry, ...], ...]:
    """A family's hooks with more functions in them."""
    grown = list(hooks)
    for hook, priority, function in functions:
        entries = grown[hook]
        place = bisect_left(entries, priority, key=_priority)
        grown[hook] = (*entries[:place], (priority, function), *entries[place:])
    return tuple(grown)


def unregister_hook(netns: Netns, family: int, hook: int, function: HookFunction) -> None:
    """Take `function` out again (`nf_unregister_net_hook`)."""
    hooks = list(getattr(netns, FIELDS[family]))
    hooks[hook] = tuple([entry for entry in hooks[hook] if entry[1] != function])
    setattr(netns, FIELDS[family], tuple(hooks))


def _priority(entry: HookEntry) -> int:
    return entry[0]


def passed(netns: Netns, skb: SkBuff) -> bool:
    """An L3 master's turn at a hook is over (`vrf_ip_out_direct`, `vrf_rcv_finish`)."""
    return True
