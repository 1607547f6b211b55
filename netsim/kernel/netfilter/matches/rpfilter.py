"""`-m rpfilter`: whether an answer to a packet would leave by the device it came in by (`ipt_rpfilter`, `ip6t_rpfilter`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.addr import IPV6_ANY, IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.hooks import PRE_ROUTING
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.ipv4.fib_lookup import Flow, fib_lookup
from netsim.kernel.ipv6.fib_lookup import LOOKUP_IFACE, Flow6, fib6_lookup
from netsim.kernel.netfilter.headers import protocol_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST
from netsim.packet import Ip, Ip6

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

LOOPBACK_IFINDEX = 1
BROADCAST = IPv4(0xFFFFFFFF)


@attrs.frozen
class RpfilterMatch:
    """`loose`: any way back will do; `valid_mark`: by the packet's mark; `accept_local`: also from addresses of this host."""

    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING})

    loose: bool = False
    valid_mark: bool = False
    accept_local: bool = False
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether there is a way back."""
        dev = state.indev
        assert dev is not None
        if dev.flags & IFF_LOOPBACK:
            return not self.inverted
        packet = skb.packet
        found = self._back4(state.netns, packet, skb.mark, dev) if isinstance(packet, Ip) else self._back6(state.netns, packet, skb.mark, dev)
        return found != self.inverted

    def _back4(self, netns: Netns, packet: Ip, mark: int, dev: NetDevice) -> bool:
        dst = packet.dst
        is_for_many = dst.is_multicast or dst == BROADCAST
        if packet.src >> 24 == 0 and (dst == BROADCAST or dst >> 8 == 0xE00000):
            return True
        own = IPv4(0) if is_for_many or dst >> 24 == 0 else dst
        master = dev.l3mdev
        flow = Flow(
            packet.src, own, 0, LOOPBACK_IFINDEX, packet.tos, mark if self.valid_mark else 0, l3mdev=master.ifindex if master is not None else 0
        )
        try:
            found = fib_lookup(netns, flow)
        except NetError:
            return False
        if found.type != RTN_UNICAST and not (found.type == RTN_LOCAL and self.accept_local):
            return False
        return self.loose or _leads_by(netns, (hop.ifindex for hop in found.route.nexthops), dev)

    def _back6(self, netns: Netns, packet: Ip6, mark: int, dev: NetDevice) -> bool:
        src, dst = packet.src, packet.dst
        if src == IPV6_ANY:
            return True
        own: IPv6 | None = None if dst.is_multicast else dst
        oif = dev.ifindex if src.is_linklocal or not self.loose else 0
        flow = Flow6(src, own, oif, LOOPBACK_IFINDEX, mark=mark if self.valid_mark else 0, protocol=protocol_of(packet), flowlabel=packet.flowlabel)
        try:
            found = fib6_lookup(netns, flow, oif, LOOKUP_IFACE if src.is_linklocal else 0)
        except NetError:
            return False
        route = found.route
        if found.error or route.type not in (RTN_UNICAST, RTN_LOCAL):
            return False
        if route.type == RTN_LOCAL:
            return self.accept_local
        return self.loose or _leads_by(netns, (hop.ifindex for hop in route.siblings or (route,)), dev)


def _leads_by(netns: Netns, ways: Iterable[int], dev: NetDevice) -> bool:
    """Whether one of the ways is a device, or the device of a domain that it is a port of (`fib_info_nh_uses_dev`)."""
    devices = [netns.devices.get(ifindex) for ifindex in ways]
    return dev in devices or (dev.l3mdev is not None and dev.l3mdev in [found.l3mdev for found in devices if found is not None])
