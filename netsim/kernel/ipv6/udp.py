"""UDP over IPv6: datagrams that come in, and errors about those that went out (`net/ipv6/udp.c`)."""

from __future__ import annotations

from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.inet.udp import datagram_error, deliver_datagram, deliver_to_all
from netsim.kernel.ipv6.err_convert import entry_of, is_fatal
from netsim.kernel.ipv6.exthdrs import upper_of
from netsim.kernel.ipv6.icmp import DEST_UNREACH, PORT_UNREACH, icmp6_send
from netsim.packet import Icmp6Error, Ip6, Udp
from netsim.packet.quoted import quoted_header


def udpv6_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A datagram for this host: to its socket, or Port Unreachable (`__udp6_lib_rcv`)."""
    packet = skb.packet
    skb.nfct = None  # `nf_reset_ct`
    header = upper_of(packet).payload
    if not isinstance(header, Udp):
        netns.mib["Udp6InErrors"] += 1
        return True
    if packet.payload is not header:
        skb.packet = packet.with_content(17, header)
    if packet.dst.is_multicast:
        deliver_to_all(netns, skb, packet.src, packet.dst, packet.hop_limit, packet.tclass)
    elif not deliver_datagram(netns, skb, packet.src, packet.dst, packet.hop_limit, packet.tclass):
        netns.mib["Udp6NoPorts"] += 1
        skb.packet = packet
        icmp6_send(skb, DEST_UNREACH, PORT_UNREACH, 0)
    return True


def udpv6_err(netns: Netns, message: Icmp6Error, inner: Ip6, skb: SkBuff) -> None:
    """An ICMPv6 error about a datagram of ours (`__udp6_lib_err`)."""
    upper = upper_of(inner)
    header = quoted_header(upper.protocol, upper.payload)
    if not isinstance(header, Udp):
        return
    datagram_error(netns, inner.src, header, inner.dst, entry_of(netns, message, inner, skb), is_fatal(message))
