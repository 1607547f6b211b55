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
    if sandbox is None or sandbox.shared or sandbox.container_id != container.id or not container.state.is_running:
        return None
    endpoint = sandbox.gateway_endpoint
    return None if endpoint is None or endpoint.network.spec.internal or endpoint.network.driver.name != "bridge" else endpoint


def port_map(container: Container) -> dict[str, Any]:
    """`NetworkSettings.Ports`: every exposed port with its bindings, None for one that is not published."""
    endpoint = open_endpoint(container)
    if endpoint is None:
        return {}
    found: dict[str, Any] = {str(port): None for port in endpoint.exposed}
    for mapping in endpoint.mappings:
        bindings = found.setdefault(str(mapping.port), None) or []
        found[str(mapping.port)] = [*bindings, {"HostIp": str(mapping.host_ip), "HostPort": str(mapping.host_port)}]
    return dict(sorted(found.items()))


def public_ports(container: Container) -> list[PublicPort]:
    """The same as the list of containers has it."""
    found: list[PublicPort] = []
    for text, bindings in port_map(container).items():
        number, _, protocol = text.partition("/")
        if not bindings:
            found.append(PublicPort(int(number), protocol))
        found += [PublicPort(int(number), protocol, binding["HostIp"], int(binding["HostPort"])) for binding in bindings or ()]
    return found
