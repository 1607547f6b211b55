"""A container's ports: exposed, and where they are published."""

from __future__ import annotations

from typing import Any, NamedTuple

from netsim.docker.cnm.model import Endpoint
from netsim.docker.engine.container import Container


class PublicPort(NamedTuple):
    """A port of a container in lists; `ip` is empty and `public` 0 when it is not published."""

    private: int
    protocol: str
    ip: str = ""
    public: int = 0


def open_endpoint(container: Container) -> Endpoint | None:
    """The endpoint through which the world outside gets in (`ProgramExternalConnectivity`)."""
    sandbox = container.sandbox
    if sandbox is None or sandbox.shared or sandbox.container_id != container.id:
        return None
    endpoint = sandbox.gateway_endpoint
    if endpoint is None or endpoint.network.driver.name != "bridge" or (endpoint.network.spec.internal and not endpoint.mappings):
        return None
    return endpoint


def port_map(container: Container) -> dict[str, Any]:
    """`NetworkSettings.Ports`: every exposed port with its bindings, None for one that is not published."""
    endpoint = open_endpoint(container)
    return _mapped(endpoint) if endpoint is not None and container.state.is_running else {}


def _mapped(endpoint: Endpoint) -> dict[str, Any]:
    """What the endpoint publishes, and the others of its sandbox for a family that it has no gateway for (`getPortMapInfo`)."""
    found: dict[str, Any] = {str(port): None for port in endpoint.exposed}
    there = endpoint.sandbox.endpoints if endpoint.sandbox is not None else [endpoint]
    for mapping in [mapping for one in there for mapping in one.mappings] if len(there) > 1 else endpoint.mappings:
        bindings = found.setdefault(str(mapping.port), None) or []
        found[str(mapping.port)] = [*bindings, {"HostIp": str(mapping.host_ip), "HostPort": str(mapping.host_port)}]
    return dict(sorted(found.items()))


def public_ports(container: Container) -> list[PublicPort]:
    """The same as the list of containers has it."""
    return _listed(port_map(container)) or list(container.stale_ports)


def ports_before_its_end(container: Container) -> tuple[PublicPort, ...]:
    """What lists say of a container whose start fails when its network was there already: they are told before the network goes."""
    endpoint = open_endpoint(container)
    return tuple(_listed(_mapped(endpoint))) if endpoint is not None else ()


def _listed(ports: dict[str, Any]) -> list[PublicPort]:
    found: list[PublicPort] = []
    for text, bindings in ports.items():
        number, _, protocol = text.partition("/")
        if not bindings:
            found.append(PublicPort(int(number), protocol))
        found += [PublicPort(int(number), protocol, binding["HostIp"], int(binding["HostPort"])) for binding in bindings or ()]
    return found
