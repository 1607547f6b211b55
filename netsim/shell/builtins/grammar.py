"""Options of builtins: one reader for all, as bash's `internal_getopt` and ash's `nextopt`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.shell.jumps import BuiltinProblem

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

POSIX_SPECIAL = frozenset(
    {
        ".",
        ":",
        "source",
        "break",
        "continue",
        "eval",
        "exec",
        "exit",
        "export",
        "local",
        "readonly",
        "return",
        "set",
        "shift",
        "times",
        "trap",
        "unset",
    }
)
"""Those whose failure ends a plain shell (`EXERROR` of a special builtin)."""


@attrs.frozen(eq=False, repr=False)
class Grammar:
    """One builtin's options: `letters` as of getopts, the usage line behind the name, and the letters that are known but not modelled."""

    letters: str = ""
    usage: str = ""
    unmodelled: str = ""
    signs: str = "-"
    """What options may begin with: `-`, or both signs for `declare`."""

    def takes_value(self, letter: str) -> bool:
        """Whether a value belongs to the option."""
        return self.letters.partition(letter)[2][:1] == ":"


@attrs.define(eq=False, repr=False)
class Given:
    """What was given: options in their order, each with its sign and value, and the other words."""

    options: list[tuple[str, str, str]] = attrs.field(factory=list)
    words: list[str] = attrs.field(factory=list)

    def __contains__(self, letter: str) -> bool:
        return any(known == letter for _, known, _ in self.options)

    def value(self, letter: str) -> str | None:
        """The value given last for an option."""
        return next((value for _, known, value in reversed(self.options) if known == letter), None)

    def last_of(self, letters: str) -> str:
        """Which of these came last, "" when none did."""
        return next((known for _, known, _ in reversed(self.options) if known in letters), "")

    def signed(self, sign: str) -> str:
        """The letters given with a sign."""
        return "".join(known for how, known, _ in self.options if how == sign)


def read_options(shell: ShellState, args: list[str]) -> Given:
    """The options and words of a builtin; a wrong option raises BuiltinProblem once it is complained of."""
    from netsim.shell.builtins.grammars import grammar_of

    name = args[0]
    grammar = grammar_of(shell, name)
    given = Given()
    place = 1
    while place < len(args):
        word = args[place]
        if len(word) < 2 or word[0] not in grammar.signs:
            break
        place += 1
        if word == "--":
            break
        if word == "--help" and shell.is_bash():
            raise not_modelled(shell, f"{name} --help")
        at = 1
        while at < len(word):
            letter = word[at]
            at += 1
            if letter == ":" or letter not in grammar.letters:
                shell.complain(f"{name}: {word[0]}{letter}: invalid option")
                raise usage(shell, name)
            value = ""
            if grammar.takes_value(letter):
                value, at = word[at:], len(word)
                if not value:
                    if place >= len(args):
                        shell.complain(f"{name}: -{letter}: option requires an argument")
                        raise usage(shell, name)
                    value, place = args[place], place + 1
            if letter in grammar.unmodelled:
                raise not_modelled(shell, f"{name} {word[0]}{letter}")
            given.options.append((word[0], letter, value))
    given.words = args[place:]
    return given


def usage(shell: ShellState, name: str) -> BuiltinProblem:
    """The builtin's usage line; a plain shell has none, and ends over a special builtin."""
    from netsim.shell.builtins.grammars import BASH

    if shell.is_bash():
        shell.write(2, f"{name}: usage: {name}{' ' * bool(BASH[name].usage)}{BASH[name].usage}\n")
    return failure(shell, name)


def failure(shell: ShellState, name: str) -> BuiltinProblem:
    """Status 2, and the end of a plain shell where the builtin is a special one."""
    return BuiltinProblem(2, is_fatal=not shell.is_bash() and name in POSIX_SPECIAL)


def not_modelled(shell: ShellState, what: str) -> BuiltinProblem:
    """Say that something bash does is not modelled."""
    shell.complain(f'netsim: "{what}" is not modelled')
    return BuiltinProblem(2)


def without_options(shell: ShellState, args: list[str]) -> list[str]:
    """The words of a builtin that knows no option (`no_options`)."""
    return read_options(shell, args).words


def note(shell: ShellState, what: str) -> None:
    """Report what is accepted although what it does is not modelled."""
    known = shell.proc.machine.kernel.unmodelled
    if what not in known:
        known.append(what)
