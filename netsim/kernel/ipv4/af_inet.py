"""IPv4 as sockets see it: names, routes and packets of TCP, UDP and raw sockets (`af_inet.c`, `ip_output.c`, `tcp_ipv4.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import IPV4_ANY, IPv4
from netsim.errors import EACCES, EADDRNOTAVAIL, EINVAL, EMSGSIZE, NetError
from netsim.kernel.core.kernel_socket import CONTROL_SOCKET
from netsim.kernel.inet.sock import PMTUDISC_DO, PMTUDISC_PROBE, PMTUDISC_WANT, InetSocket
from netsim.kernel.ipv4.fib_lookup import Flow, inet_addr_type
from netsim.kernel.ipv4.icmp import icmp_send
from netsim.kernel.ipv4.igmp import join, leave
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import Rt, ip_route_output
from netsim.kernel.ipv4.rt_cache import keep_way, known_way
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RT_SCOPE_UNIVERSE, RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST
from netsim.packet import Ip, Tcp, Udp
from netsim.packet.numbers import IP_DF, IPPROTO_TCP, IPPROTO_UDP

if TYPE_CHECKING:
    from netsim.kernel.core.netdevice import NetDevice
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def ttl_for(sock: InetSocket, rt: Rt) -> int:
    """The TTL of a packet of a socket on this way (`ip_select_ttl`)."""
    if rt.type == RTN_MULTICAST:
        return sock.multicast_ttl
    return sock.ttl if sock.ttl is not None else int(sock.netns.inet.sysctl.get("ip_default_ttl", 64))


def df_for(sock: InetSocket, size: int, rt: Rt) -> int:
    """The DF flag or 0, as path MTU discovery is set (`ip_dont_fragment`)."""
    if sock.pmtudisc == PMTUDISC_WANT:
        return IP_DF if size <= rt.mtu and not rt.mtu_locked else 0
    return IP_DF if sock.pmtudisc in (PMTUDISC_DO, PMTUDISC_PROBE) else 0


def check_size(sock: InetSocket, size: int, rt: Rt) -> None:
    """EMSGSIZE, and an entry in the error queue, for a packet too big to leave as it is (`__ip_append_data`).

    Whoever probes (IP_PMTUDISC_PROBE) is held to the device's MTU, not to what is known of the path (`ip_sk_use_pmtu`).
    """
    mtu = rt.dev.mtu if sock.pmtudisc == PMTUDISC_PROBE else rt.mtu
    if size > 65535 or (size > mtu and sock.pmtudisc in (PMTUDISC_DO, PMTUDISC_PROBE)):
        sock.local_mtu(min(mtu, 65535))
        raise NetError(EMSGSIZE)


@attrs.define(eq=False)
class Inet4Family:
    """See `kernel/inet/family.py`."""

    header_length: int = 20
    udp_in_datagrams: str = "UdpInDatagrams"

    def check_bindable(self, sock: InetSocket, address: IPv4) -> None:
        """EADDRNOTAVAIL for an address that is not ours (`inet_bind`)."""
        if address == IPV4_ANY or sock.transparent or sock.freebind or sock.netns.inet.sysctl.get("ip_nonlocal_bind") in (1, "1"):
            return
        if inet_addr_type(sock.netns, address) not in (RTN_LOCAL, RTN_MULTICAST, RTN_BROADCAST):
            raise NetError(EADDRNOTAVAIL)

    def check_peer(self, sock: InetSocket, address: IPv4) -> None:
        """Every IPv4 address means something by itself."""

    def route(self, sock: InetSocket, address: IPv4, port: int) -> Rt:
        """The way to a destination for a socket (`ip_route_connect`); the one it took before while nothing has changed (`sk_dst_check`)."""
        netns, own = sock.netns, sock.laddr
        source = own if own and type(own) is IPv4 and own >> 28 != 14 else None
        rt = None if sock.bound_dev or sock.dontroute or sock.transparent else known_way(netns, address, source, sock.tos)  # no groups among these
        if rt is not None:
            return rt
        genid = netns.inet.fib.generation + netns.inet.rt_genid
        asked = (genid, address, port, own, sock.lport, sock.bound_dev, sock.multicast_if, sock.tos, sock.mark, sock.dontroute)
        cached = sock.dst_cache
        if cached is not None and cached[0] == asked and netns.trace is None:
            known: Rt = cached[1]
            return known
        oif, any_source = sock.bound_dev or (sock.multicast_if if address.is_multicast else 0), bool(sock.transparent)
        scope = RT_SCOPE_LINK if sock.dontroute else RT_SCOPE_UNIVERSE
        rt = ip_route_output(netns, Flow(address, source, oif, 0, sock.tos, sock.mark, sock.protocol, sock.lport, port, scope, any_source=any_source))
        if not (oif or sock.dontroute or any_source):
            keep_way(netns, address, source, sock.tos, rt)
        sock.dst_cache = None if rt.is_learnt else (asked, rt)
        return rt

    def is_unicast(self, rt: Rt) -> bool:
        """Whether a stream can go this way."""
        return rt.type not in (RTN_BROADCAST, RTN_MULTICAST)

    def check_destination(self, sock: InetSocket, rt: Rt) -> None:
        """EACCES for broadcasts without SO_BROADCAST."""
        if rt.type == RTN_BROADCAST and not sock.broadcast:
            raise NetError(EACCES)

    def send_segment(self, sock: InetSocket, header: Tcp) -> None:
        """Send a segment of a connection (`__ip_queue_xmit`)."""
        source, target = sock.laddr, sock.raddr
        assert isinstance(source, IPv4) and isinstance(target, IPv4)
        rt = self.route(sock, target, sock.rport)
        number = sock.netns.kernel.rng.getrandbits(16)
        packet = Ip(
            source, target, IPPROTO_TCP, ttl_for(sock, rt), sock.tos, number, IP_DF if sock.pmtudisc and not rt.mtu_locked else 0, payload=header
        )
        ip_local_out(sock.netns, packet, rt, owner=sock, mark=sock.mark)

    def send_datagram(self, sock: InetSocket, address: IPv4, port: int, data: bytes) -> None:
        """Send a datagram (`udp_sendmsg`, `ip_make_skb`)."""
        netns, rt = sock.netns, self.route(sock, address, port)
        if rt.type == RTN_BROADCAST:
            self.check_destination(sock, rt)
        header = Udp(sock.lport, port, data)
        size = 20 + header.size
        if size > rt.mtu or size > rt.dev.mtu:
            check_size(sock, size, rt)
        source = sock.laddr if isinstance(sock.laddr, IPv4) and sock.laddr else rt.src or IPV4_ANY
        number = netns.kernel.rng.getrandbits(16)
        packet = Ip(source, address, IPPROTO_UDP, ttl_for(sock, rt), sock.tos, number, df_for(sock, size, rt), 0, b"", header)
        netns.mib["UdpOutDatagrams"] += 1
        try:
            ip_local_out(netns, packet, rt, owner=sock, mark=sock.mark)
        except NetError:
            netns.mib["IpOutDiscards"] += 1  # `ip_send_skb`
            raise

    def send_answer(self, netns: Netns, skb: SkBuff, header: Tcp, owner: Any) -> None:
        """Answer a segment apart from any connection (`ip_send_unicast_reply`); without a socket in the name of the kernel's."""
        packet = skb.packet
        oif = skb.dev.ifindex if skb.dev.l3mdev_table else 0
        rt = ip_route_output(netns, Flow(packet.src, packet.dst, oif, tos=packet.tos & 0x1C))
        ip_local_out(netns, Ip(packet.dst, packet.src, IPPROTO_TCP, 64, packet.tos & ~3, 0, IP_DF, payload=header), rt, owner=owner or CONTROL_SOCKET)

    def port_unreachable(self, skb: SkBuff) -> None:
        """Destination Unreachable, code 3."""
        icmp_send(skb, 3, 3, 0)

    def join_group(self, sock: InetSocket, group: IPv4, ifindex: int) -> None:
        """IP_ADD_MEMBERSHIP; EINVAL."""
        dev = sock.netns.devices.get(ifindex)
        if dev is None or dev.inet is None or not group.is_multicast:
            raise NetError(EINVAL)
        join(dev, group)

    def leave_group(self, sock: InetSocket, group: IPv4, ifindex: int) -> None:
        """The group loses a member, unless its device is gone."""
        dev = sock.netns.devices.get(ifindex)
        if dev is not None and dev.inet is not None:
            leave(dev, group)

    def join_own_groups(self, dev: NetDevice) -> None:
        """The device's driver has groups of its own, which it joins while it is up."""
        if dev.inet is not None:
            for group in dev.own_groups():
                join(dev, group)

    def leave_own_groups(self, dev: NetDevice) -> None:
        """It has none any more."""
        if dev.inet is not None:
            for group in dev.own_groups():
                leave(dev, group)


INET4 = Inet4Family()
