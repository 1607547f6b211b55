"""IPv6 packets go out on a device: to neighbours on the link, or back to this host (`ip6_output.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.kernel.core.neighbour import neigh_output
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.core.skbuff import PACKET_OUTGOING, SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.ipv6.ndisc import ND_OPS
from netsim.packet import Ip6
from netsim.packet.numbers import ETH_P_IPV6

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns


def is_local(netns: Netns, address: int) -> bool:
    """Whether an address is one of this host's."""
    return any(ifa.address == address for dev in netns.devices.values() if dev.inet6 for ifa in dev.inet6.addresses)


def ip6_send(netns: Netns, packet: Ip6, dev: NetDevice, *, owner: Any = None) -> None:
    """Send a packet over a device's link; own addresses go by loopback."""
    if is_local(netns, packet.dst):
        dev = netns.loopback
    skb = SkBuff(dev, dev.address, dev.address, ETH_P_IPV6, packet, PACKET_OUTGOING, owner=owner)
    if dev.flags & IFF_LOOPBACK:
        dev_queue_xmit(skb)
    else:
        neigh_output(netns.inet6.neigh, ND_OPS, packet.dst, dev, skb)
