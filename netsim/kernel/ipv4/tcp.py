"""TCP over IPv4: segments that come in, and errors about those that went out (`tcp_ipv4.c`)."""

from __future__ import annotations

from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.inet.sock import ORIGIN_ICMP, SockError
from netsim.kernel.inet.tcp_minisocks import connection_of, tcp_error, tcp_rcv
from netsim.kernel.inet.tcp_output import resegment
from netsim.kernel.ipv4.csum import content_is_damaged
from netsim.kernel.ipv4.err_convert import errno_of
from netsim.packet import IcmpError, Ip, Tcp
from netsim.packet.quoted import quoted_header


def tcp_v4_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A segment for this host (`tcp_v4_rcv`)."""
    packet = skb.packet
    if not isinstance(packet.payload, Tcp) or skb.pkt_type not in (PACKET_HOST, 4, 5):
        if content_is_damaged(packet):
            netns.mib["TcpInErrs"] += 1
            netns.mib["TcpInCsumErrors"] += 1
        return True
    tcp_rcv(netns, skb, packet.src, packet.dst, packet.payload)
    return True


def tcp_v4_err(netns: Netns, message: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a segment of ours (`tcp_v4_err`)."""
    header = quoted_header(inner.protocol, inner.payload)
    if not isinstance(header, Tcp) or message.type not in (3, 11, 12):
        return
    sock = connection_of(netns, inner.src, inner.dst, header)
    if sock is None:
        return
    if message.type == 3 and message.code == 4:
        resegment(sock, (message.rest & 0xFFFF) - 40)
        return
    tcp_error(sock, SockError(errno_of(message), ORIGIN_ICMP, message.type, message.code, 0, skb.packet.src, inner, netns.kernel.clock.now))
