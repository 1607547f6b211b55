"""cmp(1) of diffutils 3.8: where two files begin to differ."""

from __future__ import annotations

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse

GRAMMAR = Grammar(
    "bls", "in", long={"silent": ("s", ""), "quiet": ("s", ""), "bytes": ("n", "="), "verbose": ("l", ""), "ignore-initial": ("i", "=")}
)
MORE = "cmp: Try 'cmp --help' for more information.\n"


def cmp(call: Call) -> Result:
    """cmp [-s] [-n LIMIT] FILE1 FILE2: status 0 for the same, 1 for different ones, 2 for trouble."""
    try:
        found, names = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"cmp: {problem}\n{MORE}", 2)
    given = {option.name: option.argument or "" for option in found}
    for letter in "bli":
        if letter in given:
            return Result("", f"cmp: netsim: -{letter} is not modelled\n", 2)
    if not names:
        return Result("", f"cmp: missing operand after 'cmp'\n{MORE}", 2)
    if len(names) > 2:
        return Result("", f"cmp: invalid --ignore-initial value '{names[2]}'\n{MORE}", 2)
    if len(names) == 1 or "-" in names:
        return Result("", "cmp: netsim: standard input is not modelled\n", 2)
    if given.get("n") and not given["n"].isdecimal():
        return Result("", f"cmp: invalid --bytes value '{given['n']}'\n{MORE}", 2)
    sides = []
    for name in names:
        try:
            sides.append(call.machine.files.read(call.proc, name)[: int(given["n"]) if given.get("n") else None])
        except NetError as error:
            return Result("", f"cmp: {name}: {strerror(error.errno)}\n", 2)
    return _compared(names, sides, "s" in given)


def _compared(names: list[str], sides: list[bytes], is_silent: bool) -> Result:  # noqa: FBT001 - a switch of the command line
    one, two = sides
    shorter = min(len(one), len(two))
    at = next((place for place in range(shorter) if one[place] != two[place]), None)
    if at is not None:
        line = one.count(b"\n", 0, at) + 1
        return Result("" if is_silent else f"{names[0]} {names[1]} differ: byte {at + 1}, line {line}\n", "", 1)
    if len(one) == len(two):
        return Result()
    name = names[0] if len(one) < len(two) else names[1]
    if not shorter:
        return Result("", "" if is_silent else f"cmp: EOF on {name} which is empty\n", 1)
    lines = one.count(b"\n", 0, shorter)
    where = f"line {lines}" if one[shorter - 1 : shorter] == b"\n" else f"in line {lines + 1}"
    return Result("", "" if is_silent else f"cmp: EOF on {name} after byte {shorter}, {where}\n", 1)
