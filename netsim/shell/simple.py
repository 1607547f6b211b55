"""Simple commands: assignments, then a function, a builtin or a command of the machine."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import attrs

from netsim.errors import strerror
from netsim.machine.call import Result
from netsim.machine.process import Process
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.ash import ash_lead
from netsim.shell.builtins import BUILTINS, SPECIAL
from netsim.shell.expand import ExpansionProblem, expand_one, expand_words
from netsim.shell.jumps import Exit, RedirectProblem, Replaced, Return
from netsim.shell.redirections import Redirecting
from netsim.shell.stack import PAUSE, START, Steps
from netsim.shell.state import key_of
from netsim.shell.tree import Simple
from netsim.shell.xtrace import trace_simple


@attrs.define(eq=False)
class SimpleCommands(Redirecting):
    """A shell that runs words."""

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
        if "x" in self.options and self.is_bash():
            yield from trace_simple(self, item, args, assigned)
        elif "x" in self.options and (args or assigned):
            shown = [f"{name}={_quoted(value) if isinstance(value, str) else '(...)'}" for name, value in assigned] + [_quoted(word) for word in args]
            self.write(2, f"+ {' '.join(shown)}\n")
        if not args:
            for name, value in assigned:
                self._assign(name, value)
            if not item.words:
                self.status = 0 if not any("$(" in word.text or "`" in word.text for _, word in item.assignments) else self.status
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
            if item.redirects and keep:
                for fd, old in saved.items():
                    if self.proc.fds.get(fd) is not old:
                        old.close()
            elif item.redirects and self.proc.status is None and self.proc.program is self:
                self.proc.fds = saved
                for file in opened:
                    file.close()

    def _assignments(self, item: Simple) -> Steps:
        found: list[tuple[str, Any]] = []
        for name, word in item.assignments:
            if word.text.startswith("(") and word.text.endswith(")"):
                from netsim.shell.tokens import tokenize

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
                table[key_of((yield from expand_one(self, key)))] = yield from expand_one(self, value)
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
        yield START
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
        if self.name == "ash":
            return Result("", f"{ash_lead(self)}: {name}: not found\n", 127)
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


def _quoted(word: str) -> str:
    if word and all(letter.isalnum() or letter in "_-./:=@%+,~" for letter in word):
        return word
    return "'" + word.replace("'", "'\\''") + "'"
