"""Control messages: answering echoes, reporting errors within limits, taking errors in (`icmp.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.addr import IPv4
from netsim.clock import MS
from netsim.errors import NetError
from netsim.kernel.core.kernel_socket import CONTROL_SOCKET
from netsim.kernel.core.neighbour import neigh_create, neigh_resolve
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_step
from netsim.kernel.inet.icmp_limit import PEER_BURST, global_allows
from netsim.kernel.ipv4.arp import ARP_OPS
from netsim.kernel.ipv4.counters import icmp_count_in, icmp_count_out
from netsim.kernel.ipv4.csum import content_is_damaged
from netsim.kernel.ipv4.fib_lookup import Flow, inet_addr_type, inet_addr_type_dev
from netsim.kernel.ipv4.fnhe import learn_pmtu, learn_redirect
from netsim.kernel.ipv4.options import recorded
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Rt, ip_route_output, packet_gateway
from netsim.kernel.ipv4.rt_cache import keep_way, known_way
from netsim.kernel.ipv4.select_addr import inet_select_addr
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST
from netsim.kernel.tables.inetpeer import inet_getpeer
from netsim.kernel.tables.neigh import NUD_INCOMPLETE, NUD_VALID
from netsim.packet import IcmpEcho, IcmpError, IcmpOther, Ip
from netsim.packet.numbers import IPPROTO_ICMP, IPPROTO_TCP
from netsim.packet.quoted import quoted_packet

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ECHO_REPLY, DEST_UNREACH, SOURCE_QUENCH, REDIRECT, ECHO, TIME_EXCEEDED, PARAMETER_PROBLEM, TIMESTAMP, TIMESTAMP_REPLY = 0, 3, 4, 5, 8, 11, 12, 13, 14
FRAG_NEEDED = 4
NEVER_BELIEVES, BELIEVES_TAGGED = 2, 3
"""Of `ip_no_pmtu_disc`: who says that packets are too big is ignored altogether, or unless the protocol can tell whose they are (`icmp_tag_validation`)."""
ERROR_TYPES = (DEST_UNREACH, SOURCE_QUENCH, REDIRECT, TIME_EXCEEDED, PARAMETER_PROBLEM)
LONGEST = 576
DEFAULT_RATEMASK = 6168
SILENT_LOSS_LIMIT = 9


def setting(netns: Netns, name: str, default: int) -> int:
    """A value of net.ipv4.*."""
    return int(netns.inet.sysctl.get(name, default))


# sending ---------------------------------------------------------------------------------------------------------------

INADDR_DUMMY = IPv4.parse("192.0.0.8")
"""Where an error comes from when no address of ours will do (RFC 7600)."""


def icmp_send(skb: SkBuff, kind: int, code: int, info: int) -> None:
    """Tell the source of a packet what became of it (`__icmp_send`); never about errors, later fragments, broadcasts or groups."""
    packet = skb.packet
    dev = skb.dev
    netns = dev.netns
    rt = skb.route
    if netns.inet.icmp_sends:
        return
    if not isinstance(packet, Ip) or packet.offset or skb.pkt_type != PACKET_HOST:
        return
    if packet.dst.is_multicast or packet.dst.is_broadcast or (rt is not None and rt.type in (RTN_BROADCAST, RTN_MULTICAST)):
        return
    if isinstance(packet.payload, IcmpError) and kind in ERROR_TYPES and packet.payload.type in ERROR_TYPES:
        return
    if packet.src == 0 or packet.src.is_multicast:
        return
    if not _global_allows(netns, kind, code):
        netns.mib["IcmpOutRateLimitGlobal"] += 1
        return
    source = _error_source(netns, skb)
    try:
        route = ip_route_output(
            netns, Flow(dst=packet.src, src=source, oif=_l3mdev_of(skb), tos=packet.tos & 0x1E | 0xC0, mark=_reflected_mark(netns, skb))
        )
    except NetError:
        return
    if not _peer_allows(netns, route.dev, packet.src, kind, code):
        netns.mib["IcmpOutRateLimitHost"] += 1
        return
    room = min(route.mtu, LONGEST) - 20 - 8
    error = IcmpError(kind, code, info, packet, room)
    _push(netns, packet.src, source or route.src or INADDR_DUMMY, error, route, tos=packet.tos & 0x1E | 0xC0, about=skb)


def _l3mdev_of(skb: SkBuff) -> int:
    """The VRF a packet came in by or goes out of, which its answer leaves by (`l3mdev_master_ifindex`)."""
    if not skb.dev.netns.l3mdevs:
        return 0
    dev = skb.route.dev if skb.route is not None and skb.dev.l3mdev is None else skb.dev
    master = dev.l3mdev
    return master.ifindex if master is not None else 0


def _reflected_mark(netns: Netns, skb: SkBuff) -> int:
    return skb.mark if setting(netns, "fwmark_reflect", 0) else 0


def _error_source(netns: Netns, skb: SkBuff) -> IPv4 | None:
    """The address an error comes from: the packet's own destination when that is us, else one of the way back or of the way in."""
    packet, rt = skb.packet, skb.route
    is_ours = rt.is_local if rt is not None else inet_addr_type_dev(netns, skb.dev, packet.dst) == RTN_LOCAL
    if is_ours:
        return IPv4(packet.dst)
    if rt is not None and rt.iif and setting(netns, "icmp_errors_use_inbound_ifaddr", 0):
        incoming = netns.devices.get(rt.iif)
        if incoming is not None:
            return inet_select_addr(netns, incoming, packet.src, RT_SCOPE_LINK)
    return None


def _push(netns: Netns, dst: IPv4, src: IPv4, message: IcmpError, route: Rt, *, tos: int, about: SkBuff) -> None:
    ttl = setting(netns, "ip_default_ttl", 64)
    flags = 0
    packet = Ip(src, dst, IPPROTO_ICMP, ttl, tos, netns.kernel.rng.getrandbits(16), flags, payload=message)
    icmp_count_out(netns, message.type)
    _transmit(netns, packet, route, about.nfct.for_error() if about.nfct is not None else None)


def _transmit(netns: Netns, packet: Ip, route: Rt, nfct: Any = None) -> None:
    """Send a message; while it goes through the hooks no other is made (`icmp_push_reply` under `icmp_xmit_lock`)."""
    state = netns.inet
    state.icmp_sends = True
    try:
        ip_local_out(netns, packet, route, owner=CONTROL_SOCKET, nfct=nfct)
    except NetError:
        netns.mib["IpOutDiscards"] += 1  # `ip_send_skb`
    finally:
        state.icmp_sends = False


def _rate_limited(netns: Netns, kind: int, code: int) -> bool:
    """Whether the limiters apply to a type: those in the mask, and never path MTU discovery."""
    if kind == DEST_UNREACH and code == FRAG_NEEDED:
        return False
    return bool(setting(netns, "icmp_ratemask", DEFAULT_RATEMASK) >> kind & 1) if kind < 32 else False


def _global_allows(netns: Netns, kind: int, code: int) -> bool:
    """The machine-wide bucket: 1000 a second, 50 at once (`icmp_global_allow`)."""
    if not _rate_limited(netns, kind, code):
        return True
    return global_allows(netns)


def _peer_allows(netns: Netns, dev: NetDevice, peer: IPv4, kind: int, code: int) -> bool:
    """The bucket of one destination: one each `icmp_ratelimit` ms, six saved up (`icmpv4_xrlim_allow`, `inet_peer_xrlim_allow`); loopback is free."""
    if not _rate_limited(netns, kind, code) or dev.flags & IFF_LOOPBACK:
        return True
    now = netns.kernel.clock.now
    cost = setting(netns, "icmp_ratelimit", 1000) * MS
    return inet_getpeer(netns.inet, int(peer), now).take(now, cost, PEER_BURST * cost)


def send_redirect(skb: SkBuff) -> None:
    """A better first hop is on the sender's own link: say so, less and less often (`ip_rt_send_redirect`)."""
    dev, packet, rt = skb.dev, skb.packet, skb.route
    netns = dev.netns
    if dev.inet is None or not (dev.inet.conf.send_redirects or netns.inet.conf_all.send_redirects):
        return
    now = netns.kernel.clock.now
    number = setting(netns, "route/redirect_number", SILENT_LOSS_LIMIT)
    load = setting(netns, "route/redirect_load", 20) * MS
    silence = setting(netns, "route/redirect_silence", 20480) * MS
    peer = inet_getpeer(netns.inet, int(packet.src), now)
    if now > peer.rate_last + silence:
        peer.rate_tokens = peer.n_redirects = 0
    if peer.n_redirects >= number:
        peer.rate_last = now
        return
    if peer.n_redirects == 0 or now > peer.rate_last + (load << peer.n_redirects):
        gateway = rt.gateway if isinstance(rt.gateway, IPv4) else packet_gateway(rt.found, skb)
        icmp_send(skb, REDIRECT, 1, int(gateway))
        peer.rate_last = now
        peer.n_redirects += 1


# receiving -------------------------------------------------------------------------------------------------------------


def icmp_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A control message for us (`icmp_rcv`)."""
    message, route = skb.packet.payload, skb.route
    kind = message.type if type(message) is IcmpEcho else getattr(message, "type", None)
    if kind is None:
        netns.mib["IcmpInMsgs"] += 1
        netns.mib["IcmpInErrors"] += 1
        netns.mib["IcmpInCsumErrors"] += content_is_damaged(skb.packet)
        return True
    icmp_count_in(netns, kind)
    if route is not None and route.type != RTN_LOCAL and route.type in (RTN_BROADCAST, RTN_MULTICAST):
        if kind in (ECHO, TIMESTAMP) and setting(netns, "icmp_echo_ignore_broadcasts", 1):
            return True
    if kind == ECHO and isinstance(message, IcmpEcho):
        _echo(netns, skb, message)
    elif isinstance(message, IcmpError):
        _error(netns, skb, message)
    elif kind == TIMESTAMP:
        _timestamp(netns, skb, message)
    return True


def _reply_source(netns: Netns, skb: SkBuff) -> IPv4:
    """Where a reply comes from: the address asked, or for broadcasts one of ours."""
    rt = skb.route
    if rt is not None and rt.type in (RTN_BROADCAST, RTN_MULTICAST):
        chosen = inet_select_addr(netns, skb.dev, skb.packet.src, RT_SCOPE_UNIVERSE)
        return chosen if chosen is not None else IPv4(0)
    return IPv4(skb.packet.dst)


def _reply(netns: Netns, skb: SkBuff, message: IcmpEcho | IcmpOther) -> None:
    asked, rt = skb.packet, skb.route
    source = asked.dst if rt is not None and rt.type == RTN_LOCAL else _reply_source(netns, skb)
    oif, tos = _l3mdev_of(skb) if netns.l3mdevs else 0, asked.tos & 0x1E
    route = known_way(netns, asked.src, source, tos) if not oif else None
    if route is None:
        try:
            route = ip_route_output(netns, Flow(asked.src, source, oif, tos=tos, mark=_reflected_mark(netns, skb)))
        except NetError:
            return
        if not oif:
            keep_way(netns, asked.src, source, tos, route)
    ttl = setting(netns, "ip_default_ttl", 64)
    options = recorded(asked.options, source) if asked.options else b""
    packet = Ip(source, asked.src, IPPROTO_ICMP, ttl, asked.tos, netns.kernel.rng.getrandbits(16), 0, 0, options, message)
    icmp_count_out(netns, message.type)
    _transmit(netns, packet, route)


def _echo(netns: Netns, skb: SkBuff, message: IcmpEcho) -> None:
    if netns.trace is not None:
        trace_step(netns, "icmp_echo", skb.dev.name, skb.packet, setting(netns, "icmp_echo_ignore_all", 0))
    if not setting(netns, "icmp_echo_ignore_all", 0):
        _reply(netns, skb, IcmpEcho(ECHO_REPLY, 0, message.ident, message.seq, message.data))


def _timestamp(netns: Netns, skb: SkBuff, message: object) -> None:
    if isinstance(message, IcmpOther):
        today = netns.kernel.clock.now // MS % 86_400_000
        stamp = today.to_bytes(4, "big")
        _reply(netns, skb, IcmpOther(TIMESTAMP_REPLY, 0, message.rest, message.data[:4] + stamp + stamp))


def _error(netns: Netns, skb: SkBuff, message: IcmpError) -> None:
    """An error about a packet of ours (`icmp_unreach`, `icmp_redirect`, `icmp_socket_deliver`)."""
    inner = quoted_packet(message.inner)
    if not isinstance(inner, Ip):
        return
    if message.type == REDIRECT:
        _redirected(netns, skb, message, inner)
    if message.type == DEST_UNREACH and message.code == FRAG_NEEDED:
        mode = setting(netns, "ip_no_pmtu_disc", 0)
        if mode == NEVER_BELIEVES or (mode == BELIEVES_TAGGED and inner.protocol != IPPROTO_TCP):
            return
        if mode in (0, BELIEVES_TAGGED):
            _too_big(netns, skb, message, inner)
    handler = netns.kernel.inet_err.get(inner.protocol)
    if handler is not None:
        handler(netns, message, inner, skb)
    for sock in tuple(netns.sockets.raw.get(inner.protocol, ())):
        sock.error(message, inner, skb)


def _vrf_of(skb: SkBuff) -> int:
    """The VRF an error came in by, which the socket that it is for is bound to."""
    master = skb.dev.l3mdev
    return 0 if master is None else master.ifindex


def _too_big(netns: Netns, skb: SkBuff, message: IcmpError, inner: Ip) -> None:
    try:
        route = ip_route_output(netns, Flow(dst=inner.dst, src=None, oif=_vrf_of(skb), tos=inner.tos))
    except NetError:
        return
    mtu = message.rest & 0xFFFF
    if route.type == RTN_UNICAST and mtu and mtu < route.mtu:
        learn_pmtu(netns, route, inner.dst, mtu)


def _redirected(netns: Netns, skb: SkBuff, message: IcmpError, inner: Ip) -> None:
    """Believe a redirect when it comes from the gateway in use and names a host on the link (`__ip_do_redirect`)."""
    dev = skb.dev
    if dev.inet is None:
        return
    conf, every = dev.inet.conf, netns.inet.conf_all
    accepts = conf.accept_redirects and every.accept_redirects if conf.forwarding else conf.accept_redirects or every.accept_redirects
    gateway = IPv4(message.rest)
    if not accepts or gateway.is_multicast or gateway.is_broadcast or gateway.is_zeronet:
        return
    try:
        route = ip_route_output(netns, Flow(dst=inner.dst, oif=_vrf_of(skb), tos=inner.tos))
    except NetError:
        return
    if route.gateway != skb.packet.src or gateway == route.gateway:
        return
    if inet_addr_type(netns, gateway) != RTN_UNICAST:
        return
    if not (conf.shared_media or every.shared_media) and inet_select_addr(netns, dev, gateway, RT_SCOPE_LINK) is None:
        return
    neigh = neigh_create(netns.inet.arp, ARP_OPS, gateway, route.dev)
    if neigh.state & NUD_VALID:
        learn_redirect(netns, route, inner.dst, gateway)
    elif not neigh.state & NUD_INCOMPLETE:
        neigh_resolve(neigh)  # believed only when the new gateway is known to be there
