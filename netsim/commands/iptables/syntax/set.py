"""`-m set` and `-j SET`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang
from netsim.commands.iptables.problem import OTHER, Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.set import SetMatch
from netsim.kernel.netfilter.targets.set import SetTarget, SetUse

MOST_SIDES = 6
MOST_TIMEOUT = 0xFFFFFFFE
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
    return SetMatch(name, _sides(name, sides, context), named[0].inverted, any(option.name == "return-nomatch" for option in given))


def _sides(name: str, sides: str, context: Context) -> tuple[str, ...]:
    """The sides, once the set is known to be there and of this family."""
    known = context.sets.get(name)
    if known is None:
        raise Problem(f"Set {name} doesn't exist.\n")
    if known.family not in (0, context.family):
        raise Problem(f"The protocol family of set {name} is {'IPv4' if known.family == 2 else 'IPv6'}, which is not applicable.\n")
    words = tuple(sides.split(","))
    if len(words) > MOST_SIDES or any(word not in ("src", "dst") for word in words):
        raise Problem("You must spefify (the comma separated list of) 'src' or 'dst'.")
    return words


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


def _target(given: list[Given], context: Context) -> SetTarget:
    found: dict[str, Given] = {}
    for option in given:
        if option.name in found and option.name.endswith("-set"):
            raise Problem(f"--{option.name} can be specified only once")
        if option.name.startswith("map-"):
            raise Problem(f"SET: --{option.name} is not modelled by netsim", OTHER)
        found[option.name] = option
    uses = [_use(found[name], context) if name in found else None for name in ("add-set", "del-set")]
    if uses == [None, None]:
        raise Problem("You must specify either `--add-set' or `--del-set' or `--map-set'")
    if uses[0] is None and "exist" in found:
        raise Problem("Flag `--exist' can be used with `--add-set' only")
    if uses[0] is None and "timeout" in found:
        raise Problem("Option `--timeout' can be used with `--add-set' only")
    seconds = number(found["timeout"].value) if "timeout" in found else -1
    if seconds is None or seconds > MOST_TIMEOUT:
        raise Problem(f"Invalid value for option --timeout or out of range 0-{MOST_TIMEOUT}")
    return SetTarget(uses[0], uses[1], "exist" in found, seconds)


def _use(option: Given, context: Context) -> SetUse:
    name, blank, sides = option.value.partition(" ")
    if not blank:
        raise Problem(f"--{option.name} requires two args.")
    return SetUse(name, _sides(name, sides, context))


def _target_words(target: SetTarget, before: str) -> str:
    text = f" {before}add-set {target.add.name} {','.join(target.add.sides)}" if target.add is not None else ""
    text += f" {before}exist" if target.exist else ""
    text += f" {before}timeout {target.timeout}" if target.timeout >= 0 else ""
    return text + (f" {before}del-set {target.delete.name} {','.join(target.delete.sides)}" if target.delete is not None else "")


def _target_save(target: SetTarget) -> str:
    return _target_words(target, "--")


def _target_listing(target: SetTarget, numeric: bool, /) -> str:
    return _target_words(target, "")


MAP_FLAGS = ("map-mark", "map-prio", "map-queue")
SETS = Extension(
    "SET", {name: (name, True) for name in ("add-set", "del-set", "map-set", "timeout")} | {name: (name, False) for name in ("exist", *MAP_FLAGS)},
    _target, _target_save, _target_listing, SetTarget,
)  # fmt: skip
