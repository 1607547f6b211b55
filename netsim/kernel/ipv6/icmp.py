"""ICMPv6: answering echoes, reporting errors within limits, taking errors in (`icmp.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPV6_ANY, IPv6
from netsim.clock import MS
from netsim.errors import NetError
from netsim.kernel.core.kernel_socket import CONTROL_SOCKET
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_step
from netsim.kernel.inet.icmp_limit import PEER_BURST, global_allows
from netsim.kernel.ipv6 import mcast, ndisc
from netsim.kernel.ipv6.counters import icmp6_count
from netsim.kernel.ipv6.exthdrs import PARAMPROB, UNK_OPTION, upper_of
from netsim.kernel.ipv6.fib import owner_of
from netsim.kernel.ipv6.output import ip6_local_out
from netsim.kernel.ipv6.route import Flow6, Rt6, ip6_dst_lookup, ip6_route_output, learn_pmtu
from netsim.kernel.ipv6.saddr import ipv6_dev_get_saddr
from netsim.kernel.tables.fib import RTN_ANYCAST, RTN_LOCAL
from netsim.kernel.tables.inetpeer import inet_getpeer
from netsim.packet import Icmp6Echo, Icmp6Error, Icmp6Other, Ip6, Mld, Mldv2Query, Mldv2Report
from netsim.packet.numbers import IPPROTO_ICMPV6
from netsim.packet.quoted import quoted_packet

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

DEST_UNREACH, PKT_TOOBIG, TIME_EXCEED, ECHO_REQUEST, ECHO_REPLY = 1, 2, 3, 128, 129
NOROUTE, ADM_PROHIBITED, NOT_NEIGHBOUR, ADDR_UNREACH, PORT_UNREACH = range(5)
INFOMSG_MASK = 0x80


def setting(netns: Netns, name: str, default: int) -> int:
    """A whole number below net.ipv6."""
    return int(netns.inet6.sysctl.get(f"net/ipv6/{name}", default))


# sending ---------------------------------------------------------------------------------------------------------------


def icmp6_send(skb: SkBuff, kind: int, code: int, info: int) -> None:
    """Tell the source of a packet what became of it (`icmp6_send`); never about errors, and about groups only what hosts must know."""
    packet, dev = skb.packet, skb.dev
    netns = dev.netns
    if not isinstance(packet, Ip6) or netns.inet6.icmp_sends:
        return
    master = dev.l3mdev if netns.l3mdevs else None
    source = IPv6(packet.dst) if owner_of(netns, packet.dst, domain=master) is not None else None
    if packet.dst.is_multicast or skb.pkt_type != PACKET_HOST:
        if kind != PKT_TOOBIG and not (kind == PARAMPROB and code == UNK_OPTION):
            return
        source = None
    if packet.src == IPV6_ANY or packet.src.is_multicast or _is_error(packet):
        return
    limited = _is_limited(netns, kind)
    if limited and not dev.flags & IFF_LOOPBACK and not global_allows(netns):
        netns.mib["Icmp6OutRateLimitHost"] += 1
        return
    oif = incoming_of(skb) if packet.src.is_linklocal else master.ifindex if master is not None else 0
    flow = Flow6(packet.src, source, oif, 0, 0, skb.mark if setting(netns, "fwmark_reflect", 0) else 0, IPPROTO_ICMPV6)
    rt = _error_route(netns, skb, flow)
    if rt is None or (limited and not _peer_allows(netns, rt, packet.src)):
        return
    nfct = skb.nfct.for_error() if skb.nfct is not None else None
    _push(netns, packet.src, rt, Icmp6Error(kind, code, info, packet), 0, nfct)


def _is_error(packet: Ip6) -> bool:
    """Errors are not answered (`is_ineligible`)."""
    payload = upper_of(packet).payload
    return isinstance(payload, Icmp6Error) or (isinstance(payload, Icmp6Other) and payload.type < INFOMSG_MASK)


def incoming_of(skb: SkBuff) -> int:
    """The device a packet came in by; for looped ones the one it left by (`icmp6_iif`)."""
    if skb.dev.l3mdev_table and isinstance(skb.route, Rt6) and skb.route.found is not None:
        return skb.route.found.route.ifindex
    return skb.iif if skb.dev.flags & IFF_LOOPBACK and skb.iif else skb.dev.ifindex


def _error_route(netns: Netns, skb: SkBuff, flow: Flow6) -> Rt6 | None:
    """The way back, its source one of the device the packet came in by where the route does not prefer another."""
    try:
        if flow.src is None:
            way = ip6_route_output(netns, flow)
            source = way.found.route.prefsrc if way.found is not None else None
            incoming = netns.devices.get(skb.iif)
            if source is None and incoming is not None:
                source = ipv6_dev_get_saddr(netns, incoming, flow.dst)
            flow = Flow6(flow.dst, source, flow.oif, 0, 0, flow.mark, flow.protocol)
        return ip6_dst_lookup(netns, flow)
    except NetError:
        return None


def _is_limited(netns: Netns, kind: int) -> bool:
    """Whether the limiters apply: to errors in the mask, never to path MTU discovery (`icmpv6_mask_allow`)."""
    return not kind & INFOMSG_MASK and kind != PKT_TOOBIG and kind in masked_types(str(netns.inet6.sysctl.get("net/ipv6/icmp/ratemask", "0-1,3-127")))


def masked_types(text: str) -> set[int]:
    """The types a list like `0-1,3-127` names."""
    types: set[int] = set()
    for part in text.split(","):
        low, dash, high = part.partition("-")
        if low.strip().isdigit():
            types.update(range(int(low), int(high if dash else low) + 1))
    return types


def _peer_allows(netns: Netns, rt: Rt6, peer: IPv6) -> bool:
    """The bucket of one destination; wide prefixes get more (`icmpv6_xrlim_allow`)."""
    if rt.dev.flags & IFF_LOOPBACK:
        return True
    cost = setting(netns, "icmp/ratelimit", netns.kernel.profile.icmp6_ratelimit) * MS
    if rt.found is not None and rt.found.route.length < 128:
        cost >>= (128 - rt.found.route.length) >> 5
    now = netns.kernel.clock.now
    return inet_getpeer(netns.inet6, int(peer), now).take(now, cost, PEER_BURST * cost)


def hop_limit_of(rt: Rt6) -> int:
    """The hop limit of a way: the route's, else the device's (`ip6_dst_hoplimit`)."""
    metric = rt.found.route.metric_value("hoplimit") if rt.found is not None else 0
    return metric or (rt.dev.inet6.conf.hop_limit if rt.dev.inet6 is not None else 64)


def _push(netns: Netns, dst: IPv6, rt: Rt6, message: Any, tclass: int, nfct: Any = None) -> None:
    icmp6_count(netns, "Out", message.type)
    netns.inet6.icmp_sends = True
    try:
        ip6_local_out(netns, Ip6(rt.src or IPV6_ANY, dst, IPPROTO_ICMPV6, hop_limit_of(rt), tclass, 0, message), rt, owner=CONTROL_SOCKET, nfct=nfct)
    except NetError:
        return
    finally:
        netns.inet6.icmp_sends = False


# receiving -------------------------------------------------------------------------------------------------------------


def icmpv6_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A control message for this host (`icmpv6_rcv`)."""
    message = upper_of(skb.packet).payload
    icmp6_count(netns, "In", message)
    if isinstance(message, Icmp6Echo):
        if message.type == ECHO_REQUEST:
            _echo(netns, skb, message)
    elif isinstance(message, Icmp6Error):
        icmpv6_notify(netns, skb, message)
    elif isinstance(message, Mld | Mldv2Query):
        mcast.queried(skb, message)
    elif not isinstance(message, Icmp6Other | Mldv2Report | bytes):
        ndisc.receive(skb, message)
    return True


def _echo(netns: Netns, skb: SkBuff, message: Icmp6Echo) -> None:
    """Answer, from the address that was asked or from one of our choice for groups and anycast (`icmpv6_echo_reply`)."""
    packet, rt = skb.packet, skb.route
    if netns.trace is not None:
        trace_step(netns, "icmpv6_echo_reply", skb.dev.name, packet, setting(netns, "icmp/echo_ignore_all", 0))
    if setting(netns, "icmp/echo_ignore_all", 0):
        return
    if packet.dst.is_multicast and setting(netns, "icmp/echo_ignore_multicast", 0):
        return
    if rt is not None and rt.type == RTN_ANYCAST and setting(netns, "icmp/echo_ignore_anycast", 0):
        return
    source = packet.dst if rt is not None and rt.type == RTN_LOCAL else None
    mark = skb.mark if setting(netns, "fwmark_reflect", 0) else 0
    try:
        way = ip6_dst_lookup(netns, Flow6(packet.src, source, incoming_of(skb), 0, packet.tclass, mark, IPPROTO_ICMPV6))
    except NetError:
        return
    _push(netns, packet.src, way, Icmp6Echo(ECHO_REPLY, 0, message.ident, message.seq, message.data), packet.tclass)


def icmpv6_notify(netns: Netns, skb: SkBuff, message: Icmp6Error) -> None:
    """An error about a packet of ours: to its protocol and to raw sockets (`icmpv6_notify`)."""
    inner = quoted_packet(message.inner)
    if not isinstance(inner, Ip6):
        return
    upper = upper_of(inner)
    if message.type == PKT_TOOBIG:
        master = skb.dev.l3mdev
        update_pmtu(netns, inner, message.rest, master.ifindex if master is not None else 0)
    handler = netns.kernel.inet6_err.get(upper.protocol)
    if handler is not None:
        handler(netns, message, inner, skb)
    for sock in tuple(netns.sockets.raw.get(upper.protocol, ())):
        if sock.family == 10:
            sock.error6(message, inner, skb)


def update_pmtu(netns: Netns, inner: Ip6, mtu: int, oif: int) -> None:
    """A router said how big packets to a destination may be (`ip6_update_pmtu`)."""
    try:
        rt = ip6_route_output(netns, Flow6(inner.dst, inner.src, oif))
    except NetError:
        return
    if not rt.error:
        learn_pmtu(netns, rt, inner.dst, mtu)
