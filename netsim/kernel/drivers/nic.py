"""Ethernet cards: hardware, so they outlive their namespace and go home.

The built-in one of User-Mode Linux has nothing on its cable (`arch/um/drivers/net_kern.c`); those of machines that stand in a network have a jack
that something of the world is plugged into, and look like virtio cards (`drivers/net/virtio_net.c`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC
from netsim.kernel.core.device_life import netif_carrier_off, netif_carrier_on, register_netdevice
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import netif_receive, push_tag
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import qdisc_run
from netsim.packet import Ethernet

if TYPE_CHECKING:
    from netsim.packet import Payload

PARENT = ("platform", "uml-netdev.0")
MIN_FRAME_PAYLOAD = 46


@attrs.define(eq=False)
class Nic(NetDevice):
    """Hardware: no link operations, so it outlives its namespace and goes home."""

    def xmit(self, skb: SkBuff) -> None:
        """Count the frame; nobody hears it."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + 14


@attrs.define(eq=False)
class CabledNic(Nic):
    """A card with a jack; `plug` is the end of a cable in it, with `carry(frame, hops) -> ns the line is busy`, or None."""

    plug: Any = None

    def xmit(self, skb: SkBuff) -> None:
        """Put the frame on the line; while it is being sent the queue is stopped (`start_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + 14
        if self.plug is None:
            return
        if skb.vlan:
            push_tag(skb)
        busy: int = self.plug.carry(Ethernet(skb.dst, skb.src, skb.protocol, skb.packet), skb.hops + 1)
        if busy:
            self.is_stopped = True
            self.netns.kernel.clock.call_later(busy, self.line_free)

    def line_free(self) -> None:
        """The frame is out: the next one, please (`netif_wake_queue`)."""
        self.is_stopped = False
        qdisc_run(self)

    def arrive(self, frame: Ethernet, hops: int) -> None:
        """A frame came over the line (`receive_buf`); a card that is down does not hear it."""
        if not self.flags & IFF_UP:
            return
        packet: Payload = frame.payload
        netif_receive(SkBuff(self, frame.src, frame.dst, frame.ethertype, packet, hops=hops))

    def connect(self, plug: Any) -> None:
        """A cable is plugged in, or pulled out with None: the carrier comes or goes."""
        self.plug = plug
        (netif_carrier_off if plug is None else netif_carrier_on)(self)

    def lost_line(self) -> None:
        """The other end is not connected any more."""
        netif_carrier_off(self)

    def found_line(self) -> None:
        """The other end is there (again)."""
        netif_carrier_on(self)


def add_nic(netns: Netns, name: str) -> Nic:
    """Find the built-in card at boot (`eth_configure`)."""
    return _found(Nic(netns, name, address=netns.kernel.random_mac(), max_mtu=1500, parent=PARENT))


def add_cabled_nic(netns: Netns, name: str, address: MAC | None = None, mtu: int = 1500) -> CabledNic:
    """Find a card with a jack (`virtnet_probe`): without a carrier until something is plugged in. NetError when the name is taken."""
    number = sum(isinstance(dev, CabledNic) for other in netns.kernel.namespaces for dev in other.devices.values())
    dev = CabledNic(netns, name, address=address or netns.kernel.random_mac(), mtu=mtu, carrier=False, parent=("virtio", f"virtio{number}"))
    dev.explicit_address = address is not None
    _found(dev)
    return dev


def _found(dev: Nic) -> Nic:
    dev.default_qdisc = "pfifo_fast"
    dev.tso_max_size = 65536
    register_netdevice(dev)
    return dev
