"""What every namespace of a world is called on the machine that plays it: machines, their namespaces and containers side by side."""

from __future__ import annotations

import re
from collections.abc import Iterator

import attrs

from netsim.analysis.places import Place, places
from netsim.api import World
from netsim.kernel.core.netns import Netns
from netsim.machine.machine import Machine

UNFIT = re.compile(r"[^A-Za-z0-9_.+-]+")
LONGEST = 200


@attrs.frozen
class Site:
    """A namespace to be made; `place` is what questions call it, None where they cannot name it. `netns` None: one that holds a switch."""

    name: str
    machine: Machine | None = None
    netns: Netns | None = None
    place: Place | None = None


@attrs.define(eq=False)
class Sites:
    """All of them, by name and by the namespace's cookie."""

    by_name: dict[str, Site] = attrs.field(factory=dict)
    by_cookie: dict[int, Site] = attrs.field(factory=dict)

    def __iter__(self) -> Iterator[Site]:
        return iter(self.by_name.values())

    def add(self, wanted: str, machine: Machine | None = None, netns: Netns | None = None, place: Place | None = None) -> Site:
        """One more, under the name or one like it that is free and can be a file's."""
        name = UNFIT.sub(".", wanted)[:LONGEST].lstrip(".-") or "netns"
        number = 2
        while name in self.by_name:
            name, number = f"{name.rstrip('0123456789').rstrip('#')}#{number}", number + 1
        site = self.by_name[name] = Site(name, machine, netns, place)
        if netns is not None:
            self.by_cookie[netns.cookie] = site
        return site

    def of(self, netns: Netns) -> str:
        """The name of a namespace."""
        return self.by_cookie[netns.cookie].name

    def with_netns(self) -> list[tuple[Site, Netns]]:
        """Those that stand for a namespace of the world."""
        return [(site, site.netns) for site in self if site.netns is not None]


def sites_of(world: World) -> Sites:
    """Every living namespace of every machine: those with a name first, in the order of `places`, then the rest."""
    found = Sites()
    for place in places(world):
        if place.netns.cookie not in found.by_cookie:
            found.add(place.name, place.machine, place.netns, place)
    for host in world.hosts.values():
        for netns in host.machine.kernel.namespaces:
            if not netns.dead and netns.cookie not in found.by_cookie:
                found.add(f"{host.name}.netns{netns.inode}", host.machine, netns)
    return found
