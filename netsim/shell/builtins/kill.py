"""kill: signals to processes and jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from netsim.errors import NetError, strerror
from netsim.machine.signals import NAMES, NUMBERS, signal_number
from netsim.shell.builtins.grammar import usage
from netsim.shell.builtins.jobs import job_pid
from netsim.shell.numbers import is_number

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


def signal_table() -> str:
    """`kill -l`: five signals a line."""
    cells = [f"{number:2d}) SIG{NAMES[number]}" for number in sorted(NAMES) if number]
    rows = ["\t".join(cells[place : place + 5]) for place in range(0, len(cells), 5)]
    return "\n".join(rows) + "\t" * bool(len(cells) % 5) + "\n"


def kill(shell: ShellState, args: list[str]) -> int:
    """kill [-s SIGNAL | -n NUMBER | -SIGNAL] PID | JOB..., kill -l [SIGNAL]..."""
    words, signum, status = args[1:], 15, 0
    if words[:1] in (["-l"], ["-L"]):
        return _names(shell, words[1:])
    if words[:1] in (["-s"], ["-n"]):
        if len(words) < 2 and shell.is_bash():
            shell.complain(f"kill: {words[0]}: option requires an argument")
            return 1
        words = ["-" + words[1], *words[2:]] if len(words) > 1 else []
    if words and words[0] == "--":
        words = words[1:]
    elif words and words[0].startswith("-") and len(words[0]) > 1:
        name = words.pop(0)[1:]
        found = signal_number(name)
        if found is None:
            chosen = args[1] == "-s" and shell.name == "sh"
            shell.complain(f"kill: {'-s: ' * chosen}{name}: invalid signal specification")
            return 2 if shell.name == "sh" else 1
        signum = found
        words = words[1:] if words[:1] == ["--"] else words
    if not words:
        if shell.is_bash():
            raise usage(shell, "kill")
        shell.complain("kill: usage: ")
        return 1 if shell.name == "ash" else 2
    for word in words:
        status |= _one(shell, word, signum)
    return status


def _one(shell: ShellState, word: str, signum: int) -> int:
    named = job_pid(shell, word)
    if word.startswith("%") and not is_number(named):
        shell.complain(f"kill: {word}: no such job")
        return 1 if shell.is_bash() else 2
    if not re.fullmatch(r"-?\d{1,18}", named):
        if not word and shell.is_bash():
            shell.complain("kill: `': not a pid or valid job spec")
            return 1
        shell.complain(f"kill: {word}: arguments must be process or job IDs")
        return 2 if shell.name == "sh" else 1
    try:
        shell.proc.machine.kill(abs(int(named)), signum, shell.proc)
    except NetError as error:
        shell.complain(f"kill: ({named}) - {strerror(error.errno)}")
        return 1
    return 0


def _names(shell: ShellState, words: list[str]) -> int:
    if not words:
        every = sorted(number for number in NAMES if number and number < 32)
        shell.write(
            1, signal_table() if shell.is_bash() else "".join(f"{number:2d}) {NAMES[number]}\n" for number in every).replace(") IO\n", ") POLL\n")
        )
        return 0
    status = 0
    for word in words[: 1 if shell.name == "sh" else None]:
        number = int(word) if is_number(word) else None
        if number is not None and number > 128:
            number -= 128
        if number is not None and number in NAMES:
            shell.write(1, f"{NAMES[number]}\n")
        elif number is None and (found := NUMBERS.get(word.upper().removeprefix("SIG"))) is not None:
            shell.write(1, f"{found}\n")
        else:
            shell.complain(f"kill: {'' if shell.is_bash() else '-l: '}{word}: invalid signal specification")
            status = 2 if shell.name == "sh" else 1
    return status
