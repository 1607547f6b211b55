"""An IPv6 packet comes in: checked, routed, delivered or forwarded (`ip6_input.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPV6_ANY
from netsim.errors import EACCES, EINVAL, NetError
from netsim.kernel.core.hooks import LOCAL_IN, PF_INET6, PRE_ROUTING, nf_hook, passed
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_LOOPBACK, PACKET_MULTICAST, PACKET_OTHERHOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.ipv6.counters import count_in
from netsim.kernel.ipv6.exthdrs import (
    HDR_FIELD,
    KNOWN_HOP_OPTIONS,
    NEXTHDR_NONE,
    PAD1,
    PADN,
    PARAMPROB,
    UNK_NEXTHDR,
    Problem,
    options_problem,
)
from netsim.kernel.ipv6.fib_lookup import need_strict
from netsim.kernel.ipv6.forward import ip6_forward
from netsim.kernel.ipv6.fragment import ipv6_frag_rcv
from netsim.kernel.ipv6.icmp import ADM_PROHIBITED, DEST_UNREACH, NOROUTE, icmp6_send
from netsim.kernel.ipv6.output import is_member
from netsim.kernel.ipv6.route import Rt6, ip6_route_input, l3mdev_route_input
from netsim.packet import (
    DestOpts,
    Fragment,
    HopByHop,
    Ip6,
    NeighAdvert,
    NeighSolicit,
    Redirect6,
    RouterAdvert,
    RouterSolicit,
    Routing,
    size_of,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

DISCOVERY = (RouterSolicit, RouterAdvert, NeighSolicit, NeighAdvert, Redirect6)
SEGMENT_ROUTING = (3, 4)
"""RPL and SRv6: refused in silence while `rpl_seg_enabled` and `seg6_enabled` are 0, as they are."""
KNOWN_DEST_OPTIONS = frozenset((PAD1, PADN))


def ipv6_only_counts(dev: NetDevice, skb: SkBuff) -> bool:
    """Whether `ipv6_rcv` would do no more with a packet to a group than count it; counted here, then."""
    state, packet, netns = dev.inet6, skb.packet, dev.netns
    if state is None or state.conf.disable_ipv6:
        netns.mib["Ip6InReceives"] += 1
        netns.mib["Ip6InDiscards"] += 1
        return True
    if not isinstance(packet, Ip6) or not packet.dst.is_multicast or packet.dst in state.multicast or netns.hooks_ipv6[PRE_ROUTING]:
        return False
    header = packet.payload
    if packet.src.is_multicast or packet.src.is_loopback or packet.dst >> 112 & 0xF <= 1 or netns.inet6.fib.has_custom_rules:
        return False
    if isinstance(header, HopByHop) and options_problem(header.options, 42, KNOWN_HOP_OPTIONS) is not None:
        return False
    netns.mib["Ip6InReceives"] += 1
    count_in(netns, packet)
    return True


def ipv6_rcv(skb: SkBuff) -> None:
    """The protocol handler for ETH_P_IPV6: frames for others and garbage die here (`ip6_rcv_core`)."""
    dev, packet = skb.dev, skb.packet
    netns = dev.netns
    if skb.pkt_type == PACKET_OTHERHOST:
        if netns.trace is not None:
            trace_drop(netns, "OTHERHOST", dev.name, skb.packet, skb.dst)
        return
    netns.mib["Ip6InReceives"] += 1
    if dev.inet6 is None or dev.inet6.conf.disable_ipv6:
        netns.mib["Ip6InDiscards"] += 1
        _drop(netns, skb, "IPV6DISABLED")
        return
    if not isinstance(packet, Ip6) or _is_bogus(skb, packet):
        netns.mib["Ip6InHdrErrors"] += 1
        _drop(netns, skb, "IP_INHDR")
        return
    count_in(netns, packet)
    if dev.flags & IFF_LOOPBACK and isinstance(skb.route, Rt6) and skb.route.found is not None:
        skb.iif = skb.route.found.route.ifindex  # what loops back counts as come by the device that has the address
    skb.control = None
    header = packet.payload
    if isinstance(header, HopByHop) and _refused(skb, options_problem(header.options, 42, KNOWN_HOP_OPTIONS)):
        return
    nf_hook(PF_INET6, PRE_ROUTING, netns, skb, dev, None, ip6_rcv_finish)


def _is_bogus(skb: SkBuff, packet: Ip6) -> bool:
    """Addresses that cannot be on a wire (RFC 4291)."""
    src, dst, on_wire = packet.src, packet.dst, not skb.dev.flags & IFF_LOOPBACK
    if src.is_multicast or (on_wire and (src.is_loopback or dst.is_loopback)):
        return True
    if not dst.is_multicast:
        drops = skb.dev.inet6 is not None and skb.dev.inet6.conf.drop_unicast_in_l2_multicast
        return bool(drops and skb.pkt_type in (PACKET_BROADCAST, PACKET_MULTICAST))
    scope = dst >> 112 & 0xF
    return scope == 0 or (scope == 1 and on_wire and skb.pkt_type != PACKET_LOOPBACK)


def _drop(netns: Netns, skb: SkBuff, reason: str) -> None:
    if netns.trace is not None:
        trace_drop(netns, reason, skb.dev.name, skb.packet)


def _refused(skb: SkBuff, problem: Problem | None) -> bool:
    """Whether options forbid to go on; the source may be told."""
    if problem is None:
        return False
    skb.dev.netns.mib["Ip6InHdrErrors"] += 1
    if problem.code is not None and (problem.multicast_too or not skb.packet.dst.is_multicast):
        icmp6_send(skb, PARAMPROB, problem.code, problem.pointer)
    return True


def ip6_rcv_finish(netns: Netns, skb: SkBuff) -> None:
    """Route the packet and hand it on."""
    dev = skb.dev
    if dev.l3mdev_table or (dev.master is not None and dev.master.l3mdev_table):
        if not l3mdev_ip6_rcv(netns, skb):
            return
    if not _is_decided(skb):
        try:
            skb.route = ip6_route_input(skb)
        except NetError as error:
            _refuse(netns, skb, error.errno)
            return
    route = skb.route
    if netns.trace is not None:
        trace_step(netns, "ip6_rcv_finish", skb.dev.name, skb.packet, route)
    if route.error:
        _refuse(netns, skb, route.error)
    elif skb.packet.dst.is_multicast:
        ip6_mc_input(netns, skb)
    elif route.is_local:
        ip6_input(netns, skb)
    else:
        ip6_forward(netns, skb)


def _is_decided(skb: SkBuff) -> bool:
    """Whether the packet has a way already: what came round through loopback keeps the one it left with (`skb_valid_dst`)."""
    route = skb.route
    if not isinstance(route, Rt6):
        return False
    return route.iif in (skb.dev.ifindex, skb.sdif) or bool(route.is_local and (skb.dev.flags & IFF_LOOPBACK or skb.dev.l3mdev_table))


def l3mdev_ip6_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A packet that came in by a VRF or a port of one goes on as the VRF's, but discovery stays with the port (`vrf_ip6_rcv`).

    What is of one link is looked up with the port; the rest is counted, seen by the VRF's taps and once more by PRE_ROUTING. False: stopped there.
    """
    dev = skb.dev
    master = dev.l3mdev
    assert master is not None
    if dev is master:  # came round: it is of the port that has the address
        found = skb.route.found if isinstance(skb.route, Rt6) else None
        skb.sdif = found.route.ifindex if found is not None else dev.ifindex
        return True
    is_strict, is_looped = need_strict(skb.packet.dst), skb.pkt_type == PACKET_LOOPBACK
    is_discovery = isinstance(skb.packet.payload, DISCOVERY)
    skb.route = None
    if is_looped or not is_discovery:
        skb.dev, skb.sdif, skb.iif = master, dev.ifindex, master.ifindex
    if is_looped:
        skb.pkt_type = PACKET_HOST
    elif not is_discovery and not is_strict:
        master.stats.rx_packets += 1
        master.stats.rx_bytes += skb.size
        for tap in master.taps:
            tap.packet(skb, master)
    if is_strict:
        skb.route = l3mdev_route_input(skb, dev)
    if is_looped or (is_strict and not is_discovery):
        return True
    return nf_hook(PF_INET6, PRE_ROUTING, netns, skb, master, None, passed) is True


def _refuse(netns: Netns, skb: SkBuff, error: int) -> None:
    """No way, or a route that refuses: the source is told, but of black holes (`ip6_pkt_discard`, `ip6_pkt_prohibit`)."""
    if netns.trace is not None:
        trace_drop(netns, "IP_INNOROUTES", skb.dev.name, skb.packet, error)
    if error == EINVAL:
        return
    netns.mib["Ip6InNoRoutes" if skb.packet.src != IPV6_ANY else "Ip6InAddrErrors"] += 1
    icmp6_send(skb, DEST_UNREACH, ADM_PROHIBITED if error == EACCES else NOROUTE, 0)


def ip6_mc_input(netns: Netns, skb: SkBuff) -> None:
    """A packet to a group: taken when the device listens (`ip6_mc_input`)."""
    dev = netns.devices.get(skb.sdif) if skb.sdif else skb.dev
    if dev is not None and is_member(dev, skb.packet.dst):
        ip6_input(netns, skb)


def ip6_input(netns: Netns, skb: SkBuff) -> None:
    """For this host: the LOCAL_IN hook (`ip6_input`)."""
    nf_hook(PF_INET6, LOCAL_IN, netns, skb, skb.dev, None, ip6_input_finish)


def ip6_input_finish(netns: Netns, skb: SkBuff) -> None:
    """Take the extension headers in order, then raw sockets and the transport protocol (`ip6_protocol_deliver_rcu`)."""
    protocol, header, offset, field = skb.packet.nexthdr, skb.packet.payload, 40, 6
    while isinstance(header, HopByHop | DestOpts | Routing | Fragment):
        if isinstance(header, Fragment):
            whole = ipv6_frag_rcv(netns, skb)
            if whole is None:
                return
            skb = whole
            protocol, header, offset, field = skb.packet.nexthdr, skb.packet.payload, 40, 6
            continue
        if not _processed(netns, skb, header, offset):
            return
        field = offset
        offset += size_of(header) - size_of(header.payload)
        protocol, header = header.nexthdr, header.payload
    _deliver(netns, skb, protocol, field)


def _processed(netns: Netns, skb: SkBuff, header: Any, offset: int) -> bool:
    """Whether an extension header lets the packet go on."""
    if isinstance(header, DestOpts):
        return not _refused(skb, options_problem(header.options, offset + 2, KNOWN_DEST_OPTIONS))
    return not isinstance(header, Routing) or _routing_processed(netns, skb, header, offset)


def _routing_processed(netns: Netns, skb: SkBuff, header: Routing, offset: int) -> bool:
    """A routing header that is used up is passed over; segment routing is off, other types are unknown (`ipv6_rthdr_rcv`)."""
    if header.type in SEGMENT_ROUTING:
        return False
    if not header.segments_left:
        return True
    netns.mib["Ip6InHdrErrors"] += 1
    icmp6_send(skb, PARAMPROB, HDR_FIELD, offset + 2)
    return False


def _deliver(netns: Netns, skb: SkBuff, protocol: int, field: int) -> None:
    taken = False
    for sock in tuple(netns.sockets.raw.get(protocol, ())):
        taken |= sock.family == 10 and sock.receive6(skb)
    handler = netns.kernel.inet6_protos.get(protocol)
    if handler is not None:
        handler(netns, skb)
        netns.mib["Ip6InDelivers"] += 1
    elif protocol == NEXTHDR_NONE or taken:
        netns.mib["Ip6InDelivers"] += 1
    else:
        netns.mib["Ip6InUnknownProtos"] += 1
        icmp6_send(skb, PARAMPROB, UNK_NEXTHDR, field)
