"""`-j TPROXY`: hands a packet for somebody else to a local socket, addresses unchanged (`xt_TPROXY`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.hooks import PRE_ROUTING
from netsim.kernel.inet.tcp_states import TIME_WAIT
from netsim.kernel.netfilter.headers import ports_of
from netsim.kernel.netfilter.sockets import connection_for, listener_for
from netsim.kernel.netfilter.verdict import ACCEPT, DROP, HookState
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TproxyTarget:
    """The listener at `address` (0: the incoming device's own) and `port` (0: the packet's) gets it, marked; without one it is dropped."""

    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING})

    port: int
    address: int = 0
    value: int = 0
    mask: int = 0

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Find the connection, else the listener; both must be transparent (`tproxy_tg4`, `tproxy_tg6_v1`)."""
        netns, ports = state.netns, ports_of(skb.packet)
        if ports is None:
            return DROP
        sock = connection_for(netns, skb)
        if sock is None or getattr(sock, "state", None) == TIME_WAIT:
            sock = listener_for(netns, skb, self._place(skb, state), self.port or ports[1]) or sock
        if sock is None or not sock.transparent:
            return DROP
        skb.mark = (skb.mark & ~self.mask & 0xFFFFFFFF) ^ self.value
        skb.demuxed = sock
        return ACCEPT

    def _place(self, skb: SkBuff, state: HookState) -> Any:
        packet, dev = skb.packet, state.indev
        if self.address:
            return IPv4(self.address) if isinstance(packet, Ip) else IPv6(self.address)
        if dev is None:
            return packet.dst
        if isinstance(packet, Ip):
            return dev.inet.addresses[0].local if dev.inet is not None and dev.inet.addresses else packet.dst
        return dev.inet6.addresses[0].address if dev.inet6 is not None and dev.inet6.addresses else packet.dst
