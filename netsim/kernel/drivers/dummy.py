"""Devices that lead nowhere: dummy and ifb (`drivers/net/dummy.c`, `ifb.c`)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on, register_netdevice
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import IFF_BROADCAST, IFF_NOARP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff


@attrs.define(eq=False)
class Dummy(NetDevice):
    """Swallows what is sent."""

    kind: ClassVar[str] = "dummy"

    def xmit(self, skb: SkBuff) -> None:
        """Count the frame and forget it (`dummy_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + 14

    def change_carrier(self, carrier: int) -> None:
        """Pull the cable that is not there, or plug it in (`dummy_change_carrier`)."""
        (netif_carrier_on if carrier else netif_carrier_off)(self)


@attrs.define(eq=False)
class Ifb(Dummy):
    """An intermediate functional block; nothing is redirected to it here, so what is sent is dropped (`ifb_xmit`)."""

    kind: ClassVar[str] = "ifb"

    def xmit(self, skb: SkBuff) -> None:
        """Drop the frame: it did not come through a redirect (`ifb_xmit`)."""
        self.stats.rx_packets += 1
        self.stats.rx_bytes += skb.size + 14
        self.stats.rx_dropped += 1

    def change_carrier(self, carrier: int) -> None:
        """EOPNOTSUPP, as for most devices."""
        NetDevice.change_carrier(self, carrier)


def create_dummy(netns: Netns, request: LinkRequest) -> Dummy:
    """Make a dummy device (`dummy_setup`)."""
    dev = Dummy(
        netns, request.name or "dummy%d", request.ifindex or 0, address=netns.kernel.random_mac(),
        mtu=1500, min_mtu=0, max_mtu=0, flags=IFF_BROADCAST | IFF_NOARP,
    )  # fmt: skip
    apply_common(dev, request)
    register_netdevice(dev)
    return dev


def create_ifb(netns: Netns, request: LinkRequest) -> Ifb:
    """Make an ifb device (`ifb_setup`)."""
    dev = Ifb(
        netns, request.name or "ifb%d", request.ifindex or 0, address=netns.kernel.random_mac(), min_mtu=0, max_mtu=0, flags=IFF_BROADCAST | IFF_NOARP
    )
    dev.default_qdisc = "pfifo_fast"
    dev.tx_queue_len = 32
    apply_common(dev, request)
    register_netdevice(dev)
    return dev
