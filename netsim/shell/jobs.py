"""Builtins about processes of the shell: wait, kill, jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.errors import NetError, strerror
from netsim.shell.numbers import SIGNED, is_number

if TYPE_CHECKING:
    from netsim.shell.program import Shell

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "CHLD": 17, "CONT": 18, "STOP": 19}


def wait_builtin(shell: Shell, args: list[str]) -> Any:
    """wait [PID | JOB]..."""
    pids = [int(word) for word in (_job(shell, word) for word in args[1:]) if SIGNED.fullmatch(word)]
    if not pids:
        children = [child for child in shell.proc.children if child.pid in shell.jobs]
        if children:
            yield children
        return 0
    status = 0
    for pid in pids:
        process = shell.proc.machine.processes.get(pid)
        if process is None:
            if pid not in shell.jobs:
                shell.complain(f"wait: pid {pid} is not a child of this shell")
                status = 127
            else:
                status = shell.jobs[pid] or 0
            continue
        yield [process]
        status = process.status or 0
    return status


def _job(shell: Shell, word: str) -> str:
    """The process id a job's name (`%2`, `%%`) stands for; other words stay as they are."""
    pids = list(shell.jobs)
    if word in ("%%", "%+", "%"):
        return str(shell.last_background)
    if word.startswith("%") and is_number(word[1:]) and 0 < int(word[1:]) <= len(pids):
        return str(pids[int(word[1:]) - 1])
    return word


def kill_builtin(shell: Shell, args: list[str]) -> int:
    """kill [-SIGNAL] PID | JOB..., kill -l."""
    words, signum, status = args[1:], 15, 0
    if words and words[0] == "-l":
        named = [next((name for name, number in SIGNALS.items() if str(number) == word), str(SIGNALS.get(word, word))) for word in words[1:]]
        shell.write(1, "".join(name + "\n" for name in named) if named else " ".join(SIGNALS) + "\n")
        return 0
    if words and words[0] == "-s" and len(words) > 1:
        words = ["-" + words[1], *words[2:]]
    if words and words[0].startswith("-") and len(words[0]) > 1:
        name = words.pop(0)[1:].upper().removeprefix("SIG")
        if not is_number(name) and name not in SIGNALS:
            shell.complain(f"kill: {name}: invalid signal specification")
            return 1
        signum = int(name) if SIGNED.fullmatch(name) else SIGNALS[name]
    if not words:
        shell.complain("kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]")
        return 2
    for word in words:
        word = _job(shell, word)
        if not re.fullmatch(r"-?\d+", word):
            shell.complain(f"kill: {word}: arguments must be process or job IDs")
            status = 1
            continue
        try:
            shell.proc.machine.kill(abs(int(word)), signum)
        except NetError as error:
            shell.complain(f"kill: ({word}) - {strerror(error.errno)}")
            status = 1
    return status


def jobs_builtin(shell: Shell, args: list[str]) -> int:
    """jobs [-p]."""
    for number, (pid, status) in enumerate(shell.jobs.items(), 1):
        if status is not None:
            continue
        if "-p" in args[1:]:
            shell.write(1, f"{pid}\n")
            continue
        process = shell.proc.machine.processes.get(pid)
        if process is not None:
            shell.write(1, f"[{number}]+  Running                 {' '.join(process.argv)} &\n")
    return 0
