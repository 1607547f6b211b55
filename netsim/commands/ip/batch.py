"""Commands read from a file, one a line, as ip, bridge and tc do it (iproute2 `lib/utils.c`: `do_batch`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from netsim.commands.ip.words import Stop, Words
from netsim.errors import ENOENT, strerror
from netsim.machine.call import Call, ReadInput, Result

BLANKS = " \t\r\n"
EXITED = 255
"""The status of a command that ended the whole process."""


def options_or_batch(call: Call, flags: Callable[[], str | None], run: Callable[[Call, bytes], Result]) -> Result | ReadInput | None:
    """What the flags before the object answer by themselves; those that name a file have its commands run.

    `flags` takes them and tells the file; `run` is a module-level function that gets the text, or what comes in for `-`.
    """
    try:
        path = flags()
    except Stop as stop:
        return Result(stop.stdout, stop.stderr, stop.status)
    if path is None:
        return None
    if path == "-":
        return ReadInput(run)
    if call.machine.files.stat(call.proc, path) is None:
        return Result("", f'Cannot open file "{path}" for reading: {strerror(ENOENT)}\n', 1)
    return run(call, call.machine.files.read(call.proc, path))


def run_batch(command: Callable[[Words], Result], data: bytes, path: str, *, force: bool) -> Result:
    """The first command that fails ends it, unless forced; one that exits ends it always (`do_batch`)."""
    out, err, status = "", "", 0
    try:
        for number, line in _lines(data.decode("utf-8", "replace")):
            words = _arguments(line)
            if not words:
                continue
            step = command(Words(words))
            out += step.stdout
            err += step.stderr
            if step.status == EXITED:
                return Result(out, err, EXITED)
            if step.status:
                err += f"Command failed {path}:{number}\n"
                status = 1
                if not force:
                    break
    except Stop as stop:
        return Result(out, err + stop.stderr, stop.status)
    return Result(out, err, status)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with what a backslash at the end joins to them, comments cut off, and the number of the last one joined (`getcmdline`)."""
    lines = iter(enumerate(text.splitlines(keepends=True), 1))
    for number, line in lines:
        whole = line.partition("#")[0]
        while "\\\n" in whole:
            number, more = next(lines, (number, ""))
            if not more:
                raise Stop("Missing continuation line\n", 0)
            whole = whole.partition("\\\n")[0] + more.partition("#")[0]
        yield number, whole


def _arguments(line: str) -> list[str]:
    """The words of a line, where one that begins with a quote goes to the next such quote (`makeargs`)."""
    words, at = list[str](), 0
    while at < len(line):
        if line[at] in BLANKS:
            at += 1
        elif line[at] in "'\"":
            end = line.find(line[at], at + 1)
            if end < 0:
                raise Stop("Unterminated quoted string\n", 1)
            words.append(line[at + 1 : end])
            at = end + 1
        else:
            end = next((place for place in range(at, len(line)) if line[place] in BLANKS), len(line))
            words.append(line[at:end])
            at = end + 1
    return words
