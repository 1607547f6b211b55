"""Simple commands: assignments, builtins, functions, commands of the machine."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import attrs

from netsim.errors import EACCES, ENOENT, strerror
from netsim.machine.call import Result
from netsim.machine.process import Process
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.braces import brace_expand
from netsim.shell.builtins import BUILTINS, OF_ASH, OF_DASH, load
from netsim.shell.builtins.grammar import POSIX_SPECIAL
from netsim.shell.expand import expand_assigned, expand_one, expand_words
from netsim.shell.jumps import BuiltinProblem, Discard, Exit, ExpansionProblem, ReadonlyProblem, RedirectProblem, Replaced, Return
from netsim.shell.plain import plain_lead
from netsim.shell.redirections import Redirecting
from netsim.shell.stack import START, Steps
from netsim.shell.state import Frame
from netsim.shell.tokens import ASSIGNMENT, KEYED, words_of
from netsim.shell.tree import Simple, Word
from netsim.shell.variables import Listed, Saved
from netsim.shell.xtrace import trace_assigned, trace_simple

DECLARING = frozenset(("declare", "typeset", "local", "export", "readonly"))
"""Builtins whose words may be assignments."""
INHERITED = (("ERR", "E"), ("DEBUG", "T"), ("RETURN", "T"))
"""Traps that functions have only with an option of `set`."""


@attrs.define(eq=False, init=False, repr=False)
class SimpleCommands(Redirecting):
    """A shell that runs words."""

    def simple(self, item: Simple) -> Steps:
        """Assignments, a builtin, a function or a command of the machine."""
        self.line = item.line + self.first_line
        if not self.trapping:
            self.item = item
        if "DEBUG" in self.traps:
            yield from self.run_trap("DEBUG")
        substitutions, self.substituted_status = self.substituted_status, None
        try:
            words = item.words
            if words and words[0].text in DECLARING:
                args = yield from self._declared_words(words)
            else:
                args = yield from expand_words(self, words)
            assigned = (yield from self._assignments(item, args)) if item.assignments else []
        except (ExpansionProblem, ArithmeticProblem) as problem:
            self.refuse_expansion(problem)
        if "x" in self.options:
            yield from trace_simple(self, item, args, assigned)
        if args:
            self.last_word = args[-1]
        else:
            status = self.substituted_status
            self.status = 0 if status is None else status
        self.substituted_status = substitutions
        if not item.redirects:
            if args:
                yield from self.dispatch(args, assigned)
        else:
            yield from self._redirected(item, args, assigned)
        if self.killed is not None:
            self.tell_end(item)

    def refuse_expansion(self, problem: Exception) -> None:
        """What cannot be expanded ends the shell, or gives the line up."""
        self.complain(str(problem))
        self.status = 1
        if isinstance(problem, ExpansionProblem) and problem.ends_shell and self.name != "interactive":
            raise Exit(127 if self.is_bash() and self.is_command_line and not self.depth else 1 if self.is_bash() else 2) from None
        if not self.is_bash():
            raise Exit(2) from None
        raise Discard(1) from None

    def _assign_or_give_up(self, name: str, value: str) -> None:
        try:
            self.assign(name, value)
        except (ReadonlyProblem, ArithmeticProblem) as problem:
            self.complain(str(problem))
            self.status = 1
            raise (Discard(1) if self.is_bash() else Exit(2)) from None

    def _redirected(self, item: Simple, args: list[str], assigned: list[tuple[str, str]]) -> Steps:
        saved, gone = dict(self.proc.fds), list[Any]()
        opened: list[Any] = []
        keep = bool(args) and args[0] == "exec" and len(args) == 1
        try:
            yield from self._redirect(item.redirects, opened)
            gone = [old for fd, old in saved.items() if self.proc.fds.get(fd) is not old]
            if args:
                yield from self.dispatch(args, assigned)
        except (ExpansionProblem, ArithmeticProblem) as problem:
            if not args or args[0] in self.functions or (args[0] in BUILTINS and self.has_builtin(args[0])):
                self.refuse_expansion(problem)
            self.complain(str(problem))  # a command of the machine has its redirections made in a child
            self.status = 127 if isinstance(problem, ExpansionProblem) and problem.ends_shell else 1
        except RedirectProblem as problem:
            self.complain(str(problem))
            self.status = 1 if self.name != "sh" else 2
            if args and args[0] in POSIX_SPECIAL and not self.is_bash():
                raise Exit(1 if self.name != "sh" else 2) from None
        finally:
            if keep:
                for fd, old in saved.items():
                    if self.proc.fds.get(fd) is not old:
                        old.close()
            elif self.proc.status is None and self.proc.program is self:
                self.proc.fds = saved
                for file in opened:
                    file.close()
            else:  # it ended, or is another program now: what was there before nobody puts back
                for file in gone:
                    file.close()

    def _declared_words(self, words: tuple[Word, ...]) -> Steps:
        """The words of declare and its like: assignments among them are neither split nor globbed."""
        args = [words[0].text]
        for word in words[1:]:
            match = ASSIGNMENT.fullmatch(word.text)
            if match is not None and "{" in word.text and "B" in self.options and len(several := brace_expand(word.text)) > 1:
                for piece in several:
                    args += (yield from self._declared_words((words[0], Word(piece))))[1:]
            elif match is None:
                args += yield from expand_words(self, (word,))
            else:
                value = yield from self._value(match[3])
                text = f"{match[1]}{match[2]}{value}"
                if isinstance(value, Listed):
                    listed = Listed(text)
                    listed.items = value.items
                    args.append(listed)
                else:
                    args.append(text)
        return args

    def _assignments(self, item: Simple, args: list[str]) -> Steps:
        """The values assigned; without a command each is set before the next is expanded."""
        found: list[tuple[str, str]] = []
        for name, word in item.assignments:
            base, bracket, index = name.partition("[")
            if bracket and ("$" in index or "`" in index or "'" in index or '"' in index):
                plus = "+" if index.endswith("+") else ""
                name = f"{base}[{(yield from expand_one(self, index.rstrip('+').removesuffix(']')))}]{plus}"
            value = yield from self._value(word.text)
            found.append((name, value))
            if not args:
                if "x" in self.options and self.is_bash():
                    yield from trace_assigned(self, name, word.text, value)
                self._assign_or_give_up(name, value)
        return found

    def _value(self, text: str) -> Steps:
        """What stands behind `=`: one text, or the words of a list."""
        if text.startswith("(") and text.endswith(")"):
            value = Listed(text)
            value.items = yield from self._items(text[1:-1])
            return value
        return (yield from expand_assigned(self, text))

    def _items(self, text: str) -> Steps:
        found: list[tuple[str | None, str]] = []
        for word in words_of(text):
            match = KEYED.match(word)
            if match is not None:
                found.append(((yield from expand_one(self, match[1])), (yield from expand_assigned(self, word[match.end() :]))))
                continue
            for value in (yield from expand_words(self, (Word(word),), "(")):
                found.append((None, value))
        return found

    def dispatch(self, args: list[str], assigned: list[tuple[str, str]]) -> Steps:
        """Run a function, a builtin or a command."""
        name = args[0]
        body = self.functions.get(name)
        if body is not None or (name in BUILTINS and self.has_builtin(name)):
            self.exec_last = False
            before = self._lend(assigned) if assigned else None
            try:
                if body is not None:
                    yield self._call(name, body, args[1:])
                else:
                    result = load(name)(self, args)
                    if isinstance(result, Generator):
                        result = yield result
                    self.status = int(result or 0)
            except BuiltinProblem as problem:
                self.status = problem.status
                if problem.is_fatal:
                    raise Exit(problem.status) from None
            except ReadonlyProblem as problem:
                self.complain(str(problem) if self.is_bash() else f"{name}: {problem}")
                self.status = 1
                if not self.is_bash():
                    self.status = 2
                    if name in POSIX_SPECIAL:
                        raise Exit(2) from None
            finally:
                if before is not None and (body is not None or self.is_bash() or name not in POSIX_SPECIAL):
                    for key, known in before.items():
                        self.restore(key, known)
            return
        yield START
        if self.exec_last and not self.traps:
            self.proc.env = self.environment() | {key: str(value) for key, value in assigned}
            self._hand_on(args, self.proc.fds)
            self.watch_pipes()
            self.proc.machine.execute(self.proc, tuple(args), None if self.proc.machine.command(self.proc, args[0]) else self._not_found)
            raise Replaced
        fds = self.handed_down()
        self._hand_on(args, fds)
        child = self._spawn(args, assigned, fds)
        yield [child]
        self.status = child.status or 0
        if child.killed_by:
            self.killed = child

    def _hand_on(self, args: list[str], fds: dict[int, Any]) -> None:
        """A command whose words name the way into a `>( )` gets it, as the descriptor that they say."""
        if self.substituted:
            for word in args:
                opened = self.substituted.pop(word, None)
                if opened is not None:
                    fds[int(word.rpartition("/")[2])] = opened

    def has_builtin(self, name: str) -> bool:
        """Whether this kind of shell has the builtin."""
        if self.disabled and name in self.disabled:
            return False
        return self.is_bash() or name in (OF_ASH if self.name == "ash" else OF_DASH)

    def _lend(self, assigned: list[tuple[str, str]]) -> dict[str, Saved]:
        """Set variables for one function or builtin; what was there before."""
        before: dict[str, Saved] = {}
        for key, value in assigned:
            base = key.rstrip("+").partition("[")[0]
            before.setdefault(base, self.saved(base))
            try:
                self.assign(key, value)
            except (ReadonlyProblem, ArithmeticProblem) as problem:
                self.complain(str(problem))
                before.pop(base)
                if not self.is_bash():
                    raise Exit(2) from None
                continue
            self.exported.add(base)
        return before

    def _spawn(self, args: list[str], assigned: list[tuple[str, str]], fds: dict[int, Any]) -> Process:
        self.budget.a_process_more()
        machine = self.proc.machine
        env = self.environment()
        for key, value in assigned:
            if "r" in self.marks.get(key, ""):
                self.complain(f"{key}: readonly variable")
                if not self.is_bash():
                    raise Exit(2)
            else:
                base = key.rstrip("+")
                env[base] = (self.parameter(base) or "") + value if base != key else value
        child: Process = machine.new_process(self.proc, tuple(args), env, self.proc.cwd, fds)
        child.comm = args[0].rsplit("/", 1)[-1][:15]
        machine.execute(child, tuple(args), None if machine.command(child, args[0]) else self._not_found)
        return child

    def _not_found(self, name: str) -> Result:
        node = self.proc.machine.files.stat(self.proc, name) if "/" in name else None
        if not self.is_bash():
            why, status = (strerror(EACCES), 126) if node is not None else (strerror(EACCES), 127) if not name else ("not found", 127)
            return Result("", f"{plain_lead(self, '')}{name}: {why}\n", status)
        if node is not None:
            return Result("", f"{self.place()}: {name}: Is a directory\n", 126)
        why = strerror(ENOENT) if "/" in name else "command not found"
        return Result("", f"{self.place()}: {name}: {why}\n", 127)

    def _call(self, name: str, body: Any, args: list[str]) -> Steps:
        self.budget.commands += len(args) >> 3
        saved, self.positional = self.positional, list(args)
        first, self.first_line, loops, self.loops = self.first_line, 0, self.loops, 0
        self.locals.append({})
        self.frames.append(Frame(name, self.sources.get(name, self.source), self.line))
        kept = {event: self.traps.pop(event) for event, flag in INHERITED if event in self.traps and flag not in self.options} if self.traps else {}
        try:
            yield from self.command(body)
        except Return as end:
            self.status = end.status
        finally:
            self.positional, self.first_line, self.loops, self.line = saved, first, loops, self.frames[-1].line
            for event, text in kept.items():
                self.traps.setdefault(event, text)
            for key, known in self.locals.pop().items():
                if key == "-":
                    self.options = set((known.value or "").split())
                else:
                    self.restore(key, known)
            frame = self.frames.pop()
        if "RETURN" in self.traps and "RETURN" not in kept:
            self.frames.append(frame)
            yield from self.run_trap("RETURN")
            self.frames.pop()
