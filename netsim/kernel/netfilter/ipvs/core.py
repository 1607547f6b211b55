"""The hooks: requests are scheduled and sent to their destinations, answers get the virtual address back (`ip_vs_core.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from netsim.kernel.core.hooks import ACCEPT, DROP, FORWARD, LOCAL_IN, LOCAL_OUT, PF_INET, STOLEN, register_hook
from netsim.kernel.core.skbuff import PACKET_HOST
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.ipv4.fragment import DEFRAG_VS_OUT, ip_defrag
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv6.icmp import icmp6_send
from netsim.kernel.netfilter.headers import ports_of, protocol_of, transport_of
from netsim.kernel.netfilter.ipvs import icmp, schedule
from netsim.kernel.netfilter.ipvs.conn import expire, forget, keep
from netsim.kernel.netfilter.ipvs.count import in_stats, out_stats
from netsim.kernel.netfilter.ipvs.states import CLOSE, FIN_WAIT, INPUT, OUTPUT, TIME_WAIT, set_state
from netsim.kernel.netfilter.ipvs.xmit import mangled, mark_done, reroute, xmit
from netsim.kernel.netfilter.nat.ranges import MANIP_SRC
from netsim.kernel.tables.conntrack import IPS_CONFIRMED, Tracked
from netsim.kernel.tables.ipvs import F_NFCT, F_NOOUTPUT, MASQ, IpvsState, VsConnection
from netsim.packet import Icmp6Error, IcmpError, Tcp
from netsim.packet.numbers import IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, TCP_RST, TCP_SYN

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff

NAT_SRC, NAT_DST = 100, -100
PROTOCOLS = frozenset({IPPROTO_TCP, IPPROTO_UDP})
ICMPS = (IPPROTO_ICMP, IPPROTO_ICMPV6)


def hang(netns: Netns, family: int) -> None:
    """Visit the packets of a family from now on: the namespace has its first service (`ip_vs_register_hooks`)."""
    hung = netns.netfilter.ipvs.hung
    if family not in hung:
        hung.add(family)
        for hook, priority, function in HOOKS:
            register_hook(netns, family, hook, priority, function)


# requests --------------------------------------------------------------------------------------------------------------


def ip_vs_in(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """A packet that comes for this host, or is made here: if it asks a service, it goes to a destination (`ip_vs_in_hook`)."""
    if skb.ipvs_property or (skb.pkt_type != PACKET_HOST and hook != LOCAL_OUT) or skb.route is None:
        return ACCEPT
    state: IpvsState = netns.netfilter.ipvs
    if state.conf.backup_only:
        return ACCEPT
    expire(netns, state)
    packet = skb.packet
    protocol = protocol_of(packet)
    if protocol in ICMPS:
        verdict = _request_error(netns, state, hook, skb)
        return ACCEPT if verdict is None else verdict
    if protocol not in PROTOCOLS:
        skb.ipvs_property = int(bool(state.conf.ignore_tunneled))
        return ACCEPT
    ports = ports_of(packet)
    if ports is None:
        return ACCEPT
    family = PF_INET if skb.protocol == 0x800 else 10
    header = transport_of(packet)
    key = (family, protocol, packet.src, ports[0], packet.dst, ports[1])
    connection = state.incoming.get(key)
    if connection is not None:
        verdict = _retire(netns, state, connection, skb, header)
        if verdict == DROP:
            return DROP
        connection = connection if verdict is None else None
    if connection is None:
        found = schedule.try_to_schedule(netns, state, key, skb, header)
        if found is None:
            return ACCEPT
        if not isinstance(found, VsConnection):
            return _leave(netns, skb, found)
        connection = found
    in_stats(netns, state, connection, skb)
    set_state(state, connection, INPUT, header)
    if netns.trace is not None:
        trace_step(netns, "ip_vs_in", skb.dev.name, packet, connection)
    verdict = xmit(netns, state, connection, hook, skb)
    keep(netns, state, connection)
    return verdict


def _retire(netns: Netns, state: IpvsState, connection: VsConnection, skb: SkBuff, header: Any) -> int | None:
    """Whether a known connection serves no longer: None: it does; ACCEPT: schedule anew; DROP: not this packet."""
    conf, destination = state.conf, connection.destination
    is_new = isinstance(header, Tcp) and header.flags & TCP_SYN
    if is_new:
        uses_old = bool(connection.flags & F_NFCT) and isinstance(skb.nfct, Tracked) and _is_confirmed(skb.nfct)
        if conf.expire_nodest_conn and not destination.weight:
            return _make_way(netns, state, connection, uses_old=uses_old)
        if conf.conn_reuse_mode and _may_be_reused(connection, conf.conn_reuse_mode) and not (connection.controlled and uses_old):
            return _make_way(netns, state, connection, uses_old=uses_old)
    if destination.is_available:
        return None
    if not conf.expire_nodest_conn:
        if netns.trace is not None:
            trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, "ipvs: no destination")
        return DROP
    return _make_way(netns, state, connection, uses_old=bool(connection.flags & F_NFCT) and isinstance(skb.nfct, Tracked) and _is_confirmed(skb.nfct))


def _is_confirmed(nfct: Tracked) -> bool:
    return nfct.connection is not None and bool(nfct.connection.status & IPS_CONFIRMED)


def _may_be_reused(connection: VsConnection, mode: int) -> bool:
    """Whether the client may be beginning anew from a port it used (`is_new_conn_expected`)."""
    if connection.control is not None:
        return False
    if connection.state in (TIME_WAIT, CLOSE):
        return True
    return bool(mode & 2) and connection.state == FIN_WAIT and bool(connection.flags & F_NOOUTPUT)


def _make_way(netns: Netns, state: IpvsState, connection: VsConnection, *, uses_old: bool) -> int:
    """Forget a connection so that the packet begins another; where it is still tracked, the packet must come again."""
    if not uses_old:
        connection.flags &= ~F_NFCT
    if not connection.controlled:
        forget(netns, state, connection)
    return DROP if uses_old else ACCEPT


def _leave(netns: Netns, skb: SkBuff, why: int) -> int:
    """No destination: the client is told that there is no such port (`ip_vs_leave`)."""
    if netns.trace is not None:
        trace_drop(netns, "NETFILTER_DROP", skb.dev.name, skb.packet, "ipvs: no destination")
    if why == schedule.NO_DESTINATION:
        if skb.protocol == 0x800:
            icmp_send(skb, 3, 3, 0)
        else:
            icmp6_send(skb, 1, 4, 0)
    return DROP


# answers ---------------------------------------------------------------------------------------------------------------


def ip_vs_out(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """A packet from a destination back to a client: it comes from the service (`ip_vs_out_hook`)."""
    if skb.ipvs_property or skb.route is None:
        return ACCEPT
    state: IpvsState = netns.netfilter.ipvs
    expire(netns, state)
    packet = skb.packet
    protocol = protocol_of(packet)
    if protocol in ICMPS:
        return _answer_error(netns, state, hook, skb)
    if protocol not in PROTOCOLS:
        return ACCEPT
    if skb.protocol == 0x800 and packet.is_fragment:
        whole = ip_defrag(netns, skb, DEFRAG_VS_OUT)
        if whole is None:
            return STOLEN
        skb.packet, skb.control = whole.packet, whole.control
        packet = skb.packet
    ports = ports_of(packet)
    if ports is None:
        return ACCEPT
    family = PF_INET if skb.protocol == 0x800 else 10
    connection = state.outgoing.get((family, protocol, packet.src, ports[0], packet.dst, ports[1]))
    if connection is None:
        return _unknown(netns, state, skb, protocol, ports[0])
    if connection.method != MASQ:
        return ACCEPT
    skb.packet = mangled(netns, skb, connection.family, protocol, (connection.vaddr, connection.vport), MANIP_SRC)
    if not reroute(netns, state, hook, skb):
        return DROP
    out_stats(netns, state, connection, skb)
    set_state(state, connection, OUTPUT, transport_of(packet))
    mark_done(skb, connection, OUTPUT)
    keep(netns, state, connection)
    return ACCEPT


def _unknown(netns: Netns, state: IpvsState, skb: SkBuff, protocol: int, port: int) -> int:
    """A real server answers nobody we know: where `nat_icmp_send` is set it is told so."""
    if not state.conf.nat_icmp_send:
        return ACCEPT
    header = transport_of(skb.packet)
    if isinstance(header, Tcp) and header.flags & TCP_RST:
        return ACCEPT
    source = skb.packet.src
    for service in (*state.services.values(), *state.marked.values()):
        if service.fwmark or service.protocol == protocol:
            for destination in service.destinations:
                if destination.method == MASQ and destination.address == source and destination.port == port:
                    return _leave(netns, skb, schedule.NO_DESTINATION)
    return ACCEPT


# errors ----------------------------------------------------------------------------------------------------------------


def _is_error(skb: SkBuff) -> bool:
    return isinstance(skb.packet.payload, (IcmpError, Icmp6Error))


def _request_error(netns: Netns, state: IpvsState, hook: int, skb: SkBuff) -> int | None:
    return icmp.ip_vs_in_icmp(netns, state, hook, skb) if _is_error(skb) else None


def _answer_error(netns: Netns, state: IpvsState, hook: int, skb: SkBuff) -> int:
    return icmp.ip_vs_out_icmp(netns, state, hook, skb) if _is_error(skb) else ACCEPT


def ip_vs_forward_icmp(netns: Netns, hook: int, skb: SkBuff, indev: NetDevice | None, outdev: NetDevice | None, okfn: Callable[..., Any]) -> int:
    """Errors about answers, where the virtual address is none of ours (`ip_vs_forward_icmp`)."""
    if protocol_of(skb.packet) not in ICMPS or not _is_error(skb) or skb.ipvs_property or netns.netfilter.ipvs.conf.backup_only:
        return ACCEPT
    verdict = icmp.ip_vs_in_icmp(netns, netns.netfilter.ipvs, hook, skb)
    return ACCEPT if verdict is None else verdict


HOOKS = (
    (LOCAL_IN, NAT_SRC - 1, ip_vs_in),
    (LOCAL_IN, NAT_SRC - 2, ip_vs_out),
    (LOCAL_OUT, NAT_DST + 1, ip_vs_out),
    (LOCAL_OUT, NAT_DST + 2, ip_vs_in),
    (FORWARD, NAT_SRC - 1, ip_vs_forward_icmp),
    (FORWARD, NAT_SRC, ip_vs_out),
)
