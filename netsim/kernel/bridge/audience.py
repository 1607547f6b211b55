"""Who hears a flood: where a frame would only be counted nobody goes, and what was missed is added when somebody reads the counters.

Has no counterpart in the kernel, which visits every port. Each of a thousand hosts on one bridge tells all others of its groups, asks whether
its address is unique and asks for those of others; a visit to each port would make that millions of visits, all but a handful of which add one to
two to eleven counters.

A port is *quiet* while its frames end, at once and unchanged, at a device that hands them to nobody but its own stack. There

- a frame for another station is dropped,
- an ARP request is dropped by who has neither the address asked for nor an entry for the sender that it would change,
- an IPv6 packet to a group is dropped by who is not in it.

Everything that could end that says so first (`Place.stir`): the fields of the two devices, the port's state and options, taps, hooks, groups,
rules, own addresses and settings, each where it is changed. A port that was stirred has its counters settled and is judged anew by the next flood.
Of entries for neighbours it is told afterwards (`Place.heed`): each exchange changes some, and few of them matter.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import attrs

from netsim.addr import MAC, MASKS4, IPv4
from netsim.kernel.bridge.arp_proxy import ANSWERING
from netsim.kernel.core.hooks import PRE_ROUTING
from netsim.kernel.core.netdevice import IFF_NOARP, IFF_UP, NetDevice
from netsim.kernel.tables.fib import RT_TABLE_LOCAL
from netsim.kernel.tables.neigh import NUD_VALID
from netsim.packet import ROUTER_ALERT_MLD, Arp, HopByHop, Ip6
from netsim.packet.numbers import ETH_P_ARP, ETH_P_IP, ETH_P_IPV6

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort
    from netsim.kernel.core.skbuff import SkBuff

ETH_HLEN = 14
MIN_MTU = 1280
FORWARDING = 3
ARPOP_REQUEST = 1
FLOODS = ("flood", "mcast_flood", "bcast_flood")
RESTRICTIONS = ("hairpin", "isolated", *ANSWERING)
"""Options of a port that make a difference between frames."""
MOST_ASKERS = 4096
"""So many senders of requests are remembered, then all are forgotten: addresses may be made up."""


@attrs.define(eq=False)
class Tally:
    """Packets and their octets, without link headers."""

    packets: int = 0
    octets: int = 0

    def add(self, size: int) -> None:
        """One more."""
        self.packets += 1
        self.octets += size

    def follow(self, other: Tally) -> None:
        """Take the values of another."""
        self.packets, self.octets = other.packets, other.octets


@attrs.define(eq=False)
class Asker:
    """A sender of ARP requests: the hardware address it had, and who of the quiet may mind that.

    Who is in neither `minders` nor behind `since` has no entry for the sender, or one that a request with this address would not change.
    """

    sha: MAC
    minders: dict[int, Place] = attrs.field(factory=dict)
    since: int = 0
    """How many of the audience's newcomers were looked at."""


@attrs.define(eq=False)
class Audience:
    """The ports of a bridge by what a flood must do about them; and, for all quiet ones together, what was flooded past them so far."""

    frames: Tally = attrs.field(factory=Tally)
    """Requests, and frames for other stations: counted by the device that sends them."""
    groups: Tally = attrs.field(factory=Tally)
    """IPv6 packets to groups: counted by the stack too."""
    joins: int = 0
    unsorted: list[Place] = attrs.field(factory=list)
    visited: dict[int, Place] = attrs.field(factory=dict)  # not quiet; by the order of joining
    attentive: dict[int, Place] = attrs.field(factory=dict)  # quiet, but minds every IPv6 packet to a group
    members: dict[int, dict[int, Place]] = attrs.field(factory=dict)  # group -> who of the others is in it
    stations: dict[MAC, dict[int, Place]] = attrs.field(factory=dict)  # hardware address -> who of the quiet has it
    unlisted: dict[int, Place] = attrs.field(factory=dict)
    """Quiet ones that are not listed in the following yet, which only requests look at."""
    curious: dict[int, Place] = attrs.field(factory=dict)  # minds every request
    holders: dict[int, dict[int, dict[int, Place]]] = attrs.field(factory=dict)  # length, prefix -> whose own addresses are in it
    askers: dict[IPv4, Asker] = attrs.field(factory=dict)
    newcomers: list[Place] = attrs.field(factory=list)  # as they were listed

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

    def hearers(self, source: BridgePort | None, skb: SkBuff) -> list[BridgePort] | None:
        """Count a frame for all that need not be visited, and say who has to be, the newest port first; None: everybody."""
        packet, dst = skb.packet, skb.dst
        if self.unsorted:
            for place in self.unsorted:
                place.sort()
            self.unsorted.clear()
        if dst.is_broadcast:
            if skb.protocol != ETH_P_ARP or type(packet) is not Arp or packet.op != ARPOP_REQUEST:
                return None
            return self._others(source, self.frames, packet.size, self._minders(packet))
        if dst.is_multicast:
            if skb.protocol != ETH_P_IPV6 or type(packet) is not Ip6 or not is_plain(packet):
                return None
            return self._others(source, self.groups, packet.size, _joined(self.attentive, self.members.get(packet.dst)))
        if skb.protocol not in (ETH_P_IP, ETH_P_IPV6, ETH_P_ARP) or skb.size > MIN_MTU:
            return None
        return self._others(source, self.frames, skb.size, self.stations.get(dst) or {})

    def _others(self, source: BridgePort | None, tally: Tally, size: int, minders: dict[int, Place]) -> list[BridgePort]:
        """Count a packet for all quiet ones but the source and those who mind it; these and who is not quiet are to be visited."""
        tally.add(size)
        is_group = tally is self.groups
        for place in minders.values():
            (place.groups if is_group else place.frames).add(size)
        came = source.place if source is not None else None
        if came is not None and came.order not in minders:
            (came.groups if is_group else came.frames).add(size)
        places = _joined(self.visited, minders)
        return [places[order].port for order in sorted(places, reverse=True)]

    def _minders(self, request: Arp) -> dict[int, Place]:
        """Who of the quiet may do something about a request."""
        if self.unlisted:
            for place in self.unlisted.values():
                place.list_addresses()
            self.unlisted.clear()
        found = _joined(self.curious, self._unsure(request.spa, request.sha))
        for length, prefixes in self.holders.items():
            found = _joined(found, prefixes.get(request.tpa & MASKS4[length]))
        return found

    def _unsure(self, sender: IPv4, sha: MAC) -> dict[int, Place]:
        """Whose entry for a sender would be changed by a request from this hardware address."""
        asker, newcomers = self.askers.get(sender), self.newcomers
        if len(newcomers) > 2 * self.joins or len(self.askers) > MOST_ASKERS:
            newcomers[:] = {place.order: place for place in newcomers if place.is_listed}.values()
            self.askers.clear()
            asker = None
        candidates: Iterable[Place]
        if asker is None or asker.sha != sha:
            asker = self.askers[sender] = Asker(sha)
            candidates = newcomers
        elif not asker.minders and asker.since == len(newcomers):
            return {}
        else:
            candidates = (*asker.minders.values(), *newcomers[asker.since :])
        asker.minders = {place.order: place for place in candidates if place.is_listed and place.minds(sender, sha)}
        asker.since = len(newcomers)
        return asker.minders


def _joined(places: dict[int, Place], more: dict[int, Place] | None) -> dict[int, Place]:
    """Both together, neither changed."""
    if not more:
        return places
    return places | more if places else more


@attrs.define(eq=False)
class Place:
    """A port's place in the audience; its device and the far end know it."""

    audience: Audience
    port: BridgePort
    order: int
    far: NetDevice | None
    is_sorted: bool = False
    is_quiet: bool = False
    is_bystander: bool = False
    """Whether it is quiet and minds no IPv6 packet to a group it is not in."""
    is_listed: bool = False
    memberships: tuple[int, ...] = ()
    prefixes: tuple[tuple[int, int], ...] = ()
    station: MAC = attrs.field(default=MAC(0))
    frames: Tally = attrs.field(factory=Tally)
    """Of the audience's: what is in this port's counters, or was none of its business."""
    groups: Tally = attrs.field(factory=Tally)

    def sort(self) -> None:
        """Judge the port as it is now."""
        audience, far = self.audience, self.far
        self.is_sorted = True
        if far is None or not is_quiet(self.port, far):
            audience.visited[self.order] = self
            return
        self.is_quiet = True
        self.frames.follow(audience.frames)
        self.groups.follow(audience.groups)
        self.station = far.address
        audience.stations.setdefault(far.address, {})[self.order] = self
        audience.unlisted[self.order] = self
        if far.inet6 is None or minds_groups(far):
            audience.attentive[self.order] = self
            return
        self.is_bystander = True
        self.memberships = tuple(far.inet6.multicast)
        for group in self.memberships:
            audience.members.setdefault(group, {})[self.order] = self

    def list_addresses(self) -> None:
        """List what a request may ask for here."""
        audience, far = self.audience, self.far
        assert far is not None
        self.is_listed = True
        audience.newcomers.append(self)
        if minds_requests(far):
            audience.curious[self.order] = self
        self.prefixes = own_prefixes(far)
        for length, prefix in self.prefixes:
            audience.holders.setdefault(length, {}).setdefault(prefix, {})[self.order] = self

    def minds(self, sender: IPv4, sha: MAC) -> bool:
        """Whether there is an entry for a sender that a request from a hardware address would change (`__neigh_update`)."""
        far = self.far
        assert far is not None
        neigh = far.netns.inet.arp.entries.get((sender, far.ifindex))
        return neigh is not None and (not neigh.state & NUD_VALID or neigh.lladdr != sha)

    def heed(self, key: IPv4) -> None:
        """There is an entry for a neighbour, or another state or hardware address in it."""
        asker = self.audience.askers.get(key)
        if asker is not None:
            asker.minders[self.order] = self

    def stir(self) -> None:
        """Something about the port or its far end is about to change."""
        if not self.is_sorted:
            return
        self.settle()
        audience, order = self.audience, self.order
        if self.is_quiet:
            _take_out(audience.stations, self.station, order)
            for group in self.memberships:
                _take_out(audience.members, group, order)
        if self.is_listed:
            for length, prefix in self.prefixes:
                _take_out(audience.holders[length], prefix, order)
            audience.curious.pop(order, None)
        audience.unlisted.pop(order, None)
        audience.visited.pop(order, None)
        audience.attentive.pop(order, None)
        self.is_sorted = self.is_quiet = self.is_bystander = self.is_listed = False
        self.memberships = self.prefixes = ()
        audience.unsorted.append(self)

    def settle(self) -> None:
        """Add what was flooded past since the last time, as `veth_xmit` and `ip6_rcv_core` would have counted it."""
        if not self.is_quiet:
            return
        frames, groups = self.audience.frames, self.audience.groups
        packets, octets = frames.packets - self.frames.packets, frames.octets - self.frames.octets
        self.frames.follow(frames)
        if self.is_bystander and groups.packets != self.groups.packets:
            packets += groups.packets - self.groups.packets
            octets += groups.octets - self.groups.octets
            self._settle_groups(groups.packets - self.groups.packets, groups.octets - self.groups.octets)
            self.groups.follow(groups)
        if packets:
            sent = self.port.dev.stats
            sent.tx_packets += packets
            sent.tx_bytes += octets + ETH_HLEN * packets

    def _settle_groups(self, packets: int, octets: int) -> None:
        assert self.far is not None
        mib = self.far.netns.mib
        mib["Ip6InReceives"] += packets
        mib["Ip6InOctets"] += octets
        mib["Ip6InNoECTPkts"] += packets
        mib["Ip6InMcastPkts"] += packets
        mib["Ip6InMcastOctets"] += octets


def _take_out(table: dict[int, dict[int, Place]] | dict[MAC, dict[int, Place]], key: MAC | int, order: int) -> None:
    places = table[key]  # type: ignore[index]
    del places[order]
    if not places:
        del table[key]  # type: ignore[arg-type]


def is_quiet(port: BridgePort, far: NetDevice) -> bool:
    """Whether a port lets every flooded frame out, and whoever is behind it hands none of them on or to anybody else."""
    dev, options = port.dev, port.options
    if far.netns.kernel is not dev.netns.kernel or port.state != FORWARDING:
        return False
    for name in FLOODS:
        if not options[name]:
            return False
    for name in RESTRICTIONS:
        if options[name]:
            return False
    if not dev.is_active or dev.root_qdisc is not None or dev.taps:
        return False
    if not far.flags & IFF_UP or far.rx_handler is not None or far.master is not None or far.taps or min(dev.mtu, far.mtu) < MIN_MTU:
        return False
    there = far.netns
    return not there.taps and there.trace is None


def minds_groups(far: NetDevice) -> bool:
    """Whether somebody is told of IPv6 packets to groups the device is not in, or counts them otherwise."""
    there, state = far.netns, far.inet6
    return state is None or bool(there.hooks_ipv6[PRE_ROUTING] or there.inet6.fib.has_custom_rules or state.conf.disable_ipv6)


def minds_requests(far: NetDevice) -> bool:
    """Whether a request may matter although neither an own address is asked for nor an entry changed: by forwarding, proxies, rules, `arp_accept`."""
    if far.inet is None or far.flags & IFF_NOARP:
        return False
    inet, conf = far.netns.inet, far.inet.conf
    return bool(conf.forwarding or inet.fib.has_custom_rules or inet.fib.has_custom_local_routes or conf.arp_accept or inet.conf_all.arp_accept)


def own_prefixes(far: NetDevice) -> tuple[tuple[int, int], ...]:
    """The prefixes in the table local of a device that takes part in ARP, by length and address."""
    table = far.netns.inet.fib.tables.get(RT_TABLE_LOCAL)
    if table is None or far.inet is None or far.flags & IFF_NOARP:
        return ()
    return tuple([(length, prefix) for length, prefixes in table.lengths.items() for prefix in prefixes])


def is_heard_by_nobody_else(bridge: Bridge, skb: SkBuff) -> bool:
    """Whether a flood is nothing but a flood: no VLANs decide about it, and nobody listens to the ports."""
    netns = bridge.netns
    return not (skb.vlan or netns.taps or netns.trace is not None or bridge.options["vlan_filtering"])


def is_plain(packet: Ip6) -> bool:
    """Whether an IPv6 packet to a group is one that bystanders only count: well formed, of modest size, to a group beyond the interface."""
    if packet.size > MIN_MTU or packet.tclass & 3 or packet.src.is_multicast or packet.src.is_loopback:
        return False
    if packet.dst >> 120 != 0xFF or packet.dst >> 112 & 0xF <= 1:
        return False
    header = packet.payload
    return not isinstance(header, HopByHop) or header.options == ROUTER_ALERT_MLD
