"""Builtins for people who type: history, fc, bind, complete, compgen, compopt, help."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.shell.builtins.grammar import Given, not_modelled, note, read_options
from netsim.shell.expand import expand_words
from netsim.shell.jumps import BuiltinProblem
from netsim.shell.tree import Word

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


def history(shell: ShellState, args: list[str]) -> int:
    """history: empty in a script."""
    if shell.is_bash():
        read_options(shell, args)
    return 0


def fc(shell: ShellState, args: list[str]) -> int:
    """fc [-lnr]: there is no history to list or edit in a script."""
    read_options(shell, args)
    return 0


def bind(shell: ShellState, args: list[str]) -> int:
    """bind: without a terminal there is no line to edit."""
    if shell.name == "interactive":
        raise not_modelled(shell, "bind")
    shell.complain("bind: warning: line editing not enabled")
    read_options(shell, args)
    return 0


def complete(shell: ShellState, args: list[str]) -> int:
    """complete: completions are for people who type; what is asked for is accepted."""
    given = read_options(shell, args)
    if given.words and "p" in given:
        shell.complain(f"complete: {given.words[0]}: no completion specification")
        return 1
    if given.words and "r" not in given:
        note(shell, f"complete {given.words[0]}: completions are not modelled")
    return 0


def compopt(shell: ShellState, args: list[str]) -> int:
    """compopt, which works inside completion functions only."""
    given = read_options(shell, args)
    if given.words:
        shell.complain(f"compopt: {given.words[0]}: no completion specification")
    else:
        shell.complain("compopt: not currently executing completion function")
    return 1


ACTIONS = {"a": "alias", "b": "builtin", "c": "command", "d": "directory", "e": "export", "f": "file", "k": "keyword", "v": "variable"}


def compgen(shell: ShellState, args: list[str]) -> Any:
    """compgen: names of a kind, or words of a list, that begin with a word."""
    given = read_options(shell, args)
    start = given.words[0] if given.words else ""
    found: list[str] = []
    kinds = [ACTIONS[letter] for _, letter, _ in given.options if letter in ACTIONS] + [value for _, letter, value in given.options if letter == "A"]
    for kind in kinds:
        found += _names(shell, kind, start)
    words = given.value("W")
    if words is not None:
        found += yield from expand_words(shell, tuple(Word(word) for word in words.split()))
    found = _chosen(shell, given, [name for name in found if name.startswith(start)])
    shell.write(1, "".join(f"{name}\n" for name in found))
    return 0 if found else 1


def _chosen(shell: ShellState, given: Given, names: list[str]) -> list[str]:
    pattern = given.value("X")
    if pattern:
        from netsim.shell.patterns import matcher

        keep = pattern.startswith("!")
        wanted = matcher(pattern.removeprefix("!"), "")
        names = [name for name in names if bool(wanted.fullmatch(name)) == keep]
    return [f"{given.value('P') or ''}{name}{given.value('S') or ''}" for name in names]


def _names(shell: ShellState, kind: str, start: str) -> list[str]:
    from netsim.machine.signals import NAMES as SIGNALS
    from netsim.shell.builtins.lookup import KEYWORDS, builtins_of
    from netsim.shell.builtins.settings import NAMES, SHOPT

    every = {
        "alias": sorted(shell.aliases), "builtin": list(builtins_of(shell)), "enabled": list(builtins_of(shell)), "disabled": sorted(shell.disabled),
        "export": sorted(shell.exported), "function": sorted(shell.functions), "keyword": list(KEYWORDS), "setopt": sorted(NAMES),
        "shopt": [word.rstrip("+") for word in SHOPT], "signal": [f"SIG{name}" for name in SIGNALS.values()],
        "variable": sorted({*shell.variables, *shell.arrays}), "arrayvar": sorted(shell.arrays), "hostname": [],
    }  # fmt: skip
    if kind == "command":
        return sorted({*shell.aliases, *shell.functions, *builtins_of(shell), *KEYWORDS, *shell.proc.machine.exec_table})
    if kind in ("file", "directory"):
        from netsim.machine.nodes import Directory
        from netsim.shell.globbing import glob

        names = [name for name in glob(shell, re.sub(r"([*?\[\\])", r"\\\1", start) + "*") if not name.endswith("*")]
        return [name for name in names if kind == "file" or isinstance(shell.proc.machine.files.stat(shell.proc, name), Directory)]
    if kind not in every:
        if kind in ("binding", "group", "helptopic", "job", "running", "service", "stopped", "user"):
            raise not_modelled(shell, f"compgen -A {kind}")
        shell.complain(f"compgen: {kind}: invalid action name")
        raise BuiltinProblem(2)
    return every.get(kind, [])


def help_(shell: ShellState, args: list[str]) -> int:
    """help: the texts are bash's own and not kept here; -s tells a builtin's usage."""
    from netsim.shell.builtins.grammars import BASH

    if not shell.is_bash():
        raise not_modelled(shell, "help")
    given = read_options(shell, args)
    if not given.words:
        raise not_modelled(shell, "help")
    status = 0
    for name in given.words:
        if name in BASH and "s" not in given:
            raise not_modelled(shell, f"help {name}")
        if name in BASH:
            shell.write(1, f"{name}: {name} {BASH[name].usage}".rstrip() + "\n")
        else:
            shell.complain(f"help: no help topics match `{name}'.  Try `help help' or `man -k {name}' or `info {name}'.")
            status = 1
    return status
