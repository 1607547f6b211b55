"""What a question asks for: a name or an address, a protocol, a port."""

from __future__ import annotations

import re
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.analysis.places import Place, _wanted, place_of
from netsim.analysis.problem import AnalysisProblem
from netsim.api import World
from netsim.programs.net.resolver import numeric

TCP, UDP, ICMP = "tcp", "udp", "icmp"
PROTOCOLS = (TCP, UDP, ICMP)
FORM = re.compile(r"(?:\[(?P<six>[^\]]+)\]|(?P<plain>[^\[\]/]*?))(?::(?P<port>[A-Za-z0-9_.-]+))?(?:/(?P<protocol>[A-Za-z0-9]+))?")


@attrs.frozen
class Target:
    """`host` is an address or a name; a name that begins with `@` means the address of a place of the world, whatever name servers say."""

    host: str
    protocol: str = ICMP
    port: int = 0

    def __str__(self) -> str:
        if self.protocol == ICMP:
            return f"{self.host}/icmp"
        return f"{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}/{self.protocol}"


def parse(text: str) -> Target:
    """`10.0.0.2:80/tcp`, `web:5432` (TCP), `[fd00::2]:53/udp`, `8.8.8.8` or `web/icmp` (ping), `@red:80`; AnalysisProblem."""
    if numeric(text) is not None:
        return Target(text)
    match = FORM.fullmatch(text)
    if match is None or not (match["six"] or match["plain"]):
        raise AnalysisProblem(f"{text!r} is no target: write ADDRESS or NAME, :PORT and /tcp, /udp or /icmp")
    host, port = match["six"] or match["plain"], match["port"]
    protocol = match["protocol"] or (TCP if port else ICMP)
    if protocol not in PROTOCOLS:
        raise AnalysisProblem(f"{text!r}: protocol {protocol} is not one of {', '.join(PROTOCOLS)}")
    if protocol == ICMP:
        if port:
            raise AnalysisProblem(f"{text!r}: ICMP has no ports")
        return Target(host)
    if not port:
        raise AnalysisProblem(f"{text!r}: which {protocol} port?")
    return Target(host, protocol, _port(text, port))


SERVICES = {"ssh": 22, "domain": 53, "http": 80, "https": 443, "mysql": 3306, "postgresql": 5432, "redis": 6379}


def _port(text: str, word: str) -> int:
    number = int(word) if word.isascii() and word.isdigit() else SERVICES.get(word, 0)
    if not 0 < number < 65536:
        raise AnalysisProblem(f"{text!r}: port {word} is not between 1 and 65535")
    return number


def target_of(world: World, wanted: Any) -> Target:
    """A target from its text, from a place (a ping to it), or as it is; AnalysisProblem."""
    if isinstance(wanted, Target):
        return wanted
    if isinstance(wanted, (IPv4, IPv6)):
        return Target(str(wanted))
    if isinstance(wanted, str):
        return parse(wanted)
    place_of(world, wanted)
    return Target(f"@{_wanted(wanted)}")


def address_of(world: World, target: Target) -> tuple[IPv4 | IPv6 | None, Place | None]:
    """The address a target spells, and the place it means if it was written with `@`; no address: a name to look up. AnalysisProblem."""
    if not target.host.startswith("@"):
        return numeric(target.host), None
    place = place_of(world, target.host[1:])
    addresses = place.addresses()
    if not addresses:
        raise AnalysisProblem(f"{place.name} has no address")
    return addresses[0], place
