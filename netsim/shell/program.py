"""The interpreter: a process that walks a tree, starts children and waits for them in virtual time."""

from __future__ import annotations

import copy
from typing import Any

import attrs

from netsim.errors import EAGAIN, NetError, strerror
from netsim.machine.fds import Null, make_pipe
from netsim.machine.process import Process
from netsim.machine.signals import NAMES as SIGNALS
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.builtins import BUILTINS
from netsim.shell.coprocesses import Coprocesses
from netsim.shell.expand import expand_words
from netsim.shell.jumps import Discard, Exit, ExpansionProblem, Jump, Killed, ReadonlyProblem, RedirectProblem, Replaced
from netsim.shell.parser import parse
from netsim.shell.stack import MOST_COMMANDS, MOST_DEPTH, MOST_NESTED, AllOf, FirstOf, Steps, abandon, is_over, resume
from netsim.shell.tokens import SyntaxProblem
from netsim.shell.tree import AndOr, Arithmetic, Case, CFor, Conditional, Coproc, For, Function, Group, If, Loop, Pipeline, Select, Sequence, Simple

TICK = "tick"
"""The timer of the shell's own; another is its resolver's."""
EX_NO_FORK = 254
"""How bash ends when it cannot have another process."""


@attrs.define(eq=False)
class Shell(Coprocesses):
    """One shell at work: a process that walks a tree; `stack` is the interpreter under way."""

    wrong_text: str = ""
    """What is said when the lines before a syntax error have run."""
    reached: int = 0
    """Which command of the main text is under way."""

    # program -----------------------------------------------------------------------------------------------------------

    def refuse_fork(self) -> str:
        """A shell under way cannot be copied."""
        return f"a shell is still running (process {self.proc.pid if self.proc else '?'})"

    def started(self, proc: Process) -> None:
        """Begin."""
        self.proc = proc
        if not self.pid:
            self.pid = proc.inner_pid()
        above = proc.parent
        while above is not None and not isinstance(above.program, Shell):
            above = above.parent
        if above is not None:
            self.budget = above.program.budget  # type: ignore[union-attr]
        self.stack = [self._main()]
        if self.budget.nested < MOST_NESTED:
            self._advance()
        else:
            proc.timer(0, TICK)

    def ended(self, proc: Process) -> None:
        """Killed while it waited: what it had under way is given up."""
        if self.waiting is not None:
            abandon(self.stack, proc)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A child is done: whoever waits for it goes on."""
        pid = self.inner_pids.get(pid, pid)
        if pid in self.jobs:
            self.jobs[pid] = status
        self.coproc_ended(pid)
        self._check()

    def known_as(self, child: Process) -> int:
        """A child's id in the shell's PID namespace, remembered beyond its end."""
        if child.status is None and child.jail is not None:
            self.inner_pids[child.pid] = child.inner_pid()
        return self.inner_pids.get(child.pid, child.pid)

    def handles(self, signum: int) -> bool:
        """Those that are trapped."""
        return SIGNALS.get(signum, "") in self.traps

    def timer(self, proc: Process, token: Any) -> None:
        """A sleep is over, or a name server was silent."""
        if token == TICK:
            self._advance()
        else:
            self.lookup.timed_out(proc)

    def signal(self, proc: Process, signum: int) -> None:
        """Run the trap for it, or end, with what is trapped at the end."""
        name = SIGNALS.get(signum, "")
        if name in self.traps:
            if self.traps[name]:
                self.pending.append(signum)
                self._check()
            return
        if not self.traps.get("EXIT") or not self.is_bash():
            proc.die(signum)
            return
        if self.waiting is None:  # it has sent the signal itself
            self.pending.append(signum)
            return
        while self.stack:
            self.stack.pop().close()
        self.stack = [self._dying(signum)]
        self._advance()

    def _dying(self, signum: int) -> Steps:
        """What `trap ... EXIT` says before a signal ends the shell."""
        text = self.traps.pop("EXIT", "")
        self.status = 128 + signum
        yield from self._attempt(text)
        self.proc.die(signum)

    def _check(self) -> None:
        waiting = self.waiting
        if waiting and (is_over(waiting) or (self.pending and isinstance(waiting, (AllOf, FirstOf)))):
            self._advance()

    def _advance(self) -> None:
        self.waiting = None
        self.budget.nested += 1
        try:
            self._go_on()
        except NetError as error:
            if error.errno != EAGAIN:
                raise
            self.complain(f"fork: {strerror(error.errno)}")
            self.proc.exit(EX_NO_FORK)
        finally:
            self.budget.nested -= 1
        if self.proc.status is not None:
            abandon(self.stack, self.proc)

    def _go_on(self) -> None:
        while (request := resume(self.stack, self.proc)) is not None:
            if isinstance(request, int):
                self.waiting = ()
                self.proc.timer(request, TICK)
                return
            if not is_over(request):
                self.waiting = request
                return
            for child in request:
                if child.status is not None:
                    child.machine.forget(child)

    def _main(self) -> Steps:
        try:
            ended = yield from self._attempt(self.tree)
            if ended is None and self.wrong_text:
                self.write(2, self.wrong_text)
                ended = 2
            status = yield from self._leaving(self.status if ended is None else ended)
        except Replaced:
            return
        except Killed as end:
            yield from self._dying(end.signum)
        else:
            self.proc.exit(status)

    def _leaving(self, status: int) -> Steps:
        """Run the trap on EXIT; the status that the shell then ends with."""
        trap = self.traps.pop("EXIT", "")
        if not trap:
            return status
        self.status = status
        ended = yield from self._attempt(trap)
        return status if ended is None else ended

    def _attempt(self, code: Sequence | str | None) -> Steps:
        """Run a tree or a text; the status with which something ended the shell before the end, or None."""
        try:
            body = parse(code, self.grammar()) if isinstance(code, str) else code or Sequence(())
            while body.items:
                try:
                    yield from self.run(body)
                    break
                except Discard as given_up:
                    self.status = given_up.status
                    if self.is_command_line or self.depth:
                        return given_up.status
                    body = self._next_line(body)
        except Exit as end:
            return end.status
        except Jump:
            return None
        except (ExpansionProblem, ArithmeticProblem, SyntaxProblem, ReadonlyProblem) as problem:
            self.complain(str(problem))
            ends = isinstance(problem, ExpansionProblem) and problem.ends_shell and self.is_command_line and not self.depth
            return 127 if ends else 1
        return None

    def _next_line(self, body: Sequence) -> Sequence:
        """What stands behind the line that was given up."""
        at = self.reached
        while at < len(body.items) and body.items[at][1] != "\n":
            at += 1
        return Sequence(body.items[at + 1 :])

    # running -----------------------------------------------------------------------------------------------------------

    def run(self, body: Sequence) -> Steps:
        """A list of commands."""
        is_main = len(self.stack) == 1
        for place, (item, how) in enumerate(body.items):
            if is_main:
                self.reached = place
            if "n" in self.options and not self.depth:
                continue
            if how == "&":
                yield from self._background(item)
            else:
                yield from self.and_or(item)
            if self.pending:
                yield from self.run_pending()

    def run_pending(self) -> Steps:
        """The traps of the signals that have arrived."""
        while self.pending:
            signum = self.pending.pop(0)
            name = SIGNALS.get(signum, "")
            if name not in self.traps:
                raise Killed(signum)
            yield from self.run_trap(name)

    def run_trap(self, name: str) -> Steps:
        """What is to be done at a signal, an error, an end; the status is as before."""
        text = self.traps.get(name, "")
        if not text:
            return
        status, line, first_line = self.status, self.line, self.first_line
        self.trapping += 1
        if name in ("DEBUG", "ERR", "RETURN"):
            del self.traps[name]
            self.first_line = line - 1  # LINENO goes on from the command that was met
        try:
            yield from self.run(parse(text, self.grammar()))
        finally:
            self.trapping -= 1
            if name in ("DEBUG", "ERR", "RETURN"):
                self.traps.setdefault(name, text)
                self.first_line = first_line
        self.status, self.line = status, line

    def and_or(self, item: AndOr) -> Steps:
        """Pipelines joined by && and ||; a failing last one ends the shell under `set -e`."""
        last = item.first
        if item.rest:
            self.quiet_errors += 1
        try:
            yield from self.pipeline(item.first)
            for place, (operator, following) in enumerate(item.rest):
                if (self.status == 0) != (operator == "&&"):
                    continue
                last = following
                if place == len(item.rest) - 1:
                    self.quiet_errors -= 1
                    try:
                        yield from self.pipeline(following)
                    finally:
                        self.quiet_errors += 1
                else:
                    yield from self.pipeline(following)
        finally:
            if item.rest:
                self.quiet_errors -= 1
        fatal = self.status != 0 and not last.negated and not self.quiet_errors and (not item.rest or last is item.rest[-1][1])
        if fatal:
            if "ERR" in self.traps:
                yield from self.run_trap("ERR")
            if "e" in self.options:
                raise Exit(self.status)

    def pipeline(self, item: Pipeline) -> Steps:
        """Commands joined by pipes run together; one alone runs here."""
        if item.negated:
            self.quiet_errors += 1
        try:
            if not item.commands and not item.timed:
                self.status = 0
            elif len(item.commands) == 1 and not item.timed:
                if item is self.tail:
                    self.exec_last = True
                yield from self.command(item.commands[0])
                self.piped = ()
            elif item.timed:
                yield from self._timed(item)
            else:
                yield from self._piped(item.commands)
        finally:
            if item.negated:
                self.quiet_errors -= 1
        if item.negated:
            self.piped = self.piped or (self.status,)
            self.status = int(self.status == 0)

    def _timed(self, item: Pipeline) -> Steps:
        """time: how long a pipeline takes in virtual time."""
        started = self.now()
        if item.commands:
            yield from self.pipeline(attrs.evolve(item, negated=False, timed=""))
        took = self.now() - started
        if item.timed == "p" or not self.is_bash():
            self.write(2, f"real {took / 1e9:.2f}\nuser 0.00\nsys 0.00\n")
            return
        self.write(2, f"\nreal\t{took // 60_000_000_000}m{took % 60_000_000_000 / 1e9:.3f}s\nuser\t0m0.000s\nsys\t0m0.000s\n")

    def _piped(self, commands: tuple[Any, ...]) -> Steps:
        children = []
        self.line = getattr(commands[-1], "line", self.line - self.first_line) + self.first_line
        source: Any = self.proc.fds.get(0) or Null()
        source = source.dup()
        for place, command in enumerate(commands):
            reader = None
            if place < len(commands) - 1:
                reader, out = make_pipe()
            else:
                out = self.proc.fds[1].dup() if 1 in self.proc.fds else Null()  # type: ignore[assignment]
            fds = self.handed_down(2)
            fds[0], fds[1] = source, out
            if place == len(commands) - 1 and "lastpipe" in self.options:
                yield from self._last_here(command, fds)
                break
            children.append(self._fork(command, fds))
            source = reader
        here = [self.status] if len(children) < len(commands) else []
        yield children
        statuses = [*(child.status or 0 for child in children), *here]
        self.piped = tuple(statuses)
        self.status = next((status for status in reversed(statuses) if status), 0) if "pipefail" in self.options else statuses[-1]

    def _last_here(self, command: Any, fds: dict[int, Any]) -> Steps:
        """`shopt -s lastpipe`: the last command of a pipeline is none of a subshell."""
        saved, self.proc.fds = self.proc.fds, fds
        try:
            yield from self.command(command)
        finally:
            if self.proc.status is None:
                self.proc.fds = saved
                for opened in fds.values():
                    opened.close()
            else:
                for opened in saved.values():
                    opened.close()

    def _fork(self, command: Any, fds: dict[int, Any]) -> Process:
        """A child shell that runs one command."""
        self.budget.a_process_more()
        child = copy.copy(self)
        for name in _COPIED:
            setattr(child, name, copy.copy(getattr(self, name)))
        child.arrays = {name: dict(table) for name, table in self.arrays.items()}
        kept = [name for name, flag in (("ERR", "E"), ("DEBUG", "T"), ("RETURN", "T")) if flag in self.options]
        child.traps = {name: text for name, text in self.traps.items() if not text or name in kept}
        child.exec_last, child.wrong_text, child.loops = isinstance(command, Simple), "", 0
        child.depth += 1
        child.jobs, child.told, child.locals, child.pending, child.waiting = (
            dict(self.jobs),
            set(self.told),
            [dict(frame) for frame in self.locals],
            [],
            None,
        )
        child.beside, child.private, child.job_numbers, child.foreign = None, {}, dict(self.job_numbers), set(self.jobs)
        item = command if isinstance(command, AndOr) else AndOr(Pipeline((command,)))
        child.tree = Sequence(((item, ";"),))
        process: Process = self.proc.machine.spawn(self.proc, self.proc.argv, self.environment(), self.proc.cwd, fds, child)
        return process

    def _is_all(self, item: Any) -> bool:
        """Whether a command is all that a child shell was made for."""
        if not self.depth or self.tree is None or len(self.tree.items) != 1:
            return False
        whole = self.tree.items[0][0]
        return not whole.rest and len(whole.first.commands) == 1 and whole.first.commands[0] is item

    def _background(self, item: AndOr) -> Steps:
        fds = self.handed_down(1)
        fds[0] = Null()
        child = None
        first = item.first.commands[0]
        if not item.rest and len(item.first.commands) == 1 and isinstance(first, Simple) and first.words and not first.assignments:
            try:
                args = yield from expand_words(self, first.words)
            except (ExpansionProblem, ArithmeticProblem):
                args = []
            if args and args[0] not in self.functions and not (args[0] in BUILTINS and self.has_builtin(args[0])):
                saved = self.proc.fds
                self.proc.fds = fds
                self.lends = 1
                try:
                    yield from self._redirect(first.redirects)
                    lent = dict(self.proc.fds)
                    self._hand_on(args, lent)
                    child = self._spawn(args, [], lent)
                    for fd, old in fds.items():
                        if self.proc.fds.get(fd) is not old:
                            old.close()
                except RedirectProblem:
                    child = None  # a shell of its own tells, and fails
                finally:
                    self.proc.fds = saved
                    self.lends = 0
        if child is None:
            child = self._fork(item, fds)
        child.ignored |= {2, 3}  # without job control a background command does not hear the keyboard
        self.last_background = self.known_as(child)
        self.began(self.last_background, item, child.status)
        self.status = 0

    def command(self, item: Any) -> Steps:
        """One command of any kind."""
        self.budget.commands += 1
        if self.beside is not None:
            self.reap_coproc()
        if self.budget.commands > MOST_COMMANDS:
            self.complain(f"netsim: more than {MOST_COMMANDS} commands: stopped")
            raise Exit(1)
        if len(self.stack) > MOST_DEPTH:
            self.complain(f"netsim: commands nested more than {MOST_DEPTH} deep: stopped")
            raise Exit(1)
        if isinstance(item, Simple):
            yield from self.simple(item)
            return
        if isinstance(item, Function):
            if "r" in self.marked_functions.get(item.name, ""):
                self.complain(f"{item.name}: readonly function")
                self.status = 1
                return
            self.functions[item.name] = item.body
            self.sources[item.name] = self.frames[-1].source if self.frames else "environment" if self.is_command_line else self.source
            self.status = 0
            return
        saved, gone = dict(self.proc.fds), list[Any]()
        opened: list[Any] = []
        try:
            yield from self._redirect(item.redirects, opened)
            if item.redirects:
                gone = [old for fd, old in saved.items() if self.proc.fds.get(fd) is not old]
                if self._is_all(item):  # a child shell with nothing else to do puts nothing back
                    for file in gone:
                        file.close()
                    saved, gone, opened = self.proc.fds, [], []
            yield _COMPOUND[type(item)](self, item)
        except RedirectProblem as problem:
            self.complain(str(problem))
            self.status = 1
        finally:
            if item.redirects and self.proc.status is None and self.proc.program is self:
                self.proc.fds = saved
                for file in opened:
                    file.close()
            else:
                for file in gone:
                    file.close()


_COPIED = ("variables", "marks", "positional", "functions", "sources", "marked_functions", "options", "exported", "frames", "aliases", "directories", "disabled",
           "limits", "job_texts", "substituted")  # fmt: skip
_COMPOUND: dict[type, Any] = {
    Group: Shell.group,
    If: Shell.if_,
    Loop: Shell.loop,
    For: Shell.for_,
    CFor: Shell.c_for,
    Select: Shell.select,
    Coproc: Shell.coproc,
    Case: Shell.case,
    Arithmetic: Shell.arithmetic,
    Conditional: Shell.conditional,
}


# commands ----------------------------------------------------------------------------------------------------------------
