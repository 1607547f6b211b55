"""xargs: command lines made of words from standard input (xargs(1), findutils)."""

from __future__ import annotations

import re

import attrs

from netsim.errors import EACCES, ENOENT, NetError, strerror
from netsim.machine.call import Call, Program, ReadInput, Result
from netsim.machine.fds import Null
from netsim.machine.getopt import Grammar, OptionError, parse
from netsim.machine.nodes import Directory
from netsim.machine.process import Process

GRAMMAR = Grammar(
    "0oprtx", "adEILnPs", "eil", in_order=True, long={
        "null": ("0", ""), "arg-file": ("a", "="), "delimiter": ("d", "="), "eof": ("e", "?"), "replace": ("i", "?"), "max-lines": ("l", "?"),
        "max-args": ("n", "="), "max-procs": ("P", "="), "interactive": ("p", ""), "no-run-if-empty": ("r", ""), "max-chars": ("s", "="), "verbose": ("t", ""),
        "exit": ("x", ""), "open-tty": ("o", ""), "show-limits": ("show-limits", ""), "process-slot-var": ("process-slot-var", "="), "help": ("help", ""),
        "version": ("version", ""),
    },
)  # fmt: skip
HINT = "Try 'xargs --help' for more information.\n"
UNMODELLED = ("p", "o", "show-limits", "process-slot-var", "help", "version")
MOST_CHARACTERS = 131_072
"""Of a command line unless -s says so."""
ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "\\": "\\"}
EXCLUSIVE = {"n": "--max-args", "L": "-L", "I": "--replace/-I/-i"}
KINDS = {"l": "L", "i": "I", "e": "E"}


class Wrong(Exception):
    """A wrong command line; `str()` is the complaint."""


@attrs.define
class Wanted:
    """What one command line asks for."""

    command: tuple[str, ...] = ("echo",)
    most_words: int = 0
    most_lines: int = 0
    most_characters: int = MOST_CHARACTERS
    together: int = 1
    replaced: str = ""
    delimiter: str | None = None
    end: str = ""
    path: str = ""
    given: set[str] = attrs.field(factory=set)


def read_line(words: tuple[str, ...]) -> Wanted:
    """The options and the command. Wrong."""
    try:
        options, command = parse(words, GRAMMAR)
    except OptionError as error:
        raise Wrong(f"xargs: {error}\n{HINT}") from None
    wanted = Wanted(tuple(command) or ("echo",))
    for option in options:
        letter, text = KINDS.get(option.name, option.name), option.argument
        if letter in UNMODELLED:
            raise Wrong(f'netsim: "xargs {"-" if len(letter) == 1 else "--"}{letter}" is not modelled\n')
        if letter == "n":
            wanted.most_words = _number("n", text, 1)
        elif letter == "L":
            wanted.most_lines = _number(option.name, text or "1", 1)
        elif letter == "s":
            wanted.most_characters = _number("s", text, 1)
        elif letter == "P":
            wanted.together = _number("P", text, 0) or MOST_CHARACTERS
        elif letter == "I":
            wanted.replaced = text or "{}"
        elif letter == "E":
            wanted.end = text or ""
        elif letter == "a":
            wanted.path = text or ""
        elif letter in ("d", "0"):
            wanted.delimiter = "\0" if letter == "0" else _delimiter(text or "")
        if letter in EXCLUSIVE and (others := [other for other in EXCLUSIVE if other != letter and other in wanted.given]):
            _exclude(wanted, letter, others)
        wanted.given.add(letter)
    return wanted


def _exclude(wanted: Wanted, letter: str, others: list[str]) -> None:
    """Of -n, -L and -I the last one counts, but that `-n 1` goes with -I."""
    for other in others:
        if {letter, other} == {"n", "I"} and wanted.most_words == 1 and letter == "n":
            wanted.most_words = 0
            continue
        wanted.given.add(
            f"warning: options {EXCLUSIVE[other]} and {EXCLUSIVE[letter]} are mutually exclusive, ignoring previous {EXCLUSIVE[other]} value"
        )
        if other == "n":
            wanted.most_words = 0
        elif other == "L":
            wanted.most_lines = 0
        else:
            wanted.replaced = ""


def _number(letter: str, text: str | None, least: int) -> int:
    if text is None or not re.fullmatch(r"-?[0-9]{1,9}", text):
        raise Wrong(f'xargs: invalid number "{text}" for -{letter} option\n{HINT}')
    if int(text) < least:
        raise Wrong(f"xargs: value {int(text)} for -{letter} option should be >= {least}\n{HINT}")
    return int(text)


def _delimiter(text: str) -> str:
    if len(text) == 1:
        return text
    if re.fullmatch(r"\\[ntrabfv0\\]", text):
        return ESCAPES[text[1]]
    if re.fullmatch(r"\\x[0-9a-fA-F]{1,2}|\\[0-7]{1,3}", text):
        return chr(int(text[2:], 16) if text[1] == "x" else int(text[1:], 8))
    raise Wrong(
        f"xargs: Invalid input delimiter specification {text}: the delimiter must be either a single character or an escape sequence starting with \\.\n"
        if not text.startswith("\\")
        else f"xargs: Invalid escape sequence {text} in input delimiter specification.\n"
    )


def xargs(call: Call) -> Result | ReadInput | Program:
    """xargs [-0rtx] [-a FILE] [-d CHARACTER] [-E WORD] [-I WORD] [-L LINES] [-n WORDS] [-P PROCESSES] [-s CHARACTERS] [COMMAND [WORD]...]."""
    try:
        wanted = read_line(call.argv[1:])
    except Wrong as problem:
        return Result("", str(problem), 1)
    if not wanted.path:
        return ReadInput(_run)
    try:
        return _run(call, call.machine.files.read(call.proc, wanted.path))
    except NetError as error:
        return Result("", f"xargs: Cannot open input file '{wanted.path}': {strerror(error.errno)}\n", 1)


def _run(call: Call, data: bytes) -> Result | Program:
    wanted = read_line(call.argv[1:])
    said = "".join(f"xargs: {text}\n" for text in sorted(wanted.given) if text.startswith("warning"))
    lines, wrong = split(data.decode("utf-8", "surrogateescape"), wanted)
    return Commands(wanted, command_lines(lines, wanted), said, wrong)


def split(text: str, wanted: Wanted) -> tuple[list[list[str]], str]:
    """The words of each line, and what is wrong behind them."""
    if wanted.delimiter is not None:
        pieces = text.split(wanted.delimiter)
        return [[piece] for piece in (pieces[:-1] if pieces[-1] == "" else pieces)], ""
    lines: list[list[str]] = []
    if wanted.replaced:
        for line in text.splitlines():
            bare = re.sub(r"\\(.)|'([^']*)'|\"([^\"]*)\"", lambda match: next(group for group in match.groups() if group is not None), line.strip())
            if bare:
                lines.append([bare])
        return lines, ""
    words: list[str] = []
    goes_on = 0
    for match in re.finditer(r"((?:[^\s'\"\\]|\\.|'[^'\n]*'|\"[^\"\n]*\")+)|(['\"])|(\n)|[ \t]+", text, re.S):
        if match[2]:
            name = "single" if match[2] == "'" else "double"
            return [
                *lines,
                words,
            ] if words else lines, f"xargs: unmatched {name} quote; by default quotes are special to xargs unless you use the -0 option\n"
        if match[3]:
            if words and not goes_on:
                lines.append(words)
                words = []
            continue
        if match[1] is None:
            goes_on = text[match.end() : match.end() + 1] == "\n"  # a blank at the end of a line carries it on
            continue
        goes_on = 0
        word = re.sub(
            r"\\(.)|'([^']*)'|\"([^\"]*)\"", lambda found: next(group for group in found.groups() if group is not None), match[1], flags=re.S
        )
        if wanted.end and word == wanted.end:
            break
        words.append(word)
    return [*lines, words] if words else lines, ""


def command_lines(lines: list[list[str]], wanted: Wanted) -> list[tuple[str, ...]]:
    """The commands to run, in their order."""
    if wanted.replaced:
        return [tuple(word.replace(wanted.replaced, line[0]) for word in wanted.command) for line in lines]
    if wanted.most_lines:
        groups = [lines[place : place + wanted.most_lines] for place in range(0, len(lines), wanted.most_lines)]
        return [(*wanted.command, *(word for line in group for word in line)) for group in groups]
    found: list[tuple[str, ...]] = []
    words: list[str] = []
    base = size = sum(len(word) + 1 for word in wanted.command)
    for word in (word for line in lines for word in line):
        if words and ((wanted.most_words and len(words) == wanted.most_words) or size + len(word) + 1 > wanted.most_characters):
            found.append((*wanted.command, *words))
            words, size = [], base
        words.append(word)
        size += len(word) + 1
    if words or (not found and "r" not in wanted.given):
        found.append((*wanted.command, *words))
    return found


@attrs.define(eq=False)
class Commands(Program):
    """Runs the commands, `wanted.together` at a time."""

    wanted: Wanted
    waiting: list[tuple[str, ...]]
    said: str = ""
    wrong: str = ""
    running: list[Process] = attrs.field(factory=list)
    status: int = 0

    def started(self, proc: Process) -> None:
        """Begin."""
        proc.write(2, self.said + self.wrong)
        self.status = 1 if self.wrong else 0
        self._go_on(proc)

    def _go_on(self, proc: Process) -> None:
        while self.waiting and len(self.running) < self.wanted.together:
            argv = self.waiting.pop(0)
            if proc.machine.command(proc, argv[0]) is None:
                errno = EACCES if isinstance(proc.machine.files.stat(proc, argv[0]) if "/" in argv[0] else None, Directory) else ENOENT
                proc.write(2, f"xargs: {argv[0]}: {strerror(errno)}\n")
                proc.exit(127 if errno == ENOENT else 126)
                return
            if "t" in self.wanted.given:
                proc.write(2, " ".join(argv) + "\n")
            fds = {fd: opened.dup() for fd, opened in proc.fds.items()}
            if not self.wanted.path:
                fds[0] = Null()
            self.running.append(proc.machine.spawn(proc, argv, None, None, fds))
        if not self.running and not self.waiting and proc.status is None:
            proc.exit(self.status)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """One has ended: 255 and signals end all, other failures are remembered."""
        child = next((child for child in self.running if child.pid == pid), None)
        if child is None:
            return
        self.running.remove(child)
        name = child.argv[0]
        if child.killed_by:
            proc.write(2, f"xargs: {name}: terminated by signal {child.killed_by}\n")
            proc.exit(125)
        elif status == 255:
            proc.write(2, f"xargs: {name}: exited with status 255; aborting\n")
            proc.exit(124)
        else:
            self.status = 123 if status else self.status
            self._go_on(proc)
