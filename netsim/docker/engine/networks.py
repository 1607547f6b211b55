"""Networks come and go (`daemon/network.go`, `libnetwork.Controller.NewNetwork`)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence

import attrs

from netsim.docker.cnm.interface import INTERVAL, MESSAGES
from netsim.docker.cnm.model import Network
from netsim.docker.drivers.bridge_config import ENABLE4, ENABLE6, FALSE, TRUE
from netsim.docker.engine.engine import Engine, built_in
from netsim.docker.errors import Refusal, conflict, failed, forbidden, invalid, not_found
from netsim.docker.ids import new_id
from netsim.docker.ipam import request
from netsim.docker.ipam.allocate import allocate, reallocate, release
from netsim.docker.plugins import IPAM, require
from netsim.docker.settings import NetworkSpec

PREDEFINED = ("bridge", "host", "none", "default")
NOT_A_MANAGER = 'This node is not a swarm manager. Use "docker swarm init" or "docker swarm join" to connect this node to swarm and try again.'
NOT_ON_WORKERS = "Cannot create a multi-host network from a worker node. Please create the network from a manager node."
ON_WORKERS = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or "
    "promote the current node to a manager."
)
MIXED = "configuration network can only contain network specific fields. Network operator fields like [ ingress | internal | attachable | scope ] are not supported."


def create_network(engine: Engine, spec: NetworkSpec) -> Network:
    """Make a network: check, take addresses, let the driver work; what fails leaves nothing behind."""
    if spec.name in PREDEFINED:
        raise forbidden(f"operation is not permitted on predefined {spec.name} network")
    if not spec.driver:
        spec = attrs.evolve(spec, driver="bridge")
    if spec.driver == "overlay" and spec.scope == "local":
        raise forbidden("cannot downgrade network scope for overlay networks")
    if spec.driver == "overlay" or (spec.scope == "swarm" and engine.swarm is not None):
        return _of_swarm(engine, spec)
    spec = _with_options(engine, spec)
    request.check(engine.profile, spec.configs, spec.ipv6)
    if not spec.name.strip():
        raise invalid(engine.profile.empty_name)
    for network in everywhere(engine):
        if network.spec.name == spec.name:
            raise conflict(f"network with name {spec.name} already exists")
    if spec.options and engine.profile.advertises_addresses and not spec.config_from:
        _check_advertising(spec.options)
    if spec.config_only:
        return _keep_configuration(engine, spec)
    made = new_network(engine, spec)
    engine.tell("network", "create", made.id, name=made.name, type=made.spec.driver)
    return made


def _with_options(engine: Engine, spec: NetworkSpec) -> NetworkSpec:
    """With the daemon's options for new networks, and with the families that options switch on or off (`Daemon.createNetwork`)."""
    options = spec.options
    if engine.options.default_network_opts and not spec.config_from:
        given = read_network_opts(engine.options.default_network_opts)
        options = {**dict(option.partition("=")[::2] for kind, option in given if kind == spec.driver), **options}
    if not options and spec.ipv4:
        return spec
    four, six = spec.ipv4, spec.ipv6
    if not engine.profile.shows_ipv4_switch:
        spec, four = spec if four else attrs.evolve(spec, ipv4=1), 1  # older daemons do not know the switch
    else:
        four, options = _switched(options, ENABLE4, four, is_said="ipv4" in spec.families or not four)
    if engine.profile.lists_problems:
        six, options = _switched(options, ENABLE6, six, is_said="ipv6" in spec.families or bool(six))
    return spec if options is spec.options else attrs.evolve(spec, options=options, ipv4=four, ipv6=six)


def _check_advertising(options: Mapping[str, str]) -> None:
    """How often and how fast addresses are announced (`validateAdvertiseAddrConfig`)."""
    problems = []
    for label, first, last, kind in ((MESSAGES, 0, 3, "an integer"), (INTERVAL, 100, 2000, "integer milliseconds")):
        text = options.get(label)
        if text is None:
            continue
        if not re.fullmatch(r"[+-]?\d+", text, re.ASCII):
            problems.append(f'value for option {label} "{text}" must be {kind}')
        elif not first <= int(text) <= last:
            problems.append(f"{label} must be in the range {first} to {last}")
    if problems:
        raise failed("\n".join(problems))


def _switched(options: Mapping[str, str], label: str, enabled: int, *, is_said: bool) -> tuple[int, Mapping[str, str]]:
    """Whether a family is on, and the options; one that the request overrides is not kept."""
    text = options.get(label)
    if text is None:
        return enabled, options
    if is_said:
        return enabled, {name: value for name, value in options.items() if name != label}
    if text not in (*TRUE, *FALSE):
        raise invalid(f'driver-opt "{label}" is not a valid bool')
    return int(text in TRUE), dict(options)


def read_network_opts(texts: Sequence[str]) -> list[tuple[str, str]]:
    """`--default-network-opt DRIVER=OPTION=VALUE`: driver, and option with value."""
    found: list[tuple[str, str]] = []
    for text in texts:
        kind, equals, option = text.partition("=")
        if not kind or not equals or "=" not in option:
            raise invalid(f"invalid default network option: {text} (expected driver=option=value)")
        found.append((kind, option))
    return found


def _of_swarm(engine: Engine, spec: NetworkSpec) -> Network:
    """A network of the whole swarm: its managers make it."""
    if engine.swarm is None:
        raise forbidden(NOT_A_MANAGER if spec.driver == "overlay" else "cannot create a swarm scoped network when swarm is not active")
    if engine.swarm.manager is None:
        raise forbidden(NOT_ON_WORKERS)
    request.check(engine.profile, spec.configs, spec.ipv6)
    if any(network.name == spec.name for network in engine.networks.values()):
        raise conflict(f"network with name {spec.name} already exists")
    if spec.ipv6:
        engine.machine.kernel.unmodelled.append("docker network create --ipv6 of an overlay: it has IPv4 only")
    wanted = [one for one in spec.configs if ":" not in one.subnet]
    made: Network = engine.swarm.create_network(attrs.evolve(spec, configs=tuple(wanted)))
    return made


def everywhere(engine: Engine) -> list[Network]:
    """The networks on this host, and on a manager those of the swarm that are not."""
    here = list(engine.networks.values())
    return here if engine.swarm is None else [*here, *engine.swarm.other_networks()]


def find_network(engine: Engine, reference: str) -> Network:
    """A network of this host or of the swarm by name, id or unambiguous beginning of its id; refused when there is none such."""
    elsewhere: list[Network] = engine.swarm.other_networks() if engine.swarm is not None else []
    if engine.known_network(reference) is None:
        for network in elsewhere:
            if reference in (network.id, network.name):
                return network
    try:
        return engine.network(reference)
    except Refusal:
        begun = [network for network in elsewhere if reference and network.id.startswith(reference)]
        if len(begun) != 1:
            raise
        return begun[0]


def _keep_configuration(engine: Engine, spec: NetworkSpec) -> Network:
    """A network that only holds settings for others: nothing is taken and nothing made (`--config-only`)."""
    if spec.internal or spec.attachable or spec.ingress or spec.scope:
        raise forbidden(MIXED)
    if spec.config_from:
        raise forbidden("a configuration network cannot depend on another configuration network")
    kept = attrs.evolve(spec, driver="null")
    network = Network(new_id(engine.rng), kept, built_in("null"), engine.now(), options=dict(spec.options))
    engine.networks[network.id] = network
    engine.tell("network", "create", network.id, name=network.name, type=network.spec.driver)
    return network


def new_network(engine: Engine, spec: NetworkSpec) -> Network:
    """The same without the rules for what clients may ask, and no event tells of it (the daemon's own networks come here too)."""
    driver = engine.driver(spec.driver)
    if spec.ingress:
        raise forbidden("Ingress network can only be global scope network")
    if spec.scope == "swarm":
        raise forbidden("cannot create a swarm scoped network when swarm is not active")
    driver.check(engine, spec)
    given = _configured(engine, spec)
    if given.ipam_driver not in ("default", "null"):
        require(engine.plugins, given.ipam_driver, IPAM)
    if given.ipam_driver == "null" and driver.has_ipam:
        _without_pools(engine, given)
    network = Network(new_id(engine.rng), given, driver, engine.now(), options=dict(given.options))
    try:
        if driver.has_ipam:
            allocate(engine, network)
        driver.create_network(engine, network)
        if spec.scope not in ("", "local"):  # whatever is not kept on this host is for the swarm
            driver.delete_network(engine, network)
            raise forbidden(NOT_A_MANAGER)
    except Refusal:
        release(engine, network)
        raise
    engine.firewall.arrange()
    engine.networks[network.id] = network
    return network


def _without_pools(engine: Engine, spec: NetworkSpec) -> None:
    """The null IPAM driver has no pools to give, and 20.10 knows no network that could do without (`ipams/null`, `libnetwork.ipamAllocate`)."""
    if any(config.subnet for config in spec.configs):
        raise invalid("null ipam driver does not handle specific address pool requests")
    if spec.driver == "bridge" or not engine.profile.shares_parents:
        raise forbidden("ipv4 pool is empty")


def _configured(engine: Engine, spec: NetworkSpec) -> NetworkSpec:
    """With what `--config-from` names: subnets, options and labels of the configuration network (`applyConfigurationTo`)."""
    if not spec.config_from:
        return spec
    if spec.configs or spec.ipam_driver != "default" or spec.ipam_options or spec.labels or spec.ipv6 or not spec.ipv4:
        raise forbidden(f"{engine.profile.own_configuration} are not supported if the network depends on a configuration network")
    if spec.options:
        raise forbidden("network driver options are not supported if the network depends on a configuration network")
    found = next((n for n in engine.networks.values() if n.name == spec.config_from and n.spec.config_only), None)
    if found is None:
        raise not_found(f'configuration network "{spec.config_from}" does not exist')
    of = found.spec
    return attrs.evolve(
        spec,
        configs=of.configs,
        ipam_driver=of.ipam_driver,
        ipam_options=of.ipam_options,
        options=of.options,
        labels=of.labels,
        ipv4=of.ipv4,
        ipv6=of.ipv6,
    )


def revive_network(engine: Engine, network: Network) -> None:
    """A network out of the daemon's store: its subnets are taken again, its device and rules made where they are missing."""
    reallocate(engine, network)
    network.endpoints = {}
    if not network.spec.config_only:
        network.driver.create_network(engine, network)
    engine.networks[network.id] = network


def remove_network(engine: Engine, reference: str) -> Network:
    """Remove a network that no endpoint is on (`network rm`)."""
    network = find_network(engine, reference)
    if network.spec.scope == "swarm":
        if engine.swarm is None or engine.swarm.manager is None:
            raise forbidden(ON_WORKERS)
        engine.swarm.call("network_remove", id=network.id)
        return network
    if network.builtin:
        raise forbidden(f"{network.name} is a pre-defined network and cannot be removed")
    if network.spec.config_only and any(other.spec.config_from == network.name for other in engine.networks.values()):
        raise forbidden(f'error while removing network: configuration network "{network.name}" is in use')
    if network.endpoints:
        raise forbidden(f"error while removing network: {active_text(engine, network)}")
    delete_network(engine, network)
    return network


def active_text(engine: Engine, network: Network) -> str:
    """How the release says that a network is in use. (The real engine's list has no order.)"""
    shown = ", ".join(engine.profile.endpoint_item.format(name=one.name, id=one.id[:12]) for one in network.endpoints.values())
    return engine.profile.active_endpoints.format(name=network.name, id=network.id, endpoints=shown)


def delete_network(engine: Engine, network: Network) -> None:
    """Take a network away, whatever it is."""
    if not network.spec.config_only:
        network.driver.delete_network(engine, network)
    release(engine, network)
    engine.networks.pop(network.id, None)
    engine.named.pop(network.spec.name, None)
    if not network.spec.config_only:
        engine.tell("network", "destroy", network.id, name=network.name, type=network.spec.driver)


def prune(engine: Engine) -> list[str]:
    """Remove every network that nobody is on; their names. Containers that only will be on one at their next start do not count (`NetworksPrune`)."""
    names = []
    for network in list(prunable(engine)):
        delete_network(engine, network)
        names.append(network.name)
    return names


def prune_swarm(engine: Engine, allow: Callable[[dict[str, str], int], bool]) -> list[str]:
    """On a manager: networks of the swarm that nobody is on go, if their labels and age `allow` it; their names (`clusterNetworksPrune`)."""
    if engine.swarm is None or engine.swarm.manager is None:
        return []
    names = []
    for network in sorted(engine.swarm.state().networks.values(), key=lambda one: one.id):
        if network.ingress or not allow(network.labels, network.created):
            continue
        try:
            names.append(engine.swarm.call("network_remove", id=network.id))
        except Refusal:
            continue  # in use
    return names


def prunable(engine: Engine) -> Iterable[Network]:
    """Networks that nobody is on and that are not the daemon's own."""
    return [
        network
        for network in engine.networks.values()
        if not (network.builtin or network.endpoints or network.spec.config_only) and network.spec.scope != "swarm"
    ]
