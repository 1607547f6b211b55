"""cat and tee: bytes go on as they come (coreutils)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.fifo import Fifo
from netsim.machine.getopt import Grammar, OptionError, parse

CAT = Grammar(
    "bEnsTvAetu",
    long={
        "number-nonblank": ("b", ""), "show-ends": ("E", ""), "number": ("n", ""), "squeeze-blank": ("s", ""), "show-tabs": ("T", ""),
        "show-nonprinting": ("v", ""), "show-all": ("A", ""), "help": ("help", ""), "version": ("version", ""),
    },
)  # fmt: skip
TEE = Grammar("aip", long={"append": ("a", ""), "ignore-interrupts": ("i", ""), "help": ("help", ""), "version": ("version", "")})
COMPOUND = {"A": "vET", "e": "vE", "t": "vT"}


@attrs.define(eq=False)
class Cat(Program):
    """One cat: `names` are still to come; `line` and `blank` carry on from file to file."""

    names: list[str]
    letters: set[str]
    status: int = 0
    line: int = 0
    blank: int = 0
    at_line_start: bool = True
    fd: int = 0
    """Where the name under way is read from; a named pipe has a descriptor of its own."""

    def started(self, proc: Any) -> None:
        """The first file."""
        self._go_on(proc)

    def readable(self, proc: Any, fd: int) -> None:
        """More on standard input."""
        if fd == self.fd:
            self._go_on(proc)

    def _go_on(self, proc: Any) -> None:
        while self.names and proc.status is None:
            if not self.fd and isinstance(proc.machine.files.stat(proc, self.names[0]), Fifo):
                self.fd = proc.open(self.names[0])
            if self.fd or self.names[0] in ("-", "/dev/stdin"):
                data = proc.read(self.fd) if self.fd in proc.fds else b""
                if data is None:
                    return
                if data:
                    proc.write(1, self._shown(data))
                    continue
                if self.fd:
                    proc.close(self.fd)
                    self.fd = 0
            else:
                self._file(proc, self.names[0])
            if proc.status is None:
                self.names.pop(0)
        proc.exit(self.status)

    def _file(self, proc: Any, name: str) -> None:
        try:
            data = proc.machine.files.read(proc, name)
        except NetError as error:
            proc.write(2, f"cat: {name}: {strerror(error.errno)}\n")
            self.status = 1
            return
        if data:
            proc.write(1, self._shown(data))

    def _shown(self, data: bytes) -> bytes:
        if not self.letters & set("bEnsTv"):
            return data
        out = b""
        for line in data.splitlines(keepends=True):
            out += self._line(line)
        return out

    def _line(self, line: bytes) -> bytes:
        is_blank = line == b"\n" and self.at_line_start
        self.blank = self.blank + 1 if is_blank else 0
        if "s" in self.letters and self.blank > 1:
            return b""
        numbered = self.at_line_start and (("b" in self.letters and not is_blank) or ("n" in self.letters and "b" not in self.letters))
        self.at_line_start = line.endswith(b"\n")
        body, end = (line[:-1], b"\n") if self.at_line_start else (line, b"")
        if "v" in self.letters:
            body = b"".join(_visible(byte) for byte in body)
        if "T" in self.letters:
            body = body.replace(b"\t", b"^I")
        if "E" in self.letters and end:
            end = b"$\n"
        if numbered:
            self.line += 1
            body = b"%6d\t" % self.line + body
        return body + end


def _visible(byte: int) -> bytes:
    if byte == 9:
        return b"\t"
    lead = b"M-" if byte >= 128 else b""
    low = byte & 127
    return lead + (b"^" + bytes([low ^ 64]) if low < 32 or low == 127 else bytes([low]))


@attrs.define(eq=False)
class Tee(Program):
    """One tee: `outputs` are descriptors of files."""

    outputs: list[int]
    status: int = 0

    def started(self, proc: Any) -> None:
        """Copy what is there."""
        self.readable(proc, 0)

    def readable(self, proc: Any, fd: int) -> None:
        """More on standard input."""
        while fd == 0:
            data = proc.read(0) if 0 in proc.fds else b""
            if data is None:
                return
            if not data:
                proc.exit(self.status)
                return
            for output in (1, *self.outputs):
                if output in proc.fds:
                    proc.write(output, data)


def _wrong(name: str, problem: OptionError) -> Result:
    return Result("", f"{name}: {problem}\nTry '{name} --help' for more information.\n", 1)


def cat(call: Call) -> Result | Program:
    """cat [-AbeEnstTuv] [FILE]..."""
    try:
        options, names = parse(call.argv[1:], CAT)
    except OptionError as problem:
        return _wrong("cat", problem)
    letters = {letter for option in options for letter in COMPOUND.get(option.name, option.name)}
    return Cat(names or ["-"], letters)


def tee(call: Call) -> Result | Program:
    """tee [-a] [FILE]..."""
    try:
        options, names = parse(call.argv[1:], TEE)
    except OptionError as problem:
        return _wrong("tee", problem)
    mode = "a" if any(option.name == "a" for option in options) else "w"
    program = Tee([])
    for name in names:
        try:
            program.outputs.append(call.proc.open(name, mode))
        except NetError as error:
            call.proc.write(2, f"tee: {name}: {strerror(error.errno)}\n")
            program.status = 1
    return program


def basename(call: Call) -> Result:
    """basename NAME [SUFFIX], or -s SUFFIX / -a NAME..."""
    words, suffix, many = list(call.argv[1:]), "", False
    while words and words[0].startswith("-") and len(words[0]) > 1:
        word = words.pop(0)
        if word in ("-a", "--multiple"):
            many = True
        elif word == "-s" and words:
            suffix, many = words.pop(0), True
        elif word == "--":
            break
        else:
            return Result("", f"basename: invalid option -- '{word.lstrip('-')[:1]}'\nTry 'basename --help' for more information.\n", 1)
    if not words:
        return Result("", "basename: missing operand\nTry 'basename --help' for more information.\n", 1)
    if not many and len(words) > 2:
        return Result("", f"basename: extra operand '{words[2]}'\nTry 'basename --help' for more information.\n", 1)
    if not many and len(words) == 2:
        suffix = words.pop()
    names = [word.rstrip("/").rpartition("/")[2] or "/" for word in words]
    return Result("".join((name.removesuffix(suffix) or name) + "\n" for name in names))


def dirname(call: Call) -> Result:
    """dirname NAME..."""
    words = [word for word in call.argv[1:] if word != "--"]
    if not words:
        return Result("", "dirname: missing operand\nTry 'dirname --help' for more information.\n", 1)
    parents = [word.rstrip("/").rpartition("/") for word in words]
    return Result("".join((head.rstrip("/") or "/" if slash or not name else ".") + "\n" for head, slash, name in parents))
