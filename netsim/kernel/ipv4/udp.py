"""UDP over IPv4: datagrams that come in, and errors about those that went out (`udp.c`)."""

from __future__ import annotations

from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.sock import ORIGIN_ICMP, SockError
from netsim.kernel.inet.udp import datagram_error, deliver_datagram, deliver_to_all
from netsim.kernel.ipv4.csum import content_is_damaged
from netsim.kernel.ipv4.err_convert import errno_of, is_fatal
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_MULTICAST
from netsim.packet import IcmpError, Ip, Udp
from netsim.packet.quoted import quoted_header


def udp_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A datagram for this host: to its socket, or Port Unreachable (`__udp4_lib_rcv`)."""
    packet = skb.packet
    skb.nfct = None  # `nf_reset_ct`
    if not isinstance(packet.payload, Udp):
        netns.mib["UdpInErrors"] += 1
        netns.mib["UdpInCsumErrors"] += content_is_damaged(packet)
        return True
    if skb.route is not None and skb.route.type in (RTN_BROADCAST, RTN_MULTICAST):
        deliver_to_all(netns, skb, packet.src, packet.dst, packet.ttl, packet.tos)
    elif not deliver_datagram(netns, skb, packet.src, packet.dst, packet.ttl, packet.tos):
        netns.mib["UdpNoPorts"] += 1
        icmp_send(skb, 3, 3, 0)
    return True


def udp_err(netns: Netns, message: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a datagram of ours (`__udp4_lib_err`)."""
    header = quoted_header(inner.protocol, inner.payload)
    if not isinstance(header, Udp) or message.type in (4, 5):
        return
    info = message.rest & 0xFFFF if message.type == 3 and message.code == 4 else 0
    entry = SockError(
        errno_of(message), ORIGIN_ICMP, message.type, message.code, info, skb.packet.src, inner, netns.kernel.clock.now, ttl=skb.packet.ttl
    )
    datagram_error(netns, inner.src, header, inner.dst, entry, int(is_fatal(message)))
