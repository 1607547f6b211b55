"""What has to listen so that the same questions can be asked: a stand-in for every listening socket, a relay for every docker-proxy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from netsim.analysis.services import listeners
from netsim.api import World
from netsim.kernel.core.netns import Netns
from netsim.programs.docker_proxy import DockerProxy
from netsim.replay.sites import Sites

TCP = "tcp"


@attrs.frozen
class Listener:
    """A stand-in: it answers every connection or datagram; `to` is where a relay leads, "" for none. `family` is 4 or 6; 46: both on one socket."""

    site: str
    protocol: str
    family: int
    address: str
    port: int
    device: str = ""
    to: str = ""
    to_port: int = 0


def listeners_of(world: World, sites: Sites) -> list[Listener]:
    """Every socket that listens, in the order of sites and ports."""
    relays = dict(_relays(world))
    found = [
        _listener(site.name, netns, protocol, sock, relays.get(id(sock))) for site, netns in sites.with_netns() for protocol, sock in listeners(netns)
    ]
    return sorted(set(found), key=_order)


def _order(known: Listener) -> tuple[str, str, int, int, str]:
    return known.site, known.protocol, known.port, known.family, known.address


def _relays(world: World) -> Iterator[tuple[int, DockerProxy]]:
    for host in world.hosts.values():
        for process in host.machine.processes.values():
            if isinstance(process.program, DockerProxy) and process.program.listener in process.fds:
                yield id(process.sock(process.program.listener)), process.program


def _listener(site: str, netns: Netns, protocol: str, sock: Any, relay: DockerProxy | None) -> Listener:
    family = 4 if sock.family == 2 else 46 if sock.hears_mapped and not sock.laddr else 6
    device = netns.devices[sock.bound_dev].name if sock.bound_dev in netns.devices else ""
    to, to_port = (str(relay.inside), relay.inside_port) if relay is not None else ("", 0)
    return Listener(site, protocol, family, str(sock.laddr) if sock.laddr else "", sock.lport, device, to, to_port)
