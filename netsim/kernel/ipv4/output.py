"""Packets go out: made here or passed on, cut to size, handed to the neighbour (`ip_output.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPV4_ANY, IPv4, IPv6
from netsim.errors import EMSGSIZE, ENOBUFS, EPERM, NetError
from netsim.kernel.core.hooks import LOCAL_OUT, PF_INET, POST_ROUTING, REFUSED, nf_hook, nf_hook_slow, passed
from netsim.kernel.core.neighbour import neigh_create, neigh_output
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.core.transmit import NET_XMIT_DROP, dev_queue_xmit
from netsim.kernel.ipv4.arp import ARP_OPS
from netsim.kernel.ipv4.counters import count_many
from netsim.kernel.ipv4.fragment import split
from netsim.kernel.ipv4.options import tos_priority
from netsim.kernel.ipv6.ndisc import ND_OPS
from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST
from netsim.packet import Ip
from netsim.packet.numbers import ETH_P_IP, IP_DF

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.ipv4.route import Rt

PMTUDISC_PROBE = 3


def ip_local_out(netns: Netns, packet: Ip, rt: Rt, *, owner: Any = None, mark: int = 0, priority: int = 0, nfct: Any = None, hops: int = 0) -> None:
    """Send a packet of our own (`ip_local_out`); NetError as sendmsg would report it: EMSGSIZE, EPERM."""
    dev = rt.dev
    if packet.tos and not priority:
        priority = tos_priority(getattr(owner, "tos", 0))
    skb = SkBuff(dev, dev.address, dev.address, ETH_P_IP, packet, PACKET_HOST, 0, mark, priority, rt, nfct, owner=owner, hops=hops)
    netns.inet.out_requests += 1
    if netns.trace is not None:
        trace_step(netns, "ip_local_out", dev.name, packet, rt)
    if netns.l3mdevs and dev.master is not None and dev.master.l3mdev_table:
        if nf_hook(PF_INET, LOCAL_OUT, netns, skb, None, dev.master, passed) is not True:
            raise NetError(EPERM)
    entries = netns.hooks_ipv4[LOCAL_OUT]
    outcome = nf_hook_slow(entries, LOCAL_OUT, netns, skb, None, dev, ip_output) if entries else ip_output(netns, skb)
    if outcome is REFUSED:
        raise NetError(EPERM)
    if outcome == NET_XMIT_DROP and getattr(owner, "recverr", 0):
        raise NetError(ENOBUFS)  # `net_xmit_errno`; told only to sockets that ask for errors


def ip_output(netns: Netns, skb: SkBuff) -> Any:
    """The last hook (`ip_output`, `ip_mc_output`)."""
    rt = skb.route
    incoming = skb.dev if skb.iif else None
    skb.dev = rt.dev
    skb.protocol = ETH_P_IP
    if rt.type != RTN_UNICAST and rt.type in (RTN_MULTICAST, RTN_BROADCAST) and not rt.iif:
        _loop_back(netns, skb, rt)
    entries = netns.hooks_ipv4[POST_ROUTING]
    return nf_hook_slow(entries, POST_ROUTING, netns, skb, incoming, rt.dev, ip_finish_output) if entries else ip_finish_output(netns, skb)


def _loop_back(netns: Netns, skb: SkBuff, rt: Rt) -> None:
    """Groups we are in, and broadcasts, come back to ourselves (`ip_mc_output`'s loopback copy)."""
    dev = rt.dev
    if dev.flags & IFF_LOOPBACK or dev.inet is None:
        return
    if rt.type == RTN_BROADCAST or (skb.packet.dst in dev.inet.multicast and bool(getattr(skb.owner, "multicast_loop", 1))):
        from netsim.kernel.core.skbuff import PACKET_LOOPBACK
        from netsim.kernel.ipv4.route import Rt

        copy = skb.clone()
        copy.pkt_type = PACKET_LOOPBACK
        copy.iif = dev.ifindex
        copy.route = Rt(RTN_BROADCAST, dev, iif=dev.ifindex) if rt.type == RTN_BROADCAST else None  # its source is ours and no martian
        netns.kernel.clock.call_soon(_receive_looped, copy)


def _receive_looped(skb: SkBuff) -> None:
    deliver = skb.dev.netns.kernel.packet_types.get(ETH_P_IP)
    if deliver is not None:
        deliver(skb)


def ip_finish_output(netns: Netns, skb: SkBuff) -> Any:
    """Cut to the MTU when needed (`__ip_finish_output`)."""
    rt, packet, owner = skb.route, skb.packet, skb.owner
    # Whoever probes the path is held to the device only (`ip_sk_use_pmtu`).
    mtu = rt.mtu if owner is None or owner.pmtudisc != PMTUDISC_PROBE else skb.dev.mtu
    if skb.control and packet.size > skb.control:
        mtu = min(mtu, skb.control)  # put together on the way: cut as it was
    if packet.size > mtu:
        if packet.flags & IP_DF and not _may_ignore_df(skb):
            netns.mib["IpFragFails"] += 1
            if netns.trace is not None:
                trace_drop(netns, "PKT_TOO_BIG", skb.dev.name, packet, rt)
            if owner is not None:
                owner.local_mtu(mtu)
            raise NetError(EMSGSIZE)
        netns.mib["IpFragOKs"] += 1
        for piece in split(packet, mtu):
            netns.mib["IpFragCreates"] += 1
            part = skb.clone()
            part.packet = piece
            ip_finish_output2(netns, part)
        return None
    return ip_finish_output2(netns, skb)


def _may_ignore_df(skb: SkBuff) -> bool:
    return bool(getattr(skb.owner, "ignores_df", False))


def ip_finish_output2(netns: Netns, skb: SkBuff) -> int:
    """To the neighbour (`ip_finish_output2`): NET_XMIT_*. Each piece counts."""
    rt, dev = skb.route, skb.dev
    inet = netns.inet
    inet.out_transmits += 1
    inet.out_octets += skb.packet.size
    if netns.trace is not None:
        trace_step(netns, "ip_finish_output2", dev.name, skb.packet, rt)
    if rt.type == RTN_UNICAST and not dev.flags & IFF_LOOPBACK:
        key = skb.packet.dst if rt.gateway is None else rt.gateway
        if type(key) is IPv4:
            return neigh_output(inet.arp, ARP_OPS, key, dev, skb)
    if rt.type == RTN_LOCAL or dev.flags & IFF_LOOPBACK:
        if not dev.flags & IFF_LOOPBACK or (IPV4_ANY, dev.ifindex) not in inet.arp.entries:
            neigh_create(inet.arp, ARP_OPS, skb.packet.dst, dev)
        skb.src = skb.dst = dev.address
        return dev_queue_xmit(skb)
    if rt.type == RTN_BROADCAST:
        count_many(netns, "Out", rt.type, skb.packet)
        skb.src, skb.dst = dev.address, dev.broadcast
        return dev_queue_xmit(skb)
    key = rt.gateway if rt.gateway is not None else skb.packet.dst
    if rt.type == RTN_MULTICAST:
        count_many(netns, "Out", rt.type, skb.packet)
        key = skb.packet.dst
    if isinstance(key, IPv6):
        return neigh_output(netns.inet6.neigh, ND_OPS, key, dev, skb)
    return neigh_output(inet.arp, ARP_OPS, key, dev, skb)
