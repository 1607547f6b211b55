"""Which socket of this host a packet is for, asked before routing has said so (`nf_socket_ipv4.c`, `nf_tproxy_ipv4.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4, IPv6
from netsim.kernel.inet.tcp_minisocks import find_listener
from netsim.kernel.inet.udp import incoming_ifindex
from netsim.kernel.netfilter.headers import protocol_of, transport_of
from netsim.packet import Tcp, Udp
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def connection_for(netns: Netns, skb: SkBuff) -> Any:
    """The connection or connected datagram socket of exactly these addresses and ports, or None."""
    packet, header = skb.packet, transport_of(skb.packet)
    if isinstance(header, Tcp):
        return netns.sockets.connected.get((IPPROTO_TCP, int(packet.dst), header.dport, int(packet.src), header.sport))
    sock = _datagram_socket(netns, skb, packet.dst, header.dport) if isinstance(header, Udp) else None
    return sock if sock is not None and sock.raddr is not None and sock.laddr else None


def listener_for(netns: Netns, skb: SkBuff, address: IPv4 | IPv6, port: int) -> Any:
    """Who takes new connections or datagrams at a place, or None."""
    if protocol_of(skb.packet) == IPPROTO_TCP:
        return find_listener(netns, skb, address, port)
    sock = _datagram_socket(netns, skb, address, port)
    return sock if sock is not None and sock.raddr is None else None


def socket_for(netns: Netns, skb: SkBuff) -> Any:
    """Any socket that would get the packet (`nf_sk_lookup_slow_v4`), or None."""
    header = transport_of(skb.packet)
    if not isinstance(header, Tcp | Udp):
        return None
    found = connection_for(netns, skb)
    if found is None and isinstance(header, Tcp):
        found = find_listener(netns, skb, skb.packet.dst, header.dport)
    return _datagram_socket(netns, skb, skb.packet.dst, header.dport) if found is None and isinstance(header, Udp) else found


def _datagram_socket(netns: Netns, skb: SkBuff, address: Any, port: int) -> Any:
    best, chosen = -1, None
    source, sport, ifindex = skb.packet.src, transport_of(skb.packet).sport, incoming_ifindex(netns, skb)
    for sock in netns.sockets.listening.get((IPPROTO_UDP, port), ()):
        score = sock.takes(source, sport, address, ifindex, skb.sdif)
        if score > best:
            best, chosen = score, sock
    return chosen
