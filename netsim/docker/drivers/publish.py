"""Publishing ports: host ports are taken, rules written and proxies started (`drivers/bridge/port_mapping.go`, `portmapper`)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.docker.cnm.model import Endpoint
from netsim.docker.cnm.model import Mapping as Published
from netsim.docker.drivers.port_order import Group, host_ports, sort_bindings
from netsim.docker.errors import Refusal
from netsim.docker.firewall.wants import NAT, ROUTED, PortWants
from netsim.docker.settings import Port, PortBinding

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

ATTEMPTS = 10
"""How often the daemon draws a host port that turns out to be in use."""


def publish(engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> None:
    """Bind, translate and relay every port asked for on the families it serves; when one fails, those before it are withdrawn."""
    before = endpoint.mappings
    try:
        for port, together in groups(engine, bindings):
            endpoint.mappings += tuple(bind(engine, endpoint, port, together, {isinstance(mapping.host_ip, IPv6) for mapping in before}))
    except Refusal:
        unpublish(engine, endpoint)
        raise
    wants = endpoint.network.driver_state.wants
    if not engine.firewall.leaves_half:
        engine.firewall.add_ports(wants, [port_wants(mapping) for mapping in endpoint.mappings[len(before) :]])
        return
    for number, mapping in enumerate(endpoint.mappings):
        try:
            engine.firewall.add_ports(wants, [port_wants(mapping)])
        except Refusal:
            _withdraw(engine, endpoint.mappings[number:])
            endpoint.mappings = endpoint.mappings[:number]
            unpublish(engine, endpoint)
            raise


def groups(engine: Engine, bindings: Mapping[Port, tuple[PortBinding, ...]]) -> list[Group]:
    """In the release's order, bindings that have to share a host port together."""
    if engine.profile.shares_host_ports:
        return list(sort_bindings(bindings))
    return [(port, [binding]) for port, several in bindings.items() for binding in several]


def bind(engine: Engine, endpoint: Endpoint, port: Port, together: Sequence[PortBinding], done: Collection[bool] = ()) -> list[Published]:
    """The host's side of bindings with one number, for each address of the families that the endpoint serves and has not `done` yet (IPv6 or
    not); 20.10 draws one for each family."""
    plain = endpoint.network.driver_state.config.binding
    hosts: list[IPv4 | IPv6] = []
    for binding in together:
        text = binding.host_ip or (plain if plain != "0.0.0.0" else "")
        hosts += [IPv4(0), IPv6(0)] if not text else [IPv6.parse(text) if ":" in text else IPv4.parse(text)]
    hosts = [
        host
        for host in {str(host): host for host in hosts}.values()
        if _is_served(endpoint, host, done) and inside_of(engine, endpoint, host) is not None
    ]
    translated = [host for host in hosts if mode_of(endpoint, host) != ROUTED]
    made = [
        Published(port, inside, host, 0)
        for host in hosts
        if mode_of(endpoint, host) == ROUTED and (inside := inside_of(engine, endpoint, host)) is not None and type(inside) is type(host)
    ]
    each = [translated] if engine.profile.shares_host_ports else [[host] for host in translated]
    for chosen in each:
        if chosen:
            made += _take(engine, endpoint, port, chosen, together[0].host_port, made)
    return made


def _is_served(endpoint: Endpoint, host: IPv4 | IPv6, done: Collection[bool]) -> bool:
    is_six = isinstance(host, IPv6)
    return bool(endpoint.serves[is_six] and is_six not in done)


def inside_of(engine: Engine, endpoint: Endpoint, host: IPv4 | IPv6) -> IPv4 | IPv6 | None:
    """The container's address that an address of the host leads to; an IPv6 one may be relayed to IPv4, by the proxy alone."""
    interface = endpoint.interface
    if isinstance(host, IPv6) and interface.ipv6 is not None:
        return interface.ipv6.address
    if interface.ipv4 is None or (isinstance(host, IPv6) and not engine.options.userland_proxy and mode_of(endpoint, host) != ROUTED):
        return None
    return interface.ipv4.address


def _take(engine: Engine, endpoint: Endpoint, port: Port, hosts: list[IPv4 | IPv6], wanted: str, before: Sequence[Published]) -> list[Published]:
    """One number on all the addresses, each with its relay. Where the daemon may choose and somebody else has what it chose, it tries on."""
    low, high = host_ports(PortBinding("", wanted))
    for attempt in range(ATTEMPTS):
        try:
            number = engine.ports.request(hosts, port.protocol, wanted)
        except Refusal:
            _withdraw(engine, before)
            raise
        made: list[Published] = []
        try:
            for host in hosts:
                inside = inside_of(engine, endpoint, host)
                assert inside is not None
                made.append(Published(port, inside, host, number))
                engine.proxies.start(made[-1])
        except Refusal as problem:
            _withdraw(engine, made)
            for host in hosts[len(made) :]:
                engine.ports.release(host, port.protocol, number)
            if (low and low == high) or attempt == ATTEMPTS - 1 or not engine.proxies.was_taken:
                _withdraw(engine, before)
                raise problem
            continue
        return made
    raise AssertionError("the last attempt raises")


def _withdraw(engine: Engine, mappings: Sequence[Published]) -> None:
    for mapping in mappings:
        if mapping.host_port:
            engine.proxies.stop(mapping)
            engine.ports.release(mapping.host_ip, mapping.port.protocol, mapping.host_port)


def mode_of(endpoint: Endpoint, host: IPv4 | IPv6) -> str:
    """The gateway mode of the family of a host address; an IPv6 one in front of an IPv4 container is relayed as by NAT."""
    wants = endpoint.network.driver_state.wants
    family = wants.ipv6 if isinstance(host, IPv6) else wants.ipv4
    return NAT if family is None and wants.ipv4 is not None and wants.ipv4.mode != ROUTED else ROUTED if family is None else family.mode


def unpublish(engine: Engine, endpoint: Endpoint, those: Sequence[Published] | None = None) -> None:
    """Rules, proxies and host ports of an endpoint go, or of some of its mappings."""
    wants = endpoint.network.driver_state.wants
    gone = endpoint.mappings if those is None else those
    if wants is not None and gone:
        engine.firewall.del_ports(wants, [port_wants(mapping) for mapping in gone])
    _withdraw(engine, gone)
    endpoint.mappings = () if those is None else tuple([mapping for mapping in endpoint.mappings if mapping not in those])


def port_wants(mapping: Published) -> PortWants:
    """What a mapping asks of the packet filter."""
    return PortWants(mapping.port, mapping.container_ip, mapping.host_ip, mapping.host_port)
