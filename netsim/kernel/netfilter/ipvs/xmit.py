"""Packets go to destinations: rewritten, as they are, or wrapped (`ip_vs_xmit.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.hooks import ACCEPT, LOCAL_IN, LOCAL_OUT, PF_INET, PF_INET6, STOLEN, nf_hook
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.netfilter import ip_route_me_harder
from netsim.kernel.ipv4.output import ip_local_out, ip_output
from netsim.kernel.ipv4.route import Flow, Rt, ip_route_output
from netsim.kernel.ipv6.icmp import icmp6_send
from netsim.kernel.ipv6.netfilter import ip6_route_me_harder
from netsim.kernel.ipv6.output import ip6_local_out, ip6_output
from netsim.kernel.ipv6.route import Flow6, Rt6, ip6_route_output
from netsim.kernel.netfilter.ipvs.states import INPUT
from netsim.kernel.netfilter.nat.manip import manipulated
from netsim.kernel.netfilter.nat.ranges import MANIP_DST, MANIP_SRC
from netsim.kernel.tables.conntrack import IPS_CONFIRMED, IPS_DYING, PROTO_ICMP, PROTO_ICMP6, REPLY, UNTRACKED, Tracked, Tuple
from netsim.kernel.tables.ipvs import DROUTE, F_NFCT, MASQ, TUNNEL, IpvsState, VsConnection
from netsim.packet import Ip, Ip6
from netsim.packet.numbers import IP_DF, IPPROTO_IPIP, IPPROTO_IPV6
from netsim.trace import Rewritten

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

OUTER4, OUTER6 = 20, 40
LEAST_MTU = 68


def xmit(netns: Netns, state: IpvsState, connection: VsConnection, hook: int, skb: SkBuff) -> int:
    """Send a request to its destination: STOLEN when it left, ACCEPT when the destination is this host (`packet_xmit`)."""
    try:
        rt = _route(netns, connection)
    except NetError:
        _unreachable(skb)
        return STOLEN
    if _crosses_boundary(skb, connection, rt):
        _drop(netns, skb, "ipvs: crosses the local boundary")
        return STOLEN
    if not rt.is_local and not _prepared(state, connection, skb, rt):
        return STOLEN
    if connection.method == MASQ:
        skb.packet = mangled(netns, skb, connection.family, connection.protocol, (connection.daddr, connection.dport), MANIP_DST)
    elif connection.method == TUNNEL and not rt.is_local:
        return _wrap(netns, state, connection, skb, rt)
    mark_done(skb, connection, INPUT)
    if rt.is_local:
        return ACCEPT
    return send_on(netns, skb, rt)


def send_on(netns: Netns, skb: SkBuff, rt: Any) -> int:
    """Out as a packet of this host's (`ip_vs_nat_send_or_cont`, `ip_vs_send_or_cont`)."""
    skb.route = rt
    skb.owner = None
    try:
        if isinstance(rt, Rt):
            nf_hook(PF_INET, LOCAL_OUT, netns, skb, None, rt.dev, ip_output)
        else:
            nf_hook(PF_INET6, LOCAL_OUT, netns, skb, None, rt.dev, ip6_output)
    except NetError:
        return STOLEN  # what a sender would hear; here there is none
    return STOLEN


def _route(netns: Netns, connection: VsConnection) -> Rt | Rt6:
    """The way to the destination, by its address alone (`do_output_route4`, `__ip_vs_route_output_v6`); NetError without one."""
    if connection.dfamily != PF_INET:
        found = ip6_route_output(netns, Flow6(IPv6(connection.daddr)))
        if found.error:
            raise NetError(found.error)
        if connection.method != DROUTE or found.gateway is not None or found.is_local:
            return found
        return Rt6(found.type, found.dev, IPv6(connection.daddr), found.src, found.mtu, found.found, found.learnt)
    rt = ip_route_output(netns, Flow(IPv4(connection.daddr)))
    if connection.method != DROUTE or rt.gateway is not None or rt.is_local:
        return rt
    return Rt(rt.type, rt.dev, IPv4(connection.daddr), rt.src, rt.mtu, rt.found, pmtu=rt.pmtu)


def _unreachable(skb: SkBuff) -> None:
    """No way: the client is told (`dst_link_failure`)."""
    if isinstance(skb.packet, Ip):
        icmp_send(skb, 3, 1, 0)
    else:
        icmp6_send(skb, 1, 3, 0)


def _drop(netns: Netns, skb: SkBuff, why: str) -> None:
    if netns.trace is not None:
        trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, why)


def _crosses_boundary(skb: SkBuff, connection: VsConnection, rt: Rt | Rt6) -> bool:
    """Whether a packet would come to loopback from outside, or leave with a loopback source (`crosses_local_route_boundary`)."""
    packet = skb.packet
    if rt.is_local:
        was_local = skb.route.is_local
        if connection.method != MASQ:
            return not was_local
        is_from_outside = skb.iif and not skb.dev.flags & IFF_LOOPBACK
        return bool(is_from_outside and isinstance(packet, Ip) and IPv4(connection.daddr).is_loopback)
    return bool(packet.src.is_loopback)


def _prepared(state: IpvsState, connection: VsConnection, skb: SkBuff, rt: Rt | Rt6) -> bool:
    """One hop further: lifetime and size (`decrement_ttl`, `ensure_mtu_is_adequate`); False: dropped, and the client told."""
    mtu = rt.mtu
    if connection.method == TUNNEL:
        mtu -= OUTER4 if isinstance(rt, Rt) else OUTER6
        if mtu < LEAST_MTU:
            return False
    packet = skb.packet
    if isinstance(packet, Ip):
        if packet.ttl <= 1:
            skb.dev.netns.mib["IpInHdrErrors"] += 1
            icmp_send(skb, 11, 0, 0)
            return False
        skb.packet = packet.with_ttl(packet.ttl - 1)
        if connection.method == TUNNEL and not state.conf.pmtu_disc:
            return True
        if packet.flags & IP_DF and packet.size > mtu:
            icmp_send(skb, 3, 4, mtu)
            return False
        return True
    if packet.hop_limit <= 1:
        icmp6_send(skb, 3, 0, 0)
        return False
    skb.packet = packet.with_hop_limit(packet.hop_limit - 1)
    if packet.size > mtu:
        icmp6_send(skb, 2, 0, mtu)
        return False
    return True


def _wrap(netns: Netns, state: IpvsState, connection: VsConnection, skb: SkBuff, rt: Rt | Rt6) -> int:
    """Into a packet from here to the destination (`ip_vs_tunnel_xmit`)."""
    inner = skb.packet
    mark_done(skb, connection, INPUT)
    protocol = IPPROTO_IPIP if isinstance(inner, Ip) else IPPROTO_IPV6
    ttl, tos = (inner.ttl, inner.tos) if isinstance(inner, Ip) else (inner.hop_limit, inner.tclass)
    try:
        if isinstance(rt, Rt):
            df = inner.flags & IP_DF if isinstance(inner, Ip) and state.conf.pmtu_disc else 0
            source = rt.src or IPv4(0)
            outer = Ip(source, IPv4(connection.daddr), protocol, ttl, tos, netns.kernel.rng.getrandbits(16), df, payload=inner)
            ip_local_out(netns, outer, rt, mark=skb.mark, nfct=skb.nfct, hops=skb.hops)
        else:
            source6 = rt.src or connected_source6(netns, rt, connection)
            outer6 = Ip6(source6, IPv6(connection.daddr), protocol, ttl, tos, payload=inner)
            ip6_local_out(netns, outer6, rt, mark=skb.mark, nfct=skb.nfct)
    except NetError:
        return STOLEN
    return STOLEN


def connected_source6(netns: Netns, rt: Rt6, connection: VsConnection) -> IPv6:
    """The address this host would send from to a destination (`ipv6_dev_get_saddr`)."""
    from netsim.kernel.ipv6.saddr import ipv6_dev_get_saddr

    return ipv6_dev_get_saddr(netns, rt.dev, IPv6(connection.daddr)) or IPv6(0)


# rewriting -------------------------------------------------------------------------------------------------------------


def mangled(netns: Netns, skb: SkBuff, family: int, protocol: int, end: tuple[int, int], manip: int) -> Any:
    """The packet from (or to) another address and port (`tcp_snat_handler`, `udp_dnat_handler`)."""
    before = skb.packet
    target = Tuple(family, protocol, end[0], end[0], end[1], end[1])
    after = manipulated(before, target, manip)
    if netns.trace is not None:
        where = "src" if manip == MANIP_SRC else "dst"
        netns.trace.record(Rewritten(netns.kernel.clock.now, netns.cookie, where, skb.dev.name, before, after))
    return after


def mark_done(skb: SkBuff, connection: VsConnection, direction: int) -> None:
    """Virtual services are done with the packet, and the tracker is kept out or told (`ip_vs_notrack`, `ip_vs_update_conntrack`)."""
    skb.ipvs_property = 1
    if (connection.vaddr, connection.vport) != (connection.daddr, connection.dport):
        skb.demuxed = None  # `ip_vs_drop_early_demux_sk`
    if not connection.flags & F_NFCT:
        if isinstance(skb.nfct, Tracked):
            skb.nfct = UNTRACKED
        return
    if connection.method == MASQ:
        update_conntrack(skb, connection, direction)


def update_conntrack(skb: SkBuff, connection: VsConnection, direction: int) -> None:
    """The tracked connection expects answers from the destination (or, begun there, to the virtual end)."""
    tracked = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
    if tracked is None or tracked.status & (IPS_CONFIRMED | IPS_DYING):
        return
    reply = tracked.tuples[REPLY]
    has_ports = reply.protocol not in (PROTO_ICMP, PROTO_ICMP6)
    if direction == INPUT:
        tracked.tuples[REPLY] = reply.with_source(_address(connection.dfamily, connection.daddr), connection.dport if has_ports else reply.sport)
    else:
        tracked.tuples[REPLY] = reply.with_destination(_address(connection.family, connection.vaddr), connection.vport if has_ports else reply.dport)


def _address(family: int, address: int) -> int:
    return IPv4(address) if family == PF_INET else IPv6(address)


def reroute(netns: Netns, state: IpvsState, hook: int, skb: SkBuff) -> bool:
    """An answer goes as if the service's host had made it (`ip_vs_route_me_harder`); False: there is no way."""
    if not state.conf.snat_reroute or hook == LOCAL_IN or skb.route.is_local or skb.route.dev.flags & IFF_LOOPBACK:
        return True
    dev = skb.dev
    try:
        (ip_route_me_harder if isinstance(skb.packet, Ip) else ip6_route_me_harder)(netns, skb)
    except NetError:
        return False
    if hook != LOCAL_OUT:
        skb.dev = dev
    return True
