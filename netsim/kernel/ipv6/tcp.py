"""TCP over IPv6: segments that come in, and errors about those that went out (`tcp_ipv6.c`)."""

from __future__ import annotations

from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_LOOPBACK, SkBuff
from netsim.kernel.inet.tcp_minisocks import connection_of, tcp_error, tcp_rcv
from netsim.kernel.inet.tcp_output import resegment
from netsim.kernel.ipv6.err_convert import entry_of
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.packet import Icmp6Error, Ip6, Tcp
from netsim.packet.quoted import quoted_header


def tcp_v6_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A segment for this host (`tcp_v6_rcv`)."""
    packet = skb.packet
    header = upper_of(packet).payload
    if isinstance(header, Tcp) and skb.pkt_type in (PACKET_HOST, PACKET_LOOPBACK) and not packet.dst.is_multicast:
        tcp_rcv(netns, skb, packet.src, packet.dst, header)
    return True


def tcp_v6_err(netns: Netns, message: Icmp6Error, inner: Ip6, skb: SkBuff) -> None:
    """An ICMPv6 error about a segment of ours (`tcp_v6_err`)."""
    upper = upper_of(inner)
    header = quoted_header(upper.protocol, upper.payload)
    if not isinstance(header, Tcp):
        return
    sock = connection_of(netns, inner.src, inner.dst, header)
    if sock is None:
        return
    if message.type == 2:
        resegment(sock, message.rest - 60)
        return
    tcp_error(sock, entry_of(netns, message, inner, skb))
