"""A command line's request, remembered: what most lines ask for follows from their words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from netsim.commands.iptables.forms import filled, form_of, keep
from netsim.commands.iptables.known_names import AsksWorld, KnownNames
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.tool import named_tool
from netsim.kernel.tables.ipset import IpSet

SAME_RULE = frozenset({"-A", "-C", "-D", "-I"})
"""Commands after which a chain and a rule mean the same: it is read once for all of them."""
WAITS = ("--wait", "-w")
DASHES = ("-", "!")


class NoSets(Mapping[str, IpSet]):
    """Nobody's sets: asking for one raises AsksWorld."""

    __slots__ = ()

    def __getitem__(self, name: str) -> IpSet:
        raise AsksWorld

    def __iter__(self) -> Iterator[str]:
        raise AsksWorld

    def __len__(self) -> int:
        raise AsksWorld


NOBODY, NO_SETS = KnownNames(None), NoSets()


def remembered(argv: tuple[str, ...], build: str) -> tuple[Request, str] | None:
    """The request of a right line to a tool of this build, and its command; None when it is wrong or more than its words has to be known."""
    try:
        place = 2 if argv[1] in WAITS else 1
        if argv[place] == "-t":
            place += 2
        command = argv[place]
        if command == "-A" or command not in SAME_RULE or argv[place + 2][:1] not in DASHES:
            request = _parsed(argv, build)
            return request, request.command
        return _parsed((*argv[:place], "-A", *argv[place + 1 :]), build), command[1]
    except (IndexError, Problem, AsksWorld):
        return None


def read(argv: tuple[str, ...], build: str) -> Request:
    """The request of a right line, raises Problem and AsksWorld.

    AsksWorld also when a match or target has a memory of its own, which no two rules share; such values have no hash.
    """
    known = filled(argv, build)
    if known is not None:
        return known
    parser = Parser(argv[1:], named_tool(argv[0], build), NOBODY, NO_SETS)
    request = parser.parse()
    if request.flags & {"V", "h"}:
        raise AsksWorld
    for spec in request.specs:
        for value in (*spec.matches, spec.target):
            if type(value).__hash__ is None:
                raise AsksWorld
    form = form_of(parser, argv)
    if form is not None:
        keep(form, build, len(argv))
    return request


_parsed = lru_cache(maxsize=32)(read)
"""A line is asked for again soon (`-C`, then `-A`) or filled into its form again at little more: what is kept longer costs the garbage collector."""
