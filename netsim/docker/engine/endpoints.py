"""How a container may be attached to a network: checks of endpoint settings (`validateEndpointSettings`)."""

from __future__ import annotations

from netsim.addr import IPv4, IPv6
from netsim.docker.cnm.interface import SYSCTL_OPTION
from netsim.docker.cnm.model import Network
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal, failed, invalid
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Address
from netsim.docker.problems import joined
from netsim.docker.settings import EndpointSettings

NEEDS_SUBNET = "user specified IP address is supported only when connecting to networks with user configured subnets"
SYSCTL = "unrecognised network interface sysctl '{}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'"
PREDEFINED = ("default", "bridge", "host", "none")


def check_request(engine: Engine, reference: str, settings: EndpointSettings) -> None:
    """When a container is created: addresses must be addresses; 27 and later check the rest too, if the network is there already."""
    profile = engine.profile
    if profile.parses_addresses:
        _decode(settings)
    if not profile.lists_problems:
        for family, text in (("IPv4", settings.ipv4), ("IPv6", settings.ipv6)):
            if text and not _is_address(text, family):
                raise invalid(f"invalid {family} address: {text}")
        return
    name = "bridge" if reference == "default" else reference
    needs_subnet = profile.needs_static_subnet or name not in PREDEFINED
    problems = _problems(engine, name, engine.known_network(name) if needs_subnet else None, settings)
    if problems:
        raise invalid(f"invalid config for network {name}: invalid endpoint settings:\n{joined(problems)}")


def check_connection(engine: Engine, network: Network, settings: EndpointSettings) -> None:
    """When it is attached."""
    if engine.profile.parses_addresses:
        _decode(settings)
    problems = _problems(engine, network.spec.name, network, settings)
    if not problems:
        return
    if engine.profile.lists_problems:
        raise invalid(f"invalid endpoint settings:\n{joined(problems)}")
    raise failed(problems[0])


def _decode(settings: EndpointSettings) -> None:
    try:
        for text in (settings.ipv4, settings.ipv6, *settings.link_local):
            if text:
                parse.address(text)
    except ValueError as problem:
        raise invalid(f"invalid JSON: {problem}") from None


def _is_address(text: str, family: str) -> int:
    try:
        read = parse.address(text)
    except ValueError:
        return 0
    return int(isinstance(read, IPv4 if family == "IPv4" else IPv6) and int(read) != 0)


def _problems(engine: Engine, name: str, network: Network | None, settings: EndpointSettings) -> list[str]:
    profile = engine.profile
    problems: list[str] = []
    if name in PREDEFINED or name.startswith("container:"):
        if settings.ipv4 or settings.ipv6:
            problems.append(profile.address_on_predefined)
        if settings.aliases:
            problems.append(profile.alias_on_predefined)
    if not profile.lists_problems:
        return problems + ([NEEDS_SUBNET] if network is not None and _lacks_subnet(network, settings) else [])
    if not (settings.ipv4 or settings.ipv6 or settings.link_local or settings.driver_opts):
        return [problem for problem in problems if problem] if problems else problems
    given = (("IPv4", settings.ipv4), ("IPv6", settings.ipv6))
    problems += [f"invalid {family} address: {text}" for family, text in given if text and not _is_address(text, family)]
    problems += [
        f"invalid link-local IP address: {text}" for text in settings.link_local if not (_is_address(text, "IPv4") or _is_address(text, "IPv6"))
    ]
    if network is not None:
        problems += [_place(engine, network, family, text) for family, text in given if text]
    problems += [SYSCTL.format(one) for one in _sysctls(settings) if not _is_of_interface(one)]
    return [problem for problem in problems if problem]


def _sysctls(settings: EndpointSettings) -> list[str]:
    given = settings.driver_opts.get(SYSCTL_OPTION)
    return given.split(",") if given is not None else []


def _is_of_interface(text: str) -> bool:
    """Whether it is `net.X.Y.IFNAME.Z=V`, which the command writes small."""
    parts = text.split(".", 4)
    return len(parts) == 5 and parts[1] in ("ipv4", "ipv6", "mpls") and parts[3] in ("IFNAME", "ifname")


def _lacks_subnet(network: Network, settings: EndpointSettings) -> int:
    """20.10 wants a subnet that was asked for, of the address's family; what the address is it sees when it assigns it."""
    for text, kind in ((settings.ipv4, IPv4), (settings.ipv6, IPv6)):
        if text and not any(isinstance(subnet.net.address, kind) and not subnet.chosen for subnet in network.subnets):
            return 1
    return 0


def _place(engine: Engine, network: Network, family: str, text: str) -> str:
    """What is wrong with an address's place in the network's subnets; empty when nothing is."""
    kind = IPv4 if family == "IPv4" else IPv6
    subnets = [subnet for subnet in network.subnets if isinstance(subnet.net.address, kind)]
    configured = [subnet for subnet in subnets if not subnet.chosen] if engine.profile.needs_static_subnet else subnets
    if not configured and engine.profile.needs_static_subnet:
        return NEEDS_SUBNET
    address = int(parse.address(text)) if _is_address(text, family) else -1
    if any(subnet.pool.contains(address) for subnet in configured):
        return ""
    return engine.profile.outside_subnets.format(address=text)


def address_of(text: str) -> Address | None:
    """A fixed address as a value; None where none was asked for. Refuses text that is no address."""
    if not text:
        return None
    try:
        return parse.address(text)
    except ValueError:
        raise Refusal(400, f"invalid address: {text}") from None
