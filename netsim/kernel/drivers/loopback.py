"""lo: what is sent comes back (`drivers/net/loopback.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC_ZERO
from netsim.kernel.core.device_life import register_netdevice
from netsim.kernel.core.netdevice import ARPHRD_LOOPBACK, IFF_LOOPBACK, IFF_UP, NetDevice, Stats
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import eth_type, receive_core
from netsim.kernel.core.skbuff import PACKET_HOST, SkBuff


@attrs.define(eq=False)
class Loopback(NetDevice):
    """The loopback device every namespace is born with."""

    def xmit(self, skb: SkBuff) -> None:
        """Count the frame and hand it back as received (`loopback_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size
        skb.dev = self
        skb.hops += 1
        self.netns.kernel.clock.ready.append((self.come_back, (skb,)))

    def come_back(self, skb: SkBuff) -> None:
        """The frame as received: without a link header to count (`loopback_xmit` counts after `eth_type_trans`)."""
        if not (self.is_active or self.flags & IFF_UP):
            return
        skb.iif = self.ifindex
        skb.pkt_type = PACKET_HOST if skb.dst == self.address else eth_type(skb)
        receive_core(skb)

    def get_stats(self) -> Stats:
        """What was sent is what was received (`loopback_get_stats64`)."""
        own = self.stats
        return attrs.evolve(own, rx_packets=own.rx_packets + own.tx_packets, rx_bytes=own.rx_bytes + own.tx_bytes)


def add_loopback(netns: Netns) -> None:
    """Give a new namespace its lo (`loopback_net_init`)."""
    lo = Loopback(netns, "lo", address=MAC_ZERO, broadcast=MAC_ZERO, type=ARPHRD_LOOPBACK, mtu=65536, min_mtu=0, max_mtu=0, flags=IFF_LOOPBACK)
    lo.is_netns_immutable = True
    register_netdevice(lo)
    netns.loopback = lo
