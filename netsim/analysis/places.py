"""Places of a world: machines, namespaces and containers, by the names people use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.problem import AnalysisProblem
from netsim.api import Host, Namespace, World
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.kernel.core.netdevice import IFF_LOOPBACK
from netsim.kernel.core.netns import Netns
from netsim.machine.machine import Machine
from netsim.machine.process import Process

HOST, NETNS, CONTAINER = "host", "netns", "container"


@attrs.frozen
class Place:
    """Where something can run: `name` is unique in its world, `process` is what a probe there is a child of."""

    name: str
    kind: str
    machine: Machine
    netns: Netns
    process: Process
    also: tuple[str, ...] = ()
    """What else it may be called where nothing else is: the compose service a container belongs to, with and without its number."""

    def addresses(self) -> list[IPv4 | IPv6]:
        """Its addresses in the order of its devices, loopback and link-local ones left out, IPv4 before IPv6."""
        devices = [dev for dev in self.netns.devices.values() if not dev.flags & IFF_LOOPBACK]
        found: list[IPv4 | IPv6] = [ifa.local for dev in devices if dev.inet is not None for ifa in dev.inet.addresses]
        found += [ifa.address for dev in devices if dev.inet6 is not None for ifa in dev.inet6.addresses if not ifa.address.is_linklocal]
        return found


def engine_at(machine: Machine) -> Engine | None:
    """The Docker engine that runs on a machine, if any."""
    engine = machine.services.get("docker")
    return engine if isinstance(engine, Engine) and engine.process.status is None else None


def places(world: World) -> list[Place]:
    """All places: each machine, its named namespaces, its running containers that have a namespace of their own."""
    found: list[Place] = []
    for host in world.hosts.values():
        found += _places_of(host)
    taken: dict[str, int] = {}
    for place in found:
        taken[place.name] = taken.get(place.name, 0) + 1
    return [attrs.evolve(place, name=_full(place)) if taken[place.name] > 1 and place.kind != HOST else place for place in found]


def _full(place: Place) -> str:
    return f"{place.machine.name}/{place.name}"


def _places_of(host: Host) -> Iterator[Place]:
    machine = host.machine
    yield Place(host.name, HOST, machine, machine.kernel.init_net, machine.init)
    for name in machine.netns_names(machine.init):
        netns = getattr(machine.files.stat(machine.init, f"/run/netns/{name}"), "bound", None)
        if netns is not None and not netns.dead and netns is not machine.kernel.init_net:
            yield Place(name, NETNS, machine, netns, machine.init)
    engine = engine_at(machine)
    for container in engine.containers.values() if engine is not None else ():
        process = container.process
        if container.state.is_running and process is not None and process.status is None:
            yield Place(container.name, CONTAINER, machine, process.netns, process, _service(container))


def _service(container: Container) -> tuple[str, ...]:
    """`web-1`, and `web` for the first of a service's containers."""
    labels = container.spec.labels
    service, number = labels.get("com.docker.compose.service", ""), labels.get("com.docker.compose.container-number", "")
    if not service or not number:
        return ()
    return (f"{service}-{number}", *((service,) if number == "1" else ()))


def place_of(world: World, where: Any) -> Place:
    """The place somebody means: a host, namespace or container (of this world or of one it was forked from), or a name, `HOST/NAME` where needed.

    AnalysisProblem names what is there when nothing is called so.
    """
    every = places(world)
    name = _wanted(where)
    for place in every:
        if name in (place.name, _full(place)):
            return place
    for place in every:
        if name in place.also or (name.startswith(f"{place.machine.name}/") and name.partition("/")[2] in place.also):
            return place
    raise AnalysisProblem(f"no machine, namespace or running container is called {name!r}; there are: {', '.join(place.name for place in every)}")


def _wanted(where: Any) -> str:
    if isinstance(where, str):
        return where
    if isinstance(where, Place):
        return where.name
    if isinstance(where, Namespace):
        return f"{where.host.name}/{where.name}"
    if isinstance(where, (Host, Container)):
        return where.name
    raise AnalysisProblem(f"{type(where).__name__} is no place: give a host, a namespace, a container or a name")


@attrs.define(eq=False)
class Names:
    """What people call the namespaces, devices and processes of a world."""

    namespaces: dict[int, str]
    """cookie -> name"""
    networks: dict[tuple[int, str], str]
    """(cookie, bridge device) -> Docker network"""
    by_cookie: dict[int, Netns]
    internal: frozenset[tuple[int, str]] = frozenset()
    """(cookie, bridge device) of Docker networks without a way out"""

    def of_netns(self, cookie: int) -> str:
        """A namespace's name, or its inode where it has none."""
        netns = self.by_cookie.get(cookie)
        return self.namespaces.get(cookie) or f"netns {netns.inode if netns is not None else 'gone'}"

    def of_device(self, cookie: int, device: str) -> str:
        """A device with the Docker network it stands for."""
        network = self.networks.get((cookie, device))
        return device if network is None or network == device else f"{device} ({network})"


def docker_namespaces(host: Host) -> dict[str, Netns]:
    """Namespaces that a Docker engine made besides its containers' own: an overlay network's by the network's name, others by their file's (`ingress_sbox`)."""
    machine, engine = host.machine, engine_at(host.machine)
    folder = "/run/docker/netns"
    if engine is None or machine.files.stat(machine.init, folder) is None:
        return {}
    networks = {id(home): net.name for net in engine.networks.values() if (home := getattr(net.driver_state, "netns", None)) is not None}
    found: dict[str, Netns] = {}
    for file in machine.files.listdir(machine.init, folder):
        bound = getattr(machine.files.stat(machine.init, f"{folder}/{file}"), "bound", None)
        if isinstance(bound, Netns) and not bound.dead and bound is not machine.kernel.init_net:
            found[f"{networks.get(id(bound), file)}@{host.name}"] = bound
    return found


def names_of(world: World) -> Names:
    """The names of a world; a container's name goes before that of the namespace it is in, a namespace's before none."""
    known: dict[int, str] = {}
    for place in places(world):
        known.setdefault(place.netns.cookie, place.name)
    networks: dict[tuple[int, str], str] = {}
    by_cookie: dict[int, Netns] = {}
    internal = set()
    for host in world.hosts.values():
        for netns in host.machine.kernel.namespaces:
            by_cookie[netns.cookie] = netns
        for name, netns in docker_namespaces(host).items():
            known.setdefault(netns.cookie, name)
        engine = engine_at(host.machine)
        for network in engine.networks.values() if engine is not None else ():
            bridge = getattr(network.driver_state, "device", "")
            if bridge:
                networks[host.machine.kernel.init_net.cookie, str(bridge)] = network.name
                if network.spec.internal:
                    internal.add((host.machine.kernel.init_net.cookie, str(bridge)))
    return Names(known, networks, by_cookie, frozenset(internal))
