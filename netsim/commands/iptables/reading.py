"""A command line's request, remembered: what most lines ask for follows from their words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from netsim.commands.iptables.known_names import AsksWorld, KnownNames
from netsim.commands.iptables.parser import Parser, Request
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.tool import named_tool
from netsim.kernel.tables.ipset import IpSet

SAME_RULE = frozenset({"-A", "-C", "-D", "-I"})
"""Commands after which a chain and a rule mean the same: it is read once for all of them."""


class NoSets(Mapping[str, IpSet]):
    """Nobody's sets: asking for one raises AsksWorld."""

    __slots__ = ()

    def __getitem__(self, name: str) -> IpSet:
        raise AsksWorld

    def __iter__(self) -> Iterator[str]:
        raise AsksWorld

    def __len__(self) -> int:
        raise AsksWorld


def remembered(argv: tuple[str, ...], build: str) -> Request | None:
    """The request of a right line to a tool of this build; None when it is wrong or more than its words has to be known."""
    place = 2 if argv[1:2] == ("--wait",) else 1
    if argv[place : place + 1] == ("-t",):
        place += 2
    command = argv[place] if place < len(argv) else ""
    is_rule = command in SAME_RULE
    try:
        known = _parsed((*argv[:place], "-A", *argv[place + 1 :]) if is_rule else argv, build)
    except (Problem, AsksWorld):
        return None
    return known.led_by(command[1]) if is_rule else known


@lru_cache(maxsize=512)
def _parsed(argv: tuple[str, ...], build: str) -> Request:
    """AsksWorld when a match or target has a memory of its own, which no two rules share; such values have no hash."""
    request = Parser(argv[1:], named_tool(argv[0], build), KnownNames(None), NoSets()).parse()
    if request.flags & {"V", "h"}:
        raise AsksWorld
    try:
        hash(tuple(request.specs))
    except TypeError:
        raise AsksWorld from None
    return request
