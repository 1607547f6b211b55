"""A network (`GET /networks/NAME`)."""

from __future__ import annotations

from typing import Any

from netsim.docker.cnm.model import Endpoint, Network, Subnet
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.moment import moment
from netsim.docker.engine.views.release import Shown, shown
from netsim.docker.ipam import parse
from netsim.docker.settings import IpamConfig


def network_view(engine: Engine, network: Network) -> dict[str, Any]:
    """A network (`network.Inspect`), in the order in which the release sends it."""
    spec, release = network.spec, shown(engine.profile)
    view: dict[str, Any] = {
        "Name": spec.name, "Id": network.id, "Created": moment(network.created), "Scope": spec.scope or network.driver.scope, "Driver": spec.driver,
        "EnableIPv4": bool(spec.ipv4), "EnableIPv6": bool(spec.ipv6), "IPAM": _ipam(network, release), "Internal": bool(spec.internal),
        "Attachable": bool(spec.attachable), "Ingress": bool(spec.ingress), "ConfigFrom": {"Network": spec.config_from},
        "ConfigOnly": bool(spec.config_only), "Containers": None if network.is_elsewhere else {_key(one): _member(one) for one in _members(network)}, "Options": _options(network),
        "Labels": dict(sorted(spec.labels.items())) if spec.labels or not network.is_elsewhere else None,
    }  # fmt: skip
    if network.driver.name == "overlay" and not network.is_elsewhere:
        view["Peers"] = [{"Name": name, "IP": address} for name, address in engine.swarm.peers(network)] if engine.swarm is not None else []
    if not engine.profile.shows_ipv4_switch:
        del view["EnableIPv4"]
    if release.members_last:
        view["Containers"] = view.pop("Containers")
    return view


def _is_the_daemons(network: Network) -> bool:
    """Whether no client asked for it on this host."""
    return network.name == "docker_gwbridge" or network.spec.scope == "swarm"


def _options(network: Network) -> dict[str, str]:
    return dict(sorted(network.options.items()))


def _members(network: Network) -> list[Endpoint]:
    return sorted(network.endpoints.values(), key=_container)


def _key(endpoint: Endpoint) -> str:
    """The container, or the endpoint while it is in no sandbox."""
    return endpoint.container_id if endpoint.sandbox is not None else f"ep-{endpoint.id}"


def _container(endpoint: Endpoint) -> str:
    return endpoint.container_id


def _hides(network: Network, subnet: Subnet, release: Shown) -> int:
    """Whether a gateway that nobody named stays unseen."""
    if network.builtin and release.hides_bridge_gateway:
        return 1
    return int(release.hides_gateway and not subnet.chosen)


def _ipam(network: Network, release: Shown) -> dict[str, Any]:
    spec = network.spec
    configs: Any = [_config(subnet, hides_gateway=_hides(network, subnet, release)) for subnet in network.subnets]
    if spec.config_only:
        configs = [_wanted(config) for config in spec.configs if config.subnet]
    if not configs:
        configs = list(release.empty_config) if isinstance(release.empty_config, tuple) else release.empty_config
    options = dict(spec.ipam_options) if spec.ipam_options or not (network.builtin or _is_the_daemons(network)) else None
    return {"Driver": spec.ipam_driver, "Options": options, "Config": configs}


def _wanted(config: IpamConfig) -> dict[str, Any]:
    """A subnet that a configuration network holds for others."""
    view: dict[str, Any] = {
        "Subnet": config.subnet,
        "IPRange": config.ip_range,
        "Gateway": config.gateway,
        "AuxiliaryAddresses": dict(sorted(config.aux.items())),
    }
    return {name: value for name, value in view.items() if value}


def _config(subnet: Subnet, *, hides_gateway: int) -> dict[str, Any]:
    """A subnet as it was asked for (20.10 takes it with bits of a host), or as it is."""
    net = subnet.net
    view: dict[str, Any] = {"Subnet": str(type(net)(net.network, net.length))}  # type: ignore[arg-type]
    asked = subnet.config.subnet
    if asked and asked != view["Subnet"] and str(parse.masked(parse.prefix(asked))) == view["Subnet"]:
        view["Subnet"] = asked
    if subnet.config.ip_range:
        view["IPRange"] = str(subnet.config.ip_range)
    if subnet.gateway is not None and (subnet.gateway_given or not hides_gateway):
        view["Gateway"] = str(subnet.gateway)
    if subnet.config.aux and asked:
        view["AuxiliaryAddresses"] = {name: str(address) for name, address in sorted(subnet.config.aux.items())}
    return view


def _member(endpoint: Endpoint) -> dict[str, Any]:
    interface = endpoint.interface
    return {
        "Name": endpoint.name, "EndpointID": endpoint.id, "MacAddress": str(interface.mac) if interface.mac is not None else "",
        "IPv4Address": str(interface.ipv4) if interface.ipv4 is not None else "", "IPv6Address": str(interface.ipv6) if interface.ipv6 is not None else "",
    }  # fmt: skip
