"""ps: processes in the columns that were asked for (procps-ng 4.0.2, ps(1)). What is about memory and processor time is not modelled and reads 0."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import attrs

from netsim.machine.accounts import group_name, user_name
from netsim.machine.call import Call, Result
from netsim.machine.process import Process
from netsim.machine.user import User, user_of

USAGE = """
Usage:
 ps [options]

 Try 'ps --help <simple|list|output|threads|misc|all>'
  or 'ps --help <s|l|o|t|m|a>'
 for additional help text.

For more details see ps(1).
"""


def _parent(process: Process, seen: Mapping[int, int]) -> str:
    return str(seen.get(process.parent.pid, 0) if process.parent is not None else 0)


@attrs.frozen
class Column:
    """A column: its title, how wide it is (0: as wide as what is in it), and what stands in it."""

    title: str
    width: int
    value: str
    """A field of the process by name, or the text itself."""
    right: int = 0


COLUMNS = {
    "pid": Column("PID", 7, "pid", 1), "ppid": Column("PPID", 7, "ppid", 1), "pgid": Column("PGID", 7, "pid", 1), "user": Column("USER", 8, "user"),
    "uid": Column("UID", 5, "uid", 1), "gid": Column("GID", 5, "gid", 1),
    "group": Column("GROUP", 8, "group"), "comm": Column("COMMAND", 15, "comm"), "ucmd": Column("CMD", 15, "comm"), "args": Column("COMMAND", 27, "args"),
    "command": Column("COMMAND", 27, "args"), "cmd": Column("CMD", 27, "args"), "stat": Column("STAT", 4, "S"), "s": Column("S", 1, "S"),
    "state": Column("S", 1, "S"), "tty": Column("TT", 8, "?"), "tt": Column("TT", 8, "?"), "time": Column("TIME", 8, "00:00:00", 1),
    "pcpu": Column("%CPU", 4, "0.0", 1), "%cpu": Column("%CPU", 4, "0.0", 1), "pmem": Column("%MEM", 4, "0.0", 1), "%mem": Column("%MEM", 4, "0.0", 1),
    "vsz": Column("VSZ", 6, "0", 1), "rss": Column("RSS", 5, "0", 1), "ni": Column("NI", 3, "0", 1), "netns": Column("NETNS", 10, "netns", 1),
}  # fmt: skip
PLAIN = (COLUMNS["pid"], Column("TTY", 8, "?"), COLUMNS["time"], Column("CMD", 15, "comm"))
FULL = (Column("UID", 8, "user"), COLUMNS["pid"], COLUMNS["ppid"], Column("C", 2, "0", 1), Column("STIME", 5, "00:00"), Column("TTY", 8, "?"),
        COLUMNS["time"], COLUMNS["cmd"])  # fmt: skip
BSD = (COLUMNS["pid"], Column("TTY", 8, "?"), COLUMNS["stat"], Column("TIME", 6, "0:00", 1), COLUMNS["args"])
USERS = (COLUMNS["user"], Column("PID", 10, "pid", 1), COLUMNS["pcpu"], COLUMNS["pmem"], COLUMNS["vsz"], COLUMNS["rss"], Column("TTY", 8, "?"), COLUMNS["stat"],
         Column("START", 5, "00:00"), Column("TIME", 6, "0:00", 1), COLUMNS["args"])  # fmt: skip
MINUS, BARE = "eAaxfwHjl", "auxwef"
"""Letters with and without a dash that are read; of those, j and l and H only refuse."""


SYSV = frozenset("ACFGHLMNOPTUVZacdefgjlmnopqstuwy")


class BadLine(Exception):
    """A command line that ps does not take."""


@attrs.define
class Wanted:
    """What a command line asks for."""

    columns: list[Column] = attrs.field(factory=list)
    pids: list[str] = attrs.field(factory=list)
    names: list[str] = attrs.field(factory=list)
    layout: tuple[Column, ...] = PLAIN
    titles: int = 1

    def option(self, letter: str, value: str) -> None:
        """An option that has a value."""
        if letter == "o":
            self.columns += _columns(value)
        elif letter == "C":
            self.names += value.split(",")
        else:
            self.pids += value.replace(",", " ").split()

    def letter(self, letter: str, bsd: str) -> None:
        """One that has none."""
        if letter == "f" and not bsd:
            self.layout = FULL
        elif letter == "u" and bsd:
            self.layout = USERS
        elif bsd and self.layout is PLAIN:
            self.layout = BSD
        elif letter in "Hjl":
            raise BadLine(f"netsim: -{letter} is not modelled")


def _columns(text: str) -> list[Column]:
    found: list[Column] = []
    names = text.replace(",", " ").split() if "=" not in text else text.split(",")
    for name in names:
        key, equals, title = name.partition("=")
        key, _, width = key.partition(":")
        known = COLUMNS.get(key)
        if known is None:
            raise BadLine(f'unknown user-defined format specifier "{key}"')
        known = attrs.evolve(known, title=title) if equals else known
        found.append(attrs.evolve(known, width=int(width)) if width.isdigit() else known)
    return found


def _reads_as_bsd(word: str) -> bool:
    """A line that System V's ps would not take is tried as BSD's: `-x`, `-ax`, `-aux`."""
    return "x" in word and set(word[1:]) <= set(BARE)


def _read(words: Sequence[str]) -> Wanted:
    wanted, waiting = Wanted(), list(words)
    while waiting:
        word = waiting.pop(0)
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            letters = {"format": "o", "pid": "p"}
            if name in ("no-headers", "no-heading"):
                wanted.titles = 0
            elif name in letters and (equals or waiting):
                wanted.option(letters[name], value if equals else waiting.pop(0))
            else:
                raise BadLine("unknown gnu long option")
            continue
        bsd = word if not word.startswith("-") or _reads_as_bsd(word) else ""
        rest = word.removeprefix("-")
        while rest:
            letter, rest = rest[0], rest[1:]
            if letter in "oOpqC" and (rest or waiting):
                wanted.option(letter.lower() if letter != "C" else letter, rest or waiting.pop(0))
                break
            if letter.isdigit() and bsd:
                wanted.pids.append(word)
                break
            if not bsd and letter not in SYSV:
                raise BadLine("unsupported SysV option")
            if letter not in (BARE if bsd else MINUS):
                raise BadLine(f"netsim: {'' if bsd else '-'}{letter} is not modelled")
            wanted.letter(letter, bsd)
    return wanted


def ps(call: Call) -> Result:
    """ps: all processes that are seen here, or those asked for."""
    try:
        wanted = _read(call.argv[1:])
    except BadLine as problem:
        return Result("", f"error: {problem}\n{USAGE}", 1)
    columns = tuple(wanted.columns) or wanted.layout
    there = call.proc.seen()
    seen = {process.pid: pid for pid, process in there.items()}
    rows = [
        process
        for pid, process in sorted(there.items())
        if (not wanted.pids and not wanted.names) or str(pid) in wanted.pids or process.comm in wanted.names
    ]
    lines = [[_value(column, process, seen, call.proc) for column in columns] for process in rows]
    if wanted.titles and any(column.title for column in columns):
        lines.insert(0, [column.title for column in columns])
    return Result("".join(_line(columns, line) for line in lines), "", int(not rows))


def _user(asking: Process, user: User) -> str:
    name = user_name(asking, user.uid) or str(user.uid)
    return name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}+"


def _group(asking: Process, user: User) -> str:
    return group_name(asking, user.gid) or str(user.gid)


def _uid(asking: Process, user: User) -> str:
    return str(user.uid)


def _gid(asking: Process, user: User) -> str:
    return str(user.gid)


OF_USER = {"user": _user, "group": _group, "uid": _uid, "gid": _gid}
NAME_WIDTH = 8


def _value(column: Column, process: Process, seen: Mapping[int, int], asking: Process) -> str:
    """What stands in a column; `seen` are process ids as they are where ps runs."""
    known = {
        "pid": str(seen[process.pid]),
        "ppid": _parent(process, seen),
        "comm": process.comm,
        "args": " ".join(process.argv),
        "netns": str(process.netns.inode),
    }
    if column.value in OF_USER:
        return OF_USER[column.value](asking, user_of(process))
    return known.get(column.value, column.value)


def _line(columns: Sequence[Column], texts: Sequence[str]) -> str:
    parts = [
        text.rjust(column.width) if column.right else text if number == len(columns) - 1 else text.ljust(column.width)
        for number, (column, text) in enumerate(zip(columns, texts, strict=True))
    ]
    return " ".join(parts) + "\n"
