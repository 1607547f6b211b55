"""Who hears a flood: where a frame would only be counted nobody goes, and what was missed is added when somebody reads the counters.

Has no counterpart in the kernel, which visits every port. Each of a thousand hosts on one bridge tells all others of its groups and asks whether
its address is unique; a visit to each port would make that a million visits, and all but a handful of them add one to eleven counters.

A port is a *bystander* while its frames end, at once and unchanged, at a device that does nothing with IPv6 packets to groups it is not in.
Everything that could end that says so first (`Place.stir`): the fields of the two devices through their `on_setattr`, the rest
(the port's state and options, taps, hooks, groups, rules) where it is changed. A port that was stirred has its counters settled and is judged anew by the next flood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim import attrs
from netsim.kernel.core.hooks import PF_INET6, PRE_ROUTING
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.packet import ROUTER_ALERT_MLD, HopByHop, Ip6
from netsim.packet.numbers import ETH_P_IPV6

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.skbuff import SkBuff

ETH_HLEN = 14
MIN_MTU = 1280
FORWARDING = 3
RESTRICTIONS = ("hairpin", "isolated", "neigh_suppress")
"""Options of a port that make a difference between frames."""


@attrs.define(eq=False)
class Audience:
    """The ports of a bridge by what a flood must do about them; and, for all bystanders together, what was flooded past them so far."""

    packets: int = 0
    octets: int = 0  # of the packets, without link headers
    joins: int = 0
    unsorted: list[Place] = attrs.field(factory=list)
    visited: dict[int, Place] = attrs.field(factory=dict)  # not bystanders; by the order of joining
    members: dict[int, dict[int, Place]] = attrs.field(factory=dict)  # group -> bystanders that are in it

    def join(self, port: BridgePort) -> None:
        """A port is added."""
        self.joins += 1
        far = port.dev.far_end()
        place = port.place = port.dev.place = Place(self, port, self.joins, far)
        if far is not None and far.place is None:
            far.place = place
        self.unsorted.append(place)

    def leave(self, port: BridgePort) -> None:
        """A port is removed."""
        place = port.place
        assert place is not None
        place.stir()
        self.unsorted.remove(place)
        dev, far = port.dev, place.far
        port.place = dev.place = None
        if far is None:
            return
        if far.place is place:
            far.place = None
        elif far.place is not None:
            dev.place = far.place  # it is a port itself, and this device was its far end all the time
            far.place.stir()

    def hearers(self, source: BridgePort | None, packet: Ip6) -> list[BridgePort]:
        """Count a packet for all bystanders but the source and the members of its group, and say who has to be visited, the newest port first."""
        for place in self.unsorted:
            place.sort()
        self.unsorted.clear()
        size = packet.size
        self.packets += 1
        self.octets += size
        places, members = self.visited, self.members.get(packet.dst)
        if members:
            places = places | members
            for place in members.values():
                place.excuse(size)
        came = source.place if source is not None else None
        if came is not None and came.is_bystander and not (members and came.order in members):
            came.excuse(size)
        return [places[order].port for order in sorted(places, reverse=True)]


@attrs.define(eq=False)
class Place:
    """A port's place in the audience; its device and the far end know it."""

    audience: Audience
    port: BridgePort
    order: int
    far: NetDevice | None
    is_sorted: bool = False
    is_bystander: bool = False
    groups: tuple[int, ...] = ()
    packets: int = 0  # of the audience's sums: what is in this port's counters, or was none of its business
    octets: int = 0

    def sort(self) -> None:
        """Judge the port as it is now."""
        audience = self.audience
        self.is_sorted = True
        self.is_bystander = is_bystander(self.port, self.far)
        if not self.is_bystander:
            audience.visited[self.order] = self
            return
        assert self.far is not None and self.far.inet6 is not None
        self.packets, self.octets = audience.packets, audience.octets
        self.groups = tuple(self.far.inet6.multicast)
        for group in self.groups:
            audience.members.setdefault(group, {})[self.order] = self

    def stir(self) -> None:
        """Something about the port or its far end is about to change."""
        if not self.is_sorted:
            return
        self.settle()
        audience = self.audience
        audience.visited.pop(self.order, None)
        for group in self.groups:
            members = audience.members[group]
            del members[self.order]
            if not members:
                del audience.members[group]
        self.is_sorted = self.is_bystander = False
        self.groups = ()
        audience.unsorted.append(self)

    def excuse(self, size: int) -> None:
        """One flooded packet did not pass here unseen."""
        self.packets += 1
        self.octets += size

    def settle(self) -> None:
        """Add what was flooded past since the last time, as `veth_xmit`, `netif_rx` and `ip6_rcv_core` would have counted it."""
        far, audience = self.far, self.audience
        packets = audience.packets - self.packets
        if not self.is_bystander or not packets or far is None:
            return
        octets = audience.octets - self.octets
        self.packets, self.octets = audience.packets, audience.octets
        sent, received, mib = self.port.dev.stats, far.stats, far.netns.mib
        sent.tx_packets += packets
        sent.tx_bytes += octets + ETH_HLEN * packets
        received.rx_packets += packets
        received.rx_bytes += octets + ETH_HLEN * packets
        mib["Ip6InReceives"] += packets
        mib["Ip6InOctets"] += octets
        mib["Ip6InNoECTPkts"] += packets
        mib["Ip6InMcastPkts"] += packets
        mib["Ip6InMcastOctets"] += octets


def is_bystander(port: BridgePort, far: NetDevice | None) -> bool:
    """Whether a port lets every group packet out, and nobody behind it does more than count those to groups it is not in."""
    dev, options = port.dev, port.options
    if far is None or far.netns.kernel is not dev.netns.kernel or port.state != FORWARDING or not options["mcast_flood"]:
        return False
    if any(options[name] for name in RESTRICTIONS) or not dev.is_active or dev.root_qdisc is not None or dev.taps:
        return False
    if not far.flags & IFF_UP or far.rx_handler is not None or far.master is not None or far.taps or min(dev.mtu, far.mtu) < MIN_MTU:
        return False
    there, state = far.netns, far.inet6
    if there.taps or there.trace is not None or there.hooks.get((PF_INET6, PRE_ROUTING)) or there.inet6.fib.has_custom_rules:
        return False
    return state is not None and not state.conf.disable_ipv6


def is_plain(bridge: Bridge, skb: SkBuff) -> bool:
    """Whether a flooded frame is one that bystanders only count: a well-formed IPv6 packet of modest size to a group beyond the interface."""
    packet, netns = skb.packet, bridge.netns
    if skb.protocol != ETH_P_IPV6 or type(packet) is not Ip6 or skb.vlan or netns.taps or netns.trace is not None:
        return False
    if bridge.options["vlan_filtering"] or packet.size > MIN_MTU or packet.tclass & 3:
        return False
    if packet.dst >> 120 != 0xFF or packet.dst >> 112 & 0xF <= 1 or packet.src.is_multicast or packet.src.is_loopback:
        return False
    header = packet.payload
    return not isinstance(header, HopByHop) or header.options == ROUTER_ALERT_MLD
