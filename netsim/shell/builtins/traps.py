"""trap: what is run when a signal arrives, the shell ends or a command fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.machine.signals import NAMES, NUMBERS, PSEUDO, signal_number
from netsim.shell.builtins.grammar import read_options, usage
from netsim.shell.quoting import single

if TYPE_CHECKING:
    from netsim.shell.state import ShellState

ORDER = {name: number for number, name in NAMES.items()} | {name: 100 + place for place, name in enumerate(PSEUDO)}
UNCATCHABLE = ("KILL", "STOP")


def trap(shell: ShellState, args: list[str]) -> int:
    """trap [-lp] [[ACTION] SIGNAL...]."""
    given = read_options(shell, args)
    words = given.words
    if "l" in given:
        from netsim.shell.builtins.kill import signal_table

        shell.write(1, signal_table())
        return 0
    if "p" in given or not words:
        return _list(shell, words)
    action, names = words[0], words[1:]
    if not names and shell.is_bash() and action != "-" and trapped(shell, action) is None:
        raise usage(shell, "trap")
    if not names or (signal_number(action) is not None and action.isdigit()):
        action, names = "-", words
    status = 0
    for word in names:
        name = trapped(shell, word)
        if name is None:
            if shell.name == "sh":
                shell.write(2, f"trap: {word}: bad trap\n")
            else:
                shell.complain(f"trap: {word}: invalid signal specification")
            status = 1
        else:
            _set(shell, name, action)
    return status


def _set(shell: ShellState, name: str, action: str) -> None:
    number = NUMBERS.get(name, 0)
    if name in UNCATCHABLE or (number in shell.proc.ignored and name not in shell.traps):
        return  # what was ignored when the shell began stays so
    if action == "-":
        shell.traps.pop(name, None)
    else:
        shell.traps[name] = action
    if number:
        shell.proc.ignored = shell.proc.ignored | {number} if action == "" else shell.proc.ignored - {number}


def trapped(shell: ShellState, word: str) -> str | None:
    """What a word of trap names: a signal without SIG, EXIT, or one of bash's own."""
    if word.upper() in PSEUDO and (shell.is_bash() or (shell.name == "ash" and word.upper() == "ERR")):
        return word.upper()
    number = signal_number(word)
    return None if number is None else NAMES[number]


def _list(shell: ShellState, words: list[str]) -> int:
    status, wanted = 0, []
    for word in words:
        name = trapped(shell, word)
        if name is None:
            shell.complain(f"trap: {word}: invalid signal specification")
            status = 1
        else:
            wanted.append(name)
    for name in wanted or sorted(shell.traps, key=lambda name: ORDER[name]):
        if name in shell.traps:
            shown = f"SIG{name}" if shell.is_bash() and name not in PSEUDO and name != "EXIT" else name
            shell.write(1, f"trap -- {single(shell.traps[name])} {shown}\n")
    return status
