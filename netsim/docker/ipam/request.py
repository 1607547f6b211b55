"""What a request says about a network's subnets: read and checked as the release does it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from netsim.addr import IPv4, IPv4Net
from netsim.docker.errors import failed, invalid
from netsim.docker.ipam import parse
from netsim.docker.ipam.pool import Address, Net, bounds, overlap
from netsim.docker.problems import joined
from netsim.docker.profile import EngineProfile
from netsim.docker.settings import EMPTY, IpamConfig


@attrs.frozen
class Wanted:
    """One subnet as it was asked for, read; `None`: left to the daemon."""

    config: IpamConfig = IpamConfig()
    subnet: Net | None = None
    ip_range: Net | None = None
    gateway: Address | None = None
    aux: Mapping[str, Address] = attrs.field(default=EMPTY)


def check(profile: EngineProfile, configs: Sequence[IpamConfig], has_ipv6: int) -> None:
    """27 and later check the whole request before anything is done, and list what is wrong (`ValidateIPAM`); 29 cannot even read some of it."""
    if profile.parses_addresses:
        _decode(configs)
    if not profile.lists_problems:
        return
    problems = [problem for config in configs for problem in _problems(config, has_ipv6)]
    if problems:
        raise invalid(f"invalid network config:\n{joined(problems)}")


def _decode(configs: Sequence[IpamConfig]) -> None:
    try:
        for config in configs:
            for text in (config.subnet, config.ip_range):
                if text:
                    parse.prefix(text)
            for text in (config.gateway, *config.aux.values()):
                if text:
                    parse.address(text)
    except ValueError as problem:
        raise invalid(f"invalid JSON: {problem}") from None


def _problems(config: IpamConfig, has_ipv6: int) -> list[str]:
    if not config.subnet:
        return []
    try:
        subnet = parse.prefix(config.subnet)
    except ValueError:
        return [f"invalid subnet {config.subnet}: invalid CIDR block notation"]
    if not isinstance(subnet, IPv4Net) and not has_ipv6:
        return []
    problems = [] if parse.masked(subnet) == subnet else [f"invalid subnet {subnet}: it should be {parse.masked(subnet)}"]
    problems += _range_problems(config.ip_range, subnet)
    named = [("gateway", config.gateway, config.gateway), *(("auxiliary address", name, text) for name, text in config.aux.items())]
    for what, name, text in named:
        why = _address_problem(text, subnet)
        if why:
            problems.append(f"invalid {what} {name}: {why}")
    return problems


def family_name(net: Net) -> str:
    """`IPv4` or `IPv6`."""
    return "IPv4" if isinstance(net, IPv4Net) else "IPv6"


def _range_problems(text: str, subnet: Net) -> list[str]:
    if not text:
        return []
    try:
        part = parse.prefix(text)
    except ValueError:
        return [f"invalid ip-range {text}: invalid CIDR block notation"]
    if type(part) is not type(subnet):
        return [f"invalid ip-range {text}: parent subnet is an {family_name(subnet)} block"]
    problems = []
    if part.length < subnet.length:
        problems.append(f"invalid ip-range {text}: CIDR block is bigger than its parent subnet {subnet}")
    if parse.masked(part) != part:
        problems.append(f"invalid ip-range {part}: it should be {parse.masked(part)}")
    if not overlap(part, subnet):
        problems.append(f"invalid ip-range {text}: parent subnet {subnet} doesn't contain ip-range")
    return problems


def _address_problem(text: str, subnet: Net) -> str:
    if not text:
        return ""
    try:
        address = parse.address(text)
    except ValueError:
        return "invalid address"
    if isinstance(address, IPv4) != isinstance(subnet, IPv4Net):
        return f"parent subnet is an {family_name(subnet)} block"
    first, last = bounds(subnet)
    return "" if first <= int(address) <= last else f"parent subnet {subnet} doesn't contain this address"


def read(profile: EngineProfile, configs: Sequence[IpamConfig]) -> list[Wanted]:
    """The request as values; what cannot be read is refused in the words of the releases that had no check before (`getIpamConfig`, `parsePoolRequest`)."""
    return [_read(profile, config) for config in configs]


def _read(profile: EngineProfile, config: IpamConfig) -> Wanted:
    if not config.subnet:
        return Wanted(config, aux={name: parse.address(text) for name, text in config.aux.items()})
    try:
        subnet = parse.masked(parse.cidr(config.subnet))
    except ValueError as problem:
        raise failed(f"Invalid subnet {config.subnet} : {problem}") from None
    part = None
    if config.ip_range:
        try:
            part = parse.masked(parse.cidr(config.ip_range))
        except ValueError as problem:
            raise failed(f"invalid pool request: {problem}" if profile.lists_problems else str(problem)) from None
    gateway = None
    if config.gateway:
        try:
            gateway = parse.address(config.gateway)
        except ValueError:
            raise invalid(f"invalid gateway address {config.gateway} in Ipam configuration") from None
    try:
        aux = {name: parse.address(text) for name, text in config.aux.items()}
    except ValueError:
        bad = next(text for text in config.aux.values() if not _readable(text))
        raise invalid(f"non parsable secondary ip address ({next(n for n, t in config.aux.items() if t == bad)}:{bad})") from None
    return Wanted(config, subnet, part, gateway, aux)


def _readable(text: str) -> int:
    try:
        parse.address(text)
    except ValueError:
        return 0
    return 1
