"""Options as the docker command reads them (spf13/pflag): long and short, joined or apart, repeated, with pflag's words for mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import attrs

from netsim.commands.docker import record
from netsim.values import quick

BOOL, TEXT, LIST, WORDS, MAP, INT = "bool", "string", "list", "strings", "map", "int"
TRUE, FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")
INT_LIMIT = 1 << 63


class Flag(NamedTuple):
    """One option: long name, letter, kind of value, and what its value has to be."""

    name: str
    letter: str = ""
    kind: str = TEXT
    check: Callable[[str], str] | None = None
    """Gives the value as it is kept, or a ValueError in the command's own words."""
    stands_for: str = ""
    """An older spelling of another option."""
    only: str = ""
    """The family of releases that has it; empty: every one."""
    unmodelled: int = 0
    """1: accepted and reported as not modelled."""


class FlagError(Exception):
    """The command line cannot be read; the text is pflag's."""


class HelpWanted(Exception):
    """--help, or the -h that stands for it: whatever else was typed, the command tells how it is used."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@quick
@attrs.frozen(weakref_slot=False)
class Parsed:
    """Options by long name, and the other words."""

    values: Mapping[str, object]
    words: tuple[str, ...]
    unmodelled: tuple[str, ...] = ()
    """Options given that nothing comes of, as they were spelt."""

    def text(self, name: str) -> str:
        """A string option, empty when it was not given."""
        return str(self.values.get(name, ""))

    def many(self, name: str) -> tuple[str, ...]:
        """A repeated option's values."""
        found = self.values.get(name)
        return tuple(found) if isinstance(found, list) else ()

    def has(self, name: str) -> bool:
        """Whether a switch is on."""
        return bool(self.values.get(name))

    def number(self, name: str, default: int = 0) -> int:
        """An integer option."""
        found = self.values.get(name, default)
        return found if isinstance(found, int) else default

    def given(self, name: str) -> bool:
        """Whether an option was given at all."""
        return name in self.values

    def fields(self, of: Mapping[str, tuple[str, Callable[[Any], object]]]) -> dict[str, Any]:
        """A request's fields that the given options fill: option -> field, and what makes the field of the option's value."""
        found: dict[str, Any] = {}
        for name, value in self.values.items():
            known = of.get(name)
            if known is not None:
                found[known[0]] = known[1](value)
        return found


@attrs.frozen(eq=False)
class FlagSet:
    """A command's options by name and by letter (`pflag.FlagSet`)."""

    long: Mapping[str, Flag]
    short: Mapping[str, Flag]

    @classmethod
    def of(cls, flags: Sequence[Flag]) -> FlagSet:
        """The options of a list."""
        return cls({flag.name: flag for flag in flags}, {flag.letter: flag for flag in flags if flag.letter})


def parse(words: Sequence[str], flags: Sequence[Flag] | FlagSet, *, interspersed: bool) -> Parsed:
    """Read a command line; `interspersed`: options may stand after other words. FlagError, HelpWanted."""
    if not words or not (interspersed or words[0][:1] == "-"):
        return Parsed({}, tuple(words))
    known = flags if isinstance(flags, FlagSet) else FlagSet.of(flags)
    return _Reader(known.long, known.short, list(reversed(words))).read(interspersed)


@attrs.define(eq=False)
class _Reader:
    long: Mapping[str, Flag]
    short: Mapping[str, Flag]
    waiting: list[str]
    """The next word last."""
    values: dict[str, object] = attrs.field(factory=dict)
    unmodelled: list[str] = attrs.field(factory=list)

    def read(self, interspersed: bool) -> Parsed:  # noqa: FBT001  (pflag's own switch)
        rest: list[str] = []
        waiting = self.waiting
        while waiting:
            word = waiting.pop()
            if word[:1] != "-" or word == "-":
                rest.append(word)
                if interspersed:
                    continue
            elif word[:2] != "--":
                self.letters(word)
                continue
            elif word != "--":
                self.long_one(word)
                continue
            rest += reversed(waiting)
            break
        return Parsed(self.values, tuple(rest), tuple(self.unmodelled))

    def long_one(self, word: str) -> None:
        name, equals, value = word[2:].partition("=")
        if not name or name[0] == "-":
            raise FlagError(f"bad flag syntax: {word}")
        flag = self.long.get(name)
        if flag is None:
            if name == "help":
                raise HelpWanted(word)
            raise FlagError(f"unknown flag: --{name}")
        if equals:
            self.store(flag, value)
        elif flag.kind == BOOL:
            self.store(flag, "true")
        elif self.waiting:
            self.store(flag, self.waiting.pop())
        else:
            raise FlagError(f"flag needs an argument: --{name}")

    def letters(self, word: str) -> None:
        letters = word[1:]
        while letters:
            shown = f"-{letters}"
            letter, letters = letters[0], letters[1:]
            flag = self.short.get(letter)
            if flag is None:
                if letter == "h":
                    raise HelpWanted("-h")
                raise FlagError(f"unknown shorthand flag: {letter!r} in {shown}")
            if flag.kind == BOOL and not letters.startswith("="):
                self.store(flag, "true")
                continue
            if letters:
                self.store(flag, letters.removeprefix("="))
            elif self.waiting:
                self.store(flag, self.waiting.pop())
            else:
                raise FlagError(f"flag needs an argument: {letter!r} in {shown}")
            return

    def store(self, flag: Flag, value: str) -> None:
        if flag.unmodelled:
            self.unmodelled.append(f"--{flag.name}" + ("" if flag.kind == BOOL else f" {value}"))
        try:
            self.keep(flag, flag.stands_for or flag.name, value)
        except ValueError as problem:
            shown = f"-{flag.letter}, --{flag.name}" if flag.letter else f"--{flag.name}"
            raise FlagError(f'invalid argument {record.shown(value)} for "{shown}" flag: {problem}') from None

    def keep(self, flag: Flag, name: str, value: str) -> None:
        kind, check = flag.kind, flag.check
        if kind == BOOL:
            self.values[name] = _truth(value)
        elif kind == INT:
            self.values[name] = whole(value)
        elif kind in (LIST, MAP, WORDS):
            known = self.values.setdefault(name, [])
            assert isinstance(known, list)
            for one in value.split(",") if kind == WORDS and value else (value,):
                known.append(check(one) if check is not None else one)
        else:
            self.values[name] = check(value) if check is not None else value


def _truth(value: str) -> bool:
    if value in TRUE:
        return True
    if value not in FALSE:
        raise ValueError(f'strconv.ParseBool: parsing "{value}": invalid syntax')
    return False


def whole(value: str) -> int:
    """A whole number as Go reads it, decimal, hexadecimal, octal or binary; ValueError in Go's words."""
    bare = value.lstrip("+-")
    try:
        number = int(value, 8) if bare[:1] == "0" and bare.isdigit() else int(value, 0)
    except ValueError:
        raise ValueError(f'strconv.ParseInt: parsing "{value}": invalid syntax') from None
    if value != value.strip() or not value.isascii():
        raise ValueError(f'strconv.ParseInt: parsing "{value}": invalid syntax')
    if not -INT_LIMIT <= number < INT_LIMIT:
        raise ValueError(f'strconv.ParseInt: parsing "{value}": value out of range')
    return number
