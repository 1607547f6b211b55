"""A network's subnets, gateways and auxiliary addresses are taken and given back (`Network.ipamAllocate`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.cnm.model import Network, Subnet
from netsim.docker.errors import Refusal, failed, forbidden
from netsim.docker.ipam import parse, request
from netsim.docker.ipam.pool import Net, Pool
from netsim.docker.ipam.remote import RemotePool, request_pool
from netsim.docker.ipam.request import Wanted
from netsim.kernel.tables.fib import RT_SCOPE_LINK, RT_TABLE_MAIN

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

BUILTIN = ("default", "null", "")


def allocate(engine: Engine, network: Network) -> None:
    """Every subnet asked for, and one of each family that nothing was said about; IPv4 comes first. The driver has read its options by then,
    where it is asked whether it needs gateways (`Controller.NewNetwork`)."""
    driver, asks = network.driver, engine.profile.asks_about_gateways
    gateway4, gateway6 = (driver.wants_gateway(engine, network, family) if asks else 1 for family in (IPv4Net, IPv6Net))
    wanted = request.read(engine.profile, network.spec.configs)
    four = [one for one in wanted if _family(one) is IPv4Net]
    six = [one for one in wanted if _family(one) is IPv6Net]
    if network.spec.ipv4:
        for one in four or [Wanted()]:
            _take(engine, network, one, IPv4Net, gateway4)
    if network.spec.ipv6:
        for one in six or [Wanted()]:
            _take(engine, network, one, IPv6Net, gateway6)
    elif engine.profile.keeps_idle_ipv6:  # 20.10 keeps IPv6 subnets of a network without IPv6
        for one in six:
            _take(engine, network, one, IPv6Net, gateway6)


def _family(wanted: Wanted) -> type[IPv4Net | IPv6Net]:
    """Which family a subnet is of, asked for or not: then its auxiliary addresses tell."""
    if wanted.subnet is not None:
        return type(wanted.subnet)
    return IPv6Net if any(isinstance(address, IPv6) for address in wanted.aux.values()) else IPv4Net


def _take(engine: Engine, network: Network, wanted: Wanted, family: type[IPv4Net | IPv6Net], wants_gateway: int) -> None:
    space = engine.space
    is_size = wanted.subnet is not None and not int(wanted.subnet.network) and engine.profile.takes_subnet_sizes
    size = wanted.subnet.length if wanted.subnet is not None and is_size else 0
    plugin = network.spec.ipam_driver if network.spec.ipam_driver not in BUILTIN else ""
    pool: Pool
    if plugin:
        pool = request_pool(engine, plugin, wanted.subnet, wanted.ip_range, network.spec.ipam_options, family)
    elif wanted.subnet is None or is_size:
        pool = space.choose(reserved(engine), family, engine.id, size)
    else:
        pool = space.request(wanted.subnet, wanted.ip_range)
    subnet = Subnet(wanted.config, pool, gateway_given=int(wanted.gateway is not None))
    network.subnets.append(subnet)
    subnet.chosen = int(wanted.subnet is None or is_size)
    if subnet.chosen and network.name != "bridge":
        subnet.gateway_given = 1
    if wanted.gateway is not None or wants_gateway:
        try:
            subnet.gateway = pool.request_gateway(wanted.gateway)
        except Refusal as problem:
            raise failed(f"failed to allocate gateway ({wanted.config.gateway}): {problem.text}") from None
    for name, address in wanted.aux.items():
        if not pool.contains(int(address)):
            raise forbidden(f"auxiliary address: ({name}:{address}) must belong to the master pool: {pool.subnet}")
        if subnet.gateway == address and name == "DefaultGatewayIPv4":
            continue
        try:
            pool.request(address)
        except Refusal as problem:
            raise failed(f"failed to allocate secondary ip address ({name}:{address}): {problem.text}") from None


def reallocate(engine: Engine, network: Network) -> None:
    """The subnets of a network out of the daemon's store are taken again."""
    for subnet in network.subnets:
        if isinstance(subnet.pool, RemotePool):
            continue  # the plugin still has it
        subnet.pool = engine.space.again(subnet.net, subnet.pool.ip_range)
        if subnet.gateway is not None:
            subnet.pool.request(subnet.gateway)
            subnet.gateway_given = 1
        for wanted in request.read(engine.profile, (subnet.config,)):
            for address in wanted.aux.values():
                subnet.pool.request(address)


def reserved(engine: Engine) -> list[Net]:
    """The host's own networks, which a chosen subnet must not overlap: routes on links, and its name servers (`InferReservedNetworks`)."""
    found: list[Net] = []
    for route in engine.netns.inet.fib.table(RT_TABLE_MAIN).routes():
        if route.length and route.scope == RT_SCOPE_LINK:
            found.append(IPv4Net(route.dst, route.length))
    for line in engine.process.read_text("/etc/resolv.conf").splitlines():
        words = line.split()
        if words[:1] == ["nameserver"] and len(words) > 1 and ":" not in words[1]:
            found.append(IPv4Net(IPv4.parse(words[1]), 32))
    return found


def release(engine: Engine, network: Network) -> None:
    """Give a network's subnets back."""
    for subnet in network.subnets:
        if isinstance(subnet.pool, RemotePool):
            if subnet.gateway is not None:
                subnet.pool.release(subnet.gateway)
            subnet.pool.give_back()
            continue
        for address in (subnet.gateway, *[parse.address(text) for text in subnet.config.aux.values()]):
            if address is not None:
                subnet.pool.release(address)  # another part of the subnet may have the pool's addresses still
        engine.space.release(subnet.pool)
    network.subnets = []
