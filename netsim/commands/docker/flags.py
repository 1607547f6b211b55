"""Options as the docker command reads them (spf13/pflag): long and short, joined or apart, repeated, with pflag's words for mistakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import attrs

BOOL, TEXT, LIST, INT = "bool", "string", "list", "int"
TRUE, FALSE = ("1", "t", "T", "true", "TRUE", "True"), ("0", "f", "F", "false", "FALSE", "False")


class Flag(NamedTuple):
    """One option: long name, letter, kind of value."""

    name: str
    letter: str = ""
    kind: str = TEXT


class FlagError(Exception):
    """The command line cannot be read; the text is pflag's."""


@attrs.frozen
class Parsed:
    """Options by long name, and the other words."""

    values: Mapping[str, object]
    words: tuple[str, ...]

    def text(self, name: str) -> str:
        """A string option, empty when it was not given."""
        return str(self.values.get(name, ""))

    def many(self, name: str) -> tuple[str, ...]:
        """A repeated option's values."""
        found = self.values.get(name, ())
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


def parse(words: Sequence[str], flags: Sequence[Flag], *, interspersed: bool) -> Parsed:
    """Read a command line; `interspersed`: options may stand after other words. FlagError."""
    taken = {flag.letter for flag in flags}
    long = {flag.name: flag for flag in flags} | {"help": Flag("help", "" if "h" in taken else "h", BOOL)}
    short = {flag.letter: flag for flag in long.values() if flag.letter}
    values: dict[str, object] = {}
    rest: list[str] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        if word == "--":
            rest += waiting
            break
        if not word.startswith("-") or word == "-":
            rest.append(word)
            if not interspersed:
                rest += waiting
                break
        elif word.startswith("--"):
            _long(word, long, values, waiting)
        else:
            _short(word, short, values, waiting)
    return Parsed(values, tuple(rest))


def _long(word: str, long: Mapping[str, Flag], values: dict[str, object], waiting: list[str]) -> None:
    name, equals, value = word[2:].partition("=")
    if not name or name.startswith(("-", "=")):
        raise FlagError(f"bad flag syntax: {word}")
    flag = long.get(name)
    if flag is None:
        raise FlagError(f"unknown flag: --{name}")
    if equals:
        _store(flag, f"--{name}", value, values)
    elif flag.kind == BOOL:
        values[flag.name] = True
    elif waiting:
        _store(flag, f"--{name}", waiting.pop(0), values)
    else:
        raise FlagError(f"flag needs an argument: --{name}")


def _short(word: str, short: Mapping[str, Flag], values: dict[str, object], waiting: list[str]) -> None:
    letters = word[1:]
    while letters:
        letter, letters = letters[0], letters[1:]
        flag = short.get(letter)
        if flag is None:
            raise FlagError(f"unknown shorthand flag: {letter!r} in {word}")
        if flag.kind == BOOL and not letters.startswith("="):
            values[flag.name] = True
            continue
        if letters:
            _store(flag, f"-{letter}, --{flag.name}", letters.removeprefix("="), values)
        elif waiting:
            _store(flag, f"-{letter}, --{flag.name}", waiting.pop(0), values)
        else:
            raise FlagError(f"flag needs an argument: {letter!r} in {word}")
        return


def _store(flag: Flag, shown: str, value: str, values: dict[str, object]) -> None:
    if flag.kind == BOOL:
        if value not in TRUE + FALSE:
            raise FlagError(f'invalid argument "{value}" for "{shown}" flag: strconv.ParseBool: parsing "{value}": invalid syntax')
        values[flag.name] = value in TRUE
    elif flag.kind == INT:
        try:
            values[flag.name] = int(value, 0)
        except ValueError:
            raise FlagError(f'invalid argument "{value}" for "{shown}" flag: strconv.ParseInt: parsing "{value}": invalid syntax') from None
    elif flag.kind == LIST:
        known = values.setdefault(flag.name, [])
        assert isinstance(known, list)
        known.append(value)
    else:
        values[flag.name] = value
