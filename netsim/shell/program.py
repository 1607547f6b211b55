"""The interpreter: a process that walks a tree, starts children and waits for them in virtual time."""

from __future__ import annotations

import copy
import re
from typing import Any

import attrs

from netsim.errors import EAGAIN, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.fds import Null, make_pipe
from netsim.machine.process import Process
from netsim.programs.net.resolver import LOOKUP_TIMER
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.builtins import BUILTINS
from netsim.shell.compound import CompoundCommands
from netsim.shell.expand import ExpansionProblem, expand_words
from netsim.shell.jumps import Exit, Jump, RedirectProblem, Replaced
from netsim.shell.parser import parse
from netsim.shell.stack import MOST_COMMANDS, MOST_DEPTH, MOST_NESTED, Steps, abandon, is_over, resume
from netsim.shell.tokens import SyntaxProblem
from netsim.shell.tree import AndOr, Arithmetic, Case, CFor, Conditional, For, Function, Group, If, Loop, Pipeline, Sequence, Simple

EX_NO_FORK = 254
"""How bash ends when it cannot have another process."""


@attrs.define(eq=False)
class Shell(CompoundCommands):
    """One shell at work: a process that walks a tree; `stack` is the interpreter under way."""

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
            proc.timer(0, "start")

    def ended(self, proc: Process) -> None:
        """Killed while it waited: what it had under way is given up."""
        if self.waiting is not None:
            abandon(self.stack, proc)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A child is done: whoever waits for it goes on."""
        pid = self.inner_pids.get(pid, pid)
        if pid in self.jobs:
            self.jobs[pid] = status
        self._check()

    def known_as(self, child: Process) -> int:
        """A child's id in the shell's PID namespace, remembered beyond its end."""
        if child.status is None and child.jail is not None:
            self.inner_pids[child.pid] = child.inner_pid()
        return self.inner_pids.get(child.pid, child.pid)

    def handles(self, signum: int) -> bool:
        """Those that are trapped."""
        return {1: "HUP", 2: "INT", 15: "TERM"}.get(signum, str(signum)) in self.traps

    def timer(self, proc: Process, token: Any) -> None:
        """A sleep is over, or a name server was silent."""
        if token == LOOKUP_TIMER:
            self.lookup.timed_out(proc)
            return
        self._advance()

    def signal(self, proc: Process, signum: int) -> None:
        """Run the trap for it, or end."""
        name = {1: "HUP", 2: "INT", 15: "TERM"}.get(signum, str(signum))
        if name in self.traps:
            if self.traps[name]:
                self.pending.append(signum)
                self._check()
            return
        proc.die(signum)

    def _check(self) -> None:
        if self.waiting and (self.pending or is_over(self.waiting)):
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
                self.proc.timer(request, "sleep")
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
            status = self.status if ended is None else ended
            trap = self.traps.pop("EXIT", "")
            if trap:
                self.status = status
                ended = yield from self._attempt(trap)
                status = status if ended is None else ended
        except Replaced:
            return
        self.proc.exit(status)

    def _attempt(self, code: Sequence | str | None) -> Steps:
        """Run a tree or a text; the status with which something ended the shell before the end, or None."""
        try:
            yield from self.run(parse(code) if isinstance(code, str) else code or Sequence(()))
        except Exit as end:
            return end.status
        except Jump:
            return None
        except (ExpansionProblem, ArithmeticProblem, SyntaxProblem) as problem:
            self.complain(str(problem))
            return 1
        return None

    # running -----------------------------------------------------------------------------------------------------------

    def run(self, body: Sequence) -> Steps:
        """A list of commands."""
        for item, how in body.items:
            if how == "&":
                yield from self._background(item)
            else:
                yield from self.and_or(item)
            yield from self._run_traps()

    def _run_traps(self) -> Steps:
        while self.pending:
            signum = self.pending.pop(0)
            text = self.traps.get({1: "HUP", 2: "INT", 15: "TERM"}.get(signum, ""), "")
            status = self.status
            yield from self.run(parse(text))
            self.status = status

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
                status = self.status
                yield from self.run(parse(self.traps["ERR"]))
                self.status = status
            if "e" in self.options:
                raise Exit(self.status)

    def pipeline(self, item: Pipeline) -> Steps:
        """Commands joined by pipes run together; one alone runs here."""
        if item.negated:
            self.quiet_errors += 1
        try:
            if len(item.commands) == 1:
                yield from self.command(item.commands[0])
            else:
                yield from self._piped(item.commands)
        finally:
            if item.negated:
                self.quiet_errors -= 1
        if item.negated:
            self.status = int(self.status == 0)

    def _piped(self, commands: tuple[Any, ...]) -> Steps:
        children = []
        source: Any = self.proc.fds.get(0) or Null()
        source = source.dup()
        for place, command in enumerate(commands):
            reader = None
            if place < len(commands) - 1:
                reader, out = make_pipe()
            else:
                out = self.proc.fds[1].dup() if 1 in self.proc.fds else Null()  # type: ignore[assignment]
            fds = {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd > 1}
            fds[0], fds[1] = source, out
            children.append(self._fork(command, fds))
            source = reader
        yield children
        statuses = [child.status or 0 for child in children]
        self.arrays["PIPESTATUS"] = dict(enumerate(map(str, statuses)))
        self.status = next((status for status in reversed(statuses) if status), 0) if "pipefail" in self.options else statuses[-1]

    def _fork(self, command: Any, fds: dict[int, Any]) -> Process:
        """A child shell that runs one command."""
        self.budget.a_process_more()
        child = copy.copy(self)
        for name in ("variables", "positional", "functions", "options", "exported"):
            setattr(child, name, copy.copy(getattr(self, name)))
        child.arrays = {name: dict(table) for name, table in self.arrays.items()}
        child.traps = {name: text for name, text in self.traps.items() if not text}
        child.exec_last = isinstance(command, Simple)
        child.jobs, child.told, child.locals, child.pending, child.waiting = dict(self.jobs), set(), [dict(frame) for frame in self.locals], [], None
        item = command if isinstance(command, AndOr) else AndOr(Pipeline((command,)))
        child.tree = Sequence(((item, ";"),))
        process: Process = self.proc.machine.spawn(self.proc, self.proc.argv, self.environment(), self.proc.cwd, fds, child)
        return process

    def _background(self, item: AndOr) -> Steps:
        fds = {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd > 0}
        fds[0] = Null()
        child = None
        first = item.first.commands[0]
        if not item.rest and len(item.first.commands) == 1 and isinstance(first, Simple) and first.words and not first.assignments:
            args = yield from expand_words(self, first.words)
            if args and args[0] not in self.functions and args[0] not in BUILTINS:
                saved = self.proc.fds
                self.proc.fds = fds
                try:
                    yield from self._redirect(first.redirects)
                    child = self._spawn(args, {}, dict(self.proc.fds))
                except RedirectProblem:
                    child = None  # a shell of its own tells, and fails
                finally:
                    self.proc.fds = saved
        if child is None:
            child = self._fork(item, fds)
        child.ignored |= {2, 3}  # without job control a background command does not hear the keyboard
        self.last_background = self.known_as(child)
        self.jobs[self.last_background] = child.status
        self.status = 0

    def command(self, item: Any) -> Steps:
        """One command of any kind."""
        self.budget.commands += 1
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
            self.functions[item.name] = item.body
            self.status = 0
            return
        saved = dict(self.proc.fds)
        opened: list[Any] = []
        try:
            yield from self._redirect(item.redirects, opened)
            yield _COMPOUND[type(item)](self, item)
        except RedirectProblem as problem:
            self.complain(str(problem))
            self.status = 1
        finally:
            if item.redirects:
                self.proc.fds = saved
                for file in opened:
                    file.close()


_COMPOUND: dict[type, Any] = {
    Group: Shell.group,
    If: Shell.if_,
    Loop: Shell.loop,
    For: Shell.for_,
    CFor: Shell.c_for,
    Case: Shell.case,
    Arithmetic: Shell.arithmetic,
    Conditional: Shell.conditional,
}


# commands ----------------------------------------------------------------------------------------------------------------


def make(call: Call, text: str, zero: str, source: str, arguments: list[str], options: set[str]) -> Shell | Result:
    """A shell about to run a text; or the syntax error it begins with."""
    name = call.argv[0].rsplit("/", 1)[-1]
    try:
        tree = parse(text)
    except SyntaxProblem as problem:
        lines = text.splitlines()
        shown = lines[problem.line - 1] if 0 < problem.line <= len(lines) else ""
        lead = f"{source}: line {problem.line}"
        echo = f"{lead}: `{shown}'\n" if "near unexpected token" in problem.message else ""
        return Result("", f"{lead}: {problem.message}\n{echo}", 2)
    shell = Shell(tree, "sh" if name in ("sh", "dash") else "bash", zero, source, positional=arguments, options=options)
    shell.variables.update(call.proc.env)
    shell.exported.update(call.proc.env)
    return shell


def ash(call: Call) -> Result | Program:
    """BusyBox's sh: the same language with ash's own messages."""
    outcome = bash(call)
    if isinstance(outcome, Shell):
        outcome.name = "ash"
    elif isinstance(outcome, Result) and outcome.status == 2 and outcome.stderr.startswith(f"{call.argv[0]}: "):
        first = outcome.stderr.splitlines()[0]
        return Result("", re.sub(r": (line \d+|\d+): (?=syntax error|unexpected)", ": ", first) + "\n", 2)
    return outcome


def bash(call: Call) -> Result | Program:
    """bash and sh: -c COMMAND, a script file, or commands from standard input (man bash(1))."""
    from netsim.machine.call import ReadInput

    words = list(call.argv[1:])
    options: set[str] = set()
    command = None
    while words and words[0][:1] in "-+" and len(words[0]) > 1:
        word = words.pop(0)
        if word == "--":
            break
        if word in ("-o", "+o") and words:
            options.add({"errexit": "e", "nounset": "u", "xtrace": "x"}.get(words[0], words[0]))
            words.pop(0)
            continue
        if word.startswith("--"):
            if word in ("--version",):
                return Result("GNU bash, version 5.2.15(1)-release (x86_64-pc-linux-gnu)\n")
            continue
        for letter in word[1:]:
            if letter == "c":
                command = True
            elif letter not in "il":
                options.add(letter)
    zero = call.argv[0]
    if command:
        if not words:
            return Result("", f"{zero}: -c: option requires an argument\n", 2)
        text = words.pop(0)
        if words:
            zero = words.pop(0)
        shell = make(call, text, zero, zero, words, options)
        if isinstance(shell, Shell) and shell.tree is not None and len(shell.tree.items) == 1:
            only, how = shell.tree.items[0]
            shell.exec_last = (
                how == ";"
                and not only.rest
                and not only.first.negated
                and len(only.first.commands) == 1
                and isinstance(only.first.commands[0], Simple)
            )
        return shell
    if words and "s" not in options:
        return _script(call, words, options)
    return ReadInput(_from_input)  # type: ignore[return-value]


def _from_input(call: Call, data: bytes) -> Result | Program:
    return make(call, data.decode("utf-8", "surrogateescape"), call.argv[0], call.argv[0], [], set())


def _script(call: Call, words: list[str], options: set[str]) -> Result | Program:
    path = words.pop(0)
    try:
        text = call.machine.files.read(call.proc, path).decode("utf-8", "surrogateescape")
    except NetError as error:
        return Result("", f"{call.argv[0]}: {path}: {strerror(error.errno)}\n", 126 if error.errno == 21 else 127)
    return make(call, text, path, path, words, options)


def run_file(call: Call) -> Result | Program:
    """A script of the machine's file system, started by its path."""
    node = call.machine.files.stat(call.proc, call.argv[0])
    if node is None or not node.mode & 0o111:
        return Result("", f"bash: line 1: {call.argv[0]}: Permission denied\n", 126)
    return _script(attrs.evolve(call, argv=("bash", *call.argv)), list(call.argv), set())
