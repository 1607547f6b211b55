"""A built-in Ethernet card with nothing on its cable, as the virtual machines of User-Mode Linux have one (`arch/um/drivers/net_kern.c`)."""

from __future__ import annotations

import attrs

from netsim.kernel.core.device_life import register_netdevice
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff

PARENT = ("platform", "uml-netdev.0")


@attrs.define(eq=False)
class Nic(NetDevice):
    """Hardware: no link operations, so it outlives its namespace and goes home."""

    def xmit(self, skb: SkBuff) -> None:
        """Count the frame; nobody hears it."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + 14


def add_nic(netns: Netns, name: str) -> Nic:
    """Find the card at boot (`eth_configure`)."""
    dev = Nic(netns, name, address=netns.kernel.random_mac(), max_mtu=1500, parent=PARENT)
    dev.default_qdisc = "pfifo_fast"
    dev.tso_max_size = 65536
    register_netdevice(dev)
    return dev
