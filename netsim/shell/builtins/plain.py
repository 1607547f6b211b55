"""The smallest builtins: true, false, echo, test."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.shell.conditions import ConditionProblem, test
from netsim.shell.expand import unescape

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

ECHO_FLAGS = re.compile(r"-[neE]+")


def true(shell: ShellState, args: list[str]) -> int:
    """true and `:`."""
    return 0


def false(shell: ShellState, args: list[str]) -> int:
    """false."""
    return 1


def echo(shell: ShellState, args: list[str]) -> int:
    """echo [-neE] [WORD]...; dash knows -n only."""
    words, name = args[1:], shell.name
    newline, escapes = True, name == "sh" or "xpg_echo" in shell.options
    if name == "sh":
        if words[:1] == ["-n"]:
            newline, words = False, words[1:]
    else:
        while words and words[0][:1] == "-" and ECHO_FLAGS.fullmatch(words[0]):
            for letter in words[0][1:]:
                newline = newline and letter != "n"
                escapes = letter == "e" or (escapes and letter != "E")
            words = words[1:]
    text = " ".join(words)
    shell.status = 0
    if escapes and "\\" in text:
        text, stop, _ = unescape(text, "echo").partition("\x05")
        newline = newline and not stop
    shell.writer = "echo"
    shell.write(1, text + "\n" if newline else text)
    return shell.status


def test_(shell: ShellState, args: list[str]) -> int:
    """test EXPRESSION and [ EXPRESSION ]."""
    words = args[1:]
    if args[0] == "[":
        if not words or words[-1] != "]":
            shell.complain("[: missing `]'")
            return 2
        words = words[:-1]
    try:
        return int(not test(shell, words, args[0]))
    except ConditionProblem as problem:
        text = str(problem)
        if not shell.is_bash() and len(words) > 1 and "integer" not in text:
            text = f"{args[0]}: {words[1]}: unknown operand" if shell.name == "ash" else f"{args[0]}: {words[0]}: unexpected operator"
        shell.complain(text)
        return 2
