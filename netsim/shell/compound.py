"""Compound commands: groups, conditions, loops, cases, arithmetic and conditional expressions."""

from __future__ import annotations

import fnmatch

import attrs

from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.conditions import ConditionProblem, holds
from netsim.shell.expand import expand, expand_one, expand_words, plain
from netsim.shell.jumps import Jump
from netsim.shell.simple import SimpleCommands
from netsim.shell.stack import Steps
from netsim.shell.tree import Arithmetic, Case, CFor, Conditional, For, Group, If, Loop, Sequence
from netsim.shell.xtrace import trace


@attrs.define(eq=False)
class CompoundCommands(SimpleCommands):
    """A shell with control flow."""

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
            if "x" in self.options and self.is_bash():
                yield from trace(
                    self, f"for {item.name} in {' '.join(word.text for word in item.words) if item.words is not None else chr(34) + '$@' + chr(34)}"
                )
            self.set(item.name, value)
            if (yield from self._loop_body(item.body)):
                break

    def c_for(self, item: CFor) -> Steps:
        """for (( ; ; ))."""
        yield from self._step(item.start)
        while not item.condition.strip() or (yield from self._step(item.condition)):
            if (yield from self._loop_body(item.body)):
                break
            yield from self._step(item.step)

    def _step(self, text: str) -> Steps:
        if "x" in self.options and text.strip():
            yield from trace(self, f"(( {text.strip()} ))")
        return evaluate(text, self)

    def case(self, item: Case) -> Steps:
        """case."""
        if "x" in self.options and self.is_bash():
            yield from trace(self, f"case {item.word.text} in")
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
        if "x" in self.options:
            yield from trace(self, f"(( {item.text} ))")
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
        shown: list[str] = []
        try:
            self.status = int(not holds(self, words, shown))
            for line in shown if "x" in self.options else ():
                yield from trace(self, f"[[ {line} ]]")
        except ConditionProblem as problem:
            self.complain(str(problem))
            self.status = 2
