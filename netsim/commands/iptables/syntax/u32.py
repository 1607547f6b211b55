"""`-m u32`."""

from __future__ import annotations

import re

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.u32 import U32Match, U32Test

MOST = 10
BLANKS = re.compile(r"\s*")
NUMBER = re.compile(r"\s*\+?(0[xX][0-9a-fA-F]+|\d+)")
OPERATORS = ("&", "<<", ">>", "@")


def build(given: list[Given], context: Context) -> U32Match:
    """The match from its option."""
    found = once(given, "u32")
    if "u32" not in found:
        raise Problem('u32: option "--u32" must be specified\n')
    return U32Match(Reader(found["u32"].value).tests(), found["u32"].inverted)


class Reader:
    """Reads `LOCATION=RANGES[&&LOCATION=RANGES]...` from left to right (`u32_parse`)."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def tests(self) -> tuple[U32Test, ...]:
        """All of it."""
        made: list[U32Test] = []
        while True:
            offset, *steps = self._location()
            made.append(U32Test(offset[1], tuple(steps), self._ranges()))
            if self._peek() == "":
                if len(made) > MOST:
                    raise self._wrong('too many "&&"s')
                return tuple(made)
            self.place += 2
            if len(made) > MOST:
                raise self._wrong('too many "&&"s')

    def _peek(self) -> str:
        found = BLANKS.match(self.text, self.place)
        self.place = found.end() if found else self.place
        return self.text[self.place : self.place + 1]

    def _wrong(self, what: str) -> Problem:
        return Problem(f"u32: at char {self.place}: {what}")

    def _location(self) -> list[tuple[str, int]]:
        steps: list[tuple[str, int]] = []
        while True:
            sign = self._peek()
            if sign == "":
                raise Problem("u32: abrupt end of input after location specifier")
            if sign == "=":
                if not steps:
                    raise self._wrong("location spec missing")
                self.place += 1
                return steps
            steps.append((self._operator(sign) if steps else "", self._number()))
            if len(steps) > MOST:
                raise self._wrong("too many operators")

    def _operator(self, sign: str) -> str:
        if sign in ("<", ">"):
            self.place += 1
            if self.text[self.place : self.place + 1] != sign:
                raise self._wrong(f"a second '{sign}' was expected")
            sign *= 2
        elif sign not in OPERATORS:
            raise self._wrong("operator expected")
        self.place += 1
        return sign

    def _ranges(self) -> tuple[tuple[int, int], ...]:
        ranges: list[tuple[int, int]] = []
        while True:
            sign = self._peek()
            if sign == "" and not ranges:
                raise Problem("u32: test ended with no value specified")
            if sign == "&" and self.text[self.place + 1 : self.place + 2] != "&":
                self.place += 1
                raise self._wrong("a second '&' was expected")
            if sign == "&" and not ranges:
                self.place += 1
                raise self._wrong("value spec missing")
            if sign in ("", "&"):
                return tuple(ranges)
            if ranges:
                if sign != ",":
                    raise self._wrong('expected "," or "&&"')
                self.place += 1
            low = high = self._number()
            if self._peek() == ":":
                self.place += 1
                high = self._number()
            ranges.append((low, high))
            if len(ranges) > MOST:
                raise self._wrong('too many ","s')

    def _number(self) -> int:
        found = NUMBER.match(self.text, self.place)
        word = found[1] if found else ""
        if word[:1] == "0" and word[1:2] not in ("x", "X"):
            word = re.match(r"0[0-7]*", word)[0]  # type: ignore[index]
        value = int(word, 16) if word[1:2] in ("x", "X") else int(word, 8) if word[:1] == "0" else int(word or "-1")
        if found is None or not 0 <= value <= 0xFFFFFFFF:
            raise self._wrong("not a number or out of range")
        self.place = found.start(1) + len(word)
        return value


def _text(match: U32Match) -> str:
    return "&&".join(
        f"{test.offset:#x}{''.join(f'{operator}{number:#x}' for operator, number in test.steps)}="
        + ",".join(f"{low:#x}" if low == high else f"{low:#x}:{high:#x}" for low, high in test.ranges)
        for test in match.tests
    )


def save(match: U32Match) -> str:
    """Words for -S."""
    return f'{bang(match.inverted)} --u32 "{_text(match)}"'


def listing(match: U32Match, numeric: bool, /) -> str:
    """Words for -L."""
    return f' u32{bang(match.inverted)} "{_text(match)}"'


U32 = Extension("u32", {"u32": ("u32", True)}, build, save, listing, U32Match, frozenset({"u32"}))
