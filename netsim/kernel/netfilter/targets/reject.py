"""`-j REJECT`: refuse with an ICMP error or a TCP reset (`ipt_REJECT`, `ip6t_REJECT`, `nf_send_reset`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.errors import NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.verdict import REFUSED, HookState
from netsim.packet import Ip, Tcp
from netsim.packet.numbers import IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

RESET = "tcp-reset"
CODES = {
    "icmp-net-unreachable": 0,
    "icmp-host-unreachable": 1,
    "icmp-proto-unreachable": 2,
    "icmp-port-unreachable": 3,
    "icmp-net-prohibited": 9,
    "icmp-host-prohibited": 10,
    "icmp-admin-prohibited": 13,
}


@attrs.frozen
class RejectTarget:
    """`kind` is a name of `CODES` or `tcp-reset`."""

    kind: str

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Answer the sender and drop."""
        if state.family != PF_INET:
            return REFUSED
        if self.kind == RESET:
            send_reset(skb, state)
        else:
            icmp_send(skb, 3, CODES[self.kind], 0)
        return REFUSED


def send_reset(skb: SkBuff, state: HookState) -> None:
    """Answer a TCP segment with a reset from its destination (`nf_send_reset`); resets and fragments get none."""
    packet = skb.packet
    segment = transport_of(packet)
    if not isinstance(segment, Tcp) or segment.flags & TCP_RST or packet.offset:
        return
    payload = len(segment.payload) if isinstance(segment.payload, bytes) else segment.payload.size
    if segment.flags & TCP_ACK:
        answer = Tcp(segment.dport, segment.sport, segment.ack, 0, TCP_RST)
    else:
        length = payload + bool(segment.flags & TCP_SYN) + bool(segment.flags & TCP_FIN)
        answer = Tcp(segment.dport, segment.sport, 0, (segment.seq + length) & 0xFFFFFFFF, TCP_RST | TCP_ACK)
    try:
        route = ip_route_output(state.netns, Flow(dst=packet.src, src=packet.dst, mark=skb.mark, protocol=IPPROTO_TCP))
        ttl = int(state.netns.inet.sysctl.get("ip_default_ttl", 64))
        ip_local_out(state.netns, Ip(packet.dst, packet.src, IPPROTO_TCP, ttl, flags=2, payload=answer), route)
    except NetError:
        return
