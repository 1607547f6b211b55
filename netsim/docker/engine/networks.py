"""Networks come and go (`daemon/network.go`, `libnetwork.Controller.NewNetwork`)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from netsim.addr import IPv4, IPv4Net, IPv6Net
from netsim.docker.cnm.model import Network, Subnet
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal, conflict, failed, forbidden, invalid
from netsim.docker.ids import new_id
from netsim.docker.ipam.pool import Net, Pool
from netsim.docker.settings import IpamConfig, NetworkSpec

PREDEFINED = ("bridge", "host", "none", "default")


def create_network(engine: Engine, spec: NetworkSpec) -> Network:
    """Make a network: check, take addresses, let the driver work; what fails leaves nothing behind."""
    if spec.name in PREDEFINED or spec.name in ("nat",):
        raise forbidden(f"operation is not permitted on predefined {spec.name} network")
    if any(network.name == spec.name for network in engine.networks.values()):
        raise conflict(f"network with name {spec.name} already exists")
    if not re.search(r"\S", spec.name):
        raise invalid("invalid network name: " + spec.name)
    return new_network(engine, spec)


def new_network(engine: Engine, spec: NetworkSpec) -> Network:
    """The same without the rules for what clients may ask (the daemon's own networks come here too)."""
    driver = engine.driver(spec.driver)
    driver.check(engine, spec)
    network = Network(new_id(engine.rng), spec, driver, engine.now(), options=dict(spec.options))
    try:
        if driver.has_ipam:
            allocate(engine, network)
        driver.create_network(engine, network)
    except Refusal:
        release(engine, network)
        raise
    engine.networks[network.id] = network
    engine.tell("network", "create", network.id, name=network.name, type=network.spec.driver)
    return network


def revive_network(engine: Engine, network: Network) -> None:
    """A network out of the daemon's store: its subnets are taken again, its device and rules made where they are missing."""
    for subnet in network.subnets:
        subnet.pool = engine.space.request(subnet.net, subnet.pool.ip_range)
        if subnet.gateway is not None:
            subnet.pool.request(subnet.gateway)
            subnet.gateway_given = 1
    network.endpoints = {}
    network.driver.create_network(engine, network)
    engine.networks[network.id] = network


def allocate(engine: Engine, network: Network) -> None:
    """Pools, gateways and auxiliary addresses of a network (`ipamAllocate`)."""
    configs = network.spec.configs
    if network.spec.ipv4 and not any(config.subnet is None or isinstance(config.subnet, IPv4Net) for config in configs):
        configs = (*configs, IpamConfig())
    for config in configs:
        if config.subnet is None:
            pool = engine.space.choose(reserved(engine))
        else:
            pool = engine.space.request(type(config.subnet)(config.subnet.network, config.subnet.length), config.ip_range)  # type: ignore[arg-type]
        subnet = Subnet(config, pool, gateway_given=int(config.gateway is not None))
        network.subnets.append(subnet)
        subnet.gateway = pool.request(config.gateway)
        for name, address in config.aux.items():
            try:
                pool.request(address)
            except Refusal as problem:
                raise failed(f"failed to allocate secondary ip address ({name}:{address}): {problem.text}") from None


def reserved(engine: Engine) -> list[Net]:
    """The host's own networks, which a chosen subnet must not overlap: routes on links, and its name servers (`InferReservedNetworks`)."""
    from netsim.kernel.tables.fib import RT_TABLE_MAIN

    found: list[Net] = []
    for route in engine.netns.inet.fib.table(RT_TABLE_MAIN).routes():
        on_link = all(hop.gateway is None for hop in route.nexthops)
        if route.length and (on_link or engine.profile.takes_subnets_in_turn):
            found.append(IPv4Net(route.dst, route.length))
    for line in engine.process.read_text("/etc/resolv.conf").splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1 and ":" not in words[1]:
            found.append(IPv4Net(IPv4.parse(words[1]), 32))
    return found


def release(engine: Engine, network: Network) -> None:
    """Give a network's subnets back."""
    for subnet in network.subnets:
        engine.space.release(subnet.pool)
    network.subnets = []


def remove_network(engine: Engine, reference: str) -> Network:
    """Remove a network that no endpoint is on (`network rm`)."""
    network = engine.network(reference)
    if network.builtin:
        raise forbidden(f"{network.name} is a pre-defined network and cannot be removed")
    if network.endpoints:
        raise forbidden(f"error while removing network: network {network.name} id {network.id} has active endpoints")
    delete_network(engine, network)
    return network


def delete_network(engine: Engine, network: Network) -> None:
    """Take a network away, whatever it is."""
    network.driver.delete_network(engine, network)
    release(engine, network)
    engine.networks.pop(network.id, None)
    engine.tell("network", "destroy", network.id, name=network.name, type=network.spec.driver)


def prunable(engine: Engine) -> Iterable[Network]:
    """Networks that nobody is on and that are not the daemon's own."""
    return [network for network in engine.networks.values() if not network.builtin and not network.endpoints]


def pool_of(network: Network, net: IPv4Net | IPv6Net) -> Pool | None:
    """The pool an address came from."""
    return next((subnet.pool for subnet in network.subnets if subnet.pool.contains(int(net.address)) and type(subnet.net) is type(net)), None)
