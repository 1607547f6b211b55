"""A packet comes in: checked, routed, delivered or forwarded (`ip_input.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import EHOSTUNREACH, EXDEV, NetError
from netsim.kernel.core.hooks import LOCAL_IN, PF_INET, PRE_ROUTING, nf_hook, nf_hook_slow
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.ipv4.counters import ECN_COUNTERS, count_many
from netsim.kernel.ipv4.csum import header_is_damaged
from netsim.kernel.ipv4.forward import ip_error, ip_forward
from netsim.kernel.ipv4.fragment import ip_defrag
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.options import recorded
from netsim.kernel.ipv4.rt_cache import ip_route_input
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST
from netsim.packet import Ip
from netsim.packet.numbers import IP_MF

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns


def ip_rcv(skb: SkBuff) -> None:
    """The protocol handler for ETH_P_IP: frames for others and garbage die here."""
    dev = skb.dev
    netns = dev.netns
    if skb.pkt_type == PACKET_OTHERHOST:
        if netns.trace is not None:
            trace_drop(netns, "OTHERHOST", dev.name, skb.packet, skb.dst)
        return
    inet, packet = netns.inet, skb.packet
    if type(packet) is not Ip:
        netns.mib["IpInReceives"] += 1
        netns.mib["IpInHdrErrors"] += 1
        damaged = header_is_damaged(packet)
        netns.mib["IpExtInCsumErrors"] += damaged
        if netns.trace is not None:
            trace_drop(netns, "IP_CSUM" if damaged else "IP_INHDR", dev.name, packet)
        return
    skb.control = None
    inet.in_octets += packet.size
    if packet.tos & 3:
        netns.mib["IpInReceives"] += 1
        netns.mib[ECN_COUNTERS[packet.tos & 3]] += 1
    else:
        inet.in_noect_pkts += 1
    entries = netns.hooks_ipv4[PRE_ROUTING]
    if entries:
        nf_hook_slow(entries, PRE_ROUTING, netns, skb, dev, None, ip_rcv_finish)
    else:
        ip_rcv_finish(netns, skb)


def ip_rcv_finish(netns: Netns, skb: SkBuff) -> None:
    """Route the packet and hand it on; what comes back from lo has the route it was sent by (`skb_valid_dst`)."""
    dev, route = skb.dev, skb.route
    master = dev.master
    if master is not None and master.l3mdev_table:
        l3mdev_ip_rcv(netns, skb, master)
        return
    if dev.l3_rcv is not None and dev.l3_rcv(skb):
        return
    if route is None or (route.iif != dev.ifindex and not dev.flags & IFF_LOOPBACK):
        try:
            route = skb.route = ip_route_input(skb)
        except NetError as error:
            _count_refused(netns, skb, error)
            return
    kind = route.type
    if netns.trace is not None:
        trace_step(netns, "ip_rcv_finish", dev.name, skb.packet, route)
    if kind == RTN_UNICAST and route.iif:
        ip_forward(netns, skb)
        return
    if kind != RTN_LOCAL:
        if kind == RTN_BROADCAST and route.leaves:
            ip_forward(netns, skb)
            return
        count_many(netns, "In", kind, skb.packet)
    if route.error:
        ip_error(netns, skb, route.error)
        return
    if skb.packet.options and kind == RTN_LOCAL:
        skb.packet = skb.packet.with_options(recorded(skb.packet.options, skb.packet.dst))
    if kind == RTN_LOCAL or route.is_local:
        if skb.pkt_type != PACKET_HOST and _drops_l2_multicast(skb, kind):
            return
        ip_local_deliver(netns, skb)
    else:
        ip_forward(netns, skb)


def l3mdev_ip_rcv(netns: Netns, skb: SkBuff, master: NetDevice) -> None:
    """A packet that came in by a port of a VRF goes on as the VRF's: counted, seen by its taps and once more by PRE_ROUTING (`vrf_ip_rcv`)."""
    skb.sdif = skb.dev.ifindex
    skb.dev = master
    skb.iif = master.ifindex
    skb.route = None
    master.stats.rx_packets += 1
    master.stats.rx_bytes += skb.size
    for tap in master.taps:
        tap.packet(skb, master)
    nf_hook(PF_INET, PRE_ROUTING, netns, skb, master, None, ip_rcv_finish)


def _drops_l2_multicast(skb: SkBuff, kind: int) -> bool:
    """Whether it came to a group of the link layer although it is for one host."""
    if skb.pkt_type not in (PACKET_BROADCAST, PACKET_MULTICAST) or kind in (RTN_BROADCAST, RTN_MULTICAST):
        return False
    assert skb.dev.inet is not None
    return bool(skb.dev.inet.conf.drop_unicast_in_l2_multicast or skb.dev.netns.inet.conf_all.drop_unicast_in_l2_multicast)


def _count_refused(netns: Netns, skb: SkBuff, error: NetError) -> None:
    if error.errno == EXDEV:
        reason = "IP_RPFILTER"
        netns.mib["TcpExtIPReversePathFilter"] += 1
    elif error.errno == EHOSTUNREACH:
        reason = "IP_INADDRERRORS"
        netns.mib["IpInAddrErrors"] += 1
    else:
        reason = "IP_INVALID_SOURCE" if error.extack == "martian source" else "IP_INVALID_DEST"
    if netns.trace is not None:
        trace_drop(netns, reason, skb.dev.name, skb.packet, error)


def ip_local_deliver(netns: Netns, skb: SkBuff) -> None:
    """For this host: put fragments together, then the LOCAL_IN hook."""
    packet = skb.packet
    if packet.offset or packet.flags & IP_MF:
        whole = ip_defrag(netns, skb)
        if whole is None:
            return
        skb = whole
    entries = netns.hooks_ipv4[LOCAL_IN]
    if entries:
        nf_hook_slow(entries, LOCAL_IN, netns, skb, skb.dev, None, ip_local_deliver_finish)
    else:
        ip_local_deliver_finish(netns, skb)


def ip_local_deliver_finish(netns: Netns, skb: SkBuff) -> None:
    """Raw sockets get copies, then the transport protocol; nobody: Protocol Unreachable (`ip_protocol_deliver_rcu`)."""
    protocol = skb.packet.protocol
    raw = netns.sockets.raw.get(protocol)
    taken = False
    for sock in tuple(raw) if raw else ():
        taken |= sock.receive(skb)
    handler = netns.kernel.inet_protos.get(protocol)
    if handler is not None:
        handler(netns, skb)
        netns.inet.in_delivers += 1
    elif not taken:
        netns.mib["IpInUnknownProtos"] += 1
        if netns.trace is not None:
            trace_drop(netns, "IP_NOPROTO", skb.dev.name, skb.packet)
        icmp_send(skb, 3, 2, 0)
    else:
        netns.inet.in_delivers += 1
