"""`-j REJECT`: refuse with an ICMP error or a TCP reset (`ipt_REJECT`, `ip6t_REJECT`, `nf_send_reset`)."""

from __future__ import annotations

import attrs

from netsim.errors import NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.netfilter import route_of
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv6.icmp import hop_limit_of, icmp6_send
from netsim.kernel.ipv6.output import ip6_local_out
from netsim.kernel.ipv6.route import Flow6, ip6_dst_lookup
from netsim.kernel.netfilter.conntrack.tcp import set_closing
from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.verdict import REFUSED, HookState
from netsim.kernel.tables.conntrack import Tracked
from netsim.packet import Ip, Ip6, Tcp
from netsim.packet.numbers import ETH_P_IP, IPPROTO_TCP, TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

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


CODES6 = {
    "icmp6-no-route": 0,
    "icmp6-adm-prohibited": 1,
    "icmp6-addr-unreachable": 3,
    "icmp6-port-unreachable": 4,
    "icmp6-policy-fail": 5,
    "icmp6-reject-route": 6,
}
UNREACHABLE, UNREACHABLE6 = 3, 1


@attrs.frozen
class RejectTarget:
    """`kind` is a name of `CODES` or `CODES6`, or `tcp-reset`."""

    kind: str

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Answer the sender and drop."""
        if self.kind == RESET:
            if state.family == PF_INET:
                send_reset(skb, state)
            else:
                send_reset6(skb, state)
        elif state.family == PF_INET:
            icmp_send(skb, UNREACHABLE, CODES[self.kind], 0)
        else:
            icmp6_send(skb, UNREACHABLE6, CODES6[self.kind], 0)
        return REFUSED


def reset_for(segment: Tcp) -> Tcp:
    """The reset that answers a segment (`nf_reject_ip_tcphdr_put`)."""
    payload = len(segment.payload) if isinstance(segment.payload, bytes) else segment.payload.size
    if segment.flags & TCP_ACK:
        return Tcp(segment.dport, segment.sport, segment.ack, 0, TCP_RST)
    length = payload + bool(segment.flags & TCP_SYN) + bool(segment.flags & TCP_FIN)
    return Tcp(segment.dport, segment.sport, 0, (segment.seq + length) & 0xFFFFFFFF, TCP_RST | TCP_ACK)


def send_reset(skb: SkBuff, state: HookState) -> None:
    """Answer a TCP segment with a reset from its destination (`nf_send_reset`); resets and fragments get none."""
    packet = skb.packet
    segment = transport_of(packet)
    if not isinstance(segment, Tcp) or segment.flags & TCP_RST or packet.offset:
        return
    try:
        ttl = int(state.netns.inet.sysctl.get("ip_default_ttl", 64))
        answer = Ip(packet.dst, packet.src, IPPROTO_TCP, ttl, flags=2, payload=reset_for(segment))
        route = route_of(state.netns, answer, skb.mark)
        _close(skb, state)
        if skb.nf_bridge is not None:
            dev_queue_xmit(SkBuff(skb.nf_bridge.physindev, skb.dst, skb.src, ETH_P_IP, answer))  # in the name of the destination's MAC too
            return
        nfct = skb.nfct.for_error() if skb.nfct is not None else None
        ip_local_out(state.netns, answer, route, nfct=nfct)
    except NetError:
        return


def _close(skb: SkBuff, state: HookState) -> None:
    """The tracked connection ends with the reset (`nf_ct_set_closing`)."""
    if isinstance(skb.nfct, Tracked) and skb.nfct.connection is not None and state.netns.kernel.profile.reset_closes:
        set_closing(state.netns, skb.nfct.connection)


def send_reset6(skb: SkBuff, state: HookState) -> None:
    """The same in IPv6 (`nf_send_reset6`)."""
    packet = skb.packet
    segment = transport_of(packet)
    if not isinstance(segment, Tcp) or segment.flags & TCP_RST:
        return
    try:
        oif = state.indev.ifindex if state.indev is not None and packet.src.is_linklocal else 0
        route = ip6_dst_lookup(state.netns, Flow6(packet.src, packet.dst, oif, mark=skb.mark, protocol=IPPROTO_TCP))
        _close(skb, state)
        nfct = skb.nfct.for_error() if skb.nfct is not None else None
        answer = Ip6(packet.dst, packet.src, IPPROTO_TCP, hop_limit_of(route), payload=reset_for(segment))
        ip6_local_out(state.netns, answer, route, nfct=nfct)
    except NetError:
        return
