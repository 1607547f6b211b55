"""A swarm's networks on one node: the local instance, its load balancer's sandbox, the ingress sandbox (`daemon/network.go`, `libnetwork/sandbox_dns`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv4Net
from netsim.docker.cnm.lifecycle import create_endpoint, delete_sandbox, join, new_sandbox
from netsim.docker.cnm.model import Endpoint, Network, Sandbox, Subnet
from netsim.docker.drivers.overlay import VNI_LIST
from netsim.docker.engine import way_out
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import delete_network, new_network
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Pool
from netsim.docker.names.book import Book
from netsim.docker.names.server import Resolver
from netsim.docker.settings import EndpointSettings, IpamConfig, NetworkSpec
from netsim.docker.swarm.objects import SwarmNetwork

INGRESS_KEY = "ingress_sbox"


def spec_of(told: SwarmNetwork) -> NetworkSpec:
    """A network of the swarm as the request that would make it here."""
    return NetworkSpec(
        told.name, told.driver, tuple([_config(told, number) for number in range(len(told.subnets))]),
        options=dict(told.options), labels=dict(told.labels), internal=told.internal, attachable=told.attachable, ingress=told.ingress, scope="swarm",
    )  # fmt: skip


def _config(told: SwarmNetwork, number: int) -> IpamConfig:
    return IpamConfig(told.subnets[number], told.ranges[number] if number < len(told.ranges) else "", told.gateways[number])


def options_of(told: SwarmNetwork) -> dict[str, str]:
    """Its options with the VNIs it got."""
    return {**told.options, **({VNI_LIST: ",".join(str(vni) for vni in told.vnis)} if told.vnis else {})}


def shown(engine: Engine, told: SwarmNetwork) -> Network:
    """A network that is not here, to be shown."""
    network = Network(told.id, spec_of(told), engine.driver(told.driver), told.created, options=options_of(told), is_elsewhere=1)
    for config in network.spec.configs:
        net = parse.prefix(config.subnet)
        gateway = IPv4.parse(config.gateway) if config.gateway else None
        network.subnets.append(Subnet(config, Pool(net), gateway, gateway_given=1))
    return network


def instance(engine: Engine, told: SwarmNetwork) -> Network:
    """The network here; made when it is not, without anything on it."""
    known = engine.networks.get(told.id)
    if known is not None:
        return known
    spec = spec_of(told)
    if told.driver != "overlay":
        made = new_network(engine, attrs.evolve(spec, scope="", configs=()))
        del engine.networks[made.id]
        made.id, made.spec = told.id, spec
        engine.networks[told.id] = made
        return made
    network = Network(told.id, spec, engine.driver("overlay"), engine.now(), options=options_of(told), book=Book())
    for config in spec.configs:
        net = parse.prefix(config.subnet)
        assert isinstance(net, IPv4Net)
        gateway = IPv4.parse(config.gateway) if config.gateway else None
        subnet = Subnet(config, Pool(net), gateway, gateway_given=1)
        if gateway is not None:
            subnet.pool.request(gateway)
        network.subnets.append(subnet)
    network.driver.create_network(engine, network)
    engine.networks[network.id] = network
    engine.tell("network", "create", network.id, name=network.name, type="overlay")
    return network


def add_balancer(engine: Engine, network: Network, address: str) -> Sandbox:
    """The sandbox `lb_ID`, which spreads what comes for virtual addresses (`createLoadBalancerSandbox`)."""
    sandbox = new_sandbox(engine, f"lb-{network.name}", name=f"lb_{network.id[:9]}")
    endpoint = create_endpoint(engine, network, f"{network.name}-endpoint", EndpointSettings(address), sandbox)
    join(engine, endpoint, sandbox, {})
    start_resolver(engine, sandbox)
    return sandbox


def add_ingress_endpoint(engine: Engine, network: Network, address: str) -> Endpoint:
    """The place of the ingress sandbox in its network; the sandbox moves in a little later."""
    sandbox = new_sandbox(engine, way_out.INGRESS_ID, way_out.INGRESS_ID, INGRESS_KEY)
    endpoint = create_endpoint(engine, network, "ingress-endpoint", EndpointSettings(address), sandbox)
    endpoint.driver_state = sandbox
    return endpoint


def open_ingress(engine: Engine, endpoint: Endpoint) -> Sandbox:
    """The ingress sandbox: between the ingress network and docker_gwbridge."""
    sandbox: Sandbox = endpoint.driver_state
    join(engine, endpoint, sandbox, {})
    way_out.settle(engine, sandbox)
    start_resolver(engine, sandbox)
    return sandbox


def start_resolver(engine: Engine, sandbox: Sandbox) -> None:
    """Even a load balancer has a name server."""
    sandbox.resolver = Resolver(engine, sandbox, ())
    sandbox.resolver.start()


def remove(engine: Engine, network: Network) -> None:
    """The instance goes, its load balancer first."""
    for endpoint in list(network.endpoints.values()):
        sandbox = endpoint.sandbox or (endpoint.driver_state if isinstance(endpoint.driver_state, Sandbox) else None)
        if sandbox is not None:
            delete_sandbox(engine, sandbox)
    delete_network(engine, network)


def is_idle(network: Network) -> int:
    """Whether only the load balancer is left on it."""
    return int(not any(not endpoint.name.endswith("-endpoint") for endpoint in network.endpoints.values()))
