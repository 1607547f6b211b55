"""Builtins about processes of the shell: wait, kill, jobs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from netsim.errors import NetError, strerror
from netsim.shell.numbers import SIGNED, is_number
from netsim.shell.stack import FirstOf

if TYPE_CHECKING:
    from netsim.shell.program import Shell

SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "KILL": 9, "USR1": 10, "USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "CHLD": 17, "CONT": 18, "STOP": 19}


def wait_builtin(shell: Shell, args: list[str]) -> Any:
    """wait [-fn] [-p VAR] [PID | JOB]..."""
    words, first_only, variable = args[1:], False, ""
    while words and words[0].startswith("-") and words[0] != "-":
        flags = words.pop(0)
        if flags == "--":
            break
        for place, flag in enumerate(flags[1:], 1):
            if flag == "p":
                variable = flags[place + 1 :] or (words.pop(0) if words else "")
                if not variable:
                    shell.complain("wait: -p: option requires an argument")
                    return _usage(shell)
                break
            if flag not in "fn":
                shell.complain(f"wait: -{flag}: invalid option")
                return _usage(shell)
            first_only = first_only or flag == "n"
    if variable:
        shell.variables.pop(variable, None)
    pids, status = [], 0
    for word in words:
        named = _job(shell, word)
        if not is_number(named):
            shell.complain(f"wait: {word}: no such job" if word.startswith("%") else f"wait: `{word}': not a pid or valid job spec")
            status = 127 if word.startswith("%") else 1
        elif int(named) not in shell.jobs or (shell.jobs[int(named)] is None and not _children(shell, [int(named)])):
            shell.complain(f"wait: {word}: no such job" if first_only else f"wait: pid {word} is not a child of this shell")
            status = 127
        else:
            pids.append(int(named))
    if first_only:
        return (yield from _wait_for_one(shell, pids or ([] if words else list(shell.jobs)), variable))
    if not words:
        yield _children(shell, list(shell.jobs))
        shell.told.update(shell.jobs)
        return 0
    for pid in pids:
        yield _children(shell, [pid])
        shell.told.add(pid)
    if pids and _job(shell, words[-1]) == str(pids[-1]):
        status = shell.jobs[pids[-1]] or 0
        if variable:
            shell.variables[variable] = str(pids[-1])
    return status


def _wait_for_one(shell: Shell, pids: list[int], variable: str) -> Any:
    """The first of these to end, or to have ended without anybody having been told."""
    fresh = [pid for pid in pids if pid not in shell.told]
    ended = next((pid for pid in fresh if shell.jobs[pid] is not None), None)
    if ended is None:
        children = _children(shell, fresh)
        if not children:
            return 127
        yield FirstOf(tuple(children))
        ended = next((shell.known_as(child) for child in children if child.status is not None), None)
        if ended is None:  # a trap came first
            return 128
    shell.told.add(ended)
    if variable:
        shell.variables[variable] = str(ended)
    return shell.jobs[ended] or 0


def _children(shell: Shell, pids: list[int]) -> list[Any]:
    """Children that live, and those that have just ended without the shell having heard of it yet."""
    found = [child for child in shell.proc.machine.processes.values() if child.parent is shell.proc and shell.known_as(child) in pids]
    shell.jobs.update((shell.known_as(child), child.status) for child in found if child.status is not None)
    return found


def _usage(shell: Shell) -> int:
    shell.write(2, "wait: usage: wait [-fn] [-p var] [id ...]\n")
    return 2


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
        shell.write(2, "kill: usage: kill [-s sigspec | -n signum | -sigspec] pid | jobspec ... or kill -l [sigspec]\n")
        return 2
    for word in words:
        word = _job(shell, word)
        if not re.fullmatch(r"-?\d+", word):
            shell.complain(f"kill: {word}: arguments must be process or job IDs")
            status = 1
            continue
        try:
            shell.proc.machine.kill(abs(int(word)), signum, shell.proc)
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
        process = shell.proc.seen().get(pid)
        if process is not None:
            shell.write(1, f"[{number}]+  Running                 {' '.join(process.argv)} &\n")
    return 0
