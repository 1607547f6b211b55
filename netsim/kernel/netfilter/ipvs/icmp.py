"""Errors about connections: they reach the end that has to know, about the packet it sent (`ip_vs_in_icmp`, `ip_vs_out_icmp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.hooks import ACCEPT, DROP, PF_INET, STOLEN
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.kernel.ipv6.route import Flow6, ip6_route_output
from netsim.kernel.netfilter.conntrack.tuples import tuple_of_quoted
from netsim.kernel.netfilter.ipvs.count import in_stats, out_stats
from netsim.kernel.netfilter.ipvs.states import INPUT, OUTPUT
from netsim.kernel.netfilter.ipvs.xmit import mark_done, reroute, send_on
from netsim.kernel.netfilter.nat.manip import manipulated
from netsim.kernel.netfilter.nat.ranges import MANIP_DST, MANIP_SRC
from netsim.kernel.tables.conntrack import Tuple
from netsim.kernel.tables.ipvs import MASQ, TUNNEL, IpvsState, Key, VsConnection
from netsim.packet import Ip
from netsim.packet.numbers import IPPROTO_IPIP
from netsim.packet.quoted import quoted_packet, rewritten

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

FRAG_NEEDED = 4
OUTER = 20


def _inner_key(inner: Any) -> Key | None:
    """The ends of the packet an error quotes, the other way round: its destination first."""
    found = tuple_of_quoted(inner)
    if found is None:
        return None
    return found.family, found.protocol, found.dst, found.dport, found.src, found.sport


def ip_vs_in_icmp(netns: Netns, state: IpvsState, hook: int, skb: SkBuff) -> int | None:
    """An error from the client's side about an answer: on to the destination that sent it. None: about something else."""
    inner = quoted_packet(skb.packet.payload.inner)
    if isinstance(inner, Ip) and inner.protocol == IPPROTO_IPIP:
        return _about_tunnel(state, skb, inner)
    key = _inner_key(inner) if inner is not None else None
    connection = state.incoming.get(key) if key is not None else None
    if connection is None:
        return None
    in_stats(netns, state, connection, skb)
    if connection.method != MASQ:
        return ACCEPT
    try:
        rt: Any = _way(netns, connection)
    except NetError:
        return STOLEN
    skb.packet = _translated(skb.packet, inner, connection, to_destination=True)
    mark_done(skb, connection, INPUT)
    return ACCEPT if rt.is_local else send_on(netns, skb, rt)


def _way(netns: Netns, connection: VsConnection) -> Any:
    if connection.dfamily == PF_INET:
        return ip_route_output(netns, Flow(IPv4(connection.daddr)))
    rt = ip6_route_output(netns, Flow6(IPv6(connection.daddr)))
    if rt.error:
        raise NetError(rt.error)
    return rt


def _about_tunnel(state: IpvsState, skb: SkBuff, outer: Ip) -> int | None:
    """A router could not pass a wrapped packet on: the client is told, in its own terms."""
    inner = outer.payload
    key = _inner_key(inner) if isinstance(inner, Ip) else None
    if key is None:
        return None
    family, protocol, vaddr, vport, caddr, cport = key
    connection = state.incoming.get((family, protocol, caddr, cport, vaddr, vport))
    if connection is None or connection.method != TUNNEL:
        return None
    error = skb.packet.payload
    info = error.rest
    if error.type == 3 and error.code == FRAG_NEEDED:
        if not state.conf.pmtu_disc or (info & 0xFFFF) < OUTER + 68:
            return DROP
        info = (info & 0xFFFF) - OUTER
    told = skb.clone()
    told.packet, told.nfct = inner, None
    icmp_send(told, error.type, error.code, info)
    return DROP


def ip_vs_out_icmp(netns: Netns, state: IpvsState, hook: int, skb: SkBuff) -> int:
    """An error from a destination's side about a request: on to the client, from the virtual end (`handle_response_icmp`)."""
    inner = quoted_packet(skb.packet.payload.inner)
    key = _inner_key(inner) if inner is not None else None
    connection = state.outgoing.get(key) if key is not None else None
    if connection is None or connection.method != MASQ:
        return ACCEPT
    skb.packet = _translated(skb.packet, inner, connection, to_destination=False)
    if not reroute(netns, state, hook, skb):
        return DROP
    out_stats(netns, state, connection, skb)
    mark_done(skb, connection, OUTPUT)
    return ACCEPT


def _translated(packet: Any, inner: Any, connection: VsConnection, *, to_destination: bool) -> Any:
    """The error and the packet it quotes with the ends the receiver knows (`ip_vs_nat_icmp`)."""
    address, port = (connection.daddr, connection.dport) if to_destination else (connection.vaddr, connection.vport)
    target = Tuple(connection.family, connection.protocol, address, address, port, port)
    quoted = manipulated(inner, target, MANIP_SRC if to_destination else MANIP_DST)
    error = packet.payload
    again = packet.with_payload(error.with_inner(rewritten(error.inner, quoted) if isinstance(error.inner, bytes) else quoted))
    end = type(packet.dst)(address)
    return again.with_dst(end) if to_destination else again.with_src(end)
