"""`set -x`: each command as it was expanded, on standard error (bash's `print_cmd.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.shell.expand import expand_within
from netsim.shell.quoting import METAS, single, traced
from netsim.shell.variables import Listed

if TYPE_CHECKING:
    from netsim.shell.stack import Steps
    from netsim.shell.state import ShellState
    from netsim.shell.tree import Simple

DECLARING = ("export", "readonly")
"""Builtins that show the assignments among their words once more."""


def trace(shell: ShellState, text: str) -> Steps:
    """One line behind PS4, whose first character stands once more for each `$( )`, `eval` and `.` around the command."""
    lead = shell.get("PS4")
    lead = "+ " if lead is None else lead
    if "$" in lead or "`" in lead:
        shell.options.discard("x")
        lead = yield from expand_within(shell, lead)
        shell.options.add("x")
    shell.write(2, f"{lead[:1] * shell.indirection}{lead}{text}\n")


def trace_simple(shell: ShellState, item: Simple, args: list[str], assigned: list[tuple[str, Any]]) -> Steps:
    """A simple command: its assignments, a line each, and its words. bash tells assignments without a command one by one, as they are made."""
    if not shell.is_bash():
        quoted = _plain if shell.name == "ash" else str
        every = [f"{name}={quoted(value)}" for name, value in assigned] + [quoted(word) for word in args]
        if every:
            shell.write(2, f"+ {' '.join(every)}\n")
        return
    if not args:
        return
    for (_, word), (name, value) in zip(item.assignments, assigned, strict=True):
        yield from trace_assigned(shell, name, word.text, value)
    yield from trace(shell, " ".join(map(traced, args)))
    for declared in args[1:] if args[:1] and args[0] in DECLARING else ():
        named, equals, text = declared.partition("=")
        if equals:
            yield from trace(shell, f"{named}={traced(text) if text else ''}")


def trace_assigned(shell: ShellState, name: str, typed: str, value: str) -> Steps:
    """An assignment."""
    yield from trace(shell, f"{name}={typed if isinstance(value, Listed) else traced(value) if value else ''}")


def _plain(word: str) -> str:
    """A word as dash and ash quote it."""
    return single(word) if not word or METAS.search(word) else word
