"""`-m addrtype`: what kind of address the routing tables say it is (`xt_addrtype`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.kernel.core.hooks import ALL_HOOKS, LOCAL_IN, LOCAL_OUT, PF_INET, POST_ROUTING, PRE_ROUTING
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.skbuff import SkBuff

LIMIT_IN, LIMIT_OUT = 1, 2


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
        if self.source and (self.source >> _kind(state, packet.src, dev) & 1) == self.source_inverted:
            return False
        return not self.destination or (self.destination >> _kind(state, packet.dst, dev) & 1) != self.destination_inverted


def _kind(state: HookState, address: Any, dev: NetDevice | None) -> int:
    if state.family == PF_INET:
        return inet_addr_type(state.netns, address, dev.ifindex if dev is not None else 0)
    if address.is_multicast:
        return RTN_MULTICAST
    devices = [dev] if dev is not None else state.netns.devices.values()
    own = any(ifa.address == address for each in devices if each.inet6 is not None for ifa in each.inet6.addresses)
    return RTN_LOCAL if own else RTN_UNICAST
