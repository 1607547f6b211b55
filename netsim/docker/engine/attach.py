"""A container gets its network: sandbox, endpoints, gateway (`daemon/container_operations.go`)."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.docker.cnm.lifecycle import create_endpoint, detach, fill, host_sandbox, join, leave, new_sandbox
from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.drivers.port_order import sort_port_map
from netsim.docker.engine import endpoints as checks
from netsim.docker.engine import links, way_out
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import find_network
from netsim.docker.errors import Refusal, conflict, failed, forbidden, invalid, not_found
from netsim.docker.names import files
from netsim.docker.settings import EndpointSettings, Port, PortBinding

JOINED = "container sharing network namespace with another container or host cannot be connected to any other network"
BUILTIN = ("bridge", "host", "none")
HOST_ONLY = "container cannot be disconnected from host network or connected to host network"


def set_up_sandbox(engine: Engine, container: Container) -> None:
    """The sandbox of a container about to start, its own or another's (`initializeNetworking`)."""
    kind, _, target = container.mode.partition(":")
    if kind == "container":
        container.sandbox = _joined(engine, container, target)
        files.begin(engine, container, ())
        return
    for name in container.networks if engine.swarm is None else ():
        _known(engine, container, name)
    files.begin(engine, container, links.hosts_lines(engine, container))
    container.sandbox = host_sandbox(engine, container.id) if kind == "host" else new_sandbox(engine, container.id)


def _known(engine: Engine, container: Container, name: str) -> None:
    """Refused before anything is made when a network is not there."""
    if name == links.DEFAULT and engine.options.bridge == "none":
        return
    identity = container.joined.get(name, "")
    if identity and identity not in engine.networks and name not in BUILTIN:
        raise failed(wrapped(engine, f"network {identity} not found"))
    try:
        engine.network(name)
    except Refusal:
        raise failed(wrapped(engine, f"network {name} not found")) from None


def join_networks(engine: Engine, container: Container) -> None:
    """Network by network its endpoints (`allocateNetwork`)."""
    sandbox = container.sandbox
    if sandbox is None or sandbox.container_id != container.id:
        return
    if container.network_disabled or (engine.options.bridge == "none" and list(container.networks) == [links.DEFAULT]):
        container.network_disabled = 1
        return  # there is no such network, and nothing is missing: the runtime's namespace as it is
    sandbox.awaited = engine.profile.fills_namespace_last
    for name in order(engine, container):
        if name == links.DEFAULT and engine.options.bridge == "none":
            container.network_disabled = 1
            continue
        try:
            network, settings = _find(engine, container, name, container.networks[name])
        except Refusal as problem:
            raise Refusal(problem.status, wrapped(engine, problem.text)) from None
        container.joined.setdefault(network.name, "")
        try:
            checks.check_connection(engine, network, container.networks[name])
            container.networks[name] = settings
            attach(engine, container, network, settings, sandbox)
        except Refusal as problem:
            raise Refusal(problem.status, wrapped(engine, problem.text)) from None
    if sandbox.awaited:
        fill(engine, sandbox)


def _find(engine: Engine, container: Container, name: str, settings: EndpointSettings) -> tuple[Network, EndpointSettings]:
    """A network by name; one of the swarm comes to this host now, with an address for the container (`findAndAttachNetwork`)."""
    found: tuple[Network, EndpointSettings] | None = engine.swarm.find(container, name, settings) if engine.swarm is not None else None
    if found is not None:
        return found
    identity = container.joined.get(name, "")
    if identity and identity not in engine.networks and name not in BUILTIN:
        raise failed(f"network {identity} not found")  # another one of that name is not taken instead
    return engine.networks.get(identity) or engine.network(name), settings


def order(engine: Engine, container: Container) -> list[str]:
    """As they stand in the daemon's map; 27 and older begin with the default bridge. (A map of Go's has eight places to begin with and is gone
    through from one drawn at random on: most often from an empty one, that is from the first.)"""
    names = list(filter(None, placed(container)))
    return sorted(names, key=links.DEFAULT.__ne__) if engine.profile.fills_namespace_last else names


def placed(container: Container) -> list[str]:
    """The places of its networks: what is new takes the first that is free."""
    if container.places == list(container.networks):
        return container.places
    places = container.places = [name if name in container.networks else "" for name in container.places]
    for name in container.networks:
        if name not in places:
            free = places.index("") if "" in places else len(places)
            places[free : free + 1] = [name]
    return places


def wrapped(engine: Engine, text: str) -> str:
    """28 says what it was doing."""
    return f"failed to set up container networking: {text}" if engine.profile.wraps_network_failures else text


def _joined(engine: Engine, container: Container, target: str) -> Sandbox:
    try:
        other = engine.container(target)
    except Refusal as problem:
        raise Refusal(problem.status, engine.profile.joins_missing.format(problem=problem.text)) from None
    if other is container:
        raise invalid(engine.profile.joins_itself)
    if not other.state.is_running or other.sandbox is None:
        raise conflict(engine.profile.joins_stopped.format(id=other.id, name=other.name, status=other.state.status))
    container.hostname = other.hostname
    return other.sandbox


def attach(engine: Engine, container: Container, network: Network, settings: EndpointSettings, sandbox: Sandbox) -> Endpoint:
    """One endpoint: made, then joined (`connectToNetwork`)."""
    endpoint = create_endpoint(engine, network, container.name, settings, sandbox)
    name = network.spec.name
    container.joined[name] = network.id
    endpoint.dns_names = dns_names(container, settings)
    bindings = bindings_of(engine, container)
    endpoint.exposed = tuple(bindings)
    if name == links.DEFAULT:
        links.tie(engine, container, endpoint)
    try:
        if not engine.profile.checks_links_first and not sandbox.endpoints:
            links.check_networks(container)
        join(engine, endpoint, sandbox, bindings)
    except Refusal:
        if not engine.profile.takes_back_failed:
            endpoint.interface.name = ""
        detach(engine, endpoint, {})
        if engine.profile.forgets_failed:
            container.networks.pop(name, None)
            container.joined.pop(name, None)
        raise
    way_out.settle(engine, sandbox, bindings)
    files.joined(engine, container, endpoint)
    if engine.swarm is not None:
        engine.swarm.joined(container, endpoint)
    if name == links.DEFAULT:
        links.update_parents(engine, container)
    engine.tell("network", "connect", network.id, container=container.id, name=name, type=network.spec.driver)
    return endpoint


def dns_names(container: Container, settings: EndpointSettings) -> list[str]:
    """What it is called on a network: name, aliases, short id, hostname (`buildEndpointDNSNames`)."""
    names = [container.name, *settings.aliases, container.short_id]
    if container.spec.hostname:
        names.append(container.spec.hostname)
    return list(dict.fromkeys(names))


def exposed(engine: Engine, container: Container) -> tuple[Port, ...]:
    """Every port the image or the request exposes or publishes, in the daemon's order."""
    return tuple(_port_map(container))


def bindings_of(engine: Engine, container: Container) -> Mapping[Port, tuple[PortBinding, ...]]:
    """What is to be published where: `-p` as given, and with `-P` every other exposed port anywhere."""
    anywhere = (PortBinding(),) if container.spec.host.publish_all else ()
    return {port: bindings or anywhere for port, bindings in _port_map(container).items()}


def _port_map(container: Container) -> dict[Port, tuple[PortBinding, ...]]:
    published, declared, asked = container.spec.host.port_bindings, container.image.exposed, container.spec.exposed
    if not (published or declared or asked):
        return {}
    return sort_port_map({*declared, *asked, *published}, published)


def endpoints(engine: Engine, container: Container) -> dict[str, Endpoint]:
    """Network name -> the endpoint a container has there now."""
    return {
        network.name: endpoint
        for network in engine.networks.values()
        for endpoint in network.endpoints.values()
        if endpoint.container_id == container.id
    }


def settle_names(engine: Engine, container: Container) -> None:
    """A new name is known at once wherever the container is."""
    for endpoint in endpoints(engine, container).values():
        endpoint.name = container.name
        endpoint.dns_names = dns_names(container, endpoint.settings)


def connect(engine: Engine, reference: str, container: Container, settings: EndpointSettings) -> None:
    """`docker network connect`: at once if it runs, else at its next start; then there need not be such a network yet."""
    if container.state.is_running:
        network, settings = _find(engine, container, reference, settings)
    else:
        try:
            network = find_network(engine, reference)
        except Refusal:
            if not reference:
                raise
            container.networks[reference] = settings
            placed(container)
            return
    if container.mode == "host" or (container.mode.startswith("container:") and container.state.is_running):
        raise forbidden(JOINED)
    if network.driver.name == "host":
        raise forbidden(engine.profile.joins_host)
    checks.check_connection(engine, network, settings)
    present = endpoints(engine, container).get(network.name)
    if present is not None and not present.is_way_out:
        raise forbidden(f"endpoint with name {container.name} already exists in network {network.name}")
    if "none" in container.networks or (network.name == "none" and container.networks):
        raise forbidden("container cannot be connected to multiple networks with one of the networks in private (none) mode")
    container.stale_ports = ()
    if engine.profile.checks_mac_mode and container.spec.mac is not None and network.name == container.mode:
        settings = attrs.evolve(settings, mac=container.spec.mac)  # the container's own, on the network that it was created on
    if network.name in container.networks and not container.state.is_running:
        return  # it stays as it was asked for first
    container.networks[network.name] = settings  # what fails now is tried again at the next start
    container.joined.setdefault(network.name, "")
    placed(container)
    if container.state.is_running and container.sandbox is not None:
        attach(engine, container, network, settings, container.sandbox)


def disconnect(engine: Engine, reference: str, container: Container, *, force: int = 0) -> None:
    """`docker network disconnect`."""
    if not container.state.is_running:
        forget_network(engine, reference, container)
        return
    try:
        network = find_network(engine, reference)
    except Refusal:
        if not force:
            raise
        forget_network(engine, reference, container)
        return
    if network.driver.name == "host" and container.mode == "host":
        raise forbidden(HOST_ONLY)
    endpoint = endpoints(engine, container).get(network.name)
    if endpoint is None:
        raise forbidden(f"container {container.id} is not connected to network {network.name}")
    sandbox = endpoint.sandbox
    detach(engine, endpoint, bindings_of(engine, container))
    if sandbox is not None:
        way_out.settle(engine, sandbox, bindings_of(engine, container))
    files.left(engine, container, endpoint)
    container.networks.pop(network.name, None)
    placed(container)
    container.joined.pop(network.name, None)
    for _ in range(engine.profile.disconnect_events):
        engine.tell("network", "disconnect", network.id, container=container.id, name=network.name, type=network.spec.driver)


def forget_network(engine: Engine, reference: str, container: Container) -> None:
    """A container that does not run will not be on a network at its next start, whether there is one of that name or not."""
    try:
        network = engine.network(reference)
    except Refusal:
        network = None
    name = network.name if network is not None else reference
    if name not in container.networks:
        raise failed(f"container {container.id} is not connected to the network {name}")
    del container.networks[name]
    container.stale_ports = ()
    container.joined.pop(name, None)
    placed(container)
    if network is not None:
        engine.tell("network", "disconnect", network.id, container=container.id, name=network.name, type=network.spec.driver)


def force_off(engine: Engine, reference: str, name: str) -> None:
    """`docker network disconnect --force` for a container that is not there: its endpoint goes (`ForceEndpointDelete`)."""
    network = engine.network(reference)
    endpoint = next((one for one in network.endpoints.values() if one.name == name), None)
    if endpoint is None:
        raise not_found(f"endpoint {name} not found")
    detach(engine, endpoint, {})


def unlink(engine: Engine, text: str) -> None:
    """`docker rm --link PARENT/ALIAS`: the alias is known no more, and the parent's sandbox is set up again (`rmLink`, `Sandbox.Refresh`)."""
    parent = links.remove(engine, text)
    sandbox = parent.sandbox
    if sandbox is None or not parent.state.is_running:
        return
    members = list(sandbox.endpoints)
    for endpoint in members:
        leave(engine, endpoint, {})
    files.begin_hosts(engine, parent, links.hosts_lines(engine, parent) if engine.profile.keeps_other_links else ())
    for endpoint in members:
        endpoint.children = endpoint.parents = ()
        if endpoint.network.name == links.DEFAULT:
            links.tie(engine, parent, endpoint)
        join(engine, endpoint, sandbox, bindings_of(engine, parent))
        files.joined(engine, parent, endpoint)
