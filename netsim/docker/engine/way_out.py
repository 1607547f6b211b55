"""docker_gwbridge: the way out of containers whose networks have no gateway (`libnetwork/default_gateway.go`)."""

from __future__ import annotations

from collections.abc import Mapping

from netsim.docker.cnm.lifecycle import create_endpoint, detach, join
from netsim.docker.cnm.model import Network, Sandbox
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import new_network
from netsim.docker.settings import EMPTY, EndpointSettings, NetworkSpec, Port, PortBinding

NAME = "docker_gwbridge"
OPTIONS = {
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
    "com.docker.network.bridge.name": NAME,
}
INGRESS_ID = "ingress-sbox"
Bindings = Mapping[Port, tuple[PortBinding, ...]]


def settle(engine: Engine, sandbox: Sandbox, bindings: Bindings | None = None) -> None:
    """The sandbox gets its endpoint on docker_gwbridge when it needs one, and loses it when another network leads outside."""
    if sandbox.shared:
        return
    there = None
    for endpoint in sandbox.endpoints:
        if endpoint.is_way_out:
            there = endpoint
            break
    if _needs(sandbox):
        if there is None:
            _add(engine, sandbox, bindings if bindings is not None else {})
    elif there is not None:
        detach(engine, there, bindings if bindings is not None else {})


def _needs(sandbox: Sandbox) -> int:
    needed = 0
    for endpoint in sandbox.endpoints:
        network = endpoint.network
        if endpoint.is_way_out or network.spec.internal:
            continue
        if endpoint.gateway is not None or endpoint.gateway6 is not None or endpoint.routes_on_link:
            return 0
        needed |= network.driver.wants_way_out and not endpoint.needs_no_way_out
    return needed


def gateway_bridge(engine: Engine) -> Network:
    """The network, made at first need."""
    known = engine.known_network(NAME)
    return known if known is not None else new_network(engine, NetworkSpec(NAME, options=OPTIONS))


def _add(engine: Engine, sandbox: Sandbox, bindings: Bindings) -> None:
    network = gateway_bridge(engine)
    endpoint = create_endpoint(engine, network, f"gateway_{sandbox.id[:12]}", EndpointSettings(driver_opts=EMPTY), sandbox)
    join(engine, endpoint, sandbox, bindings)
