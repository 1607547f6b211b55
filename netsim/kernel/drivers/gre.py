"""GRE tunnels that carry packets (gre) or frames (gretap) (`net/ipv4/ip_gre.c`, RFC 2784, RFC 2890)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.addr import MAC_ZERO, IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.modules import Module
from netsim.kernel.core.netdevice import ARPHRD_ETHER, ARPHRD_IPGRE, IFF_BROADCAST, IFF_MULTICAST, IFF_NOARP
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.drivers import ip_tunnel
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.tunnel_parms import NO_TUNNEL, TunnelParms, lookup, parms_of
from netsim.kernel.ipv4.fnhe import learn_pmtu
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.packet import Ethernet, Gre, IcmpError, Ip
from netsim.packet.codec import DecodeError, decode_content
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, ETH_P_TEB, GRE_CSUM, GRE_KEY, GRE_SEQ, IPPROTO_GRE

DEST_UNREACH, FRAG_NEEDED, PORT_UNREACH = 3, 4, 3
SEQ_MASK = 0xFFFFFFFF


def _room(flags: int) -> int:
    return 4 + (4 if flags & GRE_CSUM else 0) + (4 if flags & GRE_KEY else 0) + (4 if flags & GRE_SEQ else 0)


def isatap_linklocal(local: IPv4) -> IPv6 | None:
    """`fe80::5efe:ADDRESS` of a tunnel's local end, marked global where the address is (`addrconf_ifid_gre`, `__ipv6_isatap_ifid`)."""
    if not local:
        return None
    return IPv6(0xFE80 << 112 | (0 if _is_private(local) else 0x0200) << 48 | 0x5EFE << 32 | int(local))


@attrs.define(eq=False)
class Gre4(IpTunnel):
    """A tunnel for packets (`ipgre_tunnel`)."""

    kind: ClassVar[str] = "gre"
    family: ClassVar[str] = "gre"
    outer_protocol: ClassVar[int] = IPPROTO_GRE

    def header_room(self) -> int:
        """The GRE header with its optional words (`gre_calc_hlen`)."""
        return _room(self.parms.oflags)

    def linklocal(self) -> IPv6 | None:
        """What the local end makes of it."""
        return isatap_linklocal(self.parms.local)

    def wrap(self, skb: SkBuff) -> Any:
        """The GRE header around an IPv4 or IPv6 packet."""
        return self.header(skb.protocol, skb.packet) if skb.protocol in (ETH_P_IP, ETH_P_IPV6) else None

    def header(self, protocol: int, payload: Any) -> Gre:
        """A header with key, checksum and the next sequence number as the tunnel was told (`__gre_xmit`)."""
        parms, seq = self.parms, 0
        if parms.oflags & GRE_SEQ:
            seq, self.oseq = self.oseq, self.oseq + 1 & SEQ_MASK
        return Gre(protocol, payload, parms.oflags, parms.okey if parms.oflags & GRE_KEY else 0, seq)


@attrs.define(eq=False)
class GreTap(Gre4):
    """A tunnel for Ethernet frames (`gre_tap`)."""

    kind: ClassVar[str] = "gretap"
    family: ClassVar[str] = "gretap"

    def linklocal(self) -> IPv6 | None:
        """Made of the MAC address, as on any Ethernet."""
        return self.address.linklocal() if self.address else None

    def wrap(self, skb: SkBuff) -> Any:
        """The GRE header around the whole frame."""
        return self.header(ETH_P_TEB, Ethernet(skb.dst, skb.src, skb.protocol, skb.packet))


@attrs.define(eq=False)
class Erspan(GreTap):
    """Only the fallback device of the module is here; ERSPAN headers are not modelled, so what it is given is dropped."""

    kind: ClassVar[str] = "erspan"
    family: ClassVar[str] = "erspan"

    def header_room(self) -> int:
        """GRE with a sequence number, and the ERSPAN header."""
        return 16

    def wrap(self, skb: SkBuff) -> Any:
        """Nothing: refused."""
        return None


def _is_private(address: IPv4) -> bool:
    """Addresses of which an interface identifier is not globally unique (`__ipv6_isatap_ifid`)."""
    value = int(address)
    return (
        address.is_zeronet or address.is_loopback or value >> 24 == 10 or value >> 20 == 0xAC1 or value >> 16 in (0xC0A8, 0xA9FE)
        or value >> 8 in (0xC00002, 0xC05863) or value >> 17 == 0xC612 >> 1 or address.is_multicast or value >> 28 == 15
    )  # fmt: skip


def _gre(netns: Netns, request: LinkRequest, parms: TunnelParms) -> Gre4:
    return Gre4(
        netns, request.name or "gre%d", request.ifindex or 0, address=MAC_ZERO, broadcast=MAC_ZERO, type=ARPHRD_IPGRE, mtu=0, min_mtu=0, max_mtu=0,
        flags=IFF_NOARP, header_length=0, parms=parms, home=netns, tso_max_size=65536,
    )  # fmt: skip


def _gretap(netns: Netns, request: LinkRequest, parms: TunnelParms) -> GreTap:
    return GreTap(
        netns, request.name or "gretap%d", request.ifindex or 0, address=netns.kernel.random_mac(), type=ARPHRD_ETHER, mtu=1462, max_mtu=0,
        flags=IFF_BROADCAST | IFF_MULTICAST, parms=parms, home=netns, tso_max_size=65536, default_qdisc="pfifo_fast",
    )  # fmt: skip


def create_gre(netns: Netns, request: LinkRequest) -> IpTunnel:
    """Make a gre device (`ipgre_newlink`)."""
    return ip_tunnel.create(_gre(netns, request, parms_of(request.data, TunnelParms())), request)


def create_gretap(netns: Netns, request: LinkRequest) -> IpTunnel:
    """Make a gretap device."""
    return ip_tunnel.create(_gretap(netns, request, parms_of(request.data, TunnelParms())), request)


def gre_init_net(netns: Netns) -> None:
    """gre0, gretap0 and erspan0 (`ipgre_init_net`, `ipgre_tap_init_net`, `erspan_init_net`)."""
    if not ip_tunnel.wants_fallback(netns):
        return
    bare = TunnelParms(df=0)
    ip_tunnel.add_fallback(_gre(netns, LinkRequest(name="gre0"), bare))
    tap = _gretap(netns, LinkRequest(name="gretap0"), bare)
    tap.address = MAC_ZERO
    ip_tunnel.add_fallback(tap)
    erspan = Erspan(netns, "erspan0", address=MAC_ZERO, type=ARPHRD_ETHER, mtu=1450, max_mtu=0, parms=bare, home=netns, tso_max_size=65536)
    ip_tunnel.add_fallback(erspan)


# receiving -------------------------------------------------------------------------------------------------------------


def gre_rcv(netns: Netns, skb: SkBuff) -> bool:
    """A GRE packet for this host: to its tunnel, or Port Unreachable (`gre_rcv`)."""
    outer: Ip = skb.packet
    header = _header_of(outer)
    if header is None:
        return True
    tunnel = _tunnel_of(netns, skb, header, outer.src, outer.dst)
    if tunnel is None:
        if netns.trace is not None:
            trace_drop(netns, "NOT_SPECIFIED", skb.dev.name, outer, NO_TUNNEL)
        icmp_send(skb, DEST_UNREACH, PORT_UNREACH, 0)
        return True
    if _is_in_order(tunnel, header):
        ip_tunnel.ip_tunnel_rcv(tunnel, skb, header.protocol, header.payload)
    elif netns.trace is not None:
        trace_drop(netns, "NOT_SPECIFIED", tunnel.name, outer, NO_TUNNEL)
    return True


def _header_of(outer: Ip) -> Gre | None:
    if isinstance(outer.payload, Gre):
        return outer.payload
    if not isinstance(outer.payload, bytes):
        return None
    try:
        found = decode_content(outer, outer.payload)
    except DecodeError:
        return None
    return found if isinstance(found, Gre) else None


def _tunnel_of(netns: Netns, skb: SkBuff, header: Gre, remote: IPv4, local: IPv4) -> IpTunnel | None:
    family = "gretap" if header.protocol == ETH_P_TEB else "gre"
    return lookup(netns.tunnels.get(family, ()), skb.dev.ifindex, header.flags, remote, local, header.key)


def _is_in_order(tunnel: IpTunnel, header: Gre) -> bool:
    """Checksums must be there exactly when asked for, sequence numbers must not go back (`ip_tunnel_rcv`)."""
    parms = tunnel.parms
    if (header.flags ^ parms.iflags) & GRE_CSUM:
        tunnel.csum_errors += 1
        tunnel.stats.rx_errors += 1
        return False
    if parms.iflags & GRE_SEQ:
        late = tunnel.iseq and (header.seq - tunnel.iseq) & 0x80000000
        if not header.flags & GRE_SEQ or late:
            tunnel.order_errors += 1
            tunnel.stats.rx_errors += 1
            return False
        tunnel.iseq = header.seq + 1 & SEQ_MASK
    return True


def gre_err(netns: Netns, error: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a GRE packet of ours: a smaller path MTU was learnt, anything else is remembered (`ipgre_err`)."""
    if error.type == DEST_UNREACH and error.code == FRAG_NEEDED:
        outer_pmtu(netns, error, inner)
        return
    header = inner.payload if isinstance(inner.payload, Gre) else _header_of(inner)
    if header is None:
        return
    tunnel = _tunnel_of(netns, skb, header, inner.dst, inner.src)
    if tunnel is not None:
        ip_tunnel.tunnel_err(tunnel, error.type, error.code)


def outer_pmtu(netns: Netns, error: IcmpError, inner: Ip) -> None:
    """The way to the other end has a smaller MTU (`ipv4_update_pmtu`)."""
    mtu = error.rest & 0xFFFF
    try:
        route = ip_route_output(netns, Flow(dst=inner.dst, src=inner.src, tos=inner.tos & 0x1E))
    except NetError:
        return
    if mtu and mtu < route.mtu:
        learn_pmtu(netns, route, inner.dst, mtu)


MODULE = Module("ip_gre", {IPPROTO_GRE: gre_rcv}, {IPPROTO_GRE: gre_err}, (gre_init_net,))
