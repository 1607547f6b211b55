"""Passing packets on (`ip_forward.c`), and answering those that cannot be (`ip_error`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import EACCES, EHOSTUNREACH, ENETUNREACH
from netsim.kernel.core.hooks import FORWARD, nf_hook_slow
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.ipv4.icmp import icmp_send, send_redirect
from netsim.kernel.ipv4.options import recorded, tos_priority
from netsim.kernel.ipv4.output import ip_output
from netsim.kernel.ipv4.route import source_of
from netsim.kernel.tables.inetpeer import inet_getpeer
from netsim.packet.numbers import IP_DF

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ERROR_CODES = {EHOSTUNREACH: 1, ENETUNREACH: 0, EACCES: 13}


def ip_forward(netns: Netns, skb: SkBuff) -> None:
    """One hop further: TTL, size, then the FORWARD hook."""
    if skb.pkt_type != PACKET_HOST or skb.demuxed is not None:
        return  # what TPROXY gave a socket may not leave
    packet, route = skb.packet, skb.route
    if packet.ttl <= 1:
        netns.mib["IpInHdrErrors"] += 1
        if netns.trace is not None:
            trace_drop(netns, "IP_INHDR", skb.dev.name, packet, packet.ttl)
        icmp_send(skb, 11, 0, 0)
        return
    netns.inet.forw_datagrams += 1
    if packet.size > route.mtu and packet.flags & IP_DF:
        netns.mib["IpFragFails"] += 1
        if netns.trace is not None:
            trace_drop(netns, "PKT_TOO_BIG", route.dev.name, packet, route)
        icmp_send(skb, 3, 4, route.mtu)
        return
    skb.packet = packet.with_ttl(packet.ttl - 1)
    if route.do_redirect and not packet.options:
        send_redirect(skb)
    skb.priority = tos_priority(packet.tos) if packet.tos else 0
    entries = netns.hooks_ipv4[FORWARD]
    if entries:
        nf_hook_slow(entries, FORWARD, netns, skb, skb.dev, route.dev, ip_forward_finish)
    else:
        ip_forward_finish(netns, skb)


def ip_forward_finish(netns: Netns, skb: SkBuff) -> None:
    """Out as a packet of the router's (`ip_forward_finish`); by which port of a VRF it came is nothing to the next machine."""
    skb.owner, skb.sdif = None, 0
    if skb.packet.options:
        skb.packet = skb.packet.with_options(recorded(skb.packet.options, _out_source(skb)))
    ip_output(netns, skb)


def _out_source(skb: SkBuff) -> IPv4:
    """The address a router writes into a record-route option: the one it would use on the way out (`ip_rt_get_source`)."""
    route = skb.route
    chosen = source_of(skb.dev.netns, route.found, route.dev)
    return chosen if chosen is not None else IPv4(0)


def ip_error(netns: Netns, skb: SkBuff, error: int) -> None:
    """No way to the destination: tell the source, at a rate of its own (`ip_error`)."""
    code = ERROR_CODES.get(error)
    if netns.trace is not None:
        trace_drop(netns, "IP_OUTNOROUTES", skb.dev.name, skb.packet, error)
    if code is None or skb.pkt_type != PACKET_HOST:
        return
    if code == 0:
        netns.mib["IpExtInNoRoutes"] += 1
    if _may_report(netns, skb):
        icmp_send(skb, 3, code, 0)


def _may_report(netns: Netns, skb: SkBuff) -> bool:
    """The limiter of route errors: `route.error_burst` saved up, one costs `route.error_cost` (in jiffies of 1/1000 s here)."""
    cost = int(netns.inet.sysctl.get("route/error_cost", 1000)) * SECOND // 1000
    burst = int(netns.inet.sysctl.get("route/error_burst", 5000)) * SECOND // 1000
    now = netns.kernel.clock.now
    return inet_getpeer(netns.inet, int(skb.packet.src), now).take(now, cost, burst)
