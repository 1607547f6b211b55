"""From a world's state to the operations that build it."""

from __future__ import annotations

import attrs

from netsim.api import World
from netsim.clock import SECOND
from netsim.replay.addresses import addresses, forwarding, neighbours, own_link_locals, vlans
from netsim.replay.balancing import IPVS, balancing
from netsim.replay.devices import looks, make, ports, up
from netsim.replay.filters import filters
from netsim.replay.leftovers import beyond, leftovers
from netsim.replay.listeners import Listener, listeners_of
from netsim.replay.operations import AddDevice, AddNamespace, AddQueue, LoadServices, Operation
from netsim.replay.queues import queues
from netsim.replay.routes import routes, rules
from netsim.replay.settings import device_settings, settings
from netsim.replay.sites import Sites, sites_of
from netsim.replay.wires import make_wires, plug_wires, raise_wires, wires_of

SETTLING = 3 * SECOND
"""Virtual time that passes before a plan is made."""


@attrs.frozen
class Plan:
    """Operations in the order that builds a world, who has to listen in it, and what is left out (a line each)."""

    operations: tuple[Operation, ...]
    listeners: tuple[Listener, ...]
    left_out: tuple[str, ...]
    sites: Sites
    beyond: tuple[str, ...] = ()
    """What no plain kernel can be given; a world with any of it is not built."""

    def kinds(self) -> set[str]:
        """The kinds of devices and disciplines it makes, `vlan_filtering` where a bridge minds VLANs, `ip_vs` for virtual services."""
        found = set()
        for each in self.operations:
            if isinstance(each, AddDevice):
                found |= {each.words[each.words.index("type") + 1]} if "type" in each.words else {"tun"} if each.words[0] == "tuntap" else set()
                found |= {"vlan_filtering"} if "vlan_filtering" in each.words else set()
            elif isinstance(each, AddQueue):
                found.add(kind_of(each.words))
            elif isinstance(each, LoadServices):
                found.add(IPVS)
        return found


def kind_of(words: tuple[str, ...]) -> str:
    """The kind of discipline that a command of tc is about."""
    if words[0] == "class":
        return "htb"
    return words[words.index("handle") + 2] if "handle" in words else "ingress"  # clsact is in the module of ingress


def settled(world: World) -> World:
    """A fork in which what was under way has come to an end: namespaces that nobody holds any more are gone, addresses have been tried.

    Shells that are running stand still in it, which `Plan.left_out` tells.
    """
    trial = world.still()
    trial.run_for(SETTLING)
    return trial


def plan(world: World) -> Plan:
    """What builds the world as it stands now; the world is only read."""
    sites = sites_of(world)
    wires = wires_of(world, sites)
    listening = listeners_of(world, sites)
    operations: list[Operation] = [AddNamespace(site.name) for site in sites]
    for part in (
        settings(sites), make_wires(wires), make(sites, wires.far_ends()), looks(sites), plug_wires(wires), ports(sites), vlans(sites), device_settings(sites),
        addresses(sites), raise_wires(wires), up(sites), routes(sites), rules(sites), neighbours(sites), forwarding(sites), filters(sites),
        balancing(sites), queues(sites), own_link_locals(sites),
    ):  # fmt: skip
        operations += part
    return Plan(tuple(dict.fromkeys(operations)), tuple(listening), tuple(leftovers(world, sites)), sites, tuple(beyond(sites)))
