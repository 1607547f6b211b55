"""Translation at the hooks: the nat chains decide once per connection, every packet is rewritten (`nf_nat_inet_fn`, `nf_nat_proto.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import ACCEPT, DROP, POST_ROUTING
from netsim.kernel.core.skbuff import PACKET_HOST
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.ipv4.netfilter import ip_route_me_harder
from netsim.kernel.ipv6.netfilter import ip6_route_me_harder
from netsim.kernel.netfilter.conntrack.entries import account, kill
from netsim.kernel.netfilter.nat.manip import is_writable, manipulated
from netsim.kernel.netfilter.nat.ranges import HOOK_MANIP, MANIP_DST, MANIP_SRC
from netsim.kernel.netfilter.nat.setup import DONE, is_initialized, null_binding
from netsim.kernel.tables.conntrack import (
    CT_ESTABLISHED_REPLY,
    CT_NEW,
    CT_RELATED,
    CT_RELATED_REPLY,
    IPS_DST_NAT,
    IPS_NAT_DONE_MASK,
    IPS_NAT_MASK,
    IPS_SRC_NAT,
    ORIGINAL,
    Connection,
    Tracked,
)
from netsim.packet import Icmp6Error, IcmpError, Ip, Tcp, Udp
from netsim.packet.numbers import IPPROTO_TCP
from netsim.packet.quoted import quoted_packet, rewritten
from netsim.trace import Rewritten

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

STATUS = (IPS_SRC_NAT, IPS_DST_NAT)
TRANSLATED = (STATUS, (IPS_DST_NAT, IPS_SRC_NAT))
"""Which of the two ends of the first packet is the source and which the destination, of packets of either direction."""
DECIDED = IPS_NAT_DONE_MASK | IPS_NAT_MASK
RELATED = (CT_RELATED, CT_RELATED_REPLY)
BEGINNING = (CT_NEW, CT_RELATED, CT_RELATED_REPLY)
ICMP_REDIRECT = 5


def nat_pre_routing(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Destinations of what comes in; where one changed, the way is sought anew (`nf_nat_ipv4_pre_routing`)."""
    if skb.nfct is None:
        return ACCEPT
    before = skb.packet.dst
    verdict = nat(netns, hook, skb, indev, outdev, okfn)
    if verdict == ACCEPT and skb.packet.dst != before:
        skb.route = None
    return verdict


def nat_local_in(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Sources of what comes in for this host (`nf_nat_ipv4_local_in`).

    The socket of a segment was looked up before (`tcp_v4_early_demux`), with the source port that is put back only here. The kernel
    notices its mistake when the address changes too, or when the connection began at the other end (`nf_nat_inet_port_was_mangled`).
    """
    before = skb.packet
    verdict = nat(netns, hook, skb, indev, outdev, okfn)
    after = skb.packet
    if after is not before and isinstance(after.payload, Tcp) and skb.nfct.direction != ORIGINAL and after.src == before.src:
        if skb.pkt_type == PACKET_HOST and _demuxes_early(netns):
            segment = before.payload
            skb.demuxed = netns.sockets.connected.get((IPPROTO_TCP, int(before.dst), segment.dport, int(before.src), segment.sport))
    return verdict


def _demuxes_early(netns: Netns) -> bool:
    setting = netns.inet.sysctl.get
    return bool(int(setting("ip_early_demux", 1)) and int(setting("tcp_early_demux", 1)))


def nat_local_out(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Destinations of what is made here (`nf_nat_ipv4_local_fn`)."""
    if skb.nfct is None:
        return ACCEPT
    before = skb.packet.dst
    verdict = nat(netns, hook, skb, indev, outdev, okfn)
    if verdict == ACCEPT and skb.packet.dst != before:
        (ip_route_me_harder if isinstance(skb.packet, Ip) else ip6_route_me_harder)(netns, skb)
    return verdict


def nat(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """One end of a packet; what is not tracked is not translated (`nf_nat_inet_fn`)."""
    nfct = skb.nfct
    connection = nfct.connection if type(nfct) is Tracked else None
    if connection is None:
        return ACCEPT
    info, status, manip = nfct.info, connection.status, HOOK_MANIP[hook]
    if status & DECIDED == IPS_NAT_DONE_MASK and not connection.masquerade_device:
        return ACCEPT  # it was decided that both ends stay as they are
    if info in RELATED and _error_in(skb.packet) is not None:
        return ACCEPT if _translate_error(skb, connection, nfct, hook) else DROP
    if not status & DONE[manip] and info in BEGINNING:
        verdict = _decide(netns, hook, skb, connection, (indev, outdev, okfn), manip)
        if verdict != ACCEPT:
            return verdict
        status = connection.status
    elif hook == POST_ROUTING and connection.masquerade_device and info < CT_ESTABLISHED_REPLY:
        if outdev is not None and outdev.ifindex != connection.masquerade_device:
            account(connection, nfct, skb)
            kill(netns.netfilter.conntrack, connection)  # the way out changed: the masqueraded address is wrong
            if netns.trace is not None:
                trace_drop(netns, "NETFILTER_DROP", outdev.name, skb.packet, "masquerade")
            return DROP
    if status & TRANSLATED[info >= CT_ESTABLISHED_REPLY][manip]:
        before, targets, is_answer = skb.packet, connection.targets, info >= CT_ESTABLISHED_REPLY
        if type(before.payload) is not Udp and not is_writable(before):
            return DROP
        skb.packet = manipulated(before, connection.tuples[not is_answer].answered() if targets is None else targets[is_answer], manip)
        if netns.trace is not None:
            where = "src" if manip == MANIP_SRC else "dst"
            device = skb.dev.name
            netns.trace.record(Rewritten(netns.kernel.clock.now, netns.cookie, where, device, before, skb.packet, tuple(connection.tuples)))
    return ACCEPT


def _decide(netns: Netns, hook: int, skb: SkBuff, connection: Connection, around: tuple[Any, Any, Any], manip: int) -> int:
    """Show a connection's first packet to the nat chains; where none decides, it stays as it is."""
    family = connection.tuples[ORIGINAL].family
    for _, chain in netns.netfilter.nat_chains.get((family, hook), ()):
        verdict: int = chain(netns, hook, skb, *around)
        if verdict != ACCEPT:
            return verdict
        if is_initialized(connection, manip):
            return ACCEPT
    null_binding(netns, connection, manip)
    return ACCEPT


# errors ----------------------------------------------------------------------------------------------------------------


def _error_in(packet: Any) -> Any:
    payload = packet.payload
    return payload if isinstance(payload, (IcmpError, Icmp6Error)) else None


def _translate_error(skb: SkBuff, connection: Connection, nfct: Tracked, hook: int) -> bool:
    """An error about a translated packet shows each end the packet it knows (`nf_nat_icmp_reply_translation`); False: dropped."""
    error = _error_in(skb.packet)
    if isinstance(error, IcmpError) and error.type == ICMP_REDIRECT:
        if connection.status & IPS_NAT_DONE_MASK != IPS_NAT_DONE_MASK or connection.status & IPS_NAT_MASK:
            return False
    manip = HOOK_MANIP[hook]
    status = STATUS[manip]
    if nfct.direction != ORIGINAL:
        status ^= IPS_NAT_MASK
    if not connection.status & status:
        return True
    other = connection.tuples[1 - nfct.direction]
    quoted = quoted_packet(error.inner)
    if quoted is not None:
        inner = manipulated(quoted, other, MANIP_DST if manip == MANIP_SRC else MANIP_SRC)
        skb.packet = skb.packet.with_payload(error.with_inner(rewritten(error.inner, inner) if isinstance(error.inner, bytes) else inner))
    outer = other.answered()
    packet = skb.packet
    if manip == MANIP_SRC:
        skb.packet = packet.with_src(type(packet.src)(outer.src))
    else:
        skb.packet = packet.with_dst(type(packet.dst)(outer.dst))
    return True
