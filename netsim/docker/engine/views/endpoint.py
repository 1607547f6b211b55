"""NetworkSettings: where a container is attached."""

from __future__ import annotations

from typing import Any

from netsim.docker.cnm.model import Endpoint
from netsim.docker.engine.attach import dns_names, endpoints
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.views.ports import port_map
from netsim.docker.engine.views.release import Shown
from netsim.docker.settings import EndpointSettings

ORDERS = (
    ("Bridge", "SandboxID", "SandboxKey", "Ports", "HairpinMode", "LinkLocalIPv6Address", "LinkLocalIPv6PrefixLen", "SecondaryIPAddresses",
     "SecondaryIPv6Addresses"),
    ("Bridge", "SandboxID", "HairpinMode", "LinkLocalIPv6Address", "LinkLocalIPv6PrefixLen", "Ports", "SandboxKey", "SecondaryIPAddresses",
     "SecondaryIPv6Addresses"),
)  # fmt: skip
"""The first fields, since 25 and before."""
OF_DEFAULT_BRIDGE = (
    "EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress", "IPPrefixLen", "IPv6Gateway", "MacAddress",
)  # fmt: skip
"""What stands outside Networks too, for the network `bridge`."""


def network_settings(engine: Engine, container: Container, shown: Shown) -> dict[str, Any]:
    """`NetworkSettings`."""
    there = endpoints(engine, container)
    sandbox = container.sandbox if container.sandbox is not None and container.sandbox.container_id == container.id else None
    networks = {name: endpoint_view(engine, container, name, there.get(name), shown) for name in sorted(container.networks)}
    main = networks.get("bridge") or _blank(EndpointSettings())
    identity, key = (sandbox.id, sandbox.key) if sandbox is not None else container.last_sandbox if shown.keeps_sandbox else ("", "")
    first: dict[str, Any] = {
        "Bridge": "", "SandboxID": identity, "SandboxKey": key,
        "Ports": port_map(container), "HairpinMode": False, "LinkLocalIPv6Address": "", "LinkLocalIPv6PrefixLen": 0, "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
    }  # fmt: skip
    return {name: first[name] for name in ORDERS[shown.settings_order]} | {name: main[name] for name in OF_DEFAULT_BRIDGE} | {"Networks": networks}


def endpoint_view(engine: Engine, container: Container, name: str, endpoint: Endpoint | None, shown: Shown) -> dict[str, Any]:
    """One network of a container (`network.EndpointSettings`)."""
    settings = container.networks[name]
    view = _blank(settings)
    view["NetworkID"] = container.joined.get(name, "")
    known = name in container.joined or settings.sends_ipam
    is_there = any(network.name == name for network in engine.networks.values())
    user_defined = (name in container.joined or is_there) and name not in ("bridge", "host", "none", "default")
    names = dns_names(container, settings) if user_defined and known else []
    if shown.dns_names:
        view["DNSNames"] = names or None
        view["Aliases"] = list(settings.aliases) or ([] if settings.sends_ipam else None)
    else:
        hostname = [container.spec.hostname] if shown.adds_hostname and container.spec.hostname else []
        aliases = [*settings.aliases, *([container.short_id, *hostname] if names else [])]
        view["Aliases"] = aliases or ([] if settings.sends_ipam and not user_defined else None)
    if endpoint is not None:
        _fill(view, endpoint)
    return _ordered(view, shown)


def _blank(settings: EndpointSettings) -> dict[str, Any]:
    given = settings.has_ipam or settings.sends_ipam
    ipam: dict[str, Any] | None = {} if given else None
    if ipam is not None and settings.ipv4:
        ipam["IPv4Address"] = settings.ipv4
    if ipam is not None and settings.ipv6:
        ipam["IPv6Address"] = settings.ipv6
    if ipam is not None and settings.link_local:
        ipam["LinkLocalIPs"] = list(settings.link_local)
    return {
        "IPAMConfig": ipam, "Links": list(settings.links) or None, "Aliases": None, "MacAddress": "",
        "DriverOpts": dict(settings.driver_opts) if settings.driver_opts or settings.sends_ipam else None, "GwPriority": settings.gw_priority,
        "NetworkID": "", "EndpointID": "", "Gateway": "", "IPAddress": "", "IPPrefixLen": 0, "IPv6Gateway": "", "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0, "DNSNames": None,
    }  # fmt: skip


def _fill(view: dict[str, Any], endpoint: Endpoint) -> None:
    interface = endpoint.interface
    view["EndpointID"] = endpoint.id
    view["Gateway"] = str(endpoint.gateway) if endpoint.gateway is not None else ""
    view["IPv6Gateway"] = str(endpoint.gateway6) if endpoint.gateway6 is not None else ""
    view["MacAddress"] = str(interface.mac) if interface.mac is not None else ""
    if interface.ipv4 is not None:
        view["IPAddress"], view["IPPrefixLen"] = str(interface.ipv4.address), interface.ipv4.length
    if interface.ipv6 is not None:
        view["GlobalIPv6Address"], view["GlobalIPv6PrefixLen"] = str(interface.ipv6.address), interface.ipv6.length


def _ordered(view: dict[str, Any], shown: Shown) -> dict[str, Any]:
    """As the release has the fields: before 25, address and options of the driver stood last."""
    if not shown.gw_priority:
        del view["GwPriority"]
    if not shown.dns_names:
        del view["DNSNames"]
        for name in ("MacAddress", "DriverOpts"):
            view[name] = view.pop(name)
    return view
