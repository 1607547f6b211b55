"""802.1Q and 802.1ad devices: a tag for all that is sent, one VLAN of all that comes (`net/8021q`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC
from netsim.errors import EEXIST, EINVAL, ENETDOWN, ENODEV, EOPNOTSUPP, EPROTONOSUPPORT, ERANGE, NetError
from netsim.kernel.core import link_watch
from netsim.kernel.core.device_life import (
    dev_change_flags,
    dev_set_mac_address,
    dev_set_mtu,
    netif_carrier_off,
    netif_carrier_on,
    register_netdevice,
)
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import (
    IFF_ALLMULTI,
    IFF_LOOPBACK,
    IFF_MASTER,
    IFF_PROMISC,
    IFF_SLAVE,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import push_tag
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import NET_XMIT_SUCCESS, dev_queue_xmit
from netsim.kernel.drivers.stacking import Stacked, transfer_operstate
from netsim.packet.numbers import ETH_P_8021AD, ETH_P_8021Q

REORDER_HDR, GVRP, LOOSE_BINDING, MVRP, BRIDGE_BINDING = 1, 2, 4, 8, 16
INVALID_VID = 0xFFF


@attrs.define(eq=False)
class Vlan(Stacked):
    """One VLAN of a device; priorities of packets and tags are mapped both ways."""

    kind: ClassVar[str] = "vlan"
    filters_unicast: ClassVar[bool] = True

    vid: int = 0
    protocol: int = ETH_P_8021Q
    vlan_flags: int = REORDER_HDR
    ingress: dict[int, int] = attrs.field(factory=dict)  # tag's priority -> packet's
    egress: dict[int, int] = attrs.field(factory=dict)  # packet's priority -> tag's
    stolen_address: bool = True  # follows the lower device's

    def xmit(self, skb: SkBuff) -> int:
        """Put the tag on and send by the lower device (`vlan_dev_hard_start_xmit`); a tag already beside goes into the frame."""
        if skb.vlan:
            push_tag(skb)
        skb.vlan = self.protocol << 16 | self.egress.get(skb.priority, 0) << 13 | self.vid
        size = skb.size
        skb.dev = self.real
        outcome = dev_queue_xmit(skb)
        if outcome == NET_XMIT_SUCCESS:
            self.stats.tx_packets += 1
            self.stats.tx_bytes += size + 14
        else:
            self.stats.tx_dropped += 1
        return outcome

    def tag_received(self, skb: SkBuff) -> None:
        """The tag goes, its priority becomes the packet's (`vlan_do_receive`)."""
        skb.priority = self.ingress.get(skb.vlan >> 13 & 7, 0)
        skb.vlan = 0

    def opened(self) -> None:
        """ENETDOWN while the lower device is down, unless bound loosely (`vlan_dev_open`)."""
        if not self.real.flags & IFF_UP and not self.vlan_flags & LOOSE_BINDING:
            raise NetError(ENETDOWN)
        if self.real.carrier:
            netif_carrier_on(self)

    def stopped(self) -> None:
        """No carrier while down (`vlan_dev_stop`)."""
        netif_carrier_off(self)

    def removed(self) -> None:
        """The lower device keeps its tagged frames."""
        super().removed()
        if self.real.vlan_devices is not None:
            self.real.vlan_devices.pop((self.protocol, self.vid), None)

    def further_addresses(self) -> list[MAC]:
        """While it is up one of its own, and what it hears itself (`vlan_dev_open`, `vlan_dev_set_rx_mode`)."""
        own = [self.address] if self.address != self.real.address else []
        return [*own, *self.heard_addresses()] if self.flags & IFF_UP else []

    def link_speed(self) -> int:
        """The lower device's."""
        return self.real.link_speed()

    def change_mtu(self, mtu: int) -> None:
        """ERANGE above the lower device's (`vlan_dev_change_mtu`)."""
        if mtu > self.real.mtu:
            raise NetError(ERANGE)
        self.stir()
        self.mtu = mtu

    def change_address(self, address: MAC) -> None:
        """An address of its own no longer follows the lower device's."""
        self.address = address
        self.stolen_address = False

    def lower_event(self, event: int) -> None:
        """Carrier, address, MTU, up and down follow the lower device (`vlan_device_event`)."""
        real = self.real
        if event == NETDEV_CHANGE:
            transfer_operstate(real, self)
        elif event == NETDEV_CHANGEADDR and self.stolen_address and self.address != real.address:
            dev_set_mac_address(self, real.address)
            self.stolen_address = True
        elif event == NETDEV_CHANGEMTU and self.mtu > real.mtu:
            dev_set_mtu(self, real.mtu)
        elif event == NETDEV_DOWN and not self.vlan_flags & LOOSE_BINDING:
            dev_change_flags(self, 0, IFF_UP)
            transfer_operstate(real, self)
        elif event == NETDEV_UP:
            if not self.vlan_flags & LOOSE_BINDING:
                dev_change_flags(self, IFF_UP, IFF_UP)
            transfer_operstate(real, self)


def create(netns: Netns, request: LinkRequest) -> Vlan:
    """Make a VLAN device (`vlan_validate`, `vlan_newlink`); refuses with the module's sentences."""
    data = request.data
    if not data:
        raise NetError(EINVAL, "8021q: VLAN properties not specified")
    if "id" in data and data["id"] >= INVALID_VID:
        raise NetError(ERANGE, "8021q: Invalid VLAN id")
    if "id" not in data:
        raise NetError(EINVAL, "8021q: VLAN id not specified")
    if not request.link:
        raise NetError(EINVAL, "8021q: link not specified")
    real = (request.link_netns or netns).devices.get(request.link)
    if real is None:
        raise NetError(ENODEV, "8021q: link does not exist")
    protocol = data.get("protocol", ETH_P_8021Q)
    if protocol not in (ETH_P_8021Q, ETH_P_8021AD):
        raise NetError(EPROTONOSUPPORT, "8021q: Invalid VLAN protocol")
    if real.flags & IFF_LOOPBACK or real.kind == "vrf":
        raise NetError(EOPNOTSUPP, "8021q: VLANs not supported on device")
    if real.vlan_devices is None:
        real.vlan_devices = {}
    if (protocol, data["id"]) in real.vlan_devices:
        raise NetError(EEXIST, "8021q: VLAN device already exists")
    if request.mtu is not None and request.mtu > real.mtu:
        raise NetError(EINVAL)
    dev = Vlan(
        netns, request.name or "vlan%d", request.ifindex or 0, address=real.address, broadcast=real.broadcast, type=real.type, mtu=real.mtu, min_mtu=0,
        max_mtu=65535, flags=real.flags & ~(IFF_UP | IFF_PROMISC | IFF_ALLMULTI | IFF_MASTER | IFF_SLAVE), header_length=real.header_length,
        real=real, vid=data["id"], protocol=protocol, tso_max_size=real.tso_max_size, stolen_address=request.address is None,
    )  # fmt: skip
    apply_common(dev, request)
    change(dev, data)
    dev.carrier = real.carrier
    register_netdevice(dev)
    dev.attach()
    real.vlan_devices[protocol, dev.vid] = dev
    link_watch.fire(dev)
    return dev


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Flags and priority maps (`vlan_changelink`)."""
    assert isinstance(dev, Vlan)
    mask, flags = data.get("flag_mask", 0), data.get("flags", 0)
    dev.vlan_flags = dev.vlan_flags & ~mask | flags & mask
    dev.ingress.update(data.get("ingress", {}))
    dev.egress.update(data.get("egress", {}))
