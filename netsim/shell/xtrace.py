"""`set -x`: each command as it was expanded, on standard error (bash's `print_cmd.c`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.shell.expand import expand_one

if TYPE_CHECKING:
    from netsim.shell.stack import Steps
    from netsim.shell.state import ShellState
    from netsim.shell.tree import Simple

METAS = re.compile(r"[ \t\n'\"\\|&;()<>!{}*\[?\]^$`]|^[~#]|[=:]~")
"""What makes bash quote a word (`sh_contains_shell_metas`)."""
DECLARING = ("export", "readonly")
"""Builtins that show the assignments among their words once more."""


def trace(shell: ShellState, text: str) -> Steps:
    """One line behind PS4, whose first character stands once more for each `$( )`, `eval` and `.` around the command."""
    lead = shell.get("PS4")
    lead = "+ " if lead is None else lead
    if "$" in lead or "`" in lead:
        shell.options.discard("x")
        lead = yield from expand_one(shell, f'"{lead}"')
        shell.options.add("x")
    shell.write(2, f"{lead[:1] * shell.indirection}{lead}{text}\n")


def trace_simple(shell: ShellState, item: Simple, args: list[str], assigned: list[tuple[str, Any]]) -> Steps:
    """A simple command: its assignments, a line each, and its words."""
    for (name, word), (_, value) in zip(item.assignments, assigned, strict=True):
        yield from trace(shell, f"{name}={quoted(value) if isinstance(value, str) and value else word.text if isinstance(value, dict) else ''}")
    if args:
        yield from trace(shell, " ".join(map(quoted, args)))
    for declared in args[1:] if args[:1] and args[0] in DECLARING else ():
        named, equals, text = declared.partition("=")
        if equals:
            yield from trace(shell, f"{named}={quoted(text) if text else ''}")


def quoted(word: str) -> str:
    """A word as it could be typed."""
    return "'" + word.replace("'", "'\\''") + "'" if not word or METAS.search(word) else word
