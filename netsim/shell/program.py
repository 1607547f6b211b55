"""The interpreter: a process that walks a tree, starts children and waits for them in virtual time."""

from __future__ import annotations

import copy
import fnmatch
from collections.abc import Generator
from typing import Any

import attrs

from netsim.errors import EAGAIN, NetError, strerror
from netsim.machine.call import Call, Program, Result
from netsim.machine.fds import Capture, Null, RegularFile, make_pipe
from netsim.machine.process import Process
from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.builtins import BUILTINS, SPECIAL
from netsim.shell.conditions import ConditionProblem, holds
from netsim.shell.expand import ExpansionProblem, expand, expand_one, expand_words, plain
from netsim.shell.jumps import Exit, Jump, RedirectProblem, Replaced, Return
from netsim.shell.numbers import is_number
from netsim.shell.parser import SyntaxProblem, parse
from netsim.shell.stack import LONG_TEXT, MOST_COMMANDS, MOST_DEPTH, MOST_NESTED, MOST_VALUE, PAUSE, Budget, Steps, abandon, resume
from netsim.shell.tree import AndOr, Arithmetic, Case, CFor, Conditional, For, Function, Group, If, Loop, Pipeline, Redirect, Sequence, Simple

EX_NO_FORK = 254
"""How bash ends when it cannot have another process."""


@attrs.define(eq=False)
class Shell(Program):
    """One shell: variables, functions, options; `stack` is the interpreter under way."""

    tree: Sequence | None
    name: str = "bash"
    zero: str = "bash"
    source: str = ""  # how messages call the text: "bash: line N" or "script.sh: line N"
    variables: dict[str, str] = attrs.field(factory=dict)
    exported: set[str] = attrs.field(factory=set)
    arrays: dict[str, dict[Any, str]] = attrs.field(factory=dict)
    positional: list[str] = attrs.field(factory=list)
    functions: dict[str, Any] = attrs.field(factory=dict)
    options: set[str] = attrs.field(factory=set)
    traps: dict[str, str] = attrs.field(factory=dict)
    locals: list[dict[str, str | None]] = attrs.field(factory=list)
    status: int = 0
    last_background: int = 0
    jobs: dict[int, int | None] = attrs.field(factory=dict)  # pid -> status once it ended
    pid: int = 0
    line: int = 1
    budget: Budget = attrs.field(factory=Budget)
    exec_last: bool = False  # `-c` with one simple command: it takes the shell's place
    quiet_errors: int = 0  # inside conditions `set -e` is asleep
    proc: Any = None
    stack: list[Steps] = attrs.field(factory=list)
    waiting: Any = None
    pending: list[int] = attrs.field(factory=list)

    # program -----------------------------------------------------------------------------------------------------------

    def refuse_fork(self) -> str:
        """A shell under way cannot be copied."""
        return f"a shell is still running (process {self.proc.pid if self.proc else '?'})"

    def started(self, proc: Process) -> None:
        """Begin."""
        self.proc = proc
        if not self.pid:
            self.pid = proc.pid
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
        if pid in self.jobs:
            self.jobs[pid] = status
        self._check()

    def timer(self, proc: Process, token: Any) -> None:
        """A sleep is over."""
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
        if not self.waiting:
            return
        if self.pending or all(child.status is not None for child in self.waiting):
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
            if any(child.status is None for child in request):
                self.waiting = request
                return

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

    # variables ---------------------------------------------------------------------------------------------------------

    def get(self, name: str) -> str | None:
        """A variable's value."""
        return self.variables.get(name)

    def set(self, name: str, value: str) -> None:
        """Set a variable or an array's element."""
        self.budget.commands += len(value) >> LONG_TEXT
        if len(value) > MOST_VALUE:
            self.complain(f"netsim: a value of more than {MOST_VALUE} characters: stopped")
            raise Exit(1)
        base, bracket, index = name.partition("[")
        if bracket:
            self.arrays.setdefault(base, {})[_key(index.rstrip("]"))] = value
        elif base in self.arrays:
            self.arrays[base][0] = value
        else:
            self.variables[base] = value

    def element(self, name: str, index: str) -> str | None:
        """An array's element."""
        table = self.arrays.get(name)
        if table is None:
            return self.variables.get(name) if index in ("0", "") else None
        key = _key(index)
        if key not in table and isinstance(key, str) and all(isinstance(known, int) for known in table):
            key = evaluate(index, self)
        if isinstance(key, int) and key < 0:
            key += max((known for known in table if isinstance(known, int)), default=-1) + 1
        return table.get(key)

    def parameter(self, name: str) -> str | None:
        """A variable or special parameter."""
        if is_number(name):
            number = int(name)
            if number == 0:
                return self.zero
            return self.positional[number - 1] if number <= len(self.positional) else None
        special = {
            "#": str(len(self.positional)),
            "?": str(self.status),
            "$": str(self.pid),
            "-": "".join(sorted(self.options & set("eufx"))),
            "_": "",
        }
        if name in special:
            return special[name]
        if name == "!":
            return str(self.last_background) if self.last_background else ""
        if name in ("@", "*"):
            return " ".join(self.positional)
        if name in self.arrays:
            return self.element(name, "0")
        dynamic = {
            "LINENO": str(self.line),
            "BASHPID": str(self.proc.pid),
            "PPID": str(self.proc.parent.pid if self.proc.parent else 0),
            "EUID": "0",
            "UID": "0",
            "PWD": self.proc.cwd,
            "HOSTNAME": self.proc.hostname(),
        }
        if name in dynamic and name not in self.variables:
            return dynamic[name]  # type: ignore[no-any-return]
        if name == "RANDOM":
            return str(self.proc.machine.kernel.rng.randrange(32768))
        if name == "SECONDS":
            return str((self.proc.now() - self.proc.started_at) // 1_000_000_000)
        return self.variables.get(name)

    def environment(self) -> dict[str, str]:
        """What children inherit."""
        return {name: self.variables[name] for name in self.variables if name in self.exported}

    def complain(self, message: str) -> None:
        """An error line as bash words it."""
        self.write(2, f"{self.source}: line {self.line}: {message}\n" if self.name != "sh" else f"{self.zero}: {self.line}: {message}\n")

    def write(self, fd: int, text: str) -> None:
        """Write to a descriptor of the shell; a closed one is an error of the command."""
        self.budget.commands += len(text) >> LONG_TEXT
        try:
            self.proc.write(fd, text)
        except NetError as error:
            if fd != 2:
                self.complain(f"echo: write error: {strerror(error.errno)}")
                self.status = 1

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
        self.status = next((status for status in reversed(statuses) if status), 0) if "pipefail" in self.options else statuses[-1]

    def _fork(self, command: Any, fds: dict[int, Any]) -> Process:
        """A child shell that runs one command."""
        self.budget.a_process_more()
        child = copy.copy(self)
        for name in ("variables", "positional", "functions", "options", "exported"):
            setattr(child, name, copy.copy(getattr(self, name)))
        child.arrays = {name: dict(table) for name, table in self.arrays.items()}
        child.traps = {name: text for name, text in self.traps.items() if not text}
        child.exec_last = False
        child.jobs, child.locals, child.pending, child.waiting = {}, [dict(frame) for frame in self.locals], [], None
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
                finally:
                    self.proc.fds = saved
        if child is None:
            child = self._fork(item, fds)
        child.ignored |= {2, 3}  # without job control a background command does not hear the keyboard
        self.last_background = child.pid
        self.jobs[child.pid] = child.status
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

    # compound commands ---------------------------------------------------------------------------------------------------

    def group(self, item: Group) -> Steps:
        """{ } here, ( ) in a child."""
        if not item.is_subshell:
            yield from self.run(item.body)
            return
        child = self._fork(attrs.evolve(item, is_subshell=False, redirects=()), {fd: opened.dup() for fd, opened in self.proc.fds.items()})
        yield [child]
        self.status = child.status or 0

    def conditional_run(self, body: Sequence) -> Steps:
        """A condition: its failures do not end the shell."""
        self.quiet_errors += 1
        try:
            yield from self.run(body)
        finally:
            self.quiet_errors -= 1

    def if_(self, item: If) -> Steps:
        """if."""
        for condition, body in item.branches:
            yield from self.conditional_run(condition)
            if self.status == 0:
                yield from self.run(body)
                return
        self.status = 0
        if item.otherwise is not None:
            yield from self.run(item.otherwise)

    def loop(self, item: Loop) -> Steps:
        """while and until."""
        result = 0
        while True:
            yield from self.conditional_run(item.condition)
            if (self.status == 0) == item.until:
                break
            if (yield from self._loop_body(item.body)):
                break
            result = self.status
        self.status = result

    def _loop_body(self, body: Sequence) -> Steps:
        """One round; True when the loop ends."""
        try:
            yield from self.run(body)
        except Jump as jump:
            if jump.levels > 1:
                raise Jump(jump.kind, jump.levels - 1) from None
            self.status = 0
            return jump.kind == "break"
        return False

    def for_(self, item: For) -> Steps:
        """for NAME in WORDS."""
        values = list(self.positional) if item.words is None else (yield from expand_words(self, item.words))
        self.status = 0
        for value in values:
            self.set(item.name, value)
            if (yield from self._loop_body(item.body)):
                break

    def c_for(self, item: CFor) -> Steps:
        """for (( ; ; ))."""
        evaluate(item.start, self)
        while not item.condition.strip() or evaluate(item.condition, self):
            if (yield from self._loop_body(item.body)):
                break
            evaluate(item.step, self)

    def case(self, item: Case) -> Steps:
        """case."""
        word = yield from expand_one(self, item.word.text)
        self.status = 0
        for patterns, body in item.branches:
            for pattern in patterns:
                marked = yield from expand(self, pattern.text)
                if fnmatch.fnmatchcase(word, plain(marked)):
                    yield from self.run(body)
                    return

    def arithmetic(self, item: Arithmetic) -> Steps:
        """(( ))."""
        text = yield from expand_one(self, '"' + item.text.replace('"', "") + '"')
        try:
            self.status = int(evaluate(text, self) == 0)
        except ArithmeticProblem as problem:
            self.complain(f"((: {problem}")
            self.status = 1

    def conditional(self, item: Conditional) -> Steps:
        """[[ ]]."""
        words = []
        for word in item.words:
            words.append((word.text, (yield from expand_one(self, word.text))))
        try:
            self.status = int(not holds(self, words))
        except ConditionProblem as problem:
            self.complain(str(problem))
            self.status = 2

    # simple commands -----------------------------------------------------------------------------------------------------

    def simple(self, item: Simple) -> Steps:
        """Assignments, a builtin, a function or a command of the machine."""
        self.line = item.line
        try:
            args = yield from expand_words(self, item.words)
            assigned = yield from self._assignments(item)
        except (ExpansionProblem, ArithmeticProblem) as problem:
            self.complain(str(problem))
            self.status = 1
            if self.name != "interactive":
                raise Exit(1) from None
            return
        if not args:
            for name, value in assigned:
                self._assign(name, value)
            if not item.words:
                self.status = 0 if not any("$(" in word.text or "`" in word.text for _, word in item.assignments) else self.status
        if "x" in self.options and (args or assigned):
            shown = [f"{name}={_quoted(value) if isinstance(value, str) else '(...)'}" for name, value in assigned] + [_quoted(word) for word in args]
            self.write(2, f"+ {' '.join(shown)}\n")
        saved = dict(self.proc.fds)
        opened: list[Any] = []
        keep = bool(args) and args[0] == "exec" and len(args) == 1
        try:
            yield from self._redirect(item.redirects, opened)
            if args:
                yield from self._dispatch(args, dict(assigned))
        except RedirectProblem as problem:
            self.complain(str(problem))
            self.status = 1
        finally:
            if item.redirects and not keep and self.proc.status is None and self.proc.program is self:
                self.proc.fds = saved
                for file in opened:
                    file.close()

    def _assignments(self, item: Simple) -> Steps:
        found: list[tuple[str, Any]] = []
        for name, word in item.assignments:
            if word.text.startswith("(") and word.text.endswith(")"):
                from netsim.shell.parser import tokenize

                inner = [token for token in tokenize(word.text[1:-1]) if token.kind == "word"]
                found.append((name, (yield from self._array(inner))))
            else:
                found.append((name, (yield from expand_one(self, word.text))))
        return found

    def _array(self, tokens: list[Any]) -> Steps:
        from netsim.shell.tree import Word

        table: dict[Any, str] = {}
        position = 0
        for token in tokens:
            if token.text.startswith("[") and "]=" in token.text:
                key, _, value = token.text[1:].partition("]=")
                table[_key((yield from expand_one(self, key)))] = yield from expand_one(self, value)
                continue
            for value in (yield from expand_words(self, (Word(token.text),))):
                table[position] = value
                position += 1
        return table

    def _assign(self, name: str, value: Any) -> None:
        append = name.endswith("+")
        name = name.rstrip("+")
        if isinstance(value, dict):
            base = self.arrays.get(name, {}) if append else {}
            offset = len(base) if append else 0
            self.arrays[name] = base | {(key + offset if isinstance(key, int) and append else key): text for key, text in value.items()}
            self.variables.pop(name, None)
        else:
            self.set(name, (self.parameter(name.partition("[")[0]) or "") + value if append else value)

    def _dispatch(self, args: list[str], assigned: dict[str, Any]) -> Steps:
        name = args[0]
        body = self.functions.get(name)
        builtin = BUILTINS.get(name)
        if body is not None or builtin is not None:
            before = {key: self.variables.get(key) for key in assigned}
            for key, value in assigned.items():
                self._assign(key, value)
            try:
                if body is not None:
                    yield self._call(body, args[1:])
                else:
                    assert builtin is not None
                    result = builtin(self, args)
                    if isinstance(result, Generator):
                        result = yield result
                    self.status = int(result or 0)
            finally:
                if body is not None or name not in SPECIAL:
                    for key, known in before.items():
                        if known is None:
                            self.variables.pop(key, None)
                        else:
                            self.variables[key] = known
            return
        if self.exec_last and not self.traps:
            env = self.environment() | {key: str(value) for key, value in assigned.items()}
            self.proc.env = env
            self.proc.machine.execute(self.proc, tuple(args), None if self.proc.machine.command(self.proc, args[0]) else self._not_found)
            raise Replaced
        child = self._spawn(args, assigned, {fd: opened.dup() for fd, opened in self.proc.fds.items()})
        yield [child]
        if self.budget.has_earned_a_pause():
            yield PAUSE
        self.status = child.status or 0

    def _spawn(self, args: list[str], assigned: dict[str, Any], fds: dict[int, Any]) -> Process:
        self.budget.a_process_more()
        machine = self.proc.machine
        env = self.environment() | {key: str(value) for key, value in assigned.items()}
        child: Process = machine.new_process(self.proc, tuple(args), env, self.proc.cwd, fds)
        child.comm = args[0].rsplit("/", 1)[-1][:15]
        machine.execute(child, tuple(args), None if machine.command(child, args[0]) else self._not_found)
        return child

    def _not_found(self, name: str) -> Result:
        lead = f"{self.source}: line {self.line}" if self.name != "sh" else f"{self.zero}: {self.line}"
        if "/" in name:
            return Result("", f"{lead}: {name}: {strerror(2)}\n", 127)
        return Result("", f"{lead}: {name}: {'command not found' if self.name != 'sh' else 'not found'}\n", 127)

    def _call(self, body: Any, args: list[str]) -> Steps:
        self.budget.commands += len(args) >> 3
        saved, self.positional = self.positional, list(args)
        self.locals.append({})
        try:
            yield from self.command(body)
        except Return as end:
            self.status = end.status
        finally:
            self.positional = saved
            for name, known in self.locals.pop().items():
                if known is None:
                    self.variables.pop(name, None)
                else:
                    self.variables[name] = known

    # substitutions and redirections ----------------------------------------------------------------------------------------

    def substitute(self, text: str) -> Steps:
        """$( ): what the commands print, without the newlines at the end."""
        out = Capture()
        fds = {fd: opened.dup() for fd, opened in self.proc.fds.items() if fd != 1}
        fds[1] = out
        try:
            tree = parse(text)
        except SyntaxProblem as problem:
            self.complain(problem.message)
            self.status = 2
            return ""
        child = self._fork(Group(tree, False), fds)
        yield [child]
        self.status = child.status or 0
        return out.text().replace("\0", "").rstrip("\n")

    def process_substitution(self, text: str, direction: str) -> Steps:
        """<( ) as a file with the commands' output; >( ) is not modelled."""
        if direction == ">":
            raise ExpansionProblem("netsim: output process substitution is not modelled here")
        value = yield from self.substitute(text)
        path = f"/tmp/.sub{self.proc.machine.next_pid}"
        self.proc.machine.files.write(self.proc, path, (value + "\n" if value else "").encode("utf-8", "surrogateescape"))
        return path

    def _redirect(self, redirects: tuple[Redirect, ...], opened: list[Any] | None = None) -> Steps:
        fds = self.proc.fds = dict(self.proc.fds) if redirects else self.proc.fds
        for redirect in redirects:
            file = yield from self._open(redirect)
            targets = (1, 2) if redirect.op in ("&>", "&>>") else (redirect.fd,)
            for fd in targets:
                if file is None:
                    fds.pop(fd, None)
                else:
                    fds[fd] = file
            if opened is not None and file is not None:
                opened.append(file)

    def _open(self, redirect: Redirect) -> Steps:
        files, proc = self.proc.machine.files, self.proc
        if redirect.op in ("<<", "<<-"):
            text = redirect.body if redirect.literal else (yield from expand_one(self, '"' + redirect.body.replace('"', '\\"') + '"'))
            return _text_file(text)
        target = yield from expand_one(self, redirect.target.text)
        if redirect.op == "<<<":
            return _text_file(target + "\n")
        if redirect.op in (">&", "<&") and (is_number(target) or target == "-"):
            if target == "-":
                return None
            known = proc.fds.get(int(target))
            if known is None:
                raise RedirectProblem(f"{target}: Bad file descriptor")
            return known.dup()
        try:
            if redirect.op == "<":
                return files.open(proc, target, "r")
            if redirect.op in (">>", "&>>"):
                return files.open(proc, target, "a")
            return files.open(proc, target, "x" if "C" in self.options and redirect.op == ">" else "r+" if redirect.op == "<>" else "w")
        except NetError as error:
            raise RedirectProblem(f"{target}: {strerror(error.errno)}") from None


def _key(index: str) -> Any:
    return int(index) if is_number(index.lstrip("-")) else index


def _quoted(word: str) -> str:
    if word and all(letter.isalnum() or letter in "_-./:=@%+,~" for letter in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"


def _text_file(text: str) -> RegularFile:
    from netsim.machine.files import File

    return RegularFile(node=File(content=text.encode("utf-8", "surrogateescape")))


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
