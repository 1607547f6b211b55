"""`-m set`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang
from netsim.commands.iptables.problem import OTHER, Problem
from netsim.kernel.netfilter.matches.set import SetMatch

MOST_SIDES = 6
UNMODELLED = ("update-counters", "update-subcounters", "packets-eq", "packets-lt", "packets-gt", "bytes-eq", "bytes-lt", "bytes-gt")


def build(given: list[Given], context: Context) -> SetMatch:
    """The match from its options; the set must be there."""
    named = [option for option in given if option.name == "match-set"]
    other = next((option.name for option in given if option.name in UNMODELLED), "")
    if other:
        raise Problem(f"set: --{other} is not modelled by netsim", OTHER)
    if not named:
        raise Problem("You must specify `--match-set' with proper arguments")
    if len(named) > 1:
        raise Problem("--match-set can be specified only once")
    name, _, sides = named[0].value.partition(" ")
    known = context.sets.get(name)
    if known is None:
        raise Problem(f"Set {name} doesn't exist.\n")
    if known.family not in (0, context.family):
        raise Problem(f"The protocol family of set {name} is {'IPv4' if known.family == 2 else 'IPv6'}, which is not applicable.\n")
    words = tuple(sides.split(","))
    if len(words) > MOST_SIDES or any(word not in ("src", "dst") for word in words):
        raise Problem("You must spefify (the comma separated list of) 'src' or 'dst'.")
    return SetMatch(name, words, named[0].inverted, any(option.name == "return-nomatch" for option in given))


def save(match: SetMatch) -> str:
    """Words for -S."""
    return f"{bang(match.inverted)} --match-set {match.name} {','.join(match.sides)}" + (" --return-nomatch" if match.return_nomatch else "")


def listing(match: SetMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return f"{bang(match.inverted)} match-set {match.name} {','.join(match.sides)}" + (" return-nomatch" if match.return_nomatch else "")


SET = Extension(
    "set", {"match-set": ("match-set", True), "return-nomatch": ("return-nomatch", False)} | {name: (name, True) for name in UNMODELLED},
    build, save, listing, SetMatch, frozenset({"match-set"}),
)  # fmt: skip
