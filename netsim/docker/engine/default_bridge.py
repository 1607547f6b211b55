"""The network `bridge`, made anew whenever the daemon starts (`initBridgeDriver`)."""

from __future__ import annotations

from netsim.addr import IPv4Net, IPv6Net
from netsim.docker.cnm.model import Network
from netsim.docker.drivers import bridge_config
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.networks import new_network
from netsim.docker.errors import Refusal, invalid
from netsim.docker.ipam import parse
from netsim.docker.ipam.allocate import reserved
from netsim.docker.ipam.pool import Net, bounds, overlap
from netsim.docker.settings import IpamConfig, NetworkSpec
from netsim.wiring import Wiring

DOCKER0 = "docker0"
LINK_LOCAL = IPv6Net.parse("fe80::/64")
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
    configs = [four(engine), *six(engine)] if engine.profile.defers_ipv6 else _configs(engine)
    return NetworkSpec("bridge", "bridge", tuple(configs), options=labels, ipv6=options.ipv6)


def _parsed(option: str, text: str) -> Net | None:
    """An option in CIDR text; ValueError as the daemon words it."""
    try:
        return parse.cidr(text) if text else None
    except ValueError as problem:
        raise ValueError(f"parse {option} failed: {problem}") from None


def _configs(engine: Engine) -> list[IpamConfig]:
    """Both families by the same rules (28, `getDefaultBridgeIPAMConf`)."""
    options = engine.options
    found = [_config(engine, IPv4Net, ("bip", options.bip), ("fixed-cidr", options.fixed_cidr), ("DefaultGatewayIPv4", options.default_gateway))]
    if options.ipv6:
        found.append(
            _config(
                engine, IPv6Net, ("bip6", options.bip6), ("fixed-cidr-v6", options.fixed_cidr_v6), ("DefaultGatewayIPv6", options.default_gateway_v6)
            )
        )
    return [config for config in found if config.subnet or config.aux]


def _config(engine: Engine, family: type[IPv4Net | IPv6Net], bip: tuple[str, str], range_of: tuple[str, str], way: tuple[str, str]) -> IpamConfig:
    """One family's subnet: `--bip`'s, else that of an address of the bridge, else the part that containers are to get, else the daemon's choice."""
    fixed, mine = _parsed(*range_of), _parsed(*bip) or None
    whole = parse.masked(mine) if mine is not None else None
    if mine is None:
        mine, whole = _select(engine, family, fixed)
    part = parse.masked(fixed) if fixed is not None else None
    if part is not None and whole is not None and engine.options.bridge and (part.length < whole.length or not overlap(part, whole)):
        if family is IPv6Net:
            raise ValueError(f"{range_of[0]}={range_of[1]} is outside any subnet implied by addresses on the user-managed default bridge")
        part = None
    subnet = whole if whole is not None else part
    aux = {way[0]: str(parse.address(way[1]))} if way[1] else {}
    return IpamConfig(str(subnet or ""), str(part or ""), str(mine.address) if mine is not None else "", aux)


def _select(engine: Engine, family: type[IPv4Net | IPv6Net], fixed: Net | None) -> tuple[Net | None, Net | None]:
    """The address of the bridge that fits best, and its subnet; what does not fit docker0's options is passed over (`selectBIP`)."""
    there = _addresses(engine, family)
    if family is IPv6Net and not (fixed is not None and overlap(fixed, LINK_LOCAL) and fixed.length >= LINK_LOCAL.length):
        there = [net for net in there if not overlap(net, LINK_LOCAL)]
    if not there:
        return None, None
    mine = there[0]
    if fixed is not None and len(there) > 1:
        mine = next((net for net in there if net.contains(int(fixed.address))), None) or next(
            (net for net in there if fixed.contains(int(net.address))), there[0]
        )
    whole = parse.masked(mine)
    if engine.options.bridge or fixed is None:
        return mine, whole
    if not whole.contains(int(fixed.address)):
        return None, None
    return mine, whole if fixed.length >= whole.length else parse.masked(type(mine)(mine.address, fixed.length))  # type: ignore[arg-type]


def _addresses(engine: Engine, family: type[IPv4Net | IPv6Net]) -> list[Net]:
    """What the bridge has."""
    dev = engine.netns.names.get(engine.options.bridge or DOCKER0)
    if dev is None:
        return []
    if family is IPv4Net:
        return [IPv4Net(ifa.local, ifa.length) for ifa in dev.inet.addresses] if dev.inet is not None else []
    return [IPv6Net(ifa.address, ifa.length) for ifa in dev.inet6.addresses] if dev.inet6 is not None else []


def four(engine: Engine) -> IpamConfig:
    """`--bip`, else the address the bridge has, else the part that containers are to get (27), else a subnet of the daemon's choice."""
    options = engine.options
    subnet = gateway = fixed = ""
    present = _present(engine)
    if options.fixed_cidr:
        fixed = str(parse.masked(parse.cidr(options.fixed_cidr)))
    if options.bip:
        net = parse.cidr(options.bip)
        subnet, gateway = str(parse.masked(net)), str(net.address)
    elif present is not None:
        subnet = str(parse.masked(present))
        gateway = str(present.address) if present.address != present.network else ""
    elif engine.profile.lists_problems:
        subnet = fixed
    aux = {"DefaultGatewayIPv4": str(parse.address(options.default_gateway))} if options.default_gateway else {}
    if not subnet and (fixed or aux) and not engine.profile.lists_problems:
        subnet = str(engine.space.peek(reserved(engine)))
    return IpamConfig(subnet, fixed, gateway, aux)


def _present(engine: Engine) -> IPv4Net | None:
    """The bridge's address; of several the one that `--fixed-cidr` lies beside."""
    addresses = [net for net in _addresses(engine, IPv4Net) if isinstance(net, IPv4Net)]
    if not addresses:
        return None
    if engine.options.fixed_cidr and len(addresses) > 1:
        first, last = bounds(parse.cidr(engine.options.fixed_cidr))
        return next((net for net in addresses if first <= int(net.address) <= last), addresses[0])
    return addresses[0]


def six(engine: Engine) -> list[IpamConfig]:
    """`--fixed-cidr-v6`, which 27 and older cannot do without, and the address that the bridge has in it."""
    options = engine.options
    if not options.ipv6:
        return []
    aux = {"DefaultGatewayIPv6": str(parse.address(options.default_gateway_v6))} if options.default_gateway_v6 else {}
    if not options.fixed_cidr_v6:
        raise ValueError(NO_SUBNET)
    fixed = parse.masked(parse.cidr(options.fixed_cidr_v6))
    gateway = next((str(net.address) for net in _addresses(engine, IPv6Net) if fixed.contains(int(net.address))), "")
    return [IpamConfig(str(fixed), "", gateway, aux)]


def forget_default_bridge(engine: Engine, network: Network) -> None:
    """The one of the daemon before is set up out of the store, found stale and taken away: the device stays, its rules go."""
    try:
        network.driver.create_network(engine, network)
    except Refusal:
        return
    network.driver.delete_network(engine, network)


def remove_docker0(engine: Engine) -> None:
    """docker0 goes (`removeDefaultBridgeInterface`)."""
    if DOCKER0 in engine.netns.names:
        Wiring(engine.netns).delete(DOCKER0)
