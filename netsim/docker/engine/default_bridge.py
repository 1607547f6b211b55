"""The network `bridge`, made anew whenever the daemon starts (`initBridgeDriver`)."""

from __future__ import annotations

from netsim.addr import IPv4Net
from netsim.docker.cnm.model import Network
from netsim.docker.drivers import bridge_config
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import new_network
from netsim.docker.errors import Refusal, invalid
from netsim.docker.ipam import parse
from netsim.docker.ipam.allocate import reserved
from netsim.docker.ipam.pool import Net, bounds
from netsim.docker.settings import IpamConfig, NetworkSpec
from netsim.wiring import Wiring

DOCKER0 = "docker0"
NO_SUBNET = "IPv6 is enabled for the default bridge, but no subnet is configured. Specify an IPv6 subnet using --fixed-cidr-v6"


def make_default_bridge(engine: Engine) -> None:
    """Make it as the daemon's options and the bridge's present address want it; refused as the daemon words it."""
    try:
        spec = specification(engine)
    except ValueError as problem:
        raise invalid(f"Error initializing network controller: {problem}") from None
    try:
        network = new_network(engine, spec)
    except Refusal as problem:
        raise Refusal(
            problem.status, f"Error initializing network controller: {engine.profile.default_bridge_failure} network: {problem.text}"
        ) from None
    network.builtin = 1


def specification(engine: Engine) -> NetworkSpec:
    """The request for it. Raises ValueError for options that are no addresses."""
    options = engine.options
    labels = {
        bridge_config.DEFAULT_BRIDGE: "true", bridge_config.ICC: str(bool(options.icc)).lower(),
        bridge_config.MASQUERADE: str(bool(options.ip_masq and options.iptables)).lower(), bridge_config.BINDING: options.ip,
        bridge_config.NAME: options.bridge or DOCKER0, bridge_config.MTU: str(options.mtu or 1500),
    }  # fmt: skip
    configs = [four(engine), *six(engine)]
    return NetworkSpec("bridge", "bridge", tuple(configs), options=labels, ipv6=options.ipv6)


def four(engine: Engine) -> IpamConfig:
    """`--bip`, else the address the bridge has, else a subnet of the daemon's choice."""
    options = engine.options
    subnet = gateway = fixed = ""
    present = _present(engine)
    if options.fixed_cidr:
        fixed = str(parse.masked(parse.cidr(options.fixed_cidr)))
    if options.bip:
        net = parse.cidr(options.bip)
        subnet, gateway = str(parse.masked(net)), str(net.address)
    elif present is not None:
        subnet, gateway = str(parse.masked(present)), str(present.address)
    aux = {"DefaultGatewayIPv4": str(parse.address(options.default_gateway))} if options.default_gateway else {}
    if not subnet and (fixed or aux):
        subnet = str(engine.space.peek(reserved(engine)))
    return IpamConfig(subnet, fixed, gateway, aux)


def _present(engine: Engine) -> IPv4Net | None:
    """The bridge's address; of several the one that `--fixed-cidr` lies beside."""
    dev = engine.netns.names.get(engine.options.bridge or DOCKER0)
    addresses = [IPv4Net(ifa.local, ifa.length) for ifa in dev.inet.addresses] if dev is not None and dev.inet is not None else []
    if not addresses:
        return None
    if engine.options.fixed_cidr and len(addresses) > 1:
        first, last = bounds(parse.cidr(engine.options.fixed_cidr))
        return next((net for net in addresses if first <= int(net.address) <= last), addresses[0])
    return addresses[0]


def six(engine: Engine) -> list[IpamConfig]:
    """`--bip6` and `--fixed-cidr-v6`; nothing: the daemon chooses, where it can."""
    options = engine.options
    if not options.ipv6:
        return []
    aux = {"DefaultGatewayIPv6": str(parse.address(options.default_gateway_v6))} if options.default_gateway_v6 else {}
    fixed: Net | None = parse.masked(parse.cidr(options.fixed_cidr_v6)) if options.fixed_cidr_v6 else None
    if options.bip6:
        net = parse.cidr(options.bip6)
        return [IpamConfig(str(parse.masked(net)), str(fixed) if fixed is not None else "", str(net.address), aux)]
    if fixed is None and not engine.profile.has_ipv6_pools:
        raise ValueError(NO_SUBNET)
    return [IpamConfig(str(fixed), "", "", aux)] if fixed is not None else []


def forget_default_bridge(engine: Engine, network: Network) -> None:
    """The one of the daemon before is set up out of the store, found stale and taken away: the device stays, its rules go."""
    try:
        network.driver.create_network(engine, network)
    except Refusal:
        return
    network.driver.delete_network(engine, network)


def remove_docker0(engine: Engine) -> None:
    """`-b none`: docker0 goes (`removeDefaultBridgeInterface`)."""
    if DOCKER0 in engine.netns.names:
        Wiring(engine.netns).delete(DOCKER0)
