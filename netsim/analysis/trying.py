"""One attempt in a world that may be changed by it: a process that tries, its packets, and why it ended as it did."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.behind import Case, behind
from netsim.analysis.cause import Cause
from netsim.analysis.fixes import known_container
from netsim.analysis.follow import ASKING, Ends, Follower
from netsim.analysis.judge import Judge
from netsim.analysis.places import Names, Place
from netsim.analysis.probe import PAYLOADS, Probe
from netsim.analysis.recording import Recording, record
from netsim.analysis.target import ICMP, Target, address_of
from netsim.api import World
from netsim.clock import SECOND
from netsim.machine.fds import Capture, Null
from netsim.machine.machine import Machine
from netsim.programs.docker_proxy import DockerProxy

LIMIT = 120 * SECOND
"""Virtual time for one attempt, name servers that do not answer included."""
SETTLING = 2 * SECOND
"""Virtual time that passes before the attempt: carriers, duplicate address detection and what was just started get ready."""
DOMAIN = 53


@attrs.frozen
class Tried:
    """An attempt that is over: who tried, what became of the packets, and why."""

    probe: Probe
    follower: Follower
    cause: Cause

    @property
    def address(self) -> str:
        """The address that was tried, "" where the name had none."""
        return str(self.probe.target) if self.probe.target is not None else ""


def try_in(trial: World, source: Place, target: Target, names: Names, relays: dict[int, DockerProxy], size: int = 0) -> Tried:
    """Try it in this very world, which has settled; `names` and `relays` are its own.

    Where it came to a neighbour that had been asked before for the last time, it is tried once more: who was asked cannot be seen otherwise.
    """
    tried = _try_once(trial, source, target, names, relays, size)
    if tried.cause.code == "neighbour-failed" and not any(seen.way == ASKING for seen in tried.follower.seen):
        tried = _try_once(trial, source, target, names, relays, size)
    return tried


def _try_once(trial: World, source: Place, target: Target, names: Names, relays: dict[int, DockerProxy], size: int) -> Tried:
    address, _ = address_of(trial, target)
    recording = record(trial)
    try:
        probe = attempt(source, target, address, size)
    finally:
        for netns in names.by_cookie.values():
            netns.stir()
            netns.trace = None
    follower = _followed(probe, recording, relays)
    cause = Judge(probe, follower, names, source).cause()
    if cause.code == "name-server-silent" and known_container(source, probe) is not None:
        cause = Cause("name-not-found")  # only Docker's own name server could know it, and it passed the question on
    return Tried(probe, follower, behind(cause, Case(probe, follower.seen, names, source, machines_of(trial))))


def machines_of(world: World) -> dict[int, Machine]:
    """The machine of each kernel."""
    return {id(host.machine.kernel): host.machine for host in world.hosts.values()}


def attempt(source: Place, target: Target, address: IPv4 | IPv6 | None, size: int = 0) -> Probe:
    """Let a process at the source try it, and wait in virtual time until it knows."""
    machine = source.machine
    ident = machine.kernel.rng.randrange(1, 65536)
    probe = Probe(target.host, address, target.protocol, target.port, ident, bytes(size) or PAYLOADS[target.protocol], may_fragment=int(not size))
    fds = {0: Null(), 1: Capture(), 2: Capture()}
    process = machine.spawn(source.process, ("netsim-probe",), fds=fds, program=probe, netns=source.netns)
    if process.status is None:
        machine.wait(process, LIMIT)
    return probe


def relays_of(world: World) -> dict[int, DockerProxy]:
    """docker-proxies by the socket they listen on."""
    found: dict[int, DockerProxy] = {}
    for host in world.hosts.values():
        for process in host.machine.processes.values():
            if isinstance(process.program, DockerProxy) and process.program.listener in process.fds:
                found[id(process.sock(process.program.listener))] = process.program
    return found


def _followed(probe: Probe, recording: Recording, relays: dict[int, DockerProxy]) -> Follower:
    """The attempt's packets; where the name was not found out, those to the name server."""
    wanted: list[Ends] = []
    if probe.target is not None:
        port = probe.ident if probe.protocol == ICMP else probe.port
        wanted.append(Ends(probe.protocol, int(probe.target), port, probe.source_port))
    elif probe.lookup is not None:
        wanted += [Ends("udp", int(server), DOMAIN) for server in probe.lookup.conf.servers[:1]]
    follower = Follower(wanted, relays)
    follower.follow(event for event in recording.events if event.time >= probe.began)
    return follower
