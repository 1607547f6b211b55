"""What a model and a kernel are both asked: listings of every namespace, and the same probes."""

from __future__ import annotations

from collections.abc import Iterator

import attrs

from netsim.analysis.places import places
from netsim.analysis.services import services
from netsim.analysis.target import ICMP, Target
from netsim.api import World
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.bond import Bond
from netsim.kernel.drivers.nic import Nic
from netsim.kernel.netfilter.ruleset import state_of
from netsim.replay.balancing import has_services
from netsim.replay.leftovers import has_lost_carrier
from netsim.replay.operations import DEFAULTS, AddQueue, Load, SetSysctls
from netsim.replay.plan import Plan
from netsim.replay.reading import Blind
from netsim.replay.sites import Site

LISTINGS = (
    ("devices", "ip -d -j addr show"),
    ("routes", "ip -j route show table all"),
    ("IPv6 routes", "ip -6 -j route show table all"),
    ("rules", "ip -j rule show"),
    ("IPv6 rules", "ip -6 -j rule show"),
    ("neighbours", "ip -j neigh show nud permanent"),
)
BRIDGES = (("forwarding database", "bridge -j fdb show"),)
GROUPS = ("groups", "bridge -j mdb show")
NEXTHOPS = ("nexthops", "ip -j nexthop show")
VLANS = ("VLANs", "bridge -j vlan show")


@attrs.frozen
class Question:
    """A listing of one namespace: the section it fills and the command, which both sides know."""

    site: str
    section: str
    command: str


@attrs.frozen
class Attempt:
    """A probe from one place to an address of another's service."""

    number: int
    source: str
    site: str
    target: Target
    service: str

    def __str__(self) -> str:
        return f"{self.source} -> {self.service} at {self.target.host}"


def questions(plan: Plan) -> Iterator[Question]:
    """Every listing, namespace by namespace; what can hold nothing is not asked for."""
    loaded = {(each.site, each.words[0]) for each in plan.operations if isinstance(each, Load)}
    for site, netns in plan.sites.with_netns():
        for section, command in _listings(netns):
            yield Question(site.name, section, command)
        for program in ("iptables", "ip6tables"):
            tool = next((words for where, words in loaded if where == site.name and words.startswith(program)), f"{program}-restore")
            yield Question(site.name, program, tool.replace("-restore", "-save"))
        if (site.name, "ipset") in loaded:
            yield Question(site.name, "sets", "ipset save")
        if has_services(netns):
            yield Question(site.name, "virtual services", "ipvsadm -S -n")
        for family, name in state_of(netns).nft if netns.netfilter is not None else ():
            yield Question(site.name, "nftables", f"nft -s list table {family} {name}")
        if any(isinstance(each, AddQueue) and each.site == site.name for each in plan.operations):
            yield Question(site.name, "queues", "tc -j qdisc show")
        yield Question(site.name, "settings", f"sysctl {' '.join(_names(plan, site))}")


def _listings(netns: Netns) -> Iterator[tuple[str, str]]:
    yield from LISTINGS
    if any(dev.kind in ("bridge", "vxlan") for dev in netns.devices.values()):
        yield from BRIDGES
    if any(isinstance(dev, Bridge) and dev.multicast_ctx is not None for dev in netns.devices.values()):
        yield GROUPS
    if minds_vlans(netns):
        yield VLANS
    if netns.nexthops is not None:
        yield NEXTHOPS


def minds_vlans(netns: Netns) -> bool:
    """Whether a bridge looks at VLANs."""
    return any(isinstance(dev, Bridge) and dev.options["vlan_filtering"] for dev in netns.devices.values())


def _names(plan: Plan, site: Site) -> list[str]:
    words = [*DEFAULTS, *(word for each in plan.operations if isinstance(each, SetSysctls) and each.site == site.name for word in each.words)]
    return list(dict.fromkeys(word.partition("=")[0] for word in words))


def blind_of(netns: Netns) -> Blind:
    """What of a namespace cannot agree by its nature."""
    drawn = {dev.name for dev in netns.devices.values() if isinstance(dev, (Bridge, Bond)) and not dev.explicit_address and not _has_ports(dev)}
    cards = frozenset(dev.name for dev in netns.devices.values() if isinstance(dev, Nic))
    lost = frozenset(dev.name for dev in netns.devices.values() if has_lost_carrier(dev))
    apart = frozenset(dev.name for dev in netns.devices.values() if _is_apart(dev))
    return Blind(frozenset(drawn), cards, lost, apart, int(minds_vlans(netns)))


def _is_apart(dev: NetDevice) -> bool:
    """Whether a device has no carrier and what it hangs on is in another namespace."""
    lower = dev.lower()
    return not dev.carrier and lower is not None and lower.netns is not dev.netns


def _has_ports(dev: Bridge | Bond) -> bool:
    return bool(dev.ports if isinstance(dev, Bridge) else dev.slaves)


def attempts(world: World, plan: Plan) -> list[Attempt]:
    """A ping and a connection to every listening port from every place, at each address of its owner."""
    found: list[Attempt] = []
    every = places(world)
    for service in services(world):
        for target in service.targets():
            for place in every:
                if place.name != service.place:
                    found.append(Attempt(len(found), place.name, plan.sites.of(place.netns), target, str(service)))
    return found


def protocol_of(attempt: Attempt) -> str:
    """The protocol in the words of the agent."""
    return "icmp" if attempt.target.protocol == ICMP else attempt.target.protocol
