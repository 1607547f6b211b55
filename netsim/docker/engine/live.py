"""Containers that outlive their daemon: it went without stopping them (`--live-restore`, or it was killed), and the next one finds them
(`Daemon.restore`, `Controller.sandboxCleanup`)."""

from __future__ import annotations

from netsim.docker.cnm.model import Endpoint
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal


def survivors(engine: Engine) -> list[Container]:
    """Those whose first process lives."""
    return [one for one in engine.containers.values() if one.state.is_running and one.process is not None and one.process.status is None]


def part(engine: Engine) -> None:
    """The daemon ends: its relays go with it, whatever becomes of its containers."""
    for mapping in list(engine.proxies.running):
        engine.proxies.stop(mapping)


def adopt(engine: Engine, container: Container) -> None:
    """A container's first process is a child of the new daemon's."""
    process = container.process
    assert process is not None
    if process.parent is not None:
        process.parent.child_count -= 1
    process.parent = engine.process
    engine.process.child_count += 1
    engine.first_processes[process.pid] = container


def take_over(engine: Engine, before: Engine, living: list[Container]) -> None:
    """Networks as they are: what the new daemon was told about them has no effect while containers of the old one run. Rules, relays and name
    servers are made again."""
    for container in living:
        adopt(engine, container)
    engine.networks, engine.space.pools = before.networks, before.space.pools
    for network in list(engine.networks.values()):
        if network.spec.config_only or not network.driver.has_ipam:
            continue
        network.driver.create_network(engine, network)
        for endpoint in network.endpoints.values():
            _publish_again(engine, endpoint)
    for container in living:
        sandbox = container.sandbox
        if sandbox is not None and sandbox.resolver is not None and sandbox.container_id == container.id:
            sandbox.resolver.move(engine)


def _publish_again(engine: Engine, endpoint: Endpoint) -> None:
    for mapping in endpoint.mappings:
        try:
            engine.ports.request([mapping.host_ip], mapping.port.protocol, str(mapping.host_port))
            engine.proxies.start(mapping)
        except Refusal:
            continue  # only its log tells
    endpoint.network.driver.restore_endpoint(engine, endpoint)
