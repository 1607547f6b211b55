"""`-m addrtype`: what kind of address the routing tables say it is (`xt_addrtype`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPV6_ANY, IPv6
from netsim.errors import NetError
from netsim.kernel.core.hooks import ALL_HOOKS, LOCAL_IN, LOCAL_OUT, PF_INET, POST_ROUTING, PRE_ROUTING
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.ipv6.route import Flow6, ip6_route_output
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.fib import RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, RTN_UNREACHABLE, RTN_UNSPEC

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.skbuff import SkBuff

LIMIT_IN, LIMIT_OUT = 1, 2
ROUTED = 1 << RTN_LOCAL | 1 << RTN_ANYCAST | 1 << RTN_UNREACHABLE


@attrs.frozen
class AddrtypeMatch:
    """Masks of `1 << RTN_*` for source and destination, 0 for not asked; `limit`: LIMIT_IN or LIMIT_OUT ask for the device too."""

    source: int = 0
    source_inverted: bool = False
    destination: int = 0
    destination_inverted: bool = False
    limit: int = 0

    @property
    def hooks(self) -> frozenset[int]:
        """Where the rule may stand: a device that is asked about must be known there."""
        missing = {LIMIT_IN: {LOCAL_OUT, POST_ROUTING}, LIMIT_OUT: {PRE_ROUTING, LOCAL_IN}}.get(self.limit, set())
        return ALL_HOOKS - missing

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether both addresses are of the kinds asked for."""
        dev = state.indev if self.limit == LIMIT_IN else state.outdev if self.limit == LIMIT_OUT else None
        packet = skb.packet
        if self.source and _is_of(self.source, state, packet.src, dev) == self.source_inverted:
            return False
        return not self.destination or _is_of(self.destination, state, packet.dst, dev) != self.destination_inverted


def _is_of(mask: int, state: HookState, address: Any, dev: NetDevice | None) -> bool:
    if state.family == PF_INET:
        return bool(mask >> inet_addr_type(state.netns, address, dev.ifindex if dev is not None else 0) & 1)
    return _is_of6(mask, state, address, dev)


def _is_of6(mask: int, state: HookState, address: IPv6, dev: NetDevice | None) -> bool:
    """The kind of the address itself must fit, and the routes where those are asked for: our own addresses are unicast too (`match_type6`)."""
    if mask & 1 << RTN_MULTICAST and not address.is_multicast:
        return False
    if mask & 1 << RTN_UNICAST and (address.is_multicast or address == IPV6_ANY):
        return False
    if mask & 1 << RTN_UNSPEC and address != IPV6_ANY:
        return False
    return not mask & ROUTED or bool(mask & _routed6(state, address, dev))


def _routed6(state: HookState, address: IPv6, dev: NetDevice | None) -> int:
    """What the routes say of an address, as bits (`match_lookup_rt6`)."""
    if dev is not None and dev.inet6 is not None and any(ifa.address == address for ifa in dev.inet6.addresses):
        return 1 << RTN_LOCAL
    try:
        rt = ip6_route_output(state.netns, Flow6(address, oif=dev.ifindex if dev is not None else 0))
    except NetError:
        return 1 << RTN_UNREACHABLE
    if rt.error:
        return 1 << RTN_UNREACHABLE
    return 1 << rt.type if rt.type == RTN_ANYCAST or (rt.type == RTN_LOCAL and dev is None) else 0
