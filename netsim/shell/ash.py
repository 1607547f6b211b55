"""How BusyBox's ash words what goes wrong (shell/ash.c: `ash_vmsg`)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

BUILTINS = ("cd", ".", "exit", "return", "export", "readonly", "local", "exec", "shift", "unset", "read")
"""Those whose name and line stand before what they complain of."""
OF_APPLETS = ("can't kill pid", "bad signal name", "invalid number", "you need to specify", "missing ]")
"""Complaints of builtins that are applets, which know no lines."""
WORDINGS = (
    (r"cd: (.*): (No such file or directory|Not a directory|Permission denied)$", r"cd: can't cd to \1: \2"),
    (r"(exit|return): (.*): numeric argument required$", r"\1: Illegal number: \2"),
    (r"export: `(.*)': not a valid identifier$", r"export: \1: bad variable name"),
    (r"local: can only be used in a function$", "local: not in a function"),
    (r"kill: \((\d+)\) - (.*)$", r"can't kill pid \1: \2"),
    (r"kill: (.*): invalid signal specification$", r"bad signal name '\1'"),
    (r"kill: (.*): arguments must be process or job IDs$", r"invalid number '\1'"),
    (r"kill: usage: .*$", "you need to specify whom to kill"),
    (r"\[: missing `\]'$", "missing ]"),
    (r".*division by 0.*$", "divide by zero"),
    (r"(?:\[|test): (.*): integer expression expected$", r"\1: bad number"),
    (r"(.*): unbound variable$", r"\1: parameter not set"),
    (r"type: (.*): not found$", r"\1: not found"),
)


def ash_lead(shell: ShellState) -> str:
    """What a message begins with: the shell's name, and the line where a file is read."""
    return shell.zero if shell.source == shell.zero and not _is_file(shell) else f"{shell.source}: line {shell.line}"


def _is_file(shell: ShellState) -> bool:
    return shell.source.rpartition("/")[2] not in ("sh", "ash", "busybox")


def ash_text(shell: ShellState, message: str) -> str:
    """A message of ours in ash's words."""
    for pattern, replacement in WORDINGS:
        changed, count = re.subn(f"^{pattern}", replacement, message)
        if count:
            message = changed
            break
    builtin, colon, rest = message.partition(": ")
    if colon and builtin in BUILTINS:
        line = shell.line if _is_file(shell) else shell.line - 1
        return f"{shell.zero}: {builtin}: line {line}: {rest}"
    if message.startswith(OF_APPLETS) or message.endswith(": bad number"):
        return f"sh: {message}"
    return f"{ash_lead(shell)}: {message}"
