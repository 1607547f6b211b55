"""IPv6 packets go out: made here or passed on, cut to size if made here, handed to the neighbour (`ip6_output.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.errors import EMSGSIZE, ENETUNREACH, ENOBUFS, EPERM, NetError
from netsim.kernel.core.hooks import LOCAL_OUT, PF_INET6, POST_ROUTING, REFUSED, nf_hook, nf_hook_slow, passed
from netsim.kernel.core.kernel_socket import KernelSocket
from netsim.kernel.core.modules import part
from netsim.kernel.core.neighbour import neigh_output
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import PACKET_HOST, PACKET_LOOPBACK, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.core.transmit import NET_XMIT_DROP, dev_queue_xmit
from netsim.kernel.ipv6.fib_lookup import need_strict
from netsim.kernel.ipv6.fragment import split
from netsim.kernel.tables.fib import RTN_MULTICAST
from netsim.packet import Ip6
from netsim.packet.numbers import ETH_P_IPV6

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.ipv6.route import Rt6


NDISC_SOCKET = KernelSocket(multicast_loop=0, ignores_df=1)
"""The sender of the kernel's own discovery messages, which never come back to itself (`ndisc_sk`)."""


def ip6_local_out(netns: Netns, packet: Ip6, rt: Rt6, *, owner: Any = None, mark: int = 0, nfct: Any = None) -> None:
    """Send a packet of our own (`ip6_local_out`); NetError as sendmsg would report it: EMSGSIZE, EPERM."""
    dev = rt.dev
    skb = SkBuff(dev, dev.address, dev.address, ETH_P_IPV6, packet, PACKET_HOST, 0, mark, 0, rt, nfct, owner=owner)
    netns.mib["Ip6OutRequests"] += 1
    if netns.trace is not None:
        trace_step(netns, "ip6_local_out", dev.name, packet, rt)
    if dev.master is not None and dev.master.l3mdev_table and not need_strict(packet.dst):  # `vrf_ip6_out`
        if nf_hook(PF_INET6, LOCAL_OUT, netns, skb, None, dev.master, passed) is not True:
            raise NetError(EPERM)
    entries = netns.hooks_ipv6[LOCAL_OUT]
    outcome = nf_hook_slow(entries, LOCAL_OUT, netns, skb, None, dev, ip6_output) if entries else ip6_output(netns, skb)
    if outcome is REFUSED:
        raise NetError(EPERM)
    if outcome == NET_XMIT_DROP and getattr(owner, "recverr", 0):
        raise NetError(ENOBUFS)


def ip6_output(netns: Netns, skb: SkBuff) -> Any:
    """The last hook (`ip6_output`)."""
    rt = skb.route
    dev, incoming = rt.dev, skb.dev if skb.iif else None
    skb.dev = dev
    skb.protocol = ETH_P_IPV6
    if rt.error:
        return _discard(netns, skb)
    if dev.inet6 is None or dev.inet6.conf.disable_ipv6:
        netns.mib["Ip6OutDiscards"] += 1
        if netns.trace is not None:
            trace_drop(netns, "IPV6DISABLED", dev.name, skb.packet)
        return None
    entries = netns.hooks_ipv6[POST_ROUTING]
    if entries:
        return nf_hook_slow(entries, POST_ROUTING, netns, skb, incoming, dev, ip6_finish_output)
    if skb.packet.size <= rt.mtu and not skb.control:
        return ip6_finish_output2(netns, skb)
    return ip6_finish_output(netns, skb)


def _discard(netns: Netns, skb: SkBuff) -> None:
    """A way over lo that would only go in circles: nobody is there, says the host to itself (`ip6_pkt_discard_out`)."""
    from netsim.kernel.ipv6.icmp import DEST_UNREACH, NOROUTE, icmp6_send

    netns.mib["Ip6OutNoRoutes"] += 1
    if netns.trace is not None:
        trace_drop(netns, "IP_OUTNOROUTES", skb.dev.name, skb.packet, ENETUNREACH)
    icmp6_send(skb, DEST_UNREACH, NOROUTE, 0)


def ip6_finish_output(netns: Netns, skb: SkBuff) -> Any:
    """Cut to the MTU when needed; only the source of a packet may do that (`ip6_finish_output`, `ip6_fragment`)."""
    rt, packet = skb.route, skb.packet
    mtu = rt.mtu
    if skb.control and packet.size > skb.control:
        mtu = min(mtu, skb.control)  # put together on the way: cut as it was
    if packet.size <= mtu:
        return ip6_finish_output2(netns, skb)
    if (skb.iif and not skb.control) or not _may_fragment(skb):
        return _too_big(netns, skb, mtu)
    pieces = split(packet, mtu, netns.kernel.rng.getrandbits(32))
    netns.mib["Ip6FragOKs" if pieces else "Ip6FragFails"] += 1
    for piece in pieces:
        netns.mib["Ip6FragCreates"] += 1
        part = skb.clone()
        part.packet = piece
        ip6_finish_output2(netns, part)
    return None


def _may_fragment(skb: SkBuff) -> bool:
    """Whether the sender leaves cutting to the kernel (`skb->ignore_df`)."""
    return getattr(skb.owner, "pmtudisc", 0) not in (2, 3)


def _too_big(netns: Netns, skb: SkBuff, mtu: int) -> None:
    from netsim.kernel.ipv6.icmp import icmp6_send

    netns.mib["Ip6FragFails"] += 1
    if netns.trace is not None:
        trace_drop(netns, "PKT_TOO_BIG", skb.dev.name, skb.packet, skb.route)
    if skb.owner is not None:
        skb.owner.local_mtu(mtu)
    icmp6_send(skb, 2, 0, mtu)
    if not skb.iif:
        raise NetError(EMSGSIZE)


def ip6_finish_output2(netns: Netns, skb: SkBuff) -> int:
    """To the neighbour, and to ourselves what goes to a group we are in (`ip6_finish_output2`): NET_XMIT_*."""
    rt, dev, packet = skb.route, skb.dev, skb.packet
    if netns.trace is not None:
        trace_step(netns, "ip6_finish_output2", dev.name, packet, rt)
    mib, size = netns.mib, packet.size
    mib["Ip6OutTransmits"] += 1
    mib["Ip6OutOctets"] += size
    if rt.type == RTN_MULTICAST:
        mib["Ip6OutMcastPkts"] += 1
        mib["Ip6OutMcastOctets"] += size
        if not dev.flags & IFF_LOOPBACK:
            if getattr(skb.owner, "multicast_loop", 1) and is_member(dev, packet.dst):
                _loop_back(netns, skb)
            if packet.dst >> 112 & 0xF <= 1:
                return NET_XMIT_DROP
    if dev.flags & IFF_LOOPBACK:
        skb.src = skb.dst = dev.address
        return dev_queue_xmit(skb)
    key = rt.gateway if rt.gateway is not None and rt.type != RTN_MULTICAST else packet.dst
    return neigh_output(netns.inet6.neigh, part("ipv6.ndisc:ND_OPS"), key, dev, skb)


def is_member(dev: NetDevice, group: int) -> bool:
    """Whether a device listens to a group (`ipv6_chk_mcast_addr`)."""
    return dev.inet6 is not None and group in dev.inet6.multicast


def _loop_back(netns: Netns, skb: SkBuff) -> None:
    copy = skb.clone()
    copy.pkt_type = PACKET_LOOPBACK
    copy.iif = skb.dev.ifindex
    copy.route = None
    netns.kernel.clock.call_soon(_receive_looped, copy)


def _receive_looped(skb: SkBuff) -> None:
    deliver = skb.dev.netns.kernel.packet_types.get(ETH_P_IPV6)
    if deliver is not None:
        deliver(skb)
