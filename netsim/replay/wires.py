"""What lies between machines: a cable is a veth pair, a switch a bridge in a namespace of its own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import attrs

from netsim.api import World
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers.nic import CabledNic, Nic
from netsim.replay.devices import devices, traits
from netsim.replay.operations import AddDevice, AddPort, Operation, SetDevice, SetSysctls
from netsim.replay.sites import Sites

if TYPE_CHECKING:
    from netsim.world.cable import Cable

SWITCH, NOWHERE = "switch", "unplugged"
LONGEST_NAME, LARGEST_MTU = 15, 65535
NO_IPV6 = ("net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.default.disable_ipv6=1")


@attrs.frozen
class Wire:
    """A card's far end: a device `far` in `far_site`, with the card itself where that is a card too."""

    site: str
    card: NetDevice
    far_site: str
    far: str
    far_card: NetDevice | None = None
    is_plugged: bool = True
    mtu: int = LARGEST_MTU


@attrs.define(eq=False)
class Wires:
    """Every wire, and the sites that hold switches."""

    wires: list[Wire] = attrs.field(factory=list)
    switches: list[str] = attrs.field(factory=list)
    names: dict[str, set[str]] = attrs.field(factory=dict)

    def far_ends(self) -> dict[int, tuple[str, str]]:
        """What is at the other end of each card that is plugged in."""
        found = {id(wire.card): (wire.far_site, wire.far) for wire in self.wires if wire.is_plugged}
        return found | {id(wire.far_card): (wire.site, wire.card.name) for wire in self.wires if wire.far_card is not None}

    def far_name(self, site: str, wanted: str) -> str:
        """A free name for a device at the far end."""
        taken = self.names.setdefault(site, {SWITCH})
        name = wanted[:LONGEST_NAME]
        if name in taken:
            name = next(candidate for number in range(len(taken) + 1) if (candidate := f"p{number}") not in taken)
        taken.add(name)
        return name


def wires_of(world: World, sites: Sites) -> Wires:
    """The wires of a world; the namespaces of switches are added to the sites."""
    found = Wires()
    for cable in world.cables:
        first, second = (end.jack for end in cable.ends)
        if cable.plugged and isinstance(first, CabledNic) and isinstance(second, CabledNic):
            found.wires.append(Wire(sites.of(first.netns), first, sites.of(second.netns), second.name, second))
    for lan in world.lans.values():
        site = sites.add(lan.name).name
        found.switches.append(site)
        for cable in lan.cables.values():
            card = _card(cable)
            if card is not None:
                name = found.far_name(site, f"{sites.of(card.netns)}-{card.name}")
                found.wires.append(Wire(sites.of(card.netns), card, site, name, None, bool(cable.plugged), cable.mtu or LARGEST_MTU))
    _loose(sites, found)
    return found


def _card(cable: Cable) -> CabledNic | None:
    return next((end.jack for end in cable.ends if isinstance(end.jack, CabledNic)), None)


def _loose(sites: Sites, found: Wires) -> None:
    """Cards that nothing is plugged into, or a cable that is pulled out; the built-in card of User-Mode Linux has a carrier all the same."""
    known = {id(end) for wire in found.wires for end in (wire.card, wire.far_card)}
    loose = [(site, dev) for site, dev in devices(sites) if isinstance(dev, Nic) and id(dev) not in known]
    if loose:
        nowhere = sites.add(NOWHERE).name
        for site, dev in loose:
            name = found.far_name(nowhere, f"{site}-{dev.name}")
            found.wires.append(Wire(site, dev, nowhere, name, None, not isinstance(dev, CabledNic)))


def make_wires(found: Wires) -> Iterator[Operation]:
    """Make the pairs; switches are quiet: without IPv6, without snooping, like the unmanaged ones they stand for."""
    for site in found.switches:
        yield SetSysctls(site, NO_IPV6)
        yield AddDevice(site, ("link", "add", "name", SWITCH, "type", "bridge", "mcast_snooping", "0"))
    for wire in found.wires:
        words = ["link", "add", "name", wire.card.name, *traits(wire.card), "type", "veth", "peer", "name", wire.far]
        words += traits(wire.far_card) if wire.far_card is not None else ["mtu", str(wire.mtu)]
        yield AddDevice(wire.site, (*words, *(["netns", wire.far_site] if wire.far_site != wire.site else [])))


def plug_wires(found: Wires) -> Iterator[Operation]:
    """Plug them into their switches."""
    for wire in found.wires:
        if wire.far_site in found.switches:
            yield AddPort(wire.far_site, ("link", "set", "dev", wire.far, "master", SWITCH))


def raise_wires(found: Wires) -> Iterator[Operation]:
    """Set those ends up that belong to nobody."""
    for site in found.switches:
        yield SetDevice(site, ("link", "set", "dev", SWITCH, "up"))
    for wire in found.wires:
        if wire.far_card is None and wire.is_plugged:
            yield SetDevice(wire.far_site, ("link", "set", "dev", wire.far, "up"))
