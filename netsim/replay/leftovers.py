"""What of a world cannot be built on a real kernel, a line each, so that nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterator

from netsim.analysis.services import listeners
from netsim.api import World
from netsim.clock import MS
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.device_life import dev_get_flags
from netsim.kernel.core.netdevice import IFF_RUNNING, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.mdb import settled
from netsim.kernel.tables.neigh import NUD_PERMANENT
from netsim.machine.process import Process
from netsim.programs.docker_proxy import DockerProxy
from netsim.replay.addresses import keeps_groups
from netsim.replay.devices import MADE, devices, is_brought
from netsim.replay.queues import has_filters
from netsim.replay.routes import dead_routes
from netsim.replay.settings import machine_wide
from netsim.replay.sites import Site, Sites
from netsim.shell.standing import StandingShell


def leftovers(world: World, sites: Sites) -> list[str]:
    """Every line, each beginning with the place it is about."""
    found = [*_programs(world), *_wires(world)]
    for site, netns in sites.with_netns():
        found += _of_netns(site, netns)
    found += [f"{line} (accepted, not modelled)" for line in world.unmodelled]
    return found


def beyond(sites: Sites) -> list[str]:
    """What makes a world one that cannot be built at all: devices of kinds that no plain kernel makes."""
    return [f"{site}: {dev.name}, a device of kind {dev.kind}" for site, dev in devices(sites) if dev.kind not in MADE and not is_brought(dev)]


def _of_netns(site: Site, netns: Netns) -> Iterator[str]:
    tracked = list(netns.netfilter.conntrack.connections(netns.kernel.clock.now)) if netns.netfilter is not None else []
    if tracked:
        yield f"{site.name}: tracked connections"
    learnt = [entry for table in (netns.inet.arp, netns.inet6.neigh) for entry in table.entries.values() if not entry.state & NUD_PERMANENT]
    if learnt:
        yield f"{site.name}: learnt neighbours"
    for dev in netns.devices.values():
        if isinstance(dev, Bridge):
            stations = [entry for entry in dev.fdb.entries.values() if not entry.is_local and not entry.added_by_user]
            if stations:
                yield f"{site.name}: stations that bridge {dev.name} learnt"
            if not keeps_groups(dev) and any(member.is_permanent for entry in settled(dev).entries.values() for member in entry.ports.values()):
                yield f"{site.name}: groups that bridge {dev.name} keeps while it looks at none"
        if has_filters(dev):
            yield f"{site.name}: filters of {dev.name}, and what they do with frames"
    for dev in netns.devices.values():
        if has_lost_carrier(dev):
            yield f"{site.name}: what IPv6 made of the carrier that {dev.name} has lost"
    for route in dead_routes(netns):
        yield f"{site.name}: route to {route}, whose device is down"
    for name in machine_wide(netns):
        yield f"{site.name}: setting {name}, which belongs to the whole machine"


def has_lost_carrier(dev: NetDevice) -> bool:
    """Whether a device that is up has no carrier any more, but IPv6 addresses of the time it had."""
    if dev.inet6 is None or not dev.inet6.addresses or not dev.flags & IFF_UP:
        return False
    return not dev_get_flags(dev) & IFF_RUNNING


def _programs(world: World) -> Iterator[str]:
    """Processes: a listener's stand-in keeps its ports only, others are not started."""
    for host in world.hosts.values():
        machine = host.machine
        for process in machine.processes.values():
            if process.status is None and process is not machine.init and process.program is not None:
                what = " ".join(process.argv)
                if isinstance(process.program, StandingShell):
                    yield f"{machine.name}: process {process.pid}, {what}, a shell that stands still"
                elif isinstance(process.program, DockerProxy):
                    yield f"{machine.name}: a plain relay stands in for {what}"
                elif any(_listens(process, fd) for fd in process.fds):
                    yield f"{machine.name}: a stand-in listens for {what}"
                else:
                    yield f"{machine.name}: process {process.pid}, {what}"


def _listens(process: Process, fd: int) -> bool:
    sock = getattr(process.fds[fd], "sock", None)
    return sock is not None and any(sock is known for _, known in listeners(process.netns))


def _wires(world: World) -> Iterator[str]:
    cables = [(f"cable {number}", cable) for number, cable in enumerate(world.cables, 1)]
    cables += [(f"{lan.name}, cable to {label}", cable) for lan in world.lans.values() for label, cable in lan.cables.items()]
    for name, cable in cables:
        told = [f"delay {cable.delay / MS:g}ms"] if cable.delay else []
        told += [f"loss {cable.loss:.3g}"] if cable.loss else []
        told += [f"rate {cable.rate}bit"] if cable.rate else []
        if told:
            yield f"{name}: {', '.join(told)}"
