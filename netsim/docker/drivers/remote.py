"""Networks of a plugin: every step is a call to it (`libnetwork/drivers/remote`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.docker.cnm.model import Endpoint, Network, Sandbox, StaticRoute
from netsim.docker.drivers.driver import Driver
from netsim.docker.errors import Refusal, failed
from netsim.docker.ipam import parse
from netsim.docker.plugins import NETWORK, asked, text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.docker.cnm.model import Subnet
    from netsim.docker.engine.engine import Engine
    from netsim.docker.settings import Port, PortBinding

GENERIC, IPV6, INTERNAL = "com.docker.network.generic", "com.docker.network.enable_ipv6", "com.docker.network.internal"
EXPOSED, PORT_MAP = "com.docker.network.endpoint.exposedports", "com.docker.network.portmap"
PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
SCOPES = ("local", "global")
CONNECTED = 1


@attrs.define(eq=False)
class RemoteState:
    """What the plugin said of an endpoint."""

    disables_gateway_service: int = 0


@attrs.frozen
class RemoteDriver(Driver):
    """One plugin's networks, by its name."""

    name: str
    scope: str = "local"

    @property
    def wants_way_out(self) -> int:  # type: ignore[override]
        """Endpoints without a gateway of the plugin's get one on docker_gwbridge."""
        return 1

    def _call(self, engine: Engine, method: str, request: Mapping[str, Any]) -> dict[str, Any]:
        return asked(engine.plugins, self.name, f"{NETWORK}.{method}", request, "Err")

    def create_network(self, engine: Engine, network: Network) -> None:
        """CreateNetwork, with the network's subnets and gateways."""
        options: dict[str, Any] = {IPV6: bool(network.spec.ipv6), GENERIC: dict(network.spec.options)}
        if network.spec.internal:
            options[INTERNAL] = True
        data = [_pool(network, subnet) for subnet in network.subnets]
        four = [entry for entry, subnet in zip(data, network.subnets, strict=True) if isinstance(subnet.net.address, IPv4)]
        six = [entry for entry in data if entry not in four]
        self._call(engine, "CreateNetwork", {"NetworkID": network.id, "Options": options, "IPv4Data": four, "IPv6Data": six})

    def delete_network(self, engine: Engine, network: Network) -> None:
        """DeleteNetwork; what the plugin has against it is only logged."""
        self._quietly(engine, "DeleteNetwork", {"NetworkID": network.id})

    def _quietly(self, engine: Engine, method: str, request: Mapping[str, Any]) -> None:
        try:
            self._call(engine, method, request)
        except Refusal:
            return  # a warning in the daemon's log

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """CreateEndpoint; the plugin may choose what the engine has not."""
        interface = endpoint.interface
        asked_for = {
            "Address": str(interface.ipv4) if interface.ipv4 is not None else "",
            "AddressIPv6": str(interface.ipv6) if interface.ipv6 is not None else "",
            "MacAddress": str(interface.mac) if interface.mac is not None else "",
        }
        request = {**_ids(endpoint), "Interface": asked_for, "Options": _ports(endpoint)}
        try:
            answer = self._call(engine, "CreateEndpoint", request)
            chosen = answer.get("Interface")
            if isinstance(chosen, dict):
                self._take(engine, endpoint, chosen)
        except Refusal as problem:
            raise Refusal(problem.status, f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}: {problem.text}") from None
        endpoint.driver_state = RemoteState()

    def _take(self, engine: Engine, endpoint: Endpoint, chosen: Mapping[str, Any]) -> None:
        """Addresses of the plugin's; refused where the engine has chosen already, and the endpoint is taken back."""
        interface = endpoint.interface
        mac, four, six = (text(chosen, name) for name in ("MacAddress", "Address", "AddressIPv6"))
        values = _read(mac, four, six)
        for what, kind, known, given in (
            ("MAC address", "MAC address", interface.mac, values[0]),
            ("address", "IP", interface.ipv4, values[1]),
            ("address", "IPv6", interface.ipv6, values[2]),
        ):
            if given is not None and known is not None:
                said = f"driver modified interface {what}: endpoint interface {kind} present ({known}). Cannot be modified with ({given})."
                raise failed(said + self._rolled_back(engine, endpoint))
        interface.mac = values[0] or interface.mac
        interface.ipv4 = values[1] or interface.ipv4
        interface.ipv6 = values[2] or interface.ipv6

    def _rolled_back(self, engine: Engine, endpoint: Endpoint) -> str:
        try:
            self._call(engine, "DeleteEndpoint", _ids(endpoint))
        except Refusal as problem:
            return f"; failed to roll back: {problem.text}"
        return "; rolled back"

    def delete_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """DeleteEndpoint; the endpoint goes whatever the plugin says."""
        self._quietly(engine, "DeleteEndpoint", _ids(endpoint))

    def join(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """Join: which device goes in, what it is called there, gateways and routes."""
        answer = self._call(engine, "Join", {**_ids(endpoint), "SandboxKey": sandbox.key, "Options": _ports(endpoint)})
        names = answer.get("InterfaceName")
        if isinstance(names, dict) and text(names, "SrcName"):
            endpoint.interface.source_name, endpoint.interface.prefix = text(names, "SrcName"), text(names, "DstPrefix")
        four, six = _gateway(answer, "Gateway"), _gateway(answer, "GatewayIPv6")
        endpoint.gateway = four if isinstance(four, IPv4) else None
        endpoint.gateway6 = six if isinstance(six, IPv6) else None
        routes = answer.get("StaticRoutes")
        endpoint.static_routes = tuple([_route(route) for route in routes if isinstance(route, dict)]) if isinstance(routes, list) else ()
        endpoint.needs_no_way_out = int(answer.get("DisableGatewayService") is True)

    def leave(self, engine: Engine, endpoint: Endpoint) -> None:
        """Leave; it leaves whatever the plugin says."""
        self._quietly(engine, "Leave", _ids(endpoint))

    def program_external(self, engine: Engine, endpoint: Endpoint, bindings: Mapping[Port, tuple[PortBinding, ...]], is_heir: int = 0) -> None:
        """ProgramExternalConnectivity; plugins that do not know the call need not."""
        shown = [
            {"Proto": PROTOCOLS[port.protocol], "Port": port.number, "HostPort": int(binding.host_port or 0), "HostIP": binding.host_ip or ""}
            for port, bound in bindings.items() for binding in bound
        ]  # fmt: skip
        self._optional(engine, "ProgramExternalConnectivity", {**_ids(endpoint), "Options": {PORT_MAP: shown}})

    def revoke_external(self, engine: Engine, endpoint: Endpoint) -> None:
        """RevokeExternalConnectivity."""
        try:
            self._optional(engine, "RevokeExternalConnectivity", _ids(endpoint))
        except Refusal:
            return

    def _optional(self, engine: Engine, method: str, request: Mapping[str, Any]) -> None:
        try:
            self._call(engine, method, request)
        except Refusal as problem:
            if problem.status != 404:
                raise


def remote_driver(engine: Engine, name: str) -> RemoteDriver:
    """The networks of a plugin, once it has told what it can (`remote.Init`, `getCapabilities`)."""
    try:
        answer = asked(engine.plugins, name, f"{NETWORK}.GetCapabilities", {}, "Err")
    except Refusal:
        raise failed(f"could not resolve driver {name} in registry") from None
    scope = text(answer, "Scope")
    if scope not in SCOPES:
        raise failed(f"could not resolve driver {name} in registry")
    if scope == "global":
        engine.machine.kernel.unmodelled.append(f'the plugin "{name}" has networks of global scope: they are of this host only')
    return RemoteDriver(name, scope)


def _ids(endpoint: Endpoint) -> dict[str, Any]:
    return {"NetworkID": endpoint.network.id, "EndpointID": endpoint.id}


def _ports(endpoint: Endpoint) -> dict[str, Any]:
    shown = [{"Proto": PROTOCOLS[port.protocol], "Port": port.number} for port in endpoint.exposed]
    return {EXPOSED: shown, PORT_MAP: []}


def _pool(network: Network, subnet: Subnet) -> dict[str, Any]:
    entry: dict[str, Any] = {"AddressSpace": subnet.pool.space_name, "Pool": str(subnet.net)}
    if subnet.gateway is not None:
        entry["Gateway"] = f"{subnet.gateway}/{subnet.net.length}"
    if subnet.config.aux:
        entry["AuxAddresses"] = {name: f"{address}/{subnet.net.length}" for name, address in subnet.config.aux.items()}
    return entry


def _read(mac: str, four: str, six: str) -> tuple[Any, Any, Any]:
    try:
        read_mac = MAC.parse(mac) if mac else None
    except ValueError:
        raise failed(f"address {mac}: invalid MAC address") from None
    values: list[Any] = [read_mac]
    for address in (four, six):
        try:
            values.append(parse.cidr(address) if address else None)
        except ValueError as problem:
            raise failed(str(problem)) from None
    return values[0], values[1], values[2]


def _gateway(answer: Mapping[str, Any], name: str) -> IPv4 | IPv6 | None:
    said = text(answer, name)
    if not said:
        return None
    try:
        return parse.address(said)
    except ValueError:
        raise failed(f'unable to parse {name} "{said}"') from None


def _route(route: Mapping[str, Any]) -> StaticRoute:
    """A route of the plugin's; RouteType 1: the destination is on the link."""
    try:
        destination = parse.cidr(text(route, "Destination"))
    except ValueError as problem:
        raise failed(str(problem)) from None
    if route.get("RouteType") == CONNECTED:
        return StaticRoute(destination)
    try:
        return StaticRoute(destination, parse.address(text(route, "NextHop")))
    except ValueError:
        raise failed(f"failed to parse nexthop IP {text(route, 'NextHop')}") from None
