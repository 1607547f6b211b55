"""Frames out of a VXLAN device: to which remote ends, in which outer packet, and what does not fit (`vxlan_core.c`)."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import NetError
from netsim.kernel.core.kernel_socket import KernelSocket
from netsim.kernel.core.netdevice import IFF_UP
from netsim.kernel.core.receive import eth_type, receive_core
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.drivers import vxlan_fdb
from netsim.kernel.drivers.ip_tunnel import ECN_CE, ECN_ECT_0, ECN_MASK, send_outer
from netsim.kernel.inet.ports import port_range
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.kernel.ipv4.fnhe import learn_pmtu
from netsim.kernel.ipv4.route import Rt, ip_route_output
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST
from netsim.kernel.tables.neigh import NUD_CONNECTED
from netsim.kernel.tables.vxlan import ALL_ZEROS, Remote
from netsim.packet import UDP_CSUM, UDP_CSUM_NONE, Arp, Ethernet, IcmpError, Ip, Ip6, Udp, Vxlan
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, ICMP_FRAG_NEEDED, IP_DF, IPPROTO_ICMP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.drivers.vxlan import VxlanDevice

HEADROOM = 50
ARP_REQUEST, ARP_REPLY = 1, 2
NTF_ROUTER = 128
MIN_FORGED_MTU = 576
ICMP_ERRORS = (3, 4, 5, 11, 12)
SOCKET = KernelSocket(multicast_loop=0)
"""Whose the outer packets are: groups do not come back to their sender (`setup_udp_tunnel_sock`)."""


def vxlan_xmit(dev: VxlanDevice, skb: SkBuff) -> None:
    """Find the remote ends of a frame's destination and send it to each (`vxlan_xmit`)."""
    config = dev.config
    if config.proxy and skb.protocol == ETH_P_ARP:
        arp_reduce(dev, skb)
        return
    entry = vxlan_fdb.lookup(dev, skb.dst)
    is_routed = False
    if entry is not None and entry.flags & NTF_ROUTER and config.rsc and isinstance(skb.packet, Ip):
        is_routed = route_shortcircuit(dev, skb)
        if is_routed:
            entry = vxlan_fdb.lookup(dev, skb.dst)
    if entry is None:
        entry = vxlan_fdb.lookup(dev, ALL_ZEROS)
    if entry is None:
        dev.stats.tx_dropped += 1
        _trace(dev, skb, "VXLAN_NO_REMOTE")
        return
    for end in list(entry.remotes[1:]):
        xmit_one(dev, skb.clone(), end)
    xmit_one(dev, skb, entry.remotes[0])


def arp_reduce(dev: VxlanDevice, skb: SkBuff) -> None:
    """A proxy answers requests from the neighbour table; no ARP message leaves it (`arp_reduce`)."""
    request = skb.packet
    if not isinstance(request, Arp) or request.op != ARP_REQUEST:
        return
    neigh = dev.netns.inet.arp.entries.get((request.tpa, dev.ifindex))
    if neigh is None or not neigh.state & NUD_CONNECTED or neigh.lladdr is None:
        return
    known = vxlan_fdb.lookup(dev, neigh.lladdr)
    if known is not None and not known.remotes[0].ip:
        return
    reply = SkBuff(dev, neigh.lladdr, request.sha, ETH_P_ARP, Arp(ARP_REPLY, neigh.lladdr, request.tpa, request.sha, request.spa))
    reply.hops = skb.hops + 1
    _arrive(dev, reply)


def route_shortcircuit(dev: VxlanDevice, skb: SkBuff) -> bool:
    """A frame for a router whose next hop is a known neighbour goes straight there (`route_shortcircuit`); True when it was redirected."""
    neigh = dev.netns.inet.arp.entries.get((IPv4(skb.packet.dst), dev.ifindex))
    if neigh is None or neigh.lladdr is None or neigh.lladdr == skb.dst:
        return False
    skb.src, skb.dst = skb.dst, neigh.lladdr
    return True


def xmit_one(dev: VxlanDevice, skb: SkBuff, end: Remote) -> None:
    """One outer packet (`vxlan_xmit_one`)."""
    config, home = dev.config, dev.home
    port, vni = end.port or config.dstport, config.id if end.vni is None else end.vni
    if not end.ip:
        dev.stats.tx_dropped += 1
        _trace(dev, skb, "VXLAN_NO_REMOTE")
        return
    inner = skb.packet
    inner_tos = inner.tos if isinstance(inner, Ip) else inner.tclass if isinstance(inner, Ip6) else 0
    tos = inner_tos if config.tos == 1 else config.tos
    sport = source_port(dev, skb)
    try:
        flow = Flow(end.ip, config.local or None, end.ifindex or config.link, tos=tos & 0x1E, protocol=IPPROTO_UDP, sport=sport, dport=port)
        rt = ip_route_output(home, flow)
    except NetError:
        _failed(dev, skb, "IP_OUTNOROUTES")
        return
    if rt.dev is dev:
        dev.stats.collisions += 1
        _failed(dev, skb, "TUNNEL_DEADLOOP")
        return
    if rt.type == RTN_LOCAL and port == config.dstport and _bypass(dev, skb, vni, rt):
        return
    if not check_pmtu(dev, skb, rt):
        return
    ttl = config.ttl or (1 if end.ip.is_multicast else int(home.inet.sysctl.get("ip_default_ttl", 64)))
    if config.ttl_inherit and isinstance(inner, (Ip, Ip6)):
        ttl = inner.ttl if isinstance(inner, Ip) else inner.hop_limit
    tos = tos & ~ECN_MASK | (ECN_ECT_0 if inner_tos & ECN_MASK == ECN_CE else inner_tos & ECN_MASK)
    df = config.df == 1 or (config.df == 2 and (isinstance(inner, Ip6) or (isinstance(inner, Ip) and bool(inner.flags & IP_DF))))
    frame = Ethernet(skb.dst, skb.src, skb.protocol, inner)
    datagram = Udp(sport, port, Vxlan(vni, frame), UDP_CSUM if config.udpcsum else UDP_CSUM_NONE)
    outer = Ip(
        config.local or rt.src or IPV4_ANY, end.ip, IPPROTO_UDP, ttl, tos, home.kernel.rng.getrandbits(16), IP_DF if df else 0, payload=datagram
    )
    send_outer(dev, skb, rt, outer, SOCKET)


def source_port(dev: VxlanDevice, skb: SkBuff) -> int:
    """A port that is the same for both ways of a flow, for routers that spread by ports (`udp_flow_src_port`)."""
    low, high = dev.config.srcport
    if low >= high:
        low, high = port_range(dev.home)
    packet: Any = skb.packet
    if isinstance(packet, (Ip, Ip6)):
        ends = sorted((int(packet.src), int(packet.dst)))
        ports = sorted((getattr(packet.payload, "sport", 0), getattr(packet.payload, "dport", 0)))
    else:
        ends, ports = [int(skb.src), int(skb.dst)], [skb.protocol, 0]
    value = zlib.crc32(repr((dev.netns.kernel.hash_secret, ends, ports)).encode())
    value ^= value << 16 & 0xFFFFFFFF
    return (value * (high - low + 1) >> 32) + low


def _bypass(dev: VxlanDevice, skb: SkBuff, vni: int, rt: Rt) -> bool:
    """The remote end is this machine: straight to its device, or nowhere (`encap_bypass_if_local`, `vxlan_encap_bypass`)."""
    target = next(
        (other for other in dev.home.tunnels.get("vxlan", ()) if (other.config.id, other.config.dstport) == (vni, dev.config.dstport)), None
    )
    if target is None:
        _failed(dev, skb, "VXLAN_VNI_NOT_FOUND")
    else:
        encap_bypass(dev, target, skb, rt.src or IPV4_ANY)
    return True


def encap_bypass(source: VxlanDevice, target: VxlanDevice, skb: SkBuff, remote: IPv4) -> None:
    """A frame from one device to another (or back) without an outer packet (`vxlan_encap_bypass`)."""
    size = skb.size
    if target.config.learning and remote:
        vxlan_fdb.snoop(target, skb.src, remote)
    source.stats.tx_packets += 1
    source.stats.tx_bytes += size
    if not target.flags & IFF_UP:
        target.stats.rx_dropped += 1
        return
    skb.hops += 1
    _arrive(target, skb)


def _arrive(dev: VxlanDevice, skb: SkBuff) -> None:
    skb.dev = dev
    skb.iif = dev.ifindex
    skb.nfct = skb.nf_bridge = skb.route = skb.owner = None
    skb.ipvs_property = 0
    skb.pkt_type = eth_type(skb)
    dev.stats.rx_packets += 1
    dev.stats.rx_bytes += skb.size
    dev.netns.kernel.clock.call_soon(receive_core, skb)


def check_pmtu(dev: VxlanDevice, skb: SkBuff, rt: Rt) -> bool:
    """Whether the outer packet fits its way (`skb_tunnel_check_pmtu`).

    A sender's route learns what does; on a bridge port the answer "Fragmentation Needed" is made up in the name of the packet's destination.
    """
    mtu, inner = rt.mtu - HEADROOM, skb.packet
    if skb.size <= mtu:
        return True
    route = skb.route if isinstance(skb.route, Rt) else None
    if route is not None and route.type == RTN_UNICAST and isinstance(inner, Ip) and mtu < route.mtu:
        learn_pmtu(dev.netns, route, IPv4(inner.dst), mtu)
    is_port = dev.master is not None and dev.master.kind in ("bridge", "ovs")
    if not is_port or not isinstance(inner, Ip) or not _may_forge(inner, mtu):
        return True
    error = IcmpError(3, ICMP_FRAG_NEEDED, mtu, inner, MIN_FORGED_MTU - 28)
    ttl = int(dev.netns.inet.sysctl.get("ip_default_ttl", 64))
    forged = Ip(inner.dst, inner.src, IPPROTO_ICMP, ttl, 0, 0, IP_DF, payload=error)
    answer = SkBuff(dev, skb.dst, skb.src, ETH_P_IP, forged, PACKET_HOST)
    answer.hops = skb.hops
    encap_bypass(dev, dev, answer, IPV4_ANY)
    return False


def _may_forge(inner: Ip, mtu: int) -> bool:
    """`iptunnel_pmtud_check_icmp`: packets with DF, between ordinary addresses, that are no errors themselves."""
    if mtu < MIN_FORGED_MTU or inner.flags != IP_DF or inner.offset:
        return False
    if inner.dst.is_multicast or inner.dst.is_broadcast or inner.src.is_zeronet or inner.src.is_loopback or inner.src.is_multicast:
        return False
    return not (isinstance(inner.payload, IcmpError) and inner.payload.type in ICMP_ERRORS)


def _failed(dev: VxlanDevice, skb: SkBuff, reason: str) -> None:
    dev.stats.tx_errors += 1
    _trace(dev, skb, reason)


def _trace(dev: VxlanDevice, skb: SkBuff, reason: str) -> None:
    netns = dev.netns
    if netns.trace is not None:
        trace_drop(netns, reason, dev.name, skb.packet, dev)
