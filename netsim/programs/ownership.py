"""chown and chgrp (coreutils 9.1)."""

from __future__ import annotations

from netsim.errors import ENOENT, NetError, strerror
from netsim.machine.accounts import number_in
from netsim.machine.call import Call, Result
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory
from netsim.programs.identity import owner

GRAMMAR = Grammar(
    "RcfvhHLP",
    long={"recursive": ("R", ""), "changes": ("c", ""), "silent": ("f", ""), "quiet": ("f", ""), "verbose": ("v", ""), "no-dereference": ("h", "")},
)


def _trees(call: Call, names: list[str], deep: int) -> list[str]:
    """The names, and with -R everything below them."""
    found = []
    for name in names:
        found.append(name)
        node = call.machine.files.lstat(call.proc, name)
        if deep and isinstance(node, Directory):
            found += _trees(call, [f"{name.rstrip('/')}/{one}" for one in node.names(call.proc)], deep)
    return found


def chown(call: Call) -> Result:
    """chown [-R] [USER][:GROUP] FILE...; chgrp [-R] GROUP FILE..."""
    tool = call.argv[0].rpartition("/")[2]
    try:
        options, rest = parse(call.argv[1:], GRAMMAR)
    except OptionError as problem:
        return Result("", f"{tool}: {problem}\nTry '{tool} --help' for more information.\n", 1)
    if len(rest) < 2:
        what = f"missing operand after '{rest[0]}'" if rest else "missing operand"
        return Result("", f"{tool}: {what}\nTry '{tool} --help' for more information.\n", 1)
    numbers = owner(call.proc, rest[0] if tool == "chown" else f":{rest[0]}")
    if numbers is None:
        return Result("", f"{tool}: {_unknown(call, tool, rest[0])}\n", 1)
    err, letters = "", {option.name for option in options}
    for name in _trees(call, rest[1:], int("R" in letters)):
        try:
            call.machine.files.chown(call.proc, name, *numbers)
        except NetError as error:
            what = "cannot access" if error.errno == ENOENT else "changing ownership of" if tool == "chown" else "changing group of"
            err += f"{tool}: {what} '{name}': {strerror(error.errno)}\n"
    return Result("", "" if "f" in letters else err, int(bool(err)))


def _unknown(call: Call, tool: str, word: str) -> str:
    if tool == "chgrp":
        return f"invalid group: '{word}'"
    user = word.partition(":")[0]
    is_user = not user or user.isdigit() or number_in(call.proc.read_text("/etc/passwd"), user) is not None
    return f"invalid {'group' if is_user else 'user'}: '{word}'"
