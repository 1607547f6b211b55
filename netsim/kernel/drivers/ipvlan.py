"""IP-VLANs: several IP addresses, in as many namespaces, behind one MAC address (`drivers/net/ipvlan`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC, MAC_ZERO, IPv4, IPv6
from netsim.errors import EADDRINUSE, EBUSY, EINVAL, ENETUNREACH, ENOSPC, EOPNOTSUPP, NetError
from netsim.kernel.core.device_life import announce, dev_change_flags, register_netdevice
from netsim.kernel.core.hooks import LOCAL_IN, PF_INET, nf_hook
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_BROADCAST,
    IFF_LOOPBACK,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import netif_receive, receive_core
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.core.transmit import NET_XMIT_DROP, NET_XMIT_SUCCESS, dev_queue_xmit
from netsim.kernel.drivers.stacking import Stacked, real_dev_of, transfer_operstate
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.kernel.ipv4.input import ip_rcv_finish
from netsim.kernel.ipv4.output import ip_local_out
from netsim.kernel.ipv4.route import ip_route_output
from netsim.kernel.tables.fib import RTN_LOCAL, RTN_UNICAST
from netsim.packet import Arp, Ip, Ip6

MODE_L2, MODE_L3, MODE_L3S = 0, 1, 2
FLAG_PRIVATE, FLAG_VEPA = 1, 2

MOST_DEV_ID = 0xFFFD


@attrs.define(eq=False)
class IpvlanPort:
    """What is kept about a lower device (`struct ipvl_port`); mode and flags are one for all on it."""

    dev: NetDevice
    vlans: list[Ipvlan] = attrs.field(factory=list)
    mode: int = MODE_L3
    flags: int = 0
    next_dev_id: int = 1

    def owner_of(self, address: int, family: type) -> Ipvlan | None:
        """The ipvlan that is up and has an address (`ipvlan_ht_addr_lookup`)."""
        for vlan in self.vlans:
            if vlan.flags & IFF_UP and vlan.has_address(address, family):
                return vlan
        return None

    def find(self, packet: Any) -> Ipvlan | None:
        """Whom a packet or an ARP message is for (`ipvlan_addr_lookup` by destination)."""
        if isinstance(packet, Ip):
            return self.owner_of(packet.dst, IPv4)
        if isinstance(packet, Arp):
            return self.owner_of(packet.tpa, IPv4)
        return self.owner_of(packet.dst, IPv6) if isinstance(packet, Ip6) else None

    def find_source(self, packet: Any) -> Ipvlan | None:
        """Who sent a packet or an ARP message."""
        if isinstance(packet, Ip):
            return self.owner_of(packet.src, IPv4)
        if isinstance(packet, Arp):
            return self.owner_of(packet.spa, IPv4)
        return self.owner_of(packet.src, IPv6) if isinstance(packet, Ip6) else None


@attrs.define(eq=False)
class Ipvlan(Stacked):
    """One of them."""

    kind: ClassVar[str] = "ipvlan"

    port: IpvlanPort = attrs.field(default=None)
    first_address: MAC = MAC_ZERO
    dev_id: int = 0
    """Tells those apart that share a hardware address."""

    def has_address(self, address: int, family: type) -> bool:
        """Whether an address of either family is on it."""
        if family is IPv4:
            return self.inet is not None and any(ifa.local == address for ifa in self.inet.addresses)
        return self.inet6 is not None and any(ifa.address == address for ifa in self.inet6.addresses)

    def validate_address(self, address: IPv4 | IPv6) -> None:
        """EADDRINUSE for an address another ipvlan of the device has (`ipvlan_addr4_validator_event`)."""
        for other in self.port.vlans:
            if other is not self and other.has_address(address, type(address)):
                raise NetError(EADDRINUSE, "Address already assigned to an ipvlan device")

    def xmit(self, skb: SkBuff) -> int:
        """To a sibling, or on as the mode says (`ipvlan_start_xmit`)."""
        size = skb.size + 14
        outcome = _xmit_l2(self, skb) if self.port.mode == MODE_L2 else _xmit_l3(self, skb)
        if outcome == NET_XMIT_SUCCESS:
            self.stats.tx_packets += 1
            self.stats.tx_bytes += size
        else:
            self.stats.tx_dropped += 1
        return outcome

    def opened(self) -> None:
        """In layer 3 modes it does not ask for neighbours (`ipvlan_open`)."""
        self.stir()
        self.flags = self.flags & ~IFF_NOARP if self.port.mode == MODE_L2 else self.flags | IFF_NOARP

    def eui64(self) -> int:
        """The hardware address is not this device's alone: its number stands in the middle (`addrconf_ifid_eui48`)."""
        address = int(self.address)
        return address >> 24 << 40 | self.dev_id << 24 | address & 0xFFFFFF

    def permanent_address(self) -> MAC | None:
        """The address it was made with."""
        return self.first_address

    def change_address(self, address: MAC) -> None:
        """EOPNOTSUPP: the address is the lower device's."""
        raise NetError(EOPNOTSUPP)

    def removed(self) -> None:
        """The last one gives the lower device back (`ipvlan_link_delete`)."""
        super().removed()
        self.port.vlans.remove(self)
        if not self.port.vlans:
            self.real.stir()
            self.real.rx_handler = self.real.l3_rcv = None
            self.real.slave_data = None

    def lower_event(self, event: int) -> None:
        """Carrier, MTU and address follow the lower device (`ipvlan_device_event`)."""
        real, kernel = self.real, self.netns.kernel
        if event == NETDEV_CHANGE or (event in (NETDEV_UP, NETDEV_DOWN) and kernel.profile.ipvlan_follows):
            transfer_operstate(real, self)
        elif event == NETDEV_CHANGEMTU:
            self.stir()
            self.mtu = real.mtu
            kernel.notify(NETDEV_CHANGEMTU, self)
        elif event == NETDEV_CHANGEADDR:
            self.address = real.address
            kernel.notify(NETDEV_CHANGEADDR, self)


# sending ---------------------------------------------------------------------------------------------------------------


def _xmit_l2(dev: Ipvlan, skb: SkBuff) -> int:
    """Siblings have our own MAC address; groups get copies, and the wire too (`ipvlan_xmit_mode_l2`)."""
    port = dev.port
    if not port.flags & FLAG_VEPA and skb.dst == skb.src:
        sibling = port.find(skb.packet)
        if sibling is not None:
            return _refuse(dev.netns, dev, skb, "IPVLAN_PRIVATE", sibling.name) if port.flags & FLAG_PRIVATE else _hand_over(sibling, skb)
        skb.dev = dev.real
        dev.real.netns.kernel.clock.call_soon(netif_receive, skb)
        return NET_XMIT_SUCCESS
    if skb.dst.is_multicast:
        if not port.flags & (FLAG_VEPA | FLAG_PRIVATE):
            _flood(port, skb, dev)
    skb.dev = dev.real
    return dev_queue_xmit(skb)


def _xmit_l3(dev: Ipvlan, skb: SkBuff) -> int:
    """To a sibling, or routed by the lower device's own namespace (`ipvlan_xmit_mode_l3`, `ipvlan_process_v4_outbound`)."""
    port, packet = dev.port, skb.packet
    if not port.flags & FLAG_VEPA:
        sibling = port.find(packet)
        if sibling is not None:
            return _refuse(dev.netns, dev, skb, "IPVLAN_PRIVATE", sibling.name) if port.flags & FLAG_PRIVATE else _hand_over(sibling, skb)
    if not isinstance(packet, Ip) or skb.dst.is_multicast:
        return _refuse(dev.netns, dev, skb, "NOT_SPECIFIED")
    home = dev.real.netns
    try:
        rt = ip_route_output(home, Flow(packet.dst, None, dev.real.ifindex, tos=packet.tos & 0x1E, mark=skb.mark))
        if rt.type not in (RTN_UNICAST, RTN_LOCAL):
            return _refuse(home, dev, skb, "IP_OUTNOROUTES", ENETUNREACH)
        ip_local_out(home, packet, rt, hops=skb.hops + 1)
    except NetError as error:
        return _refuse(home, dev, skb, "IP_OUTNOROUTES", error.errno)
    return NET_XMIT_SUCCESS


def _refuse(netns: Netns, dev: Ipvlan, skb: SkBuff, reason: str, detail: object = None) -> int:
    """The frame is not sent, as decided in a namespace."""
    trace_drop(netns, reason, dev.name, skb.packet, detail)
    return NET_XMIT_DROP


def _hand_over(sibling: Ipvlan, skb: SkBuff) -> int:
    """To a sibling without leaving the machine (`ipvlan_rcv_frame`)."""
    skb.hops += 1
    _enter(sibling, skb)
    skb.pkt_type = PACKET_HOST
    sibling.netns.kernel.clock.call_soon(receive_core, skb)
    return NET_XMIT_SUCCESS


def _enter(vlan: Ipvlan, skb: SkBuff) -> None:
    skb.dev = vlan
    skb.iif = vlan.ifindex
    skb.nfct = skb.nf_bridge = skb.route = skb.owner = None
    skb.ipvs_property = 0
    vlan.stats.rx_packets += 1
    vlan.stats.rx_bytes += skb.size + 14


def _flood(port: IpvlanPort, skb: SkBuff, source: Ipvlan | None) -> None:
    """A copy to every ipvlan that is up but the sender (`ipvlan_process_multicast`)."""
    for vlan in list(port.vlans):
        if vlan is source or not vlan.flags & IFF_UP:
            continue
        copy = skb.clone()
        copy.hops += 1
        _enter(vlan, copy)
        copy.pkt_type = PACKET_BROADCAST if skb.dst.is_broadcast else PACKET_MULTICAST
        if not skb.dst.is_broadcast:
            vlan.stats.multicast += 1
        vlan.netns.kernel.clock.call_soon(receive_core, copy)


# receiving -------------------------------------------------------------------------------------------------------------


def handle_frame(skb: SkBuff) -> bool:
    """The lower device's rx handler (`ipvlan_handle_frame`): True when an ipvlan took the frame."""
    port: IpvlanPort = skb.dev.slave_data
    if port.mode == MODE_L2 and skb.dst.is_multicast:
        if not (skb.src == port.dev.address and port.find_source(skb.packet) is not None):
            _flood(port, skb, None)
        return False
    if port.mode == MODE_L3S and isinstance(skb.packet, Ip):
        return False  # `l3s_rcv` has its turn after PRE_ROUTING
    vlan = port.find(skb.packet)
    if vlan is None:
        return False
    _enter(vlan, skb)
    receive_core(skb)
    return True


def l3s_rcv(skb: SkBuff) -> bool:
    """In L3S mode the lower device's namespace filters what goes to its ipvlans (`ipvlan_l3_rcv`, `ipvlan_nf_input`)."""
    port: IpvlanPort = skb.dev.slave_data
    if port.find(skb.packet) is None:
        return False
    nf_hook(PF_INET, LOCAL_IN, skb.dev.netns, skb, skb.dev, None, _l3s_deliver)
    return True


def _l3s_deliver(netns: Netns, skb: SkBuff) -> None:
    port = skb.dev.slave_data
    vlan = port.find(skb.packet) if isinstance(port, IpvlanPort) else None
    if vlan is not None:
        _enter(vlan, skb)
        ip_rcv_finish(vlan.netns, skb)


# making ----------------------------------------------------------------------------------------------------------------


def create(netns: Netns, request: LinkRequest) -> Ipvlan:
    """Make an ipvlan (`ipvlan_link_new`); EINVAL without an Ethernet device below, EBUSY on a port of something else."""
    real, data = real_dev_of(netns, request), request.data
    if isinstance(real, Ipvlan):
        real = real.real
    port = real.slave_data if isinstance(real.slave_data, IpvlanPort) else None
    if port is None:
        if real.type != ARPHRD_ETHER or real.flags & IFF_LOOPBACK or real.header_length != 14:
            raise NetError(EINVAL)
        if real.rx_handler is not None or (real.master is not None and not real.master.l3mdev_table):  # a VRF takes in no frames itself
            raise NetError(EBUSY)
        port = IpvlanPort(real)
    dev = Ipvlan(
        netns, request.name or "ipvlan%d", request.ifindex or 0, address=real.address, mtu=real.mtu, flags=IFF_BROADCAST | IFF_MULTICAST,
        tso_max_size=real.tso_max_size, real=real, port=port, first_address=real.address,
    )  # fmt: skip
    apply_common(dev, attrs.evolve(request, address=None))
    dev.dev_id = _free_dev_id(port)
    register_netdevice(dev)
    port.vlans.append(dev)
    dev.attach()
    real.stir()
    real.rx_handler = handle_frame
    real.slave_data = port
    port.flags = data.get("flags", port.flags)
    _set_mode(port, data.get("mode", MODE_L3))
    announce(dev)
    return dev


def _free_dev_id(port: IpvlanPort) -> int:
    """The next number that none of them has, from 1 to 0xFFFD (`ida_alloc_range`)."""
    taken = {vlan.dev_id for vlan in port.vlans}
    number = next((number for first in (port.next_dev_id, 1) for number in range(first, MOST_DEV_ID + 1) if number not in taken), 0)
    if not number:
        raise NetError(ENOSPC)
    port.next_dev_id = number + 1 if number < MOST_DEV_ID else 1
    return number


def _set_mode(port: IpvlanPort, mode: int) -> None:
    """One mode for all on the device (`ipvlan_set_port_mode`)."""
    if port.mode == mode:
        return
    port.mode = mode
    port.dev.l3_rcv = l3s_rcv if mode == MODE_L3S else None
    for vlan in port.vlans:
        dev_change_flags(vlan, 0 if mode == MODE_L2 else IFF_NOARP, IFF_NOARP)


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Another mode or other flags, for all on the device (`ipvlan_nl_changelink`)."""
    assert isinstance(dev, Ipvlan)
    port = dev.port
    if "mode" in data:
        _set_mode(port, data["mode"])
    port.flags = data.get("flags", port.flags)
