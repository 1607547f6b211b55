"""What inspect shows, as JSON values in the order of the API's structures."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from netsim.addr import IPv4Net
from netsim.clock import SECOND
from netsim.docker.cnm.model import Endpoint, Network
from netsim.docker.engine.attach import endpoints
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine


def moment(ns: int) -> str:
    """RFC 3339 with nanoseconds; the zero time for 0."""
    if not ns:
        return "0001-01-01T00:00:00Z"
    return datetime.fromtimestamp(ns // SECOND, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{ns % SECOND:09d}Z"


def container_view(engine: Engine, container: Container) -> dict[str, Any]:
    """A container (`ContainerJSON`), as far as networks and processes go."""
    state = container.state
    return {
        "Id": container.id,
        "Created": moment(container.created),
        "Path": (*(container.spec.entrypoint or ()), *container.spec.command)[0],
        "Args": list((*(container.spec.entrypoint or ()), *container.spec.command)[1:]),
        "State": {
            "Status": state.status, "Running": state.is_running, "Paused": state.status == "paused", "Restarting": state.status == "restarting",
            "OOMKilled": False, "Dead": False, "Pid": state.pid, "ExitCode": state.exit_code, "Error": state.error, "StartedAt": moment(state.started),
            "FinishedAt": moment(state.finished),
        },
        "Image": container.image.id,
        "Name": f"/{container.name}",
        "RestartCount": container.restart_count,
        "HostConfig": {"NetworkMode": container.mode},
        "Config": {"Hostname": container.hostname, "Image": container.spec.image, "Labels": dict(container.spec.labels)},
        "NetworkSettings": network_settings(engine, container),
    }  # fmt: skip


def network_settings(engine: Engine, container: Container) -> dict[str, Any]:
    """`NetworkSettings` (20.10's order)."""
    there = endpoints(engine, container)
    main = endpoint_view(there.get("bridge"), None) if "bridge" in container.networks else endpoint_view(None, None)
    return {
        "Bridge": "",
        "SandboxID": container.sandbox.id if container.sandbox is not None and container.sandbox.container_id == container.id else "",
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "Ports": {},
        "SandboxKey": container.sandbox.key if container.sandbox is not None and container.sandbox.container_id == container.id else "",
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        "EndpointID": main["EndpointID"],
        "Gateway": main["Gateway"],
        "GlobalIPv6Address": main["GlobalIPv6Address"],
        "GlobalIPv6PrefixLen": main["GlobalIPv6PrefixLen"],
        "IPAddress": main["IPAddress"],
        "IPPrefixLen": main["IPPrefixLen"],
        "IPv6Gateway": main["IPv6Gateway"],
        "MacAddress": main["MacAddress"],
        "Networks": {name: endpoint_view(there.get(name), _network_id(engine, name)) for name in sorted(container.networks)},
    }


def _network_id(engine: Engine, name: str) -> str:
    return next((network.id for network in engine.networks.values() if network.name == name), "")


def endpoint_view(endpoint: Endpoint | None, network_id: str | None) -> dict[str, Any]:
    """One network of a container (`EndpointSettings`)."""
    interface = endpoint.interface if endpoint is not None else None
    four = interface.ipv4 if interface is not None else None
    six = interface.ipv6 if interface is not None else None
    return {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": None,
        "NetworkID": network_id or "",
        "EndpointID": endpoint.id if endpoint is not None else "",
        "Gateway": str(endpoint.gateway) if endpoint is not None and endpoint.gateway is not None else "",
        "IPAddress": str(four.address) if four else "",
        "IPPrefixLen": four.length if four else 0,
        "IPv6Gateway": str(endpoint.gateway6) if endpoint is not None and endpoint.gateway6 is not None else "",
        "GlobalIPv6Address": str(six.address) if six else "",
        "GlobalIPv6PrefixLen": six.length if six else 0,
        "MacAddress": str(interface.mac) if interface is not None and interface.mac is not None else "",
        "DriverOpts": None,
    }


def network_view(engine: Engine, network: Network) -> dict[str, Any]:
    """A network (`NetworkResource`)."""
    spec = network.spec
    shown: dict[str, Any] = {
        "Name": spec.name,
        "Id": network.id,
        "Created": moment(network.created),
        "Scope": network.driver.scope,
        "Driver": spec.driver,
    }
    if engine.profile.shows_ipv4_switch:
        shown["EnableIPv4"] = bool(spec.ipv4)
    shown |= {
        "EnableIPv6": bool(spec.ipv6),
        "IPAM": {
            "Driver": spec.ipam_driver,
            "Options": {} if not network.builtin else None,
            "Config": [_config(subnet, hides_gateway=engine.profile.hides_chosen_gateway) for subnet in network.subnets],
        },
        "Internal": bool(spec.internal),
        "Attachable": bool(spec.attachable),
        "Ingress": bool(spec.ingress),
        "ConfigFrom": {"Network": spec.config_from},
        "ConfigOnly": bool(spec.config_only),
        "Containers": {endpoint.container_id: _member(endpoint) for endpoint in network.endpoints.values()},
        "Options": dict(network.options),
        "Labels": dict(spec.labels),
    }
    return shown


def _config(subnet: Any, *, hides_gateway: int) -> dict[str, str]:
    shown = {"Subnet": str(type(subnet.net)(subnet.net.network, subnet.net.length))}
    if subnet.config.ip_range:
        shown["IPRange"] = str(subnet.config.ip_range)
    if subnet.gateway is not None and (subnet.gateway_given or not hides_gateway):
        shown["Gateway"] = str(subnet.gateway)
    return shown


def _member(endpoint: Endpoint) -> dict[str, Any]:
    interface = endpoint.interface
    four: IPv4Net | None = interface.ipv4
    return {
        "Name": endpoint.name,
        "EndpointID": endpoint.id,
        "MacAddress": str(interface.mac) if interface.mac is not None else "",
        "IPv4Address": str(four) if four is not None else "",
        "IPv6Address": str(interface.ipv6) if interface.ipv6 is not None else "",
    }
