"""IPv4 in IPv4 (`net/ipv4/ipip.c`, RFC 2003)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.addr import MAC_ZERO, IPv6
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.modules import Module
from netsim.kernel.core.netdevice import ARPHRD_TUNNEL, IFF_NOARP
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.drivers import ip_tunnel
from netsim.kernel.drivers.gre import DEST_UNREACH, FRAG_NEEDED, PORT_UNREACH, isatap_linklocal, outer_pmtu
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.tunnel_parms import NO_TUNNEL, TunnelParms, lookup, parms_of
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.packet import IcmpError, Ip
from netsim.packet.numbers import ETH_P_IP, IPPROTO_IPIP


@attrs.define(eq=False)
class Ipip(IpTunnel):
    """A tunnel for IPv4 packets."""

    kind: ClassVar[str] = "ipip"
    family: ClassVar[str] = "ipip"
    outer_protocol: ClassVar[int] = IPPROTO_IPIP

    def linklocal(self) -> IPv6 | None:
        """As a GRE tunnel's, although no IPv6 packet goes through."""
        return isatap_linklocal(self.parms.local)

    def wrap(self, skb: SkBuff) -> Any:
        """The packet itself."""
        return skb.packet if skb.protocol == ETH_P_IP and isinstance(skb.packet, Ip) else None


def _ipip(netns: Netns, request: LinkRequest, parms: TunnelParms) -> Ipip:
    return Ipip(
        netns, request.name or "tunl%d", request.ifindex or 0, address=MAC_ZERO, broadcast=MAC_ZERO, type=ARPHRD_TUNNEL, mtu=0, min_mtu=0, max_mtu=0,
        flags=IFF_NOARP, header_length=0, parms=parms, home=netns, tso_max_size=65536,
    )  # fmt: skip


def create(netns: Netns, request: LinkRequest) -> IpTunnel:
    """Make an ipip device (`ipip_newlink`)."""
    return ip_tunnel.create(_ipip(netns, request, parms_of(request.data, TunnelParms())), request)


def ipip_init_net(netns: Netns) -> None:
    """tunl0 (`ipip_init_net`)."""
    if ip_tunnel.wants_fallback(netns):
        ip_tunnel.add_fallback(_ipip(netns, LinkRequest(name="tunl0"), TunnelParms(df=0)))


def ipip_rcv(netns: Netns, skb: SkBuff) -> bool:
    """An IPv4 packet in an IPv4 packet: to its tunnel, or Port Unreachable (`tunnel4_rcv`, `ipip_rcv`)."""
    outer: Ip = skb.packet
    tunnel = lookup(netns.tunnels.get("ipip", ()), skb.dev.ifindex, 0, outer.src, outer.dst, 0)
    if tunnel is None or tunnel.parms.protocol not in (0, IPPROTO_IPIP) or not isinstance(outer.payload, Ip):
        if netns.trace is not None:
            trace_drop(netns, "NOT_SPECIFIED", skb.dev.name, outer, NO_TUNNEL)
        icmp_send(skb, DEST_UNREACH, PORT_UNREACH, 0)
        return True
    ip_tunnel.ip_tunnel_rcv(tunnel, skb, ETH_P_IP, outer.payload)
    return True


def ipip_err(netns: Netns, error: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a packet of a tunnel of ours (`ipip_err`)."""
    if error.type == DEST_UNREACH and error.code == FRAG_NEEDED:
        outer_pmtu(netns, error, inner)
        return
    tunnel = lookup(netns.tunnels.get("ipip", ()), skb.dev.ifindex, 0, inner.dst, inner.src, 0)
    if tunnel is not None:
        ip_tunnel.tunnel_err(tunnel, error.type, error.code)


MODULE = Module("ipip", {IPPROTO_IPIP: ipip_rcv}, {IPPROTO_IPIP: ipip_err}, (ipip_init_net,))
