"""Makes kernels and namespaces: the one module that knows every room of the kernel and hangs the doors."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from netsim.clock import Clock
from netsim.kernel.core import relations
from netsim.kernel.core.device_life import dev_get_flags
from netsim.kernel.core.kernel import Kernel
from netsim.kernel.core.link_ops import LinkKind
from netsim.kernel.core.modules import hang, load, part
from netsim.kernel.core.netdevice import (
    IFF_LOWER_UP,
    IFF_RUNNING,
    NETDEV_CHANGE,
    NETDEV_CHANGEUPPER,
    NETDEV_DOWN,
    NETDEV_REGISTER,
    NETDEV_UNREGISTER,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.drivers import loopback
from netsim.kernel.inet.family import AF_INET, AF_INET6
from netsim.kernel.ipv4 import af_inet, arp_input, devinet, icmp, igmp, tcp, udp
from netsim.kernel.ipv4 import input as ip_input
from netsim.kernel.ipv6 import addrconf, af_inet6
from netsim.kernel.ipv6 import icmp as icmp6
from netsim.kernel.ipv6 import input as ip6_input
from netsim.kernel.ipv6 import tcp as tcp6
from netsim.kernel.ipv6 import udp as udp6
from netsim.kernel.profile import KernelProfile
from netsim.kernel.sched.qdisc import QdiscKind
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_IGMP, IPPROTO_TCP, IPPROTO_UDP

LINK_KINDS = {
    "veth": LinkKind("veth", "veth", "drivers.veth:create"),
    "bridge": LinkKind("bridge", "bridge", "bridge.device:create", "bridge.device:change", "bridge.device:change_port"),
    "dummy": LinkKind("dummy", "dummy", "drivers.dummy:create_dummy"),
    "ifb": LinkKind("ifb", "ifb", "drivers.dummy:create_ifb"),
    "gre": LinkKind("gre", "ip_gre", "drivers.gre:create_gre", "drivers.ip_tunnel:change"),
    "gretap": LinkKind("gretap", "ip_gre", "drivers.gre:create_gretap", "drivers.ip_tunnel:change"),
    "ipip": LinkKind("ipip", "ipip", "drivers.ipip:create", "drivers.ip_tunnel:change"),
    "sit": LinkKind("sit", "sit", "drivers.sit:create", "drivers.ip_tunnel:change"),
    "vxlan": LinkKind("vxlan", "vxlan", "drivers.vxlan:create", "drivers.vxlan:change"),
    "vlan": LinkKind("vlan", "8021q", "drivers.vlan:create", "drivers.vlan:change"),
    "macvlan": LinkKind("macvlan", "macvlan", "drivers.macvlan:create", "drivers.macvlan:change"),
    "ipvlan": LinkKind("ipvlan", "ipvlan", "drivers.ipvlan:create", "drivers.ipvlan:change"),
    "vrf": LinkKind("vrf", "vrf", "drivers.vrf:create", "core.link_ops:cannot_change"),
    "bond": LinkKind("bond", "bonding", "drivers.bond:create", "drivers.bond:change", "drivers.bond:change_port"),
    "tun": LinkKind("tun", "tun", "drivers.tun:refuse"),
}
QDISC_KINDS = {
    "netem": QdiscKind("netem", "netem", "sched.netem:create_netem"),
    "tbf": QdiscKind("tbf", "tbf", "sched.tbf:create_tbf"),
    "prio": QdiscKind("prio", "prio", "sched.prio:create_prio"),
    "htb": QdiscKind("htb", "htb", "sched.htb:create_htb"),
    "ingress": QdiscKind("ingress", "ingress", "sched.ingress:create_ingress"),
    "clsact": QdiscKind("clsact", "ingress", "sched.ingress:create_clsact"),
    "sfq": QdiscKind("sfq", "sfq", "sched.fair:create_sfq"),
    "fq": QdiscKind("fq", "fq", "sched.fair:create_fq"),
    "codel": QdiscKind("codel", "codel", "sched.codel:create_codel"),
    "pfifo": QdiscKind("pfifo", "", "sched.fifo:create_pfifo"),
    "bfifo": QdiscKind("bfifo", "", "sched.fifo:create_bfifo"),
    "pfifo_fast": QdiscKind("pfifo_fast", "", "sched.fifo:create_pfifo_fast"),
    "fq_codel": QdiscKind("fq_codel", "fq_codel", "sched.fair:create_fq_codel"),
    "noqueue": QdiscKind("noqueue", "", "sched.fifo:create_noqueue"),
}
MODULES = {"ip_gre": "drivers.gre:MODULE", "ipip": "drivers.ipip:MODULE", "sit": "drivers.sit:MODULE", "bonding": "drivers.bond:MODULE"}
PACKET_TYPES = {ETH_P_IP: ip_input.ip_rcv, ETH_P_ARP: arp_input.arp_rcv, ETH_P_IPV6: ip6_input.ipv6_rcv}
ONLY_COUNTS = {ETH_P_ARP: arp_input.arp_only_counts, ETH_P_IPV6: ip6_input.ipv6_only_counts}
INET_PROTOS = {IPPROTO_ICMP: icmp.icmp_rcv, IPPROTO_IGMP: igmp.igmp_rcv, IPPROTO_UDP: udp.udp_rcv, IPPROTO_TCP: tcp.tcp_v4_rcv}
INET_ERR = {IPPROTO_UDP: udp.udp_err, IPPROTO_TCP: tcp.tcp_v4_err}


def masq_device_down(dev: NetDevice) -> None:
    """A device went down: netfilter forgets what was masqueraded to it, where there is netfilter."""
    state = dev.netns.netfilter
    if state is not None and state.conntrack.entries:
        part("netfilter.nat.masquerade:device_down")(dev)


def masq_inet_event(dev: NetDevice, address: int) -> None:
    """An address of a device went: as above."""
    state = dev.netns.netfilter
    if state is not None and state.conntrack.entries:
        part("netfilter.nat.masquerade:address_deleted")(dev, address)


def nexthops_down(dev: NetDevice) -> None:
    """A device went down or away: so do the nexthop objects over it, where there are any (`nh_netdev_event`)."""
    if dev.netns.nexthops is not None:
        part("ipv4.nexthop:flush_dev")(dev)


def nexthops_changed(dev: NetDevice) -> None:
    """As above for a device that lost its carrier."""
    if dev.netns.nexthops is not None and not dev_get_flags(dev) & (IFF_RUNNING | IFF_LOWER_UP):
        part("ipv4.nexthop:flush_dev")(dev)


def brnf_device_registered(dev: NetDevice) -> None:
    """A bridge is there: bridge netfilter looks at its packets, where there is netfilter."""
    if dev.kind == "bridge" and dev.netns.netfilter is not None:
        part("netfilter.br_netfilter:settle")(dev.netns)


def br_refragment(netns: Netns, skb: SkBuff) -> bool:
    """A bridged packet is too long for its port."""
    cut: bool = part("netfilter.br_netfilter:br_refragment")(netns, skb)
    return cut


NETDEV_LISTENERS: tuple[Mapping[int, Callable[[NetDevice], None]], ...] = (
    {NETDEV_UNREGISTER: relations.underlay_gone},
    {NETDEV_DOWN: nexthops_down, NETDEV_UNREGISTER: nexthops_down, NETDEV_CHANGE: nexthops_changed},
    devinet.EVENTS,
    addrconf.EVENTS,
    {NETDEV_DOWN: masq_device_down},
    {NETDEV_REGISTER: brnf_device_registered},
)
"""What each room does about which device event, in this order; before them the master hears of it, after them the devices on top (`Kernel.notify`)."""
NETDEV_CHAIN = {event: tuple(events[event] for events in NETDEV_LISTENERS if event in events) for event in range(NETDEV_CHANGEUPPER + 1)}
INETADDR_CHAIN = (masq_inet_event,)
INET6_PROTOS = {IPPROTO_ICMPV6: icmp6.icmpv6_rcv, IPPROTO_UDP: udp6.udpv6_rcv, IPPROTO_TCP: tcp6.tcp_v6_rcv}
INET6_ERR = {IPPROTO_UDP: udp6.udpv6_err, IPPROTO_TCP: tcp6.tcp_v6_err}
INET_FAMILIES = {AF_INET: af_inet.INET4, AF_INET6: af_inet6.INET6}
NETNS_INIT = (loopback.add_loopback,)


def boot(clock: Clock, rng: random.Random, profile: KernelProfile, number: int = 0) -> Kernel:
    """A freshly started Linux with its first namespace; `number` tells the world's machines apart."""
    kernel = Kernel(clock, rng, profile, number)
    kernel.hash_secret = number
    hang_doors(kernel)
    kernel.init_net = new_netns(kernel)
    if profile.nic:
        part("drivers.nic:add_nic")(kernel.init_net, profile.nic)
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
    kernel.br_refragment = br_refragment
    kernel.netdev_chain = NETDEV_CHAIN
    kernel.upper_event = relations.upper_event
    kernel.inetaddr_chain = INETADDR_CHAIN
    kernel.netns_init = NETNS_INIT
    for name in kernel.loaded_modules:
        hang(kernel, name)


def new_netns(kernel: Kernel) -> Netns:
    """A fresh namespace (`copy_net_ns`): lo, down, and each room's own state."""
    netns = Netns(kernel, kernel.inode(), kernel.cookie())
    if kernel.namespaces and kernel.inherits_devconf:
        first = kernel.namespaces[0].inet
        netns.inet.conf_all, netns.inet.conf_default = first.conf_all, first.conf_default  # `devinet_init_net`; IPv6 begins with its own
    kernel.namespaces.append(netns)
    for init in kernel.netns_init:
        init(netns)
    for watcher in kernel.watchers:
        watcher.joined(netns)
    return netns
