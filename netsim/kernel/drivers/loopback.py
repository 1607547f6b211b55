"""lo: what is sent comes back (`drivers/net/loopback.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC_ZERO
from netsim.kernel.core.device_life import register_netdevice
from netsim.kernel.core.netdevice import ARPHRD_LOOPBACK, IFF_LOOPBACK, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import netif_receive
from netsim.kernel.core.skbuff import SkBuff


@attrs.define(eq=False)
class Loopback(NetDevice):
    """The loopback device every namespace is born with."""

    def xmit(self, skb: SkBuff) -> None:
        """Count the frame and hand it back as received (`loopback_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size + self.header_length
        skb.dev = self
        skb.hops += 1
        self.netns.kernel.clock.call_soon(netif_receive, skb)


def add_loopback(netns: Netns) -> None:
    """Give a new namespace its lo (`loopback_net_init`)."""
    lo = Loopback(netns, "lo", address=MAC_ZERO, broadcast=MAC_ZERO, type=ARPHRD_LOOPBACK, mtu=65536, min_mtu=0, max_mtu=0, flags=IFF_LOOPBACK)
    lo.is_netns_immutable = True
    register_netdevice(lo)
    netns.loopback = lo
