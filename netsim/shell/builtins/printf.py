"""printf: formats and values."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from netsim.shell.arith import wrapped
from netsim.shell.builtins.grammar import failure, read_options, usage
from netsim.shell.builtins.names import REFERENCE
from netsim.shell.expand import unescape
from netsim.shell.jumps import BuiltinProblem
from netsim.shell.quoting import backslashed

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

MOST_DIGITS = 6
"""Of the width of a field that printf fills."""
PIECE = re.compile(r"((?:[^%]|%%)+)|%([-+ 0#']*)(\*|\d*)(?:(\.)(\*|-?\d*))?(?:[hlLjtz]*)(\(([^)]*)\)T|.|\Z)", re.S)
INTEGER = re.compile(r"\s*([-+]?)(0[xX][0-9a-fA-F]*|0[0-7]*|[1-9]\d*)")
REAL = re.compile(r"\s*[-+]?(\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?|inf(?:inity)?|nan)", re.I)
STOP = "\x05"
"""Where `\\c` ends the output."""


@lru_cache(maxsize=256)
def _pieces(template: str) -> tuple[tuple[str, ...], ...]:
    """A format's pieces: literal text, or flags, width, precision and kind."""
    found = []
    for match in PIECE.finditer(template):
        literal, flags, width, dot, precision, kind, moment = match.groups(default="")
        found.append((unescape(literal.replace("%%", "%"), "printf"),) if literal else ("", flags, width, dot, precision, kind, moment, match[0]))
    return tuple(found)


def printf(shell: ShellState, args: list[str]) -> int:
    """printf [-v NAME] FORMAT [VALUE]...: the format as often as there are values."""
    given = read_options(shell, args) if shell.is_bash() or shell.name == "sh" else None
    words = given.words if given is not None else args[2:] if args[1:2] == ["--"] else args[1:]
    target = given.value("v") if given is not None else None
    if target is not None and not REFERENCE.fullmatch(target):
        shell.complain(f"printf: `{target}': not a valid identifier")
        return 2
    if not words:
        if shell.is_bash():
            raise usage(shell, "printf")
        shell.complain("printf: usage: printf format [arg ...]")
        raise failure(shell, "printf")
    template, values = words[0], words[1:]
    if "%" in template and any(len(digits) > MOST_DIGITS for digits in re.findall(r"\d+", template)):
        shell.complain(f"printf: netsim: a field of more than {MOST_DIGITS} digits' width")
        return 1
    work = _Printing(shell, values)
    while True:
        before = work.at
        if not work.round(_pieces(template)) or work.at >= len(values) or work.at == before:
            break
        if work.status > 1:
            break
    if target is not None:
        shell.set(target, work.out)
    else:
        shell.writer = "printf"
        shell.status = 0
        shell.write(1, work.out)
        work.status = work.status or shell.status
    return work.status if shell.name == "sh" else min(work.status, 1)


@attrs.define(eq=False, repr=False)
class _Printing:
    """What has been printed so far and the values that are left."""

    shell: ShellState
    values: list[str]
    at: int = 0
    out: str = ""
    status: int = 0

    def round(self, pieces: tuple[tuple[str, ...], ...]) -> bool:
        """The format once; False where the output ends."""
        for piece in pieces:
            if len(piece) == 1:
                text, stop, _ = piece[0].partition(STOP)
                self.out += text
                if stop:
                    return False
            elif not self.conversion(*piece[1:]):
                return False
        return True

    def take(self) -> str | None:
        """The next value; None when there is none."""
        self.at += 1
        return self.values[self.at - 1] if self.at <= len(self.values) else None

    def wrong(self, text: str) -> None:
        """Complain and go on."""
        self.shell.complain(f"printf: {text}")
        self.status = 1

    def number_of(self, text: str) -> str:
        """A width or precision; `*` takes it from the values."""
        if text != "*":
            return text
        number = self.integer(self.take())
        if abs(number) >= 10**MOST_DIGITS:
            self.shell.complain(f"printf: netsim: a field of more than {MOST_DIGITS} digits' width")
            raise BuiltinProblem(1)
        return str(number)

    def conversion(self, flags: str, width: str, dot: str, precision: str, kind: str, moment: str, whole: str) -> bool:
        """One conversion; False where the output ends."""
        width = self.number_of(width)
        precision = self.number_of(precision)
        if width.startswith("-"):
            flags, width = flags + "-", width[1:]
        if precision.startswith("-"):
            dot = precision = ""
        flags = flags.replace("'", "")
        spec = f"%{flags}{width}{dot}{precision}"
        if kind in ("", "%") or (len(kind) == 1 and kind not in "diouxXeEfFgGaAcsbqQ") or (kind in "qQ" and not self.shell.is_bash()):
            return self.refuse(kind, whole)
        value = self.take()
        if kind[0] == "(":
            self.out += (spec + "s") % self.moment(moment, value)
        elif kind in "diouxX":
            self.out += _integer(spec, kind, self.integer(value))
        elif kind in "eEfFgG":
            self.out += (spec + kind) % self.real(value)
        elif kind in "aA":
            self.wrong(f"netsim: %{kind} is not modelled")
        elif kind == "c":
            self.out += (spec.partition(".")[0] + "s") % (value or "\0")[:1]
        elif kind == "b":
            text, stop, _ = unescape(value or "", "b").partition(STOP)
            self.out += (spec + "s") % text
            return not stop
        elif kind in "qQ":
            self.out += (spec + "s") % backslashed(value or "")
        else:
            self.out += (spec + "s") % (value or "")
        return True

    def refuse(self, kind: str, whole: str) -> bool:
        """A conversion that is none."""
        if self.shell.is_bash():
            self.wrong(f"`{whole if len(whole) > 1 else '%'}': missing format character" if not kind else f"`{kind}': invalid format character")
        elif self.shell.name == "ash":
            self.shell.write(2, f"sh: %{kind}: invalid format\n")
        else:
            self.wrong(f"{whole}: invalid directive")
        self.status = 2
        return False

    def integer(self, text: str | None) -> int:
        """A value as a number; what is wrong with it is told."""
        if text is None:
            return 0
        if text[:1] in ("'", '"') and text:
            return ord(text[1]) if len(text) > 1 else 0
        match = INTEGER.match(text)
        if match is None or match.end() != len(text):
            if text:
                self.wrong(f"{text}: invalid number")
        if match is None:
            return 0
        digits = match[2]
        base = 16 if digits[:2].lower() == "0x" else 8 if digits[0] == "0" else 10
        value = int(digits[2:] or "0", 16) if base == 16 else int(digits, base)
        value = -value if match[1] == "-" else value
        if not -(1 << 63) <= value < 1 << 64:
            self.shell.complain(f"printf: warning: {text}: Numerical result out of range")
            return (1 << 63) - 1 if value > 0 else -(1 << 63)
        return value

    def real(self, text: str | None) -> float:
        """A value as a number with a point."""
        if not text:
            return 0.0
        if text[0] in "'\"":
            return float(ord(text[1])) if len(text) > 1 else 0.0
        match = REAL.match(text)
        if match is None or match.end() != len(text):
            if text[:2].lower() == "0x" and INTEGER.fullmatch(text):
                return float(int(text, 16))
            self.wrong(f"{text}: invalid number")
        return float(match[0]) if match else 0.0

    def moment(self, form: str, text: str | None) -> str:
        """A time of day: now, or seconds since 1970."""
        from datetime import UTC, datetime

        now = self.shell.proc.wall_clock() // 1_000_000_000
        seconds = now if text is None else self.integer(text)
        if seconds in (-1, -2):
            seconds = now
        return datetime.fromtimestamp(seconds, UTC).strftime(form or "%H:%M:%S")


def _integer(spec: str, kind: str, value: int) -> str:
    if kind in "ouxX":
        value &= 0xFFFFFFFFFFFFFFFF
    else:
        value = wrapped(value)
    if kind in "xX" and "#" in spec and value == 0:
        spec = spec.replace("#", "")
    if kind == "o" and "#" in spec:
        spec, text = spec.replace("#", ""), f"{value:o}"
        return (spec + "s") % (text if text.startswith("0") else "0" + text)
    if "." in spec and "0" in spec.partition(".")[0].lstrip("%-+ #")[:1]:
        spec = re.sub(r"^(%[-+ #]*)0", r"\1", spec)
    return (spec + ("d" if kind in "diu" else kind)) % value
