"""Virtual Ethernet pairs: what goes in at one end comes out of the other (`drivers/net/veth.c`)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from netsim.errors import NetError
from netsim.kernel.core.device_life import announce, netif_carrier_off, netif_carrier_on, register_netdevice, unregister_netdevice
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import IFF_UP, NetDevice, Stats
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import TAGS, netif_rx
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.core.transmit import NET_XMIT_DROP
from netsim.trace import Dropped

STORM = 4096
"""Crossings after which a frame is taken for a storm and cut off; the kernel has no such bound and would burn a CPU instead."""

VLAN_HEADER = 4
MULTICAST_BIT = 0x010000000000


@attrs.define(eq=False)
class Veth(NetDevice):
    """One end; `peer` is None once the other is being removed."""

    kind: ClassVar[str] = "veth"

    peer: Veth | None = None
    dropped: int = 0
    """Frames that the peer could not take (`struct veth_priv`)."""

    def xmit(self, skb: SkBuff) -> int | None:
        """Carry the frame to the peer's receive path (`veth_xmit`); too long for the peer's MTU, or the peer down: dropped."""
        peer, packet = self.peer, skb.packet
        size = len(packet) if type(packet) is bytes else packet.size
        if peer is None or not (peer.is_active or peer.flags & IFF_UP) or size > peer.mtu + VLAN_HEADER:
            self.dropped += 1
            if self.netns.trace is not None:
                trace_drop(self.netns, "PKT_TOO_BIG" if peer is not None and peer.flags & IFF_UP else "DEV_READY", self.name, skb.packet, peer)
            return NET_XMIT_DROP
        stats, netns = self.stats, peer.netns
        stats.tx_packets += 1
        stats.tx_bytes += size + 14
        hops = skb.hops = skb.hops + 1
        if hops > STORM:
            self._cut(skb)
            return None
        skb.dev = peer
        skb.nfct = skb.nf_bridge = skb.route = skb.owner = None
        if netns is not self.netns:
            skb.mark = skb.ipvs_property = 0
        netns.kernel.clock.ready.append((netif_rx, (skb,)))
        return None

    def get_stats(self) -> Stats:
        """What one end sent the other received, and what it dropped the other is said to have dropped (`veth_get_stats64`)."""
        own, peer = self.stats, self.peer
        if peer is None:
            return attrs.evolve(own, tx_dropped=own.tx_dropped + self.dropped)
        if peer.place is not None:
            peer.place.settle()
        sent = peer.stats
        return attrs.evolve(
            own,
            rx_packets=own.rx_packets + sent.tx_packets,
            rx_bytes=own.rx_bytes + sent.tx_bytes,
            rx_dropped=own.rx_dropped + peer.dropped,
            tx_dropped=own.tx_dropped + self.dropped,
        )

    def far_end(self) -> NetDevice | None:
        """The peer."""
        return self.peer

    def only_counts(self, skb: SkBuff) -> bool:
        """Frames for other stations, and groups and requests that nobody behind the peer minds, where nobody listens in."""
        peer = self.peer
        if peer is None or peer.rx_handler is not None or self.root_qdisc is not None or not self.is_active or not peer.flags & IFF_UP:
            return False
        here, there = self.netns, peer.netns
        if self.taps or peer.taps or here.taps or there.taps or here.trace is not None or there.trace is not None or skb.vlan:
            return False
        size = skb.size
        if size > self.mtu + VLAN_HEADER or size > peer.mtu + VLAN_HEADER or skb.protocol in TAGS:
            return False
        if skb.dst & MULTICAST_BIT:
            asked = there.kernel.only_counts.get(skb.protocol)
            if asked is None or not asked(peer, skb):
                return False
        elif skb.dst == peer.address:
            return False
        self.stats.tx_packets += 1
        self.stats.tx_bytes += size + 14
        return True

    def _cut(self, skb: SkBuff) -> None:
        kernel = self.netns.kernel
        line = f"netsim: storm cut off: a frame crossed {STORM} devices, last {self.name}"
        if not kernel.log or kernel.log[-1][1] != line:
            kernel.log.append((kernel.clock.now, line))
        if self.netns.trace is not None:
            self.netns.trace.record(Dropped(kernel.clock.now, self.netns.cookie, "STORM", self.name, skb.packet))

    def opened(self) -> None:
        """Carrier on both ends when both are up (`veth_open`)."""
        peer = self.peer
        if peer is not None and peer.flags & IFF_UP:
            netif_carrier_on(self)
            netif_carrier_on(peer)

    def stopped(self) -> None:
        """No carrier on either end (`veth_close`)."""
        netif_carrier_off(self)
        if self.peer is not None:
            netif_carrier_off(self.peer)

    def removed(self) -> None:
        """The other end goes too (`veth_dellink`)."""
        peer, self.peer = self.peer, None
        if peer is not None:
            peer.peer = None
            unregister_netdevice(peer)

    def link_speed(self) -> int:
        """10 Gbit/s, whatever it takes (`veth_get_link_ksettings`)."""
        return 10000

    def lower(self) -> NetDevice | None:
        """The peer (`veth_get_iflink`)."""
        return self.peer

    def link_netns(self) -> Netns | None:
        """The peer's (`veth_get_link_net`)."""
        return self.peer.netns if self.peer is not None else None


def create(netns: Netns, request: LinkRequest) -> Veth:
    """Make a pair (`veth_newlink`): the peer is registered first and so gets the lower index."""
    wanted: LinkRequest = request.data.get("peer") or LinkRequest(
        mtu=request.mtu, broadcast=request.broadcast, txqueuelen=request.txqueuelen, group=request.group
    )
    home = wanted.netns or request.link_netns or netns
    peer = _blank(home, wanted)
    apply_common(peer, wanted)
    dev = _blank(netns, request)
    apply_common(dev, request)
    register_netdevice(peer)
    try:
        register_netdevice(dev)
    except NetError:
        unregister_netdevice(peer)
        raise
    dev.peer, peer.peer = peer, dev
    for end in (peer, dev):
        netif_carrier_off(end)
        announce(end)
    return dev


def _blank(netns: Netns, request: LinkRequest) -> Veth:
    return Veth(
        netns,
        request.name or "veth%d",
        request.ifindex or 0,
        address=netns.kernel.random_mac(),
        num_tx_queues=netns.kernel.profile.cpus,
        num_rx_queues=netns.kernel.profile.cpus,
    )
