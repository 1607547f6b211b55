"""traceroute's way of reading a command line (its own `libsupp/clif`), with its words for wrong ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

LEAST_ABBREVIATION = 2


class Problem(Exception):
    """The line is wrong; `str()` is what to print."""


@attrs.frozen
class Opt:
    """An option: its letter, its long name, what its argument is called, and `take(owner, argument)`, which says whether it liked it."""

    short: str
    long: str
    argument: str
    take: Callable[[Any, str], bool]
    is_several: bool = False
    is_abbreviable: bool = False
    is_one_dash: bool = False

    def shown(self, dash: str) -> str:
        """As complaints show it: `-q` or `--queries`."""
        return f"{dash}{self.short if dash == '-' and self.short else self.long}"

    def with_argument(self, dash: str) -> str:
        """With what its argument is called."""
        name = self.argument + (",..." if self.is_several else "")
        return f"{self.shown(dash)} {name}" if dash == "-" else f"{self.shown(dash)}={name}"


@attrs.define
class Reader:
    """Reads the words of one line into `owner`; the arguments come back."""

    table: Sequence[Opt]
    owner: Any
    takes_keywords: bool = False
    arguments: list[tuple[int, str]] = attrs.field(factory=list)

    def read(self, words: Sequence[str]) -> list[tuple[int, str]]:
        """All options; the other words with their places (from 1)."""
        at = 0
        only_arguments = False
        while at < len(words):
            word = words[at]
            at += 1
            if only_arguments or self.takes_keywords:
                if not only_arguments and word.startswith("-") and word != "-":
                    if not word.startswith("--"):
                        raise Problem(f"Bad option `-{word[1]}' (argc {at})")
                    self.arguments.append((at, word))
                    continue
                if only_arguments or not self._keyword(word, at):
                    self.arguments.append((at, word))
            elif word == "--":
                only_arguments = True
            elif word.startswith("--") and not word.startswith("---"):
                self._long(word, at)
            elif word.startswith("-") and word != "-" and not word.startswith("---"):
                at = self._short(words, word[1:], at)
            else:
                self.arguments.append((at, word))
        if self.takes_keywords and self.arguments:
            place, word = self.arguments[0]
            raise Problem(f"`{word}' (argc {place}): arguments are not allowed")
        return self.arguments

    def _find_long(self, text: str) -> tuple[Opt, str | None] | None:
        name, equals, value = text.partition("=")
        short = []
        for opt in self.table:
            if not opt.long or opt.is_one_dash or (equals and not opt.argument):
                continue
            if opt.long == name:
                return opt, value if equals else None
            if opt.is_abbreviable and len(name) >= LEAST_ABBREVIATION and opt.long.startswith(name):
                short.append(opt)
        return (short[0], value if equals else None) if len(short) == 1 else None

    def _long(self, word: str, at: int) -> None:
        found = self._find_long(word[2:])
        if found is None:
            _, equals, value = word.partition("=")
            with_value = f" (with arg `{value}')" if equals else ""
            raise Problem(f"Bad option `{word}'{with_value} (argc {at})")
        self._give(*found, "--", "option", at)

    def _keyword(self, word: str, at: int) -> bool:
        found = self._find_long(word)
        if found is None:
            return False
        self._give(*found, "", "keyword", at)
        return True

    def _give(self, opt: Opt, value: str | None, dash: str, kind: str, at: int) -> None:
        if opt.argument and value is None:
            raise Problem(f"{kind.capitalize()} `{opt.shown(dash)}' (argc {at}) requires an argument: `{opt.with_argument(dash)}'")
        self._call(opt, value or "", dash, kind, at)

    def _call(self, opt: Opt, value: str, dash: str, kind: str, at: int) -> None:
        for part in value.replace(",", " ").split() if opt.is_several else [value]:
            if not opt.take(self.owner, part):
                with_value = f" with arg `{value}'" if opt.argument else ""
                raise Problem(f"Cannot handle `{opt.shown(dash)}' {kind}{with_value} (argc {at})")

    def _short(self, words: Sequence[str], letters: str, at: int) -> int:
        for opt in self.table:
            if opt.is_one_dash and opt.long == letters:
                self._call(opt, "", "-", "option", at)
                return at
        for place, letter in enumerate(letters):
            found = next((opt for opt in self.table if opt.short == letter), None)
            if found is None:
                raise Problem(f"Bad option `-{letter}' (argc {at})")
            if not found.argument:
                self._call(found, "", "-", "option", at)
                continue
            if place + 1 == len(letters):
                if at == len(words):
                    raise Problem(f"Option `-{letter}' (argc {at}) requires an argument: `{found.with_argument('-')}'")
                at += 1
                self._call(found, words[at - 1], "-", "option", at)
            elif place == 0:
                self._call(found, letters[1:], "-", "option", at)
            else:
                raise Problem(f"Option `-{letter}' (argc {at}) requires an argument: `{found.with_argument('-')}'")
            break
        return at
