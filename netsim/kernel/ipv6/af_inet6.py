"""IPv6 as sockets see it: names, routes and packets of TCP, UDP and raw sockets (`af_inet6.c`, `ip6_output.c`, `datagram.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPV6_ANY, IPV6_LOOPBACK, IPv6
from netsim.errors import EADDRNOTAVAIL, EINVAL, EMSGSIZE, NetError
from netsim.kernel.inet.flow_keys import ALL_OUTER, flow_hash
from netsim.kernel.inet.sock import PMTUDISC_DO, PMTUDISC_PROBE, InetSocket
from netsim.kernel.ipv6.fib import owner_of
from netsim.kernel.ipv6.icmp import DEST_UNREACH, PORT_UNREACH, hop_limit_of, icmp6_send
from netsim.kernel.ipv6.mcast import join, leave
from netsim.kernel.ipv6.output import ip6_local_out
from netsim.kernel.ipv6.route import Flow6, Rt6, ip6_dst_lookup
from netsim.kernel.tables.fib import RTN_MULTICAST
from netsim.packet import Ip6, Tcp, Udp
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def hops_for(sock: InetSocket, rt: Rt6) -> int:
    """The hop limit of a packet of a socket on this way (`ip6_sk_dst_hoplimit`)."""
    if rt.type == RTN_MULTICAST:
        return sock.multicast_ttl
    return sock.ttl if sock.ttl is not None else hop_limit_of(rt)


def flow_label(netns: Netns, flow: Flow6) -> int:
    """The label a socket's packets carry: the same for all of a flow (`ip6_make_flowlabel`)."""
    if str(netns.inet6.sysctl.get("net/ipv6/auto_flowlabels", "1")) == "0":
        return 0
    return flow_hash(flow, ALL_OUTER, flow.flowlabel) & 0xFFFFF


def source_of(sock: InetSocket) -> IPv6 | None:
    """The address a socket is bound to, None where the route may choose."""
    return sock.laddr if isinstance(sock.laddr, IPv6) and sock.laddr and not sock.laddr.is_multicast else None


def check_too_long(sock: InetSocket, size: int, rt: Rt6) -> None:
    """EMSGSIZE for what may not be cut, and for what no packet can carry; `size` with the header (`__ip6_append_data`)."""
    limit = rt.mtu if sock.pmtudisc in (PMTUDISC_DO, PMTUDISC_PROBE) else 40 + 65535
    if sock.pmtudisc == PMTUDISC_PROBE:
        limit = rt.dev.mtu
    if size > limit:
        sock.local_mtu(rt.mtu)
        raise NetError(EMSGSIZE)


@attrs.define(eq=False)
class Inet6Family:
    """See `kernel/inet/family.py`."""

    header_length: int = 40
    udp_in_datagrams: str = "Udp6InDatagrams"

    def check_bindable(self, sock: InetSocket, address: IPv6) -> None:
        """EADDRNOTAVAIL for an address that is not ours, EINVAL for one that needs a device (`__inet6_bind`)."""
        if (
            address == IPV6_ANY
            or address.is_multicast
            or sock.transparent
            or sock.freebind
            or str(sock.netns.inet6.sysctl.get("net/ipv6/ip_nonlocal_bind", "0")) == "1"
        ):
            return
        dev = sock.netns.devices.get(sock.bound_dev) if sock.bound_dev else None
        if address.is_linklocal and not sock.bound_dev:
            raise NetError(EINVAL)
        domain = dev.l3mdev if dev is not None else None
        if owner_of(sock.netns, address, dev if address.is_linklocal else None, domain) is None:
            raise NetError(EADDRNOTAVAIL)

    def check_peer(self, sock: InetSocket, address: IPv6) -> None:
        """EINVAL for a link-local peer without a device (`__ip6_datagram_connect`, `tcp_v6_connect`)."""
        if (address.is_linklocal or address.is_linklocal_multicast) and not sock.bound_dev and not (address.is_multicast and sock.multicast_if):
            raise NetError(EINVAL)

    def flow(self, sock: InetSocket, address: IPv6, port: int) -> Flow6:
        """The routing question of a socket."""
        oif = sock.bound_dev or (sock.multicast_if if address.is_multicast else 0)
        target = IPV6_LOOPBACK if address == IPV6_ANY else address
        return Flow6(target, source_of(sock), oif, 0, sock.tos, sock.mark, sock.protocol, sock.lport, port)

    def route(self, sock: InetSocket, address: IPv6, port: int) -> Rt6:
        """The way to a destination for a socket, its source chosen (`ip6_dst_lookup_flow`)."""
        return ip6_dst_lookup(sock.netns, self.flow(sock, address, port), sock.bound_dev)

    def is_unicast(self, rt: Rt6) -> bool:
        """Whether a stream can go this way."""
        return rt.type != RTN_MULTICAST

    def check_destination(self, sock: InetSocket, rt: Rt6) -> None:
        """IPv6 has no broadcasts to be forbidden."""

    def packet(self, sock: InetSocket, rt: Rt6, flow: Flow6, protocol: int, payload: Tcp | Udp) -> Ip6:
        """A transport's packet on its way."""
        source = rt.src or IPV6_ANY
        label = flow_label(sock.netns, attrs.evolve(flow, src=source))
        return Ip6(source, flow.dst, protocol, hops_for(sock, rt), sock.tos, label, payload)

    def send_segment(self, sock: InetSocket, header: Tcp) -> None:
        """Send a segment of a connection (`inet6_csk_xmit`)."""
        target = sock.raddr
        assert isinstance(target, IPv6)
        flow = self.flow(sock, target, sock.rport)
        rt = ip6_dst_lookup(sock.netns, flow, sock.bound_dev)
        ip6_local_out(sock.netns, self.packet(sock, rt, flow, IPPROTO_TCP, header), rt, owner=sock, mark=sock.mark)

    def send_datagram(self, sock: InetSocket, address: IPv6, port: int, data: bytes) -> None:
        """Send a datagram (`udpv6_sendmsg`)."""
        flow = self.flow(sock, address, port)
        rt = ip6_dst_lookup(sock.netns, flow, sock.bound_dev)
        header = Udp(sock.lport, port, data)
        check_too_long(sock, 40 + header.size, rt)
        sock.netns.mib["Udp6OutDatagrams"] += 1
        ip6_local_out(sock.netns, self.packet(sock, rt, flow, IPPROTO_UDP, header), rt, owner=sock, mark=sock.mark)

    def send_answer(self, netns: Netns, skb: SkBuff, header: Tcp, owner: Any) -> None:
        """Answer a segment apart from any connection (`tcp_v6_send_response`)."""
        packet = skb.packet
        oif = skb.dev.ifindex if packet.src.is_linklocal or packet.dst.is_linklocal or skb.dev.l3mdev_table else 0
        rt = ip6_dst_lookup(netns, Flow6(packet.src, packet.dst, oif, 0, packet.tclass, 0, IPPROTO_TCP, header.sport, header.dport))
        ip6_local_out(
            netns,
            Ip6(packet.dst, packet.src, IPPROTO_TCP, hop_limit_of(rt), packet.tclass & ~3, 0, header),
            rt,
            owner=owner,
        )

    def port_unreachable(self, skb: SkBuff) -> None:
        """Destination Unreachable, code 4."""
        icmp6_send(skb, DEST_UNREACH, PORT_UNREACH, 0)

    def join_group(self, sock: InetSocket, group: IPv6, ifindex: int) -> None:
        """IPV6_JOIN_GROUP; EINVAL."""
        dev = sock.netns.devices.get(ifindex)
        if dev is None or dev.inet6 is None or not group.is_multicast:
            raise NetError(EINVAL)
        join(dev, group)

    def leave_group(self, sock: InetSocket, group: IPv6, ifindex: int) -> None:
        """The group loses a member, unless its device is gone."""
        dev = sock.netns.devices.get(ifindex)
        if dev is not None and dev.inet6 is not None:
            leave(dev, group)

    def join_own_groups(self, dev: NetDevice) -> None:
        """The device's driver has groups of its own, which it joins while it is up."""
        if dev.inet6 is not None:
            for group in dev.own_groups6():
                join(dev, group)

    def leave_own_groups(self, dev: NetDevice) -> None:
        """It has none any more."""
        if dev.inet6 is not None:
            for group in dev.own_groups6():
                leave(dev, group)


INET6 = Inet6Family()
