"""read and mapfile: lines of a descriptor into variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.clock import MS
from netsim.errors import NetError, strerror
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.builtins.grammar import Given, read_options
from netsim.shell.builtins.names import REFERENCE
from netsim.shell.jumps import BuiltinProblem
from netsim.shell.numbers import is_number
from netsim.shell.variables import IDENTIFIER

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

TIMED_OUT = 142
"""128 + SIGALRM."""
LOOK = MS
SECONDS = re.compile(r"\d*\.?\d*")
ESCAPED = "\x01"
"""Stands before a character that a backslash protects from the separators."""


def _number(shell: ShellState, args: list[str], given: Given, letter: str, wrong: str) -> int | None:
    """An option's number. BuiltinProblem."""
    text = given.value(letter)
    if text is None or is_number(text):
        return None if text is None else int(text)
    shell.complain(f"{args[0]}: {text}: {wrong}")
    raise BuiltinProblem(1)


def _descriptor(shell: ShellState, args: list[str], given: Given) -> int:
    number = _number(shell, args, given, "u", "invalid file descriptor specification") if given.value("u") is not None else 0
    assert number is not None
    if "u" in given and number not in shell.proc.fds:
        shell.complain(f"{args[0]}: {number}: invalid file descriptor: Bad file descriptor")
        raise BuiltinProblem(1)
    return number


def _deadline(shell: ShellState, given: Given) -> int | None:
    """When to give up, in virtual ns. BuiltinProblem."""
    text = given.value("t") or shell.get("TMOUT") or None
    if text is None:
        return None
    if not SECONDS.fullmatch(text) or text == ".":
        if "t" not in given:
            return None
        shell.complain(f"read: {text}: invalid timeout specification")
        raise BuiltinProblem(1)
    whole, _, part = text.partition(".")
    return shell.now() + int(whole[:9] or 0) * 1_000_000_000 + int(f"{part:0<9}"[:9])


def read(shell: ShellState, args: list[str]) -> Any:
    """read [-ers] [-a ARRAY] [-d DELIM] [-i TEXT] [-n N] [-N N] [-p PROMPT] [-t SECONDS] [-u FD] [NAME]..."""
    given = read_options(shell, args)
    names = given.words
    for name in [*names, *[value for value in (given.value("a"),) if value is not None]]:
        if not REFERENCE.fullmatch(name):
            if shell.name == "ash":
                shell.write(2, f"{shell.zero}: read: '{name}': bad variable name\n")
            else:
                shell.complain(f"read: `{name}': not a valid identifier")
            raise BuiltinProblem(2 if shell.name == "sh" else 1)
    if not names and not shell.is_bash() and shell.name == "sh":
        shell.complain("read: arg count")
        raise BuiltinProblem(2)
    fd, deadline = _descriptor(shell, args, given), _deadline(shell, given)
    exact = _number(shell, args, given, "N", "invalid number")
    most = exact if exact is not None else _number(shell, args, given, "n", "invalid number")
    opened = shell.proc.fds.get(fd)
    if opened is None:
        shell.complain(f"read: read error: {fd}: Bad file descriptor")
        return 1
    if "p" in given and not shell.is_bash():
        shell.write(2, given.value("p") or "")
    if given.value("t") in ("0", "0.0"):
        return 0 if _is_ready(opened) else 1
    delimiter = "" if exact is not None else (given.value("d") or "\0")[:1] if given.value("d") is not None else "\n"
    try:
        text, status = yield from _read_text(shell, opened, delimiter, "" if "r" in given else "\\", most, deadline)
    except NetError as error:
        shell.complain(f"read: read error: {fd}: {strerror(error.errno)}")
        return 1
    if most == 0:
        status = 0
    array = given.value("a")
    if array is not None:
        shell.check_writable(array)
        shell.forget(array) if "A" not in shell.marks.get(array, "") else None
        shell.arrays[array] = dict(enumerate(map(_bare, _fields(shell, text, 0))))
        return status
    if not names:
        shell.set("REPLY", _bare(text))
        return status
    fields = [text] if exact is not None else _fields(shell, text, len(names))
    for place, name in enumerate(names):
        try:
            shell.assign(name, _bare(fields[place]) if place < len(fields) else "")
        except ArithmeticProblem as problem:
            shell.complain(f"read: {problem}")
            status = 1
    return status


def read_line(shell: ShellState) -> Any:
    """A line of standard input for `select`, and 1 where it ends before the line does."""
    opened = shell.proc.fds.get(0)
    if opened is None:
        return "", 1
    text, status = yield from _read_text(shell, opened, "\n", "\\", None, None)
    return _bare(text), status


def _is_ready(opened: Any) -> bool:
    pipe = opened.pipe
    return pipe is None or bool(pipe.chunks) or not pipe.writers


def _bare(text: str) -> str:
    return text.replace(ESCAPED, "")


def _read_text(shell: ShellState, opened: Any, delimiter: str, escape: str, most: int | None, deadline: int | None) -> Any:
    """Characters up to the delimiter, `most` or the end, and the status; what a backslash protects is marked."""
    out, count = "", 0
    pending = b""
    status = 1
    end = delimiter.encode("utf-8", "surrogateescape")
    while most is None or count < most:
        if not pending:
            data = opened.read_available()
            if data is None:
                if deadline is not None and shell.now() >= deadline:
                    status = TIMED_OUT
                    break
                if shell.pending:
                    yield from shell.run_pending()
                yield LOOK
                continue
            if not data:
                break
            pending = data
        if most is None and not escape and end:  # a whole line at once
            piece, found, pending = pending.partition(end)
            out += piece.decode("utf-8", "surrogateescape")
            if found:
                status = 0
                break
            continue
        letter, pending = _letter(pending)
        if letter == delimiter and end:
            status = 0
            break
        if letter == escape:
            while not pending and (pending := opened.read_available()) is None:
                pending = b""
                yield LOOK
            if not pending:
                break
            letter, pending = _letter(pending)
            if letter != "\n":
                out += ESCAPED + letter
                count += 1
            continue
        out += letter
        count += 1
    else:
        status = 0
    unread(opened, pending)
    return out.replace("\0", ""), status


def _letter(pending: bytes) -> tuple[str, bytes]:
    size = 1 if pending[0] < 0xC0 else 2 if pending[0] < 0xE0 else 3 if pending[0] < 0xF0 else 4
    return pending[:size].decode("utf-8", "surrogateescape"), pending[size:]


def unread(opened: Any, rest: bytes) -> None:
    """Give back what was read past the line."""
    if not rest:
        return
    if hasattr(opened, "position"):
        opened.position -= len(rest)
    elif opened.pipe is not None:
        opened.pipe.chunks.appendleft(rest)


def _fields(shell: ShellState, text: str, most: int) -> list[str]:
    """The fields IFS makes, at most so many (0: all); the last one has what is left, without blanks at its end."""
    ifs = shell.get("IFS")
    ifs = " \t\n" if ifs is None else ifs
    blanks = "".join(letter for letter in ifs if letter in " \t\n")
    fields: list[str] = []
    at, size = _after(text, 0, blanks), len(text)
    while at < size:
        start = at
        while at < size and text[at] not in ifs:
            at += 2 if text[at] == ESCAPED else 1
        end = at
        at = _after(text, at, blanks)
        if at < size and text[at] in ifs and text[at] not in blanks and (at == start or text[at - 1] in blanks or text[at - 1] not in ifs):
            at = _after(text, at + 1, blanks)
        if most and len(fields) == most - 1 and at < size:
            fields.append(_bare_end(text[start:], blanks))
            break
        fields.append(text[start:end])
    return fields


def _after(text: str, at: int, letters: str) -> int:
    while at < len(text) and text[at] in letters:
        at += 1
    return at


def _bare_end(text: str, blanks: str) -> str:
    """A text without blanks at its end."""
    end = len(text)
    while end and text[end - 1] in blanks and text[end - 2 : end - 1] != ESCAPED:
        end -= 1
    return text[:end]


def mapfile(shell: ShellState, args: list[str]) -> Any:
    """mapfile [-d DELIM] [-n COUNT] [-O ORIGIN] [-s COUNT] [-t] [-u FD] [-C CALLBACK] [-c QUANTUM] [ARRAY]."""
    given = read_options(shell, args)
    count = _number(shell, args, given, "n", "invalid line count") or 0
    skip = _number(shell, args, given, "s", "invalid line count") or 0
    origin = _number(shell, args, given, "O", "invalid array origin")
    quantum = _number(shell, args, given, "c", "invalid callback quantum") or 5000
    fd = _descriptor(shell, args, given)
    name = given.words[0] if given.words else "MAPFILE"
    if not IDENTIFIER.fullmatch(name):
        shell.complain(f"{args[0]}: `{name}': not a valid identifier")
        return 1
    name = shell.target(name)[0]
    shell.check_writable(name)
    if "A" in shell.marks.get(name, ""):
        shell.complain(f"{args[0]}: {name}: not an indexed array")
        return 1
    delimiter = (given.value("d") or "\0")[:1] if given.value("d") is not None else "\n"
    table = shell.table_for(name) if origin is not None else shell.arrays.setdefault(name, {})
    if origin is None:
        table.clear()
        shell.variables.pop(name, None)
    opened, read_lines, place = shell.proc.fds.get(fd), 0, origin or 0
    while opened is not None and (not count or read_lines < count):
        line, status = yield from _read_text(shell, opened, delimiter, "", None, None)
        if status and not line:
            break
        if skip:
            skip -= 1
            continue
        text = line if "t" in given or status else line + (delimiter if delimiter != "\0" else "")
        read_lines += 1
        if "C" in given and read_lines % quantum == 0:
            from netsim.shell.builtins.texts import run_text
            from netsim.shell.quoting import single

            yield from run_text(shell, f"{given.value('C')} {place} {single(text)}")
        table[place] = text
        place += 1
    return 0
