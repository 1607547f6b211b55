"""The addresses of `docker network create`: which range, gateway and auxiliary address belong to which subnet (`consolidateIpam`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.commands.docker.flags import Parsed
from netsim.docker.errors import Refusal
from netsim.docker.ipam import parse
from netsim.docker.settings import IpamConfig

OPTIONS = frozenset({"subnet", "ip-range", "gateway", "aux-address"})


def ipam_configs(parsed: Parsed) -> tuple[IpamConfig, ...]:
    """Subnets as they were typed, each with what lies in it; Refusal in the command's own words."""
    if OPTIONS.isdisjoint(parsed.values):
        return ()
    subnets, ranges, gateways = parsed.many("subnet"), parsed.many("ip-range"), parsed.many("gateway")
    if len(subnets) < len(ranges) or len(subnets) < len(gateways):
        raise Refusal(0, "every ip-range or gateway must have a corresponding subnet")
    found: dict[str, IpamConfig] = {}
    for subnet in subnets:
        if any(_matches(subnet, other) or _matches(other, subnet) for other in found):
            raise Refusal(0, "multiple overlapping subnet configuration is not supported")
        found[subnet] = IpamConfig(subnet)
    for text in ranges:
        place = _place(found, text, "range")
        if found[place].ip_range:
            raise Refusal(0, f"cannot configure multiple ranges ({text}, {found[place].ip_range}) on the same subnet ({place})")
        found[place] = attrs.evolve(found[place], ip_range=text)
    for text in gateways:
        place = _place(found, text, "gateway")
        if found[place].gateway:
            raise Refusal(0, f"cannot configure multiple gateways ({text}, {found[place].gateway}) for the same subnet ({place})")
        found[place] = attrs.evolve(found[place], gateway=text)
    for item in parsed.many("aux-address"):
        name, _, text = item.partition("=")
        place = _place(found, text, "aux-address")
        found[place] = attrs.evolve(found[place], aux={**found[place].aux, name: text})
    return tuple(found.values())


def _place(found: dict[str, IpamConfig], text: str, what: str) -> str:
    place = next((subnet for subnet in found if _matches(subnet, text)), None)
    if place is None:
        raise Refusal(0, f"no matching subnet for {what} {text}")
    return place


def _matches(subnet: str, text: str) -> bool:
    """Whether a prefix or address begins in a subnet (`subnetMatches`); what is no address is nowhere."""
    try:
        net = parse.cidr(subnet)
    except ValueError as problem:
        raise Refusal(0, f"invalid subnet: {problem}") from None
    if "/" in text:
        try:
            address: IPv4 | IPv6 = parse.cidr(text).address
        except ValueError as problem:
            raise Refusal(0, str(problem)) from None
        return isinstance(address, type(net.address)) and net.contains(address)
    try:
        address = parse.address(text)
    except ValueError:
        return False
    return isinstance(address, type(net.address)) and net.contains(address)
