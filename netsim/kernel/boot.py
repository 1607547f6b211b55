"""Makes kernels and namespaces: the one module that knows every room of the kernel and hangs the doors."""

from __future__ import annotations

import random
from collections.abc import Callable

from netsim.clock import Clock
from netsim.kernel.bridge import device as bridge
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.link_ops import LinkKind, cannot_change
from netsim.kernel.core.modules import hang, load
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers import bond, dummy, gre, ip_tunnel, ipip, ipvlan, loopback, macvlan, sit, stacking, tun, veth, vlan, vrf, vxlan
from netsim.kernel.drivers.nic import add_nic
from netsim.kernel.inet.family import AF_INET, AF_INET6
from netsim.kernel.ipv4 import af_inet, arp_input, devinet, icmp, tcp, udp
from netsim.kernel.ipv4 import input as ip_input
from netsim.kernel.ipv6 import addrconf, af_inet6
from netsim.kernel.ipv6 import icmp as icmp6
from netsim.kernel.ipv6 import input as ip6_input
from netsim.kernel.ipv6 import tcp as tcp6
from netsim.kernel.ipv6 import udp as udp6
from netsim.kernel.netfilter import br_netfilter
from netsim.kernel.netfilter.nat import masquerade
from netsim.kernel.profile import KernelProfile
from netsim.kernel.sched import fifo, netem, prio, tbf
from netsim.kernel.sched.qdisc import QdiscKind
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP

LINK_KINDS = {
    "veth": LinkKind("veth", "veth", veth.create),
    "bridge": LinkKind("bridge", "bridge", bridge.create, bridge.change, bridge.change_port),
    "dummy": LinkKind("dummy", "dummy", dummy.create_dummy),
    "ifb": LinkKind("ifb", "ifb", dummy.create_ifb),
    "gre": LinkKind("gre", "ip_gre", gre.create_gre, ip_tunnel.change),
    "gretap": LinkKind("gretap", "ip_gre", gre.create_gretap, ip_tunnel.change),
    "ipip": LinkKind("ipip", "ipip", ipip.create, ip_tunnel.change),
    "sit": LinkKind("sit", "sit", sit.create, ip_tunnel.change),
    "vxlan": LinkKind("vxlan", "vxlan", vxlan.create, vxlan.change),
    "vlan": LinkKind("vlan", "8021q", vlan.create, vlan.change),
    "macvlan": LinkKind("macvlan", "macvlan", macvlan.create, macvlan.change),
    "ipvlan": LinkKind("ipvlan", "ipvlan", ipvlan.create, ipvlan.change),
    "vrf": LinkKind("vrf", "vrf", vrf.create, cannot_change),
    "bond": LinkKind("bond", "bonding", bond.create, bond.change, bond.change_port),
    "tun": LinkKind("tun", "tun", tun.refuse),
}
QDISC_KINDS = {
    "netem": QdiscKind("netem", "netem", netem.create_netem),
    "tbf": QdiscKind("tbf", "tbf", tbf.create_tbf),
    "prio": QdiscKind("prio", "prio", prio.create_prio),
    "pfifo": QdiscKind("pfifo", "", fifo.create_pfifo),
    "bfifo": QdiscKind("bfifo", "", fifo.create_bfifo),
    "pfifo_fast": QdiscKind("pfifo_fast", "", fifo.create_pfifo_fast),
    "fq_codel": QdiscKind("fq_codel", "", fifo.create_fq_codel),
    "noqueue": QdiscKind("noqueue", "", fifo.create_noqueue),
}
MODULES = {module.name: module for module in (gre.MODULE, ipip.MODULE, sit.MODULE, bond.MODULE)}
PACKET_TYPES = {ETH_P_IP: ip_input.ip_rcv, ETH_P_ARP: arp_input.arp_rcv, ETH_P_IPV6: ip6_input.ipv6_rcv}
ONLY_COUNTS = {ETH_P_ARP: arp_input.arp_only_counts, ETH_P_IPV6: ip6_input.ipv6_only_counts}
INET_PROTOS = {IPPROTO_ICMP: icmp.icmp_rcv, IPPROTO_UDP: udp.udp_rcv, IPPROTO_TCP: tcp.tcp_v4_rcv}
INET_ERR = {IPPROTO_UDP: udp.udp_err, IPPROTO_TCP: tcp.tcp_v4_err}
NETDEV_LISTENERS: tuple[tuple[Callable[[int, NetDevice], None], frozenset[int]], ...] = (
    (bridge.device_event, bridge.HEARD),
    (bond.device_event, bond.HEARD),
    (vrf.device_event, vrf.HEARD),
    (vxlan.device_event, vxlan.HEARD),
    (devinet.device_event, devinet.HEARD),
    (addrconf.device_event, addrconf.HEARD),
    (masquerade.device_event, masquerade.HEARD),
    (br_netfilter.device_event, br_netfilter.HEARD),
    (stacking.stacked_event, stacking.HEARD),
)
"""Who hears of device events, in this order, and of which."""
NETDEV_CHAIN = {
    event: tuple(listener for listener, heard in NETDEV_LISTENERS if event in heard)
    for event in sorted(frozenset[int]().union(*(heard for _, heard in NETDEV_LISTENERS)))
}
INETADDR_CHAIN = (masquerade.address_deleted,)
INET6_PROTOS = {IPPROTO_ICMPV6: icmp6.icmpv6_rcv, IPPROTO_UDP: udp6.udpv6_rcv, IPPROTO_TCP: tcp6.tcp_v6_rcv}
INET6_ERR = {IPPROTO_UDP: udp6.udpv6_err, IPPROTO_TCP: tcp6.tcp_v6_err}
INET_FAMILIES = {AF_INET: af_inet.INET4, AF_INET6: af_inet6.INET6}
NETNS_INIT = (loopback.add_loopback,)


def boot(clock: Clock, rng: random.Random, profile: KernelProfile, number: int = 0) -> Kernel:
    """A freshly started Linux with its first namespace; `number` tells the world's machines apart."""
    kernel = Kernel(clock, rng, profile, number)
    kernel.boot_time = clock.now
    hang_doors(kernel)
    kernel.init_net = new_netns(kernel)
    if profile.nic:
        add_nic(kernel.init_net, profile.nic)
    for name in profile.loaded:
        load(kernel, name)
    return kernel


def hang_doors(kernel: Kernel) -> None:
    """Connect the rooms of a kernel: one just booted, or one read from a snapshot, which leaves the doors out."""
    kernel.link_kinds = LINK_KINDS
    kernel.qdisc_kinds = QDISC_KINDS
    kernel.modules = MODULES
    kernel.packet_types = PACKET_TYPES
    kernel.only_counts = ONLY_COUNTS
    kernel.inet_protos = INET_PROTOS
    kernel.inet_err = INET_ERR
    kernel.inet6_protos = INET6_PROTOS
    kernel.inet6_err = INET6_ERR
    kernel.inet_families = INET_FAMILIES
    kernel.br_refragment = br_netfilter.br_refragment
    kernel.netdev_chain = NETDEV_CHAIN
    kernel.inetaddr_chain = INETADDR_CHAIN
    kernel.netns_init = NETNS_INIT
    for name in kernel.loaded_modules:
        hang(kernel, name)


def new_netns(kernel: Kernel) -> Netns:
    """A fresh namespace (`copy_net_ns`): lo, down, and each room's own state."""
    netns = Netns(kernel, kernel.inode(), kernel.cookie())
    kernel.namespaces.append(netns)
    for init in kernel.netns_init:
        init(netns)
    for watcher in kernel.watchers:
        watcher.joined(netns)
    return netns
