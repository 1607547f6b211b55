"""What all tunnels over IPv4 share: sending, receiving, MTU, path MTU and errors (`net/ipv4/ip_tunnel.c`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import IPV4_ANY, MAC, IPv4
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, NetError
from netsim.kernel.core.device_life import dev_set_mtu, register_netdevice
from netsim.kernel.core.kernel_socket import KernelSocket
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import ARPHRD_ETHER, IFF_POINTOPOINT, NETDEV_CHANGE, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import eth_type, push_tag, receive_core
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop, trace_step
from netsim.kernel.drivers.tunnel_parms import TunnelParms, find, parms_of
from netsim.kernel.ipv4.fib_lookup import Flow, ip_dev_find
from netsim.kernel.ipv4.fnhe import learn_pmtu
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Rt, ip_route_output
from netsim.kernel.tables.fib import RTN_UNICAST
from netsim.packet import Ethernet, Ip, Ip6
from netsim.packet.numbers import IP_DF

IP_MAX_MTU, MIN_MTU, ETH_DATA_LEN = 65535, 68, 1500
ERROR_TIMEOUT = 30 * SECOND  # IPTUNNEL_ERR_TIMEO
ECN_MASK, ECN_CE, ECN_ECT_0 = 3, 3, 2
RECURSION_LIMIT = 8
"""Devices a packet may be handed on through while it is sent (`XMIT_RECURSION_LIMIT`)."""


@attrs.define(eq=False)
class IpTunnel(NetDevice):
    """A tunnel; outer packets are routed in `home`, where it was made, wherever the device has moved since."""

    is_tunnel: ClassVar[bool] = True
    family: ClassVar[str] = ""
    outer_protocol: ClassVar[int] = 0

    parms: TunnelParms = attrs.field(factory=TunnelParms)
    home: Netns = attrs.field(default=None)
    is_fallback: bool = False
    oseq: int = 0
    iseq: int = 0
    error_count: int = 0
    error_time: int = -ERROR_TIMEOUT
    csum_errors: int = 0
    order_errors: int = 0

    def link_address(self) -> str:
        """The local end, or for tunnels that carry frames the MAC address."""
        return str(self.address) if self.type == ARPHRD_ETHER else str(self.parms.local)

    def link_broadcast(self) -> str:
        """The remote end."""
        return str(self.broadcast) if self.type == ARPHRD_ETHER else str(self.parms.remote)

    def padded_address(self) -> MAC:
        """The local end's four bytes, then zeros."""
        return self.address if self.type == ARPHRD_ETHER else MAC(int(self.parms.local) << 16)

    def lower(self) -> NetDevice | None:
        """The device the outer packets are bound to (`ip_tunnel_get_iflink`)."""
        return self.home.devices.get(self.parms.link) if self.parms.link else None

    def iflink(self) -> int:
        """The index of that device, there or not."""
        return self.parms.link

    def header_room(self) -> int:
        """Bytes of the tunnel's own header behind the outer IP header (`tunnel->hlen`)."""
        return 0

    def frame_room(self) -> int:
        """Bytes of the inner link header."""
        return 14 if self.type == ARPHRD_ETHER else 0

    def wrap(self, skb: SkBuff) -> Any:
        """The outer packet's payload; None refuses what the tunnel does not carry."""
        raise NotImplementedError

    def xmit(self, skb: SkBuff) -> None:
        """Wrap a packet and send it (`ip_tunnel_xmit`)."""
        if skb.vlan:
            push_tag(skb)
        ip_tunnel_xmit(self, skb)

    def change_mtu(self, mtu: int) -> None:
        """EINVAL outside what fits into an IPv4 packet (`ip_tunnel_change_mtu`)."""
        if not MIN_MTU <= mtu <= IP_MAX_MTU - 20 - self.header_room() - self.frame_room():
            raise NetError(EINVAL)
        self.stir()
        self.mtu = mtu

    def is_deletable(self) -> bool:
        """Fallback devices live as long as their namespace (`ip_tunnel_dellink`)."""
        return not self.is_fallback

    def removed(self) -> None:
        """No longer found by packets (`ip_tunnel_uninit`)."""
        tunnels = self.home.tunnels.get(self.family, [])
        if self in tunnels:
            tunnels.remove(self)


# sending ---------------------------------------------------------------------------------------------------------------


def ip_tunnel_xmit(dev: IpTunnel, skb: SkBuff) -> None:
    """Find the other end and the way there, report what does not fit, and send (`ip_tunnel_xmit`)."""
    parms, inner = dev.parms, skb.packet
    remote = parms.remote or _next_hop(skb)
    payload = dev.wrap(skb)
    if not remote or payload is None:
        _tx_error(dev, skb, "TUNNEL_TXINFO")
        return
    inner_tos = _tos_of(inner)
    tos = parms.tos & ~1 | (inner_tos if parms.tos & 1 else 0)
    try:
        if parms.local and not ip_dev_find(dev.home, parms.local):  # nobody may send from there
            raise NetError(EINVAL)
        rt = ip_route_output(dev.home, tunnel_flow(dev, remote, tos, dev.outer_protocol))
    except NetError:
        dev.stats.tx_carrier_errors += 1
        _tx_error(dev, skb, "IP_OUTNOROUTES")
        return
    if rt.dev is dev:
        dev.stats.collisions += 1
        _tx_error(dev, skb, "TUNNEL_DEADLOOP")
        return
    df = parms.df or int(not parms.ignore_df and isinstance(inner, Ip) and inner.flags & IP_DF != 0)
    if not update_pmtu(dev, skb, rt, df):
        _tx_error(dev, skb, "PKT_TOO_BIG")
        return
    _report_failures(dev, skb)
    tos = tos & ~ECN_MASK | (ECN_ECT_0 if inner_tos & ECN_MASK == ECN_CE else inner_tos & ECN_MASK)
    ttl = parms.ttl or _inherited_ttl(dev, inner, rt)
    send_outer(dev, skb, rt, Ip(parms.local or rt.src or IPV4_ANY, remote, dev.outer_protocol, ttl, tos, _ident(dev), IP_DF * df, payload=payload))


def _ident(dev: IpTunnel) -> int:
    return dev.home.kernel.rng.getrandbits(16)


def _next_hop(skb: SkBuff) -> IPv4:
    """A tunnel without a remote end sends to the gateway of the inner route (NBMA mode)."""
    if isinstance(skb.packet, Ip) and skb.route is not None:
        return skb.route.gateway or IPv4(skb.packet.dst)
    return IPV4_ANY


def _tos_of(inner: Any) -> int:
    return inner.tos if isinstance(inner, Ip) else inner.tclass if isinstance(inner, Ip6) else 0


def _inherited_ttl(dev: IpTunnel, inner: Any, rt: Rt) -> int:
    if isinstance(inner, Ip):
        return inner.ttl
    if isinstance(inner, Ip6):
        return inner.hop_limit
    return int(dev.home.inet.sysctl.get("ip_default_ttl", 64))


def send_outer(dev: NetDevice, skb: SkBuff, rt: Rt, outer: Ip, owner: KernelSocket | None = None) -> None:
    """Send a finished outer packet, of the socket that a tunnel over UDP has; the tunnel counts what it carried (`iptunnel_xmit`).

    A packet that is wrapped again and again on its way out is dropped with a line in the log (`dev_xmit_recursion`).
    """
    kernel = dev.netns.kernel
    if dev.netns.trace is not None:
        trace_step(dev.netns, "iptunnel_xmit", dev.name, skb.packet, outer)
    if kernel.xmit_depth >= RECURSION_LIMIT:
        kernel.log.append((kernel.clock.now, f"Dead loop on virtual device {dev.name}, fix it urgently!"))
        dev.stats.tx_errors += 1
        return
    kernel.xmit_depth += 1
    try:
        ip_local_out(rt.dev.netns, outer, rt, owner=owner, hops=skb.hops + 1)
    except NetError:
        dev.stats.tx_errors += 1
        dev.stats.tx_dropped += 1
        return
    finally:
        kernel.xmit_depth -= 1
    dev.stats.tx_packets += 1
    dev.stats.tx_bytes += skb.size


def _tx_error(dev: IpTunnel, skb: SkBuff, reason: str) -> None:
    dev.stats.tx_errors += 1
    netns = dev.netns
    if netns.trace is not None:
        trace_drop(netns, reason, dev.name, skb.packet, dev)


def _report_failures(dev: IpTunnel, skb: SkBuff) -> None:
    """Errors came back lately: the inner sender is told that the host is unreachable, once for each (`dst_link_failure`)."""
    if not dev.error_count:
        return
    if dev.netns.kernel.clock.now >= dev.error_time + ERROR_TIMEOUT:
        dev.error_count = 0
        return
    dev.error_count -= 1
    if skb.route is not None and isinstance(skb.packet, Ip):
        icmp_send(skb, 3, 1, 0)


def update_pmtu(dev: IpTunnel, skb: SkBuff, rt: Rt, df: int) -> bool:
    """The way the outer packet takes limits the inner one: learn it, and refuse what may not be cut (`tnl_update_pmtu`)."""
    inner, frame = skb.packet, dev.frame_room()
    route = skb.route if isinstance(skb.route, Rt) else None
    mtu = rt.mtu - 20 - dev.header_room() - frame if df else route.mtu if route is not None else dev.mtu
    if not isinstance(inner, Ip):
        return True
    if route is not None and route.type == RTN_UNICAST and mtu <= route.mtu:
        learn_pmtu(dev.netns, route, IPv4(inner.dst), mtu)
    if inner.flags & IP_DF and mtu < inner.size:
        if route is not None:
            icmp_send(skb, 3, 4, mtu)
        return False
    return True


# receiving -------------------------------------------------------------------------------------------------------------


def ip_tunnel_rcv(dev: IpTunnel, skb: SkBuff, protocol: int, inner: Any) -> None:
    """An unwrapped packet comes in by the tunnel (`ip_tunnel_rcv`)."""
    outer: Ip = skb.packet
    netns = dev.netns
    if isinstance(inner, Ethernet):
        arrived = SkBuff(dev, inner.src, inner.dst, inner.ethertype, inner.payload)
    else:
        arrived = SkBuff(dev, dev.address, dev.address, protocol, inner)
    arrived.hops = skb.hops
    arrived.mark = skb.mark if netns is dev.home else 0
    if not ecn_decapsulate(outer, arrived):
        dev.stats.rx_errors += 1
        return
    dev.stats.rx_packets += 1
    dev.stats.rx_bytes += arrived.size
    if outer.dst.is_multicast:
        dev.stats.multicast += 1
    arrived.pkt_type = eth_type(arrived) if isinstance(inner, Ethernet) else PACKET_BROADCAST if outer.dst.is_multicast else PACKET_HOST
    arrived.iif = dev.ifindex
    if netns.trace is not None:
        trace_step(netns, "ip_tunnel_rcv", dev.name, arrived.packet, outer)
    netns.kernel.clock.call_soon(receive_core, arrived)


def ecn_decapsulate(outer: Ip, arrived: SkBuff) -> bool:
    """Congestion met by the outer packet is told to the inner one; one that cannot be told is dropped (RFC 6040, `INET_ECN_decapsulate`)."""
    inner = arrived.packet
    if outer.tos & ECN_MASK != ECN_CE or not isinstance(inner, Ip):
        return True
    if not inner.tos & ECN_MASK:
        return False
    arrived.packet = inner.with_tos(inner.tos | ECN_CE)
    return True


def tunnel_err(dev: IpTunnel, kind: int, code: int) -> None:
    """An ICMP error about an outer packet: remembered, so that the next inner senders hear of it (`ipgre_err`, `ipip_err`)."""
    if kind not in (3, 11) or (kind == 3 and code in (3, 5)) or (kind == 11 and code):
        return
    if not dev.parms.remote or dev.parms.remote.is_multicast or (not dev.parms.ttl and kind == 11):
        return
    now = dev.home.kernel.clock.now
    dev.error_count = dev.error_count + 1 if now < dev.error_time + ERROR_TIMEOUT else 1
    dev.error_time = now


def tunnel_flow(dev: IpTunnel, remote: IPv4, tos: int, protocol: int) -> Flow:
    """What is asked for the way of an outer packet: over the device it is tied to, or by the VRF's table where that is in one (`ip_tunnel_init_flow`)."""
    parms, home = dev.parms, dev.home
    lower = home.devices.get(parms.link) if parms.link and home.l3mdevs else None
    domain = lower.l3mdev if lower is not None else None
    link, master = (parms.link, 0) if domain is None else (0, domain.ifindex)
    return Flow(remote, parms.local or None, link, tos=tos & 0x1E, mark=parms.fwmark, protocol=protocol, l3mdev=master)


# making ----------------------------------------------------------------------------------------------------------------


def bind_dev(dev: IpTunnel, lowest: int = MIN_MTU) -> int:
    """The MTU the way to the other end leaves; a tunnel with one is point-to-point (`ip_tunnel_bind_dev`)."""
    parms, lower = dev.parms, None
    if parms.remote:
        try:
            lower = ip_route_output(dev.home, tunnel_flow(dev, parms.remote, parms.tos, 0)).dev
        except NetError:
            lower = None
        if dev.type != ARPHRD_ETHER:
            dev.stir()
            dev.flags |= IFF_POINTOPOINT
    if lower is None and parms.link:
        lower = dev.home.devices.get(parms.link)
    mtu = min(lower.mtu, IP_MAX_MTU) if lower is not None else ETH_DATA_LEN
    return max(mtu - 20 - dev.header_room() - dev.frame_room(), lowest)


def create(dev: IpTunnel, request: LinkRequest, lowest: int = MIN_MTU) -> IpTunnel:
    """Register a tunnel (`ip_tunnel_newlink`); EEXIST when one has the same ends and key."""
    known = dev.home.tunnels.setdefault(dev.family, [])
    if find(known, dev.parms, dev.type) is not None:
        raise NetError(EEXIST)
    apply_common(dev, attrs.evolve(request, mtu=None))
    register_netdevice(dev)
    known.append(dev)
    mtu = bind_dev(dev, lowest)
    if request.mtu is not None:
        mtu = min(max(request.mtu, MIN_MTU), IP_MAX_MTU - 20 - dev.header_room() - dev.frame_room())
    dev_set_mtu(dev, mtu)
    return dev


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Give a tunnel other parameters (`ip_tunnel_changelink`); EEXIST for another's ends, EINVAL for the fallback device."""
    assert isinstance(dev, IpTunnel)
    if dev.is_fallback:
        raise NetError(EINVAL)
    update(dev, parms_of(data, dev.parms))


def update(dev: IpTunnel, parms: TunnelParms) -> None:
    """Put new parameters in force (`ip_tunnel_update`)."""
    known = find(dev.home.tunnels.get(dev.family, []), parms, dev.type)
    if known is not None and known is not dev:
        raise NetError(EEXIST)
    if known is None and dev.type != ARPHRD_ETHER and bool(dev.flags & IFF_POINTOPOINT) != bool(parms.remote):
        raise NetError(EINVAL)
    room, before, dev.parms = dev.header_room(), dev.parms, parms
    if before.link != parms.link or before.fwmark != parms.fwmark:
        dev.stir()
        dev.mtu = bind_dev(dev)
    elif dev.header_room() != room:
        dev.stir()
        dev.mtu = max(dev.mtu + room - dev.header_room(), MIN_MTU)  # `ipgre_link_update`
    dev.netns.kernel.notify(NETDEV_CHANGE, dev)


def wants_fallback(netns: Netns) -> bool:
    """Whether a namespace gets the fallback devices of tunnel modules (`net_has_fallback_tunnels`)."""
    choice = netns.kernel.profile.fb_tunnels
    return choice == "all" or (choice == "initns" and netns is netns.kernel.init_net)


def add_fallback(dev: IpTunnel) -> None:
    """Register the device that takes what no other tunnel wants (`ip_tunnel_init_net`); it stays in its namespace."""
    dev.is_fallback = dev.is_netns_immutable = True
    register_netdevice(dev)
    dev.home.tunnels.setdefault(dev.family, []).append(dev)
    if not dev.mtu:  # set without telling anybody, so IPv6 joins only when the device is set up
        dev.stir()
        dev.mtu = bind_dev(dev)
