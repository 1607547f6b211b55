"""Builtins that leave the place they stand in, or the parameters there: exit, logout, return, break, continue, shift."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.shell.builtins.grammar import failure
from netsim.shell.jumps import BuiltinProblem, Discard, Exit, Jump, Return
from netsim.shell.numbers import SIGNED, is_number

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


def _words(args: list[str]) -> list[str]:
    return args[2:] if args[1:2] == ["--"] else args[1:]


def _status(shell: ShellState, args: list[str]) -> int:
    """The status named, or the last one; what is no number is status 2, too many words are given up with 1."""
    words = _words(args)
    if not words:
        return shell.status
    if not shell.is_bash() and not is_number(words[0]):
        shell.complain(f"{args[0]}: {words[0]}: numeric argument required")
        raise failure(shell, args[0])
    if not SIGNED.fullmatch(words[0].strip()):
        shell.complain(f"{args[0]}: {words[0]}: numeric argument required")
        return 2
    if len(words) > 1 and shell.is_bash():
        shell.complain(f"{args[0]}: too many arguments")
        raise Discard(1)
    return int(words[0]) & 255


def exit_(shell: ShellState, args: list[str]) -> int:
    """exit [N]."""
    raise Exit(_status(shell, args))


def logout(shell: ShellState, args: list[str]) -> int:
    """logout [N], which ends login shells only."""
    shell.complain("logout: not login shell: use `exit'")
    return 1


def return_(shell: ShellState, args: list[str]) -> int:
    """return [N], from a function or a sourced file."""
    status = _status(shell, args)
    if not shell.frames and shell.is_bash():
        shell.complain("return: can only `return' from a function or sourced script")
        return 2
    raise Return(status)


def jump(shell: ShellState, args: list[str]) -> int:
    """break [N] and continue [N]."""
    words = _words(args)
    if not shell.loops and shell.is_bash():
        shell.complain(f"{args[0]}: only meaningful in a `for', `while', or `until' loop")
        return 0
    levels = 1
    if words and not (SIGNED.fullmatch(words[0]) if shell.is_bash() else is_number(words[0]) and int(words[0]) > 0):
        shell.complain(f"{args[0]}: {words[0]}: numeric argument required")
        if not shell.is_bash():
            raise failure(shell, args[0])
        raise Exit(128)
    if len(words) > 1 and shell.is_bash():
        shell.complain(f"{args[0]}: too many arguments")
        raise Discard(1)
    if words:
        levels = int(words[0])
    if not shell.loops:
        return 0
    if levels < 1:
        shell.complain(f"{args[0]}: {words[0]}: loop count out of range")
        shell.status = 1
        raise Jump("out of range", shell.loops)
    raise Jump(args[0], min(levels, shell.loops))


def shift(shell: ShellState, args: list[str]) -> int:
    """shift [N]."""
    words = _words(args)
    if words and not (SIGNED.fullmatch(words[0]) if shell.is_bash() else is_number(words[0])):
        shell.complain(f"shift: {words[0]}: numeric argument required")
        raise BuiltinProblem(1) if shell.is_bash() else failure(shell, "shift")
    if len(words) > 1 and shell.is_bash():
        shell.complain("shift: too many arguments")
        raise Discard(1)
    count = int(words[0]) if words else 1
    if 0 <= count <= len(shell.positional):
        shell.positional = shell.positional[count:]
        return 0
    if shell.name == "sh":
        shell.complain("shift: can't shift that many")
        raise failure(shell, "shift")
    if count < 0 or "shift_verbose" in shell.options:
        shell.complain(f"shift: {count}: shift count out of range")
    return 1
