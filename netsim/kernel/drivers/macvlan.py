"""MAC-VLANs: several MAC addresses, in as many namespaces, on one device (`drivers/net/macvlan.c`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC
from netsim.errors import EADDRINUSE, EBUSY, EINVAL, NetError
from netsim.kernel.core import link_watch
from netsim.kernel.core.device_life import announce, dev_set_mac_address, dev_set_mtu, dev_set_promiscuity, register_netdevice
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_LOOPBACK,
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
from netsim.kernel.core.transmit import NET_XMIT_SUCCESS, dev_queue_xmit
from netsim.kernel.drivers.stacking import Stacked, real_dev_of, transfer_operstate

PRIVATE, VEPA, BRIDGE, PASSTHRU, SOURCE = 1, 2, 4, 8, 16
FLAG_NOPROMISC, FLAG_NODST = 1, 2
MACADDR_ADD, MACADDR_DEL, MACADDR_FLUSH, MACADDR_SET = range(4)
BC_QUEUE_LEN = 1000


@attrs.define(eq=False)
class MacvlanPort:
    """What is kept about a lower device (`struct macvlan_port`): its macvlans, those that are up by address."""

    dev: NetDevice
    vlans: list[Macvlan] = attrs.field(factory=list)
    by_address: dict[MAC, Macvlan] = attrs.field(factory=dict)
    is_passthru: bool = False
    own: MAC | None = None
    """The address that the lower device has but for a macvlan in passthru mode (`perm_addr`)."""

    @property
    def bc_queue_len(self) -> int:
        """The longest queue any of them asked for."""
        return max((vlan.bc_queue_len for vlan in self.vlans), default=BC_QUEUE_LEN)


@attrs.define(eq=False)
class Macvlan(Stacked):
    """One of them."""

    kind: ClassVar[str] = "macvlan"

    port: MacvlanPort = attrs.field(default=None)
    mode: int = VEPA
    mode_flags: int = 0
    sources: list[MAC] = attrs.field(factory=list)
    bc_queue_len: int = BC_QUEUE_LEN

    def xmit(self, skb: SkBuff) -> int:
        """To siblings in bridge mode, else out of the lower device (`macvlan_start_xmit`)."""
        size = skb.size + 14
        outcome = self._queue(skb)
        if outcome == NET_XMIT_SUCCESS:
            self.stats.tx_packets += 1
            self.stats.tx_bytes += size
        else:
            self.stats.tx_dropped += 1
        return outcome

    def _queue(self, skb: SkBuff) -> int:
        if self.mode == BRIDGE:
            if skb.dst.is_multicast:
                broadcast(self.port, skb, self, BRIDGE)
            else:
                sibling = self.port.by_address.get(skb.dst)
                if sibling is not None and sibling.mode == BRIDGE:
                    skb.dev = self.real  # the lower device's taps see it first
                    self.real.netns.kernel.clock.call_soon(netif_receive, skb)
                    return NET_XMIT_SUCCESS
        skb.dev = self.real
        return dev_queue_xmit(skb)

    def opened(self) -> None:
        """EADDRINUSE when the lower device or a sibling has the address (`macvlan_open`)."""
        port = self.port
        if port.is_passthru:
            if not self.mode_flags & FLAG_NOPROMISC:
                dev_set_promiscuity(self.real, 1)
        elif self._is_busy(self.address):
            raise NetError(EADDRINUSE)
        if not port.is_passthru and not port.by_address and not self.real.filters_unicast:
            dev_set_promiscuity(self.real, 1)  # the lower device hears of another address (`dev_uc_add`, `__dev_set_rx_mode`)
        port.by_address[self.address] = self

    def stopped(self) -> None:
        """Frames for it are no longer taken (`macvlan_stop`)."""
        port = self.port
        if port.is_passthru and not self.mode_flags & FLAG_NOPROMISC:
            dev_set_promiscuity(self.real, -1)
        if port.by_address.get(self.address) is self:
            del port.by_address[self.address]
            if not port.is_passthru and not port.by_address and not self.real.filters_unicast:
                dev_set_promiscuity(self.real, -1)

    def further_addresses(self) -> list[MAC]:
        """While it is up its own, unless it shares the lower device's, and what it hears itself (`macvlan_set_mac_lists`)."""
        own = [] if self.port.is_passthru else [self.address]
        return [*own, *self.heard_addresses()] if self.flags & IFF_UP else []

    def _is_busy(self, address: MAC) -> bool:
        """`macvlan_addr_busy`."""
        return address == self.real.address or address in self.port.by_address

    def change_address(self, address: MAC) -> None:
        """Another address; in passthru mode the lower device's too (`macvlan_set_mac_address`)."""
        if address == self.address:
            return
        if not self.port.is_passthru and self._is_busy(address):
            raise NetError(EADDRINUSE)
        if self.port.is_passthru:
            own = self.port.own
            dev_set_mac_address(self.real, address)
            self.port.own = own
        if self.flags & IFF_UP:
            self.port.by_address.pop(self.address, None)
            self.port.by_address[address] = self
        self.address = address

    def link_speed(self) -> int:
        """The lower device's."""
        return self.real.link_speed()

    def change_mtu(self, mtu: int) -> None:
        """EINVAL above the lower device's (`macvlan_change_mtu`)."""
        if mtu > self.real.mtu:
            raise NetError(EINVAL)
        self.stir()
        self.mtu = mtu

    def removed(self) -> None:
        """The last one gives the lower device back, with its own address (`macvlan_uninit`, `macvlan_port_destroy`)."""
        super().removed()
        port = self.port
        port.vlans.remove(self)
        if not port.vlans:
            self.real.stir()
            self.real.rx_handler = None
            self.real.slave_data = None
            if port.is_passthru and port.own is not None and self.real.address != port.own:
                dev_set_mac_address(self.real, port.own)

    def lower_event(self, event: int) -> None:
        """Carrier, MTU and in passthru mode the address follow the lower device (`macvlan_device_event`)."""
        real = self.real
        if event in (NETDEV_UP, NETDEV_DOWN, NETDEV_CHANGE):
            transfer_operstate(real, self)
        elif event == NETDEV_CHANGEMTU and self.mtu > real.mtu:
            dev_set_mtu(self, real.mtu)
        elif event == NETDEV_CHANGEADDR and self.port.is_passthru and self.address != real.address:
            self.port.by_address.pop(self.address, None)
            self.address = self.port.own = MAC(real.address)
            if self.flags & IFF_UP:
                self.port.by_address[self.address] = self
            self.netns.kernel.notify(NETDEV_CHANGEADDR, self)


def broadcast(port: MacvlanPort, skb: SkBuff, source: Macvlan | None, modes: int) -> None:
    """A copy to every other macvlan of these modes that is up (`macvlan_broadcast`)."""
    for vlan in list(port.vlans):
        if vlan is not source and vlan.mode & modes and vlan.flags & IFF_UP:
            _deliver_copy(vlan, skb)


def _deliver_copy(vlan: Macvlan, skb: SkBuff) -> None:
    copy = skb.clone()
    copy.hops += 1
    _enter(vlan, copy)
    copy.pkt_type = PACKET_BROADCAST if skb.dst.is_broadcast else PACKET_MULTICAST
    if not skb.dst.is_broadcast:
        vlan.stats.multicast += 1
    vlan.netns.kernel.clock.call_soon(receive_core, copy)


def _enter(vlan: Macvlan, skb: SkBuff) -> None:
    """The frame is the macvlan's now: counted, and rid of what another namespace noted."""
    skb.dev = vlan
    skb.iif = vlan.ifindex
    skb.nfct = skb.nf_bridge = skb.route = skb.owner = None
    skb.ipvs_property = 0
    vlan.stats.rx_packets += 1
    vlan.stats.rx_bytes += skb.size + 14


def handle_frame(skb: SkBuff) -> bool:
    """The lower device's rx handler (`macvlan_handle_frame`): True when a macvlan took the frame."""
    port: MacvlanPort = skb.dev.slave_data
    if skb.dst.is_multicast:
        return _handle_multicast(port, skb)
    if _forward_source(port, skb):
        return True
    vlan = port.vlans[0] if port.is_passthru else port.by_address.get(skb.dst)
    if vlan is None or vlan.mode == SOURCE:
        return False
    if not vlan.flags & IFF_UP:
        return True
    _enter(vlan, skb)
    skb.pkt_type = PACKET_HOST
    receive_core(skb)
    return True


def _handle_multicast(port: MacvlanPort, skb: SkBuff) -> bool:
    source = port.by_address.get(skb.src)
    if source is not None and source.mode not in (VEPA, BRIDGE):
        _deliver_copy(source, skb)  # back to the one that sent it
        return True
    if _forward_source(port, skb):
        return True
    if source is None:
        broadcast(port, skb, None, PRIVATE | VEPA | PASSTHRU | BRIDGE)
    else:
        broadcast(port, skb, source, VEPA | BRIDGE if source.mode == VEPA else VEPA)
    return False


def _forward_source(port: MacvlanPort, skb: SkBuff) -> bool:
    """Macvlans in source mode take what comes from the addresses on their lists (`macvlan_forward_source`)."""
    taken = False
    for vlan in port.vlans:
        if vlan.mode == SOURCE and skb.src in vlan.sources and vlan.flags & IFF_UP:
            copy = skb.clone()
            _enter(vlan, copy)
            if not skb.dst.is_multicast and skb.dst == vlan.address:
                copy.pkt_type = PACKET_HOST
            vlan.netns.kernel.clock.call_soon(receive_core, copy)
            taken = taken or bool(vlan.mode_flags & FLAG_NODST)
    return taken


# making ----------------------------------------------------------------------------------------------------------------


def create(netns: Netns, request: LinkRequest) -> Macvlan:
    """Make a macvlan (`macvlan_common_newlink`): EINVAL without a lower device or beside a passthru one, EBUSY on a port of something else."""
    real, data = real_dev_of(netns, request), request.data
    if isinstance(real, Macvlan):
        real = real.real
    if request.mtu is not None and request.mtu > real.mtu:
        raise NetError(EINVAL)
    port = _port_of(real)
    mode = data.get("mode", VEPA)
    if port.is_passthru or (mode == PASSTHRU and port.vlans):
        raise NetError(EINVAL)
    if ("macaddr_mode" in data and mode != SOURCE) or (data.get("flags", 0) & FLAG_NOPROMISC and mode != PASSTHRU):
        raise NetError(EINVAL)
    dev = Macvlan(
        netns, request.name or "macvlan%d", request.ifindex or 0, address=netns.kernel.random_mac(), mtu=real.mtu, tso_max_size=real.tso_max_size,
        real=real, port=port, mode=mode, mode_flags=data.get("flags", 0), bc_queue_len=data.get("bcqueuelen", BC_QUEUE_LEN),
    )  # fmt: skip
    apply_common(dev, request)
    if mode == PASSTHRU:
        dev.address = real.address
    change_sources(dev, data)
    dev.carrier = real.carrier
    register_netdevice(dev)
    port.is_passthru = mode == PASSTHRU
    port.vlans.append(dev)
    dev.attach()
    real.stir()
    real.rx_handler = handle_frame
    real.slave_data = port
    link_watch.fire(dev)
    announce(dev)
    return dev


def _port_of(real: NetDevice) -> MacvlanPort:
    if isinstance(real.slave_data, MacvlanPort):
        return real.slave_data
    if real.type != ARPHRD_ETHER or real.flags & IFF_LOOPBACK or real.header_length != 14:
        raise NetError(EINVAL)
    if real.rx_handler is not None or (real.master is not None and not real.master.l3mdev_table):  # a VRF takes in no frames itself
        raise NetError(EBUSY)
    return MacvlanPort(real, own=MAC(real.address))


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Another mode, flags, sources or queue (`macvlan_changelink`); passthru neither comes nor goes later."""
    assert isinstance(dev, Macvlan)
    mode = data.get("mode", dev.mode)
    if (mode == PASSTHRU) != (dev.mode == PASSTHRU):
        raise NetError(EINVAL)
    if dev.mode == SOURCE and mode != SOURCE:
        dev.sources.clear()
    if "flags" in data:
        promisc = (data["flags"] ^ dev.mode_flags) & FLAG_NOPROMISC
        if promisc and dev.mode == PASSTHRU and dev.flags & IFF_UP:
            dev_set_promiscuity(dev.real, -1 if data["flags"] & FLAG_NOPROMISC else 1)
        dev.mode_flags = data["flags"]
    dev.bc_queue_len = data.get("bcqueuelen", dev.bc_queue_len)
    dev.mode = mode
    if "macaddr_mode" in data and dev.mode != SOURCE:
        raise NetError(EINVAL)
    change_sources(dev, data)


def change_sources(dev: Macvlan, data: Mapping[str, Any]) -> None:
    """The addresses a macvlan in source mode listens to (`macvlan_changelink_sources`)."""
    action, addresses = data.get("macaddr_mode"), data.get("macaddr", ())
    if action in (MACADDR_FLUSH, MACADDR_SET):
        dev.sources.clear()
    if action in (MACADDR_ADD, MACADDR_SET):
        dev.sources[:0] = [address for address in reversed(addresses) if address not in dev.sources]
    elif action == MACADDR_DEL:
        dev.sources[:] = [address for address in dev.sources if address not in addresses]
