"""head and tail (coreutils): the beginning and the end of files, of standard input, and what files get while one looks on."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.errors import EISDIR, NetError, strerror
from netsim.machine.call import Call, Enough, Program, ReadInput, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar, OptionError, parse

LONG = {"bytes": ("c", "="), "lines": ("n", "="), "quiet": ("q", ""), "silent": ("q", ""), "verbose": ("v", ""), "zero-terminated": ("z", "")}
GRAMMARS = {
    "head": Grammar("qvz", "cn", long=LONG),
    "tail": Grammar("qvzfF", "cns", long=LONG | {"follow": ("f", "?"), "retry": ("retry", ""), "sleep-interval": ("s", "="), "pid": ("pid", "=")}),
}
SUFFIXES = {"": 1, "b": 512} | {
    f"{letter}{unit}": base**power
    for power, letter in enumerate("KMGTPE", 1)
    for unit, base in (("", 1024), ("iB", 1024), ("B", 1000))
} | {"k": 1024, "kB": 1000, "m": 1 << 20}  # fmt: skip
NUMBER = re.compile(r"([-+]?)(\d+)([a-zA-Z]*)")
ONE_LINE = b"\n"
OBSOLETE = re.compile(r"-(\d+)([cl]?)")
FOLLOWED = SECOND
"""How often tail -f looks (`-s` says otherwise)."""


class Wrong(Exception):
    """A wrong command line: the text of the complaint."""


@attrs.define(eq=False)
class Wanted:
    """What one command line asks for: so many lines or bytes, from which end, of which files."""

    tool: str
    unit: bytes = ONE_LINE
    """What is counted: ends of lines, or (empty) bytes."""
    sign: str = ""
    count: int = 10
    headed: int | None = None
    """1: always a header for each file; 0: never; None: where there are several."""
    follows: int = 0
    pause: int = FOLLOWED
    names: list[str] = attrs.field(factory=list)
    unmodelled: list[str] = attrs.field(factory=list)

    def heads(self) -> bool:
        """Whether each file's name stands over it."""
        return len(self.names) > 1 if self.headed is None else bool(self.headed)


def head(call: Call) -> Result | ReadInput:
    """The first lines; it ends as soon as it has them."""
    try:
        wanted = _read("head", call.argv[1:])
    except Wrong as problem:
        return Result("", str(problem), 1)
    if "-" not in wanted.names:
        return _ends(call, b"")
    return ReadInput(_ends, _enough(wanted) if wanted.names == ["-"] else None)


def _enough(wanted: Wanted) -> Enough | None:
    """Where head stops."""
    return Enough(wanted.unit, wanted.count) if wanted.tool == "head" and wanted.sign != "-" else None


def tail(call: Call) -> Result | ReadInput | Program:
    """The last lines; from `+K` on; and (`-f`) what a file gets from then on."""
    try:
        wanted = _read("tail", call.argv[1:])
    except Wrong as problem:
        return Result("", str(problem), 1)
    call.netns.kernel.unmodelled.extend(f"tail {option}" for option in wanted.unmodelled)
    if wanted.follows and "-" not in wanted.names:
        return Following(wanted)
    return ReadInput(_ends) if "-" in wanted.names else _ends(call, b"")


def _read(tool: str, words: tuple[str, ...]) -> Wanted:
    wanted = Wanted(tool)
    if tool == "tail" and len(words) in (1, 2) and (begun := re.fullmatch(r"(\+\d+)([cl]?)", words[0])):
        words = (f"-{'c' if begun[2] == 'c' else 'n'}", begun[1], *words[1:])
    elif words and (old := OBSOLETE.fullmatch(words[0])):
        words = (f"-{'c' if old[2] == 'c' else 'n'}", old[1], *words[1:])
    try:
        options, wanted.names = parse(words, GRAMMARS[tool])
    except OptionError as problem:
        raise Wrong(f"{tool}: {problem}\nTry '{tool} --help' for more information.\n") from None
    by_lines = ONE_LINE
    for option in options:
        if option.name in ("c", "n"):
            wanted.unit = b"" if option.name == "c" else ONE_LINE
            _count(wanted, option.argument or "")
        elif option.name in ("q", "v"):
            wanted.headed = int(option.name == "v")
        elif option.name == "z":
            by_lines = b"\0"
        elif option.name in ("f", "F"):
            wanted.follows = 1
        elif option.name == "s":
            if not re.fullmatch(r"\d+(\.\d*)?", option.argument or ""):
                raise Wrong(f"{tool}: invalid number of seconds: '{option.argument}'\n")
            wanted.pause = max(1, int(float(option.argument or 1) * SECOND))
        else:
            wanted.unmodelled.append(f"--{option.name}")
    wanted.unit = wanted.unit and by_lines
    wanted.names = wanted.names or ["-"]
    return wanted


def _count(wanted: Wanted, word: str) -> None:
    found = NUMBER.fullmatch(word)
    if found is None or found[3] not in SUFFIXES:
        raise Wrong(f"{wanted.tool}: invalid number of {'lines' if wanted.unit else 'bytes'}: '{word}'\n")
    wanted.sign, wanted.count = found[1], int(found[2]) * SUFFIXES[found[3]]


def _ends(call: Call, data: bytes) -> Result:
    """Everything that is there now."""
    wanted = _read(call.argv[0].rsplit("/", 1)[-1], call.argv[1:])
    out, err = b"", ""
    for name in wanted.names:
        content, problem = _content(call.proc, wanted, name, data)
        err += problem
        if content is not None:
            out += _header(wanted, name, out) + _part(wanted, content)
    return Result(out.decode("utf-8", "surrogateescape"), err, int(bool(err)))


def _content(proc: Any, wanted: Wanted, name: str, data: bytes) -> tuple[bytes | None, str]:
    """What a file holds, or the complaint that it cannot be read."""
    if name == "-":
        return data, ""
    try:
        found: bytes = proc.machine.files.read(proc, name, _enough(wanted))
    except NetError as error:
        if error.errno == EISDIR:
            return b"", f"{wanted.tool}: error reading '{name}': {strerror(error.errno)}\n"
        return None, f"{wanted.tool}: cannot open '{name}' for reading: {strerror(error.errno)}\n"
    return found, ""


def _header(wanted: Wanted, name: str, before: bytes) -> bytes:
    if not wanted.heads():
        return b""
    shown = "standard input" if name == "-" else name
    return b"\n" * bool(before) + f"==> {shown} <==\n".encode("utf-8", "surrogateescape")


def _part(wanted: Wanted, content: bytes) -> bytes:
    """The wanted end of a content."""
    if not wanted.unit:
        pieces: Any = content
    else:
        pieces = [piece + wanted.unit for piece in content.split(wanted.unit)]
        pieces[-1] = pieces[-1][:-1]
        pieces = pieces if pieces[-1] else pieces[:-1]
    if wanted.tool == "head":
        kept = pieces[: max(0, len(pieces) - wanted.count)] if wanted.sign == "-" else pieces[: wanted.count]
    elif wanted.sign == "+":
        kept = pieces[max(0, wanted.count - 1) :]
    else:
        kept = pieces[max(0, len(pieces) - wanted.count) :]
    return kept if not wanted.unit else b"".join(kept)


@attrs.define(eq=False)
class Watched:
    """A named pipe that is followed: what it has given before its first end, and whether (`rests`) one has come to an end and looks again later."""

    name: str
    content: bytes = b""
    shown: int = 0
    is_followed: bool = False
    rests: bool = False


@attrs.define(eq=False)
class Following(Program):
    """tail -f: looks again and again what files have got, until it is killed."""

    caught: ClassVar[frozenset[int]] = frozenset()

    wanted: Wanted
    complaints: str = ""
    """What was wrong with other files."""
    seen: dict[str, int] = attrs.field(factory=dict)
    """By name: how much of the file was there."""
    last: str = ""
    pipes: dict[int, Watched] = attrs.field(factory=dict)
    """By descriptor: the named pipes among the files."""

    def started(self, proc: Any) -> None:
        """Show the ends; give up when no file can be read."""
        if self.complaints:
            proc.write(2, self.complaints)
        for name in self.wanted.names:
            if isinstance(node := proc.machine.files.stat(proc, name), Fifo):
                self.pipes[proc.install(node.end("r"))] = Watched(name)
                continue
            content, problem = _content(proc, self.wanted, name, b"")
            if problem:
                proc.write(2, problem)
            if content is not None and not problem:
                self._show(proc, name, _part(self.wanted, content))
                self.seen[name] = len(content)
        if not self.seen and not self.pipes:
            proc.write(2, "tail: no files remaining\n")
            proc.exit(1)
        elif proc.status is None:
            for fd in list(self.pipes):
                self.readable(proc, fd)
            proc.timer(self.wanted.pause, "look")

    def readable(self, proc: Any, fd: int) -> None:
        """More in a named pipe: shown at its first end (what is counted from the beginning: as it comes), and after that as it comes; at an end one looks again later."""
        pipe = self.pipes.get(fd)
        while pipe is not None and not pipe.rests and proc.status is None:
            data = proc.read(fd)
            if data is None:
                return
            pipe.rests = not data
            if pipe.is_followed:
                self._show(proc, pipe.name, data)
                continue
            pipe.content += data
            if self.wanted.sign == "+" or not data:
                text = _part(self.wanted, pipe.content)
                self._show(proc, pipe.name, text[pipe.shown :])
                pipe.shown, pipe.is_followed = len(text), not data

    def _show(self, proc: Any, name: str, text: bytes) -> None:
        if self.wanted.heads() and self.last != name:
            text = (b"\n" if self.last else b"") + f"==> {name} <==\n".encode("utf-8", "surrogateescape") + text
        self.last = name
        if text:
            proc.write(1, text)

    def timer(self, proc: Any, token: Any) -> None:
        """Show what has come."""
        for fd, pipe in self.pipes.items():
            pipe.rests = False
            self.readable(proc, fd)
        for name, size in self.seen.items():
            content, _ = _content(proc, self.wanted, name, b"")
            if content is None or len(content) == size:
                continue
            if len(content) < size:
                proc.write(2, f"tail: {name}: file truncated\n")
                size = 0
            self._show(proc, name, content[size:])
            self.seen[name] = len(content)
        if proc.status is None:
            proc.timer(self.wanted.pause, "look")
