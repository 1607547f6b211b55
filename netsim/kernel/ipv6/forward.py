"""Passing IPv6 packets on (`ip6_output.c:ip6_forward`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPV6_ANY
from netsim.clock import SECOND
from netsim.kernel.core.hooks import FORWARD, PF_INET6, nf_hook
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.inet.icmp_limit import PEER_BURST
from netsim.kernel.ipv6.icmp import DEST_UNREACH, NOT_NEIGHBOUR, PKT_TOOBIG, TIME_EXCEED, icmp6_send
from netsim.kernel.ipv6.ndisc import is_proxied, send_redirect
from netsim.kernel.ipv6.output import ip6_output
from netsim.kernel.ipv6.route import MIN_MTU
from netsim.kernel.tables.inetpeer import inet_getpeer
from netsim.packet import NeighSolicit

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns


def ip6_forward(netns: Netns, skb: SkBuff) -> None:
    """One hop further: hop limit, redirects, size, then the FORWARD hook."""
    packet, rt, dev = skb.packet, skb.route, skb.dev
    assert dev.inet6 is not None
    if not netns.inet6.conf_all.forwarding and not dev.inet6.conf.force_forwarding:
        _discard(netns, skb)
        return
    if skb.pkt_type != PACKET_HOST or skb.demuxed is not None:
        return  # what TPROXY gave a socket may not leave
    if packet.hop_limit <= 1:
        netns.mib["Ip6InHdrErrors"] += 1
        if netns.trace is not None:
            trace_drop(netns, "IP_INHDR", dev.name, packet, packet.hop_limit)
        icmp6_send(skb, TIME_EXCEED, 0, 0)
        return
    if is_proxied(dev, packet.dst) and isinstance(packet.payload, NeighSolicit):
        from netsim.kernel.ipv6.input import ip6_input

        ip6_input(netns, skb)
        return
    if rt.dev is dev or rt.dev.ifindex == skb.sdif:
        _redirect(netns, skb)
    elif not _may_leave(netns, skb):
        return
    mtu = max(rt.mtu, MIN_MTU)
    if packet.size > mtu and not 0 < (skb.control or 0) <= mtu:  # what the tracker put together is cut again
        netns.mib["Ip6InTooBigErrors"] += 1
        netns.mib["Ip6FragFails"] += 1
        if netns.trace is not None:
            trace_drop(netns, "PKT_TOO_BIG", rt.dev.name, packet, rt)
        icmp6_send(skb, PKT_TOOBIG, 0, mtu)
        return
    skb.packet = packet.with_hop_limit(packet.hop_limit - 1)
    nf_hook(PF_INET6, FORWARD, netns, skb, dev, rt.dev, ip6_forward_finish)


def ip6_forward_finish(netns: Netns, skb: SkBuff) -> None:
    """Out as a packet of the router's (`ip6_forward_finish`)."""
    netns.mib["Ip6OutForwDatagrams"] += 1
    skb.owner, skb.sdif = None, 0
    ip6_output(netns, skb)


def _discard(netns: Netns, skb: SkBuff) -> None:
    netns.mib["Ip6InAddrErrors"] += 1
    if netns.trace is not None:
        trace_drop(netns, "IP_INADDRERRORS", skb.dev.name, skb.packet)


def _may_leave(netns: Netns, skb: SkBuff) -> bool:
    """Sources that mean something on their own link only do not cross a router."""
    source = skb.packet.src
    if source == IPV6_ANY or source.is_multicast or source.is_loopback:
        _discard(netns, skb)
        return False
    if source.is_linklocal:
        icmp6_send(skb, DEST_UNREACH, NOT_NEIGHBOUR, 0)
        _discard(netns, skb)
        return False
    return True


def _redirect(netns: Netns, skb: SkBuff) -> None:
    """A better first hop is on the sender's own link: say so, once a second for each destination (`ip6_forward`)."""
    rt, packet = skb.route, skb.packet
    target = rt.gateway if rt.gateway is not None else packet.dst
    now = netns.kernel.clock.now
    if inet_getpeer(netns.inet6, int(packet.dst), now).take(now, SECOND, PEER_BURST * SECOND):
        send_redirect(skb, target)
