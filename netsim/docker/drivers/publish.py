"""Publishing ports: host ports are taken, rules written and proxies started (`drivers/bridge/port_mapping.go`, `portmapper`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.docker.cnm.model import Endpoint
from netsim.docker.cnm.model import Mapping as Published
from netsim.docker.errors import Refusal
from netsim.docker.firewall.wants import NAT, ROUTED, PortWants
from netsim.docker.settings import Port, PortBinding

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine


def publish(engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> None:
    """Bind, translate and relay every port asked for; when one fails, those before it are withdrawn."""
    try:
        for port, wanted in bindings.items():
            for binding in wanted:
                endpoint.mappings += bind(engine, endpoint, port, binding)
    except Refusal:
        unpublish(engine, endpoint)
        raise
    wants = endpoint.network.driver_state.wants
    engine.firewall.add_ports(wants, [port_wants(mapping) for mapping in endpoint.mappings])


def bind(engine: Engine, endpoint: Endpoint, port: Port, binding: PortBinding) -> list[Published]:
    """The host's side of one binding: a port for each family, one number for both."""
    interface, state = endpoint.interface, endpoint.network.driver_state
    text = binding.host_ip or (state.config.binding if state.config.binding != "0.0.0.0" else "")
    hosts: list[IPv4 | IPv6] = [IPv4(0), IPv6(0)] if not text else [IPv6.parse(text) if ":" in text else IPv4.parse(text)]
    translated = [host for host in hosts if mode_of(endpoint, host) != ROUTED]
    number = engine.ports.request(translated, port.protocol, binding.host_port) if translated else 0
    made = []
    for host in hosts:
        inside = interface.ipv6 if isinstance(host, IPv6) and interface.ipv6 is not None else interface.ipv4
        if inside is None:
            continue
        if host not in translated:
            if type(inside.address) is type(host):
                made.append(Published(port, inside.address, host, 0))
            continue
        made.append(Published(port, inside.address, host, number))
        _start(engine, made)
    return made


def _start(engine: Engine, made: list[Published]) -> None:
    """The last one's relay; when its port cannot be had, those before it of the same binding go too."""
    try:
        engine.proxies.start(made[-1])
    except Refusal:
        for mapping in made:
            if mapping.host_port:
                engine.proxies.stop(mapping)
                engine.ports.release(mapping.host_ip, mapping.port.protocol, mapping.host_port)
        raise


def mode_of(endpoint: Endpoint, host: IPv4 | IPv6) -> str:
    """The gateway mode of the family of a host address; an IPv6 one in front of an IPv4 container is relayed as by NAT."""
    wants = endpoint.network.driver_state.wants
    family = wants.ipv6 if isinstance(host, IPv6) else wants.ipv4
    return NAT if family is None and wants.ipv4 is not None and wants.ipv4.mode != ROUTED else ROUTED if family is None else family.mode


def unpublish(engine: Engine, endpoint: Endpoint) -> None:
    """Rules, proxies and host ports of an endpoint go."""
    wants = endpoint.network.driver_state.wants
    if wants is not None and endpoint.mappings:
        engine.firewall.del_ports(wants, [port_wants(mapping) for mapping in endpoint.mappings])
    for mapping in endpoint.mappings:
        if not mapping.host_port:
            continue
        engine.proxies.stop(mapping)
        engine.ports.release(mapping.host_ip, mapping.port.protocol, mapping.host_port)
    endpoint.mappings = []


def port_wants(mapping: Published) -> PortWants:
    """What a mapping asks of the packet filter."""
    return PortWants(mapping.port, mapping.container_ip, mapping.host_ip, mapping.host_port)
