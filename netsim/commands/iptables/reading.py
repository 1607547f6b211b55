"""A command line's request, remembered: what most lines ask for follows from their words alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from netsim.commands.iptables.forms import form_of, forms_of, keep
from netsim.commands.iptables.known_names import AsksWorld, KnownNames
from netsim.commands.iptables.parser import Parser
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.request import Request
from netsim.commands.iptables.tool import Tool, named_tool
from netsim.kernel.tables.ipset import IpSet

SAME_RULE = frozenset({"-A", "-C", "-D", "-I"})
"""Commands after which a chain and a rule mean the same: it is read once for all of them."""
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


def remembered(argv: tuple[str, ...], build: str) -> tuple[Tool, Request, str] | None:
    """What a right line asks of which tool, and by which command; None when it is wrong or more than its words has to be known."""
    tool, command, lead, rule = lead_of(argv[:LEAD], build)
    try:
        if command and argv[rule][:1] in DASHES:
            return tool, parsed(lead + argv[LEAD:], build), command
        request = parsed(argv, build)
        return tool, request, request.command
    except (IndexError, Problem, AsksWorld):
        return None


LEAD = 6
"""So many words at most lead to a rule: `iptables --wait -t TABLE -C CHAIN`."""


@lru_cache(maxsize=256)
def lead_of(words: tuple[str, ...], build: str) -> tuple[Tool, str, tuple[str, ...], int]:
    """By a line's first words: its tool; the command's letter and the words as `-A` has them, where they are about a rule; and where that would begin."""
    tool = named_tool(words[0], build)
    place = 2 if words[1:2] in (("-w",), ("--wait",)) else 1
    if words[place : place + 1] == ("-t",):
        place += 2
    command = words[place] if place < len(words) else ""
    if command not in SAME_RULE:
        return tool, "", (), 0
    return tool, command[1], (*words[:place], "-A", *words[place + 1 :]), place + 2


def read(argv: tuple[str, ...], build: str) -> Request:
    """The request of a right line, raises Problem and AsksWorld.

    AsksWorld also when a match or target has a memory of its own, which no two rules share; such values have no hash.
    """
    for known in forms_of(build, len(argv)):
        if known.pick(argv) == known.fixed:
            request = known.fill(argv)
            if request is not None:
                return request
            break
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


parsed = lru_cache(maxsize=32)(read)
"""A line is asked for again soon (`-C`, then `-A`) or filled into its form again at little more: what is kept longer costs the garbage collector."""
