"""Builtins about processes of the shell: wait, jobs, fg, bg, disown, suspend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from netsim.machine.signals import NAMES, STATES
from netsim.shell.builtins.grammar import Given, not_modelled, read_options, without_options
from netsim.shell.builtins.names import REFERENCE
from netsim.shell.numbers import is_number
from netsim.shell.stack import AllOf, FirstOf
from netsim.shell.unparse import job_text

if TYPE_CHECKING:
    from netsim.shell.state import ShellState


def wait(shell: ShellState, args: list[str]) -> Any:
    """wait [-fn] [-p VAR] [PID | JOB]..."""
    given = read_options(shell, args)
    words, first_only, variable = given.words, "n" in given, given.value("p") or ""
    if variable and not REFERENCE.fullmatch(variable):
        shell.complain(f"wait: `{variable}': not a valid identifier")
        return 1
    if variable:
        shell.variables.pop(variable, None)
    pids, status = [], 0
    for word in words:
        named = job_pid(shell, word)
        if not is_number(named):
            shell.complain(f"wait: {word}: no such job" if word.startswith("%") else f"wait: `{word}': not a pid or valid job spec")
            status = 2 if not shell.is_bash() else 127 if word.startswith("%") else 1
        elif int(named) not in shell.jobs or (shell.jobs[int(named)] is None and not _children(shell, [int(named)])):
            if shell.is_bash():
                shell.complain(f"wait: {word}: no such job" if first_only else f"wait: pid {word} is not a child of this shell")
            status = 127
        else:
            pids.append(int(named))
    if first_only:
        return (yield from _wait_for_one(shell, pids or ([] if words else list(shell.jobs)), variable))
    if not words:
        yield AllOf(tuple(_children(shell, [pid for pid in shell.jobs if pid not in shell.disowned])))
        if shell.pending:
            return 128 + shell.pending[0]
        shell.told.update(shell.jobs)
        return 0
    last = pids[-1] if pids and job_pid(shell, words[-1]) == str(pids[-1]) else 0
    for pid in pids:
        children = tuple(_children(shell, [pid]))
        yield AllOf(children)
        if shell.pending:
            return 128 + shell.pending[0]
        _tell_killed(shell, pid, children)
        shell.told.add(pid)
    if last:
        status = shell.jobs[last] or 0
        if variable:
            shell.variables[variable] = str(last)
    return status


def _tell_killed(shell: ShellState, pid: int, children: tuple[Any, ...]) -> None:
    """What killed a job that was waited for; SIGTERM is no news."""
    signum = children[0].killed_by if children else 0
    if signum and signum not in (2, 13) and not shell.is_bash():
        shell.write(2, f"{STATES.get(signum, '')}\n")
    elif signum and signum not in (2, 13, 15):
        shell.complain(f"{pid:5d} {STATES.get(signum, f'Signal {signum}'):<24}{_text(shell, pid)}")


def _wait_for_one(shell: ShellState, pids: list[int], variable: str) -> Any:
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
            return 128 + (shell.pending[0] if shell.pending else 0)
    shell.told.add(ended)
    if variable:
        shell.variables[variable] = str(ended)
    return shell.jobs[ended] or 0


def _children(shell: ShellState, pids: list[int]) -> list[Any]:
    """Children that live, and those that have just ended without the shell having heard of it yet."""
    found = [child for child in shell.proc.machine.processes.values() if child.parent is shell.proc and shell.known_as(child) in pids]
    shell.jobs.update((shell.known_as(child), child.status) for child in found if child.status is not None)
    return found


def job_pid(shell: ShellState, word: str) -> str:
    """The process id a job's name (`%2`, `%%`, `%-`, `%ping`, `%?text`) stands for; other words stay as they are."""
    if not word.startswith("%"):
        return word
    pids, name = [pid for pid in shell.jobs if pid not in shell.told and pid not in shell.disowned], word[1:]
    if name in ("%", "+", ""):
        return str(pids[-1]) if pids else word
    if name == "-":
        return str(pids[-2] if len(pids) > 1 else pids[-1]) if pids else word
    if is_number(name):
        return next((str(pid) for pid in pids if shell.job_numbers.get(pid) == int(name)), word)
    texts = {pid: _text(shell, pid) for pid in pids}
    found = [pid for pid, text in texts.items() if (name[1:] in text if name.startswith("?") else text.startswith(name))]
    return str(found[-1]) if found else word


def _text(shell: ShellState, pid: int) -> str:
    return job_text(shell.job_texts[pid]) if pid in shell.job_texts else ""


def _state(status: int | None) -> str:
    if status is None:
        return "Running"
    if status > 128 and status - 128 in NAMES:
        return STATES.get(status - 128, f"Signal {status - 128}")
    return "Done" if status == 0 else f"Exit {status}"


def jobs(shell: ShellState, args: list[str]) -> Any:
    """jobs [-lnprs] [JOB]...: those that run, and once those that have ended. jobs -x COMMAND: with process ids for its jobs."""
    given = read_options(shell, args)
    if "x" in given:
        return shell.dispatch([job_pid(shell, word) for word in given.words], []) if given.words else 0
    _children(shell, list(shell.jobs))
    status = 0
    chosen = []
    for word in given.words:
        named = job_pid(shell, word)
        if not is_number(named) or int(named) not in shell.jobs:
            shell.complain(f"jobs: {word}: no such job")
            status = 1
        else:
            chosen.append(int(named))
    hidden = shell.told | shell.disowned
    if shell.is_command_line and shell.is_bash():
        hidden |= {pid for pid, ended in shell.jobs.items() if ended is not None}
    listed = [pid for pid in shell.jobs if pid not in hidden]
    alive = [pid for pid in listed if shell.jobs[pid] is None] or listed[-1:]
    for pid in listed:
        if given.words and pid not in chosen:
            continue
        _show(shell, given, pid, "+" if pid == alive[-1] else "-" if pid in alive[-2:] else " ")
    return status


def _show(shell: ShellState, given: Given, pid: int, sign: str) -> None:
    """One line of jobs."""
    status = shell.jobs[pid]
    if ("r" in given and status is not None) or "s" in given or ("n" in given and status is None):
        return
    if "p" in given:
        shell.write(1, f"{pid}\n")
        return
    number = shell.job_numbers.get(pid, 1)
    text = _text(shell, pid)
    state = _state(status) if shell.is_bash() else {"Exit": "Done"}.get(_state(status).split()[0], _state(status))
    process = f"{pid} " if "l" in given else ""
    lead = f"[{number}]{sign} {process}{'' if process else ' '}"
    shell.write(1, f"{lead}{state:<24}{text}{' &' if status is None and shell.is_bash() else ''}\n")
    if status is not None:
        shell.told.add(pid)


def foreground(shell: ShellState, args: list[str]) -> int:
    """fg and bg, which need job control."""
    words = without_options(shell, args) if "m" in shell.options or not shell.is_bash() else args[1:]
    if "m" in shell.options:
        raise not_modelled(shell, f"{args[0]} with job control")
    if shell.is_bash():
        shell.complain(f"{args[0]}: no job control")
        return 1
    word = words[0] if words else ""
    pid = job_pid(shell, word or "%%")
    known = is_number(pid) and int(pid) in shell.jobs
    shell.complain(
        f"{args[0]}: {f'job {word or pid} not created under job control' if known else f'{word}: no such job' if word else 'No current job'}"
    )
    return 2


def disown(shell: ShellState, args: list[str]) -> int:
    """disown [-h] [-ar] [JOB | PID]...: jobs the shell forgets."""
    given = read_options(shell, args)
    status = 0
    if not given.words and ("a" in given or "r" in given):
        chosen = [pid for pid, ended in shell.jobs.items() if "a" in given or ended is None]
    elif not given.words:
        chosen = [pid for pid in [*shell.jobs][-1:] if pid not in shell.told | shell.disowned]
        if not chosen:
            shell.complain("disown: current: no such job")
            return 1
    else:
        chosen = []
        for word in given.words:
            named = job_pid(shell, word)
            if is_number(named) and int(named) in shell.jobs:
                chosen.append(int(named))
            else:
                shell.complain(f"disown: {word}: no such job")
                status = 1
    for pid in chosen if "h" not in given else ():
        shell.disowned.add(pid)
    return status


def suspend(shell: ShellState, args: list[str]) -> int:
    """suspend [-f], which needs job control."""
    if read_options(shell, args).words:
        shell.complain("suspend: too many arguments")
        return 1
    shell.complain("suspend: cannot suspend: no job control")
    return 1
