"""One attempt after the other in the same copy of a world, as long as none finds or leaves anything that another had not met.

A copy of a large world costs ten times what an attempt in it does. An attempt leaves traces: neighbours, connections, learnt stations, time that has
passed. Those change no verdict by themselves; what could is looked at after each attempt (`footing`). Where that differs from what the copy began with, the
attempt is made again in a fresh copy, so that every outcome is that of an attempt in the world as it stands. Worlds that count packets (limits, quotas,
turns of load balancers) or lose them get a copy for each attempt.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from netsim.analysis.places import Names, names_of, places
from netsim.analysis.target import Target
from netsim.analysis.trying import SETTLING, Tried, relays_of, try_in
from netsim.api import World
from netsim.clock import SECOND
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.bond import Bond
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.netfilter.matches.connlimit import ConnlimitMatch
from netsim.kernel.netfilter.matches.hashlimit import HashlimitMatch
from netsim.kernel.netfilter.matches.limit import LimitMatch
from netsim.kernel.netfilter.matches.quota import QuotaMatch
from netsim.kernel.netfilter.matches.recent import RecentMatch
from netsim.kernel.netfilter.matches.statistic import StatisticMatch
from netsim.kernel.netfilter.nft.stateful import ByteLimit, Limit, Named, Quota
from netsim.kernel.sched.fifo import Noqueue, PfifoFast
from netsim.kernel.tables.neigh import NUD_VALID
from netsim.programs.docker_proxy import DockerProxy

COUNTING = (LimitMatch, QuotaMatch, StatisticMatch, ConnlimitMatch, RecentMatch, HashlimitMatch)
LONGEST = 240 * SECOND
"""Virtual time after which a copy is given up: learnt stations are forgotten after 300 s."""

ENDING = SECOND
"""Virtual time in which the connections of an attempt come to their end, a relay's second one too, before the next."""


@attrs.define(eq=False)
class Trials:
    """Attempts in copies of `base`, a world that has settled; `is_steady` says whether a copy may serve more than one."""

    base: World
    is_steady: bool
    trial: World | None = None
    source: str = ""
    began: int = 0
    footing: tuple[Any, ...] = ()
    names: Names | None = None
    relays: dict[int, DockerProxy] = attrs.field(factory=dict)

    def outcome(self, source: str, target: Target) -> Tried:
        """What comes of an attempt from a place, as if it were the only one; CannotFork."""
        is_fresh = self.trial is None or not self.is_steady or self.source != source or self.trial.clock.now - self.began > LONGEST
        if is_fresh:
            self._renew(source)
        tried, has_moved = self._try(source, target), self._has_moved()
        if has_moved and not is_fresh:
            self._renew(source)
            tried, has_moved = self._try(source, target), self._has_moved()
        if has_moved:
            self.trial = None
        return tried

    def _renew(self, source: str) -> None:
        trial = self.trial = self.base.fork()
        self.source, self.began = source, trial.clock.now
        self.names, self.relays = names_of(trial), relays_of(trial)
        self.footing = footing(trial)

    def _try(self, source: str, target: Target) -> Tried:
        assert self.trial is not None and self.names is not None
        place = next(place for place in places(self.trial) if place.name == source)
        tried = try_in(self.trial, place, target, self.names, self.relays)
        self.trial.run_for(ENDING)
        return tried

    def _has_moved(self) -> bool:
        assert self.trial is not None
        return not stands(self.footing, footing(self.trial))


def trials(world: World) -> Trials:
    """Attempts in copies of a world, once it has settled; CannotFork."""
    base = world.still()
    base.run_for(SETTLING)
    return Trials(base, is_steady(base))


# what matters ------------------------------------------------------------------------------------------------------------


def footing(world: World) -> tuple[Any, ...]:
    """What attempts stand on.

    First what must be the same: processes, listeners, addresses, routes, carriers, port states, rules, sets, what was learnt of paths; then what more may
    be added to: neighbours and where they are, stations and behind which port.
    """
    firm: list[Any] = []
    known: set[Any] = set()
    for host in world.hosts.values():
        firm.append(frozenset(pid for pid, process in host.machine.processes.items() if process.status is None))
        for netns in host.machine.kernel.namespaces:
            firm.append(_firm(netns))
            for table in (netns.inet.arp, netns.inet6.neigh):
                known.update((netns.cookie, key, entry.lladdr) for key, entry in table.entries.items() if entry.state & NUD_VALID)
            known.update(station for dev in netns.devices.values() for station in _stations(dev))
    for lan in world.lans.values():
        known.update((lan.name, address, lan.ports.index(station.port)) for address, station in lan.stations.items())
    return tuple(firm), known


def _stations(dev: Any) -> Iterator[tuple[Any, ...]]:
    if isinstance(dev, Bridge):
        for entry in dev.fdb.entries.values():
            yield dev.netns.cookie, dev.ifindex, entry.key, 0 if entry.port is None else entry.port.dev.ifindex
    elif isinstance(dev, VxlanDevice):
        for known in dev.fdb.entries.values():
            yield dev.netns.cookie, dev.ifindex, known.address, tuple(end.ip for end in known.remotes)


def stands(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Whether nothing of it has changed; further neighbours and stations may have come."""
    return bool(before[0] == after[0] and before[1] <= after[1])


def _firm(netns: Netns) -> tuple[Any, ...]:
    state = netns.netfilter
    sets = () if state is None else tuple((name, len(known.entries)) for name, known in state.sets.items())
    rules = () if state is None else (state.generation, tuple(len(known.elements) for table in state.nft.values() for known in table.sets.values()))
    learnt = len(netns.inet.exceptions), _learnt6(netns)
    heard = tuple(sorted((*key, len(socks)) for key, socks in netns.sockets.listening.items() if any(sock.inode for sock in socks)))
    devices = tuple(_device(dev) for dev in netns.devices.values())
    return netns.cookie, netns.dead, netns.inet.fib.generation, netns.inet6.fib.generation, learnt, heard, sets, rules, devices


def _learnt6(netns: Netns) -> int:
    """How much was learnt about destinations over IPv6."""
    count = 0
    for table in netns.inet6.fib.tables.values():
        for prefixes in table.lengths.values():
            for routes in prefixes.values():
                for route in routes:
                    count += len(route.exceptions)
    return count


def _device(dev: Any) -> tuple[Any, ...]:
    ports = tuple(port.state for port in dev.ports) if isinstance(dev, Bridge) else ()
    return dev.ifindex, dev.flags, dev.carrier, len(dev.inet.addresses) if dev.inet is not None else 0, ports


def is_steady(world: World) -> bool:
    """Whether nothing in a world counts packets, takes turns or draws lots over them."""
    lines = [*world.cables, *(cable for lan in world.lans.values() for cable in lan.cables.values())]
    if any(line.loss or line.rate for line in lines):
        return False
    return all(_is_steady(netns) for host in world.hosts.values() for netns in host.machine.kernel.namespaces)


def _is_steady(netns: Netns) -> bool:
    for dev in netns.devices.values():
        if dev.ingress_queue is not None or isinstance(dev, Bond) or not (dev.root_qdisc is None or isinstance(dev.root_qdisc, (Noqueue, PfifoFast))):
            return False
    state = netns.netfilter
    if state is None:
        return True
    if state.ipvs.services or state.ipvs.marked:
        return False
    return not any(isinstance(piece, (*COUNTING, Limit, ByteLimit, Named, Quota)) for piece in _pieces(state))


def _pieces(state: Any) -> Iterator[Any]:
    for table in (*state.tables.values(), *state.legacy.values()):
        for chain in table.chains.values():
            for rule in chain.rules:
                yield from rule.spec.matches
    for nft in state.nft.values():
        for chain in nft.chains.values():
            for rule in chain.rules:
                yield from rule.statements
