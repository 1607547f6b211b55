"""IPv6 in IPv4 (`net/ipv6/sit.c`, RFC 4213), with 6to4 for tunnels without a remote end (RFC 3056)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.addr import IPV4_ANY, MAC_ZERO, IPv4, IPv6
from netsim.errors import NetError
from netsim.kernel.core.link_ops import LinkRequest
from netsim.kernel.core.modules import Module
from netsim.kernel.core.netdevice import ARPHRD_SIT, IFF_NOARP, IFF_POINTOPOINT
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.drivers import ip_tunnel
from netsim.kernel.drivers.gre import DEST_UNREACH, FRAG_NEEDED, PORT_UNREACH, outer_pmtu
from netsim.kernel.drivers.ip_tunnel import IpTunnel, tunnel_flow
from netsim.kernel.drivers.tunnel_parms import NO_TUNNEL, TunnelParms, lookup, parms_of
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.route import ip_route_output
from netsim.packet import IcmpError, Ip, Ip6
from netsim.packet.numbers import ETH_P_IPV6, IP_DF

IPPROTO_IPV6 = 41
IPV6_MIN_MTU, IP6_MAX_MTU = 1280, 65575


@attrs.define(eq=False)
class Sit(IpTunnel):
    """A tunnel for IPv6 packets."""

    kind: ClassVar[str] = "sit"
    family: ClassVar[str] = "sit"
    outer_protocol: ClassVar[int] = IPPROTO_IPV6

    def linklocal(self) -> IPv6 | None:
        """`fe80::` with the local end in its last 32 bits, on point-to-point tunnels (`addrconf_sit_config`, `add_v4_addrs`)."""
        if not self.parms.local or not self.flags & IFF_POINTOPOINT:
            return None
        return IPv6(0xFE80 << 112 | int(self.parms.local))

    def wrap(self, skb: SkBuff) -> Any:
        """The packet itself."""
        return skb.packet if skb.protocol == ETH_P_IPV6 and isinstance(skb.packet, Ip6) else None

    def change_mtu(self, mtu: int) -> None:
        """Any MTU in the device's range."""
        self.stir()
        self.mtu = mtu

    def xmit(self, skb: SkBuff) -> None:
        """Wrap a packet and send it (`ipip6_tunnel_xmit`); too big ones are dropped, which IPv6 senders learn from the route's MTU."""
        parms, inner = self.parms, skb.packet
        if self.wrap(skb) is None:
            self.stats.tx_errors += 1
            return
        remote = parms.remote or six_to_four(inner.dst)
        if not remote:
            self.stats.tx_errors += 1
            return
        tos = parms.tos & ~1 | (inner.tclass if parms.tos & 1 else 0)
        try:
            rt = ip_route_output(self.home, tunnel_flow(self, remote, tos, IPPROTO_IPV6))
        except NetError:
            self.stats.tx_carrier_errors += 1
            self.stats.tx_errors += 1
            return
        df, room = parms.df, rt.mtu - 20
        if rt.dev is self or (df and room < IPV6_MIN_MTU):
            df = 0
            if rt.dev is self:
                self.stats.collisions += 1
                self.stats.tx_errors += 1
                return
        if df and inner.size > max(room, IPV6_MIN_MTU):
            self.stats.tx_errors += 1
            return
        ttl = parms.ttl or inner.hop_limit
        outer = Ip(parms.local or rt.src or IPV4_ANY, remote, IPPROTO_IPV6, ttl, tos, self.home.kernel.rng.getrandbits(16), IP_DF * df, payload=inner)
        ip_tunnel.send_outer(self, skb, rt, outer)


def six_to_four(address: IPv6) -> IPv4:
    """The IPv4 address inside a 2002::/16 or an IPv4-compatible address, else 0 (`check_6rd`, `try_6rd`)."""
    if address >> 112 == 0x2002:
        return IPv4(address >> 80 & 0xFFFFFFFF)
    return IPv4(address & 0xFFFFFFFF) if not address >> 32 and address > 1 else IPV4_ANY


def _sit(netns: Netns, request: LinkRequest, parms: TunnelParms) -> Sit:
    return Sit(
        netns, request.name or "sit%d", request.ifindex or 0, address=MAC_ZERO, broadcast=MAC_ZERO, type=ARPHRD_SIT, mtu=1480, min_mtu=IPV6_MIN_MTU,
        max_mtu=IP6_MAX_MTU - 20, flags=IFF_NOARP, header_length=0, parms=parms, home=netns, tso_max_size=65536,
    )  # fmt: skip


def create(netns: Netns, request: LinkRequest) -> IpTunnel:
    """Make a sit device (`ipip6_newlink`)."""
    return ip_tunnel.create(_sit(netns, request, parms_of(request.data, TunnelParms())), request, IPV6_MIN_MTU)


def sit_init_net(netns: Netns) -> None:
    """sit0 (`sit_init_net`)."""
    if ip_tunnel.wants_fallback(netns):
        ip_tunnel.add_fallback(_sit(netns, LinkRequest(name="sit0"), TunnelParms(df=0, ttl=64, protocol=IPPROTO_IPV6)))


def sit_rcv(netns: Netns, skb: SkBuff) -> bool:
    """An IPv6 packet in an IPv4 packet (`ipip6_rcv`)."""
    outer: Ip = skb.packet
    tunnel = lookup(netns.tunnels.get("sit", ()), skb.dev.ifindex, 0, outer.src, outer.dst, 0)
    if tunnel is None or tunnel.parms.protocol not in (0, IPPROTO_IPV6) or not isinstance(outer.payload, Ip6):
        if netns.trace is not None:
            trace_drop(netns, "NOT_SPECIFIED", skb.dev.name, outer, NO_TUNNEL)
        icmp_send(skb, DEST_UNREACH, PORT_UNREACH, 0)
        return True
    ip_tunnel.ip_tunnel_rcv(tunnel, skb, ETH_P_IPV6, outer.payload)
    return True


def sit_err(netns: Netns, error: IcmpError, inner: Ip, skb: SkBuff) -> None:
    """An ICMP error about a packet of a tunnel of ours (`ipip6_err`)."""
    if error.type == DEST_UNREACH and error.code == FRAG_NEEDED:
        outer_pmtu(netns, error, inner)
        return
    tunnel = lookup(netns.tunnels.get("sit", ()), skb.dev.ifindex, 0, inner.dst, inner.src, 0)
    if tunnel is not None:
        ip_tunnel.tunnel_err(tunnel, error.type, error.code)


MODULE = Module("sit", {IPPROTO_IPV6: sit_rcv}, {IPPROTO_IPV6: sit_err}, (sit_init_net,))
