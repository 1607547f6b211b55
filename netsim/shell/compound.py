"""Compound commands: groups, conditions, loops, cases, arithmetic and conditional expressions."""

from __future__ import annotations

import attrs

from netsim.shell.arith import ArithmeticProblem, evaluate
from netsim.shell.conditional import Conditions
from netsim.shell.conditions import ConditionProblem
from netsim.shell.expand import expand, expand_one, expand_within, expand_words
from netsim.shell.jumps import Exit, ExpansionProblem, Jump, ReadonlyProblem
from netsim.shell.patterns import matcher
from netsim.shell.simple import SimpleCommands
from netsim.shell.stack import Steps
from netsim.shell.tokens import NAME
from netsim.shell.tree import Arithmetic, Case, CFor, Conditional, For, Group, If, Loop, Select, Sequence
from netsim.shell.xtrace import trace


@attrs.define(eq=False, init=False, repr=False)
class CompoundCommands(SimpleCommands):
    """A shell with control flow."""

    def group(self, item: Group) -> Steps:
        """{ } here, ( ) in a child."""
        if not item.is_subshell:
            yield from self.run(item.body)
            return
        child = self._fork(attrs.evolve(item, is_subshell=False, redirects=()), self.handed_down())
        yield [child]
        self.status = child.status or 0
        if child.killed_by:
            self.killed = child
            self.tell_end(item)

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
        if item.otherwise is not None:
            yield from self.run(item.otherwise)
        else:
            self.status = 0

    def loop(self, item: Loop) -> Steps:
        """while and until."""
        result = 0
        self.loops += 1
        try:
            while True:
                if (yield from self._loop_condition(item.condition)):
                    result = self.status
                    break
                if (self.status == 0) == item.until:
                    break
                ended = yield from self._loop_body(item.body)
                result = self.status
                if ended:
                    break
        finally:
            self.loops -= 1
        self.status = result

    def _loop_condition(self, condition: Sequence) -> Steps:
        """The condition of a loop; True where a `break` in it ends the loop."""
        try:
            yield from self.conditional_run(condition)
        except Jump as jump:
            return self._jumped(jump)
        return False

    def _jumped(self, jump: Jump) -> bool:
        """A loop that is left: True when it ends here."""
        if jump.levels > 1:
            raise Jump(jump.kind, jump.levels - 1) from None
        self.status = int(jump.kind == "out of range")
        return jump.kind != "continue"

    def _loop_body(self, body: Sequence) -> Steps:
        """One round; True when the loop ends."""
        try:
            yield from self.run(body)
        except Jump as jump:
            return self._jumped(jump)
        return False

    def _choices(self, item: For | Select) -> Steps:
        """What a loop's name shall stand for, one after the other; None when it is no name."""
        self.line = item.line + self.first_line
        if not NAME.fullmatch(item.name):
            self.complain(f"`{item.name}': not a valid identifier")
            self.status = 1
            return None
        try:
            return list(self.positional) if item.words is None else (yield from expand_words(self, item.words))
        except (ExpansionProblem, ArithmeticProblem) as problem:
            self.refuse_expansion(problem)

    def _stands_for(self, name: str, value: str) -> bool:
        """Give a loop's name its next value; False where it is not to be changed."""
        try:
            self.set(name, value)
        except ReadonlyProblem as problem:
            self.complain(str(problem))
            self.status = 1
            if not self.is_bash():
                raise Exit(2) from None
            return False
        return True

    def for_(self, item: For) -> Steps:
        """for NAME in WORDS."""
        values = yield from self._choices(item)
        if values is None:
            return
        self.status = 0
        self.loops += 1
        try:
            for value in values:
                if "x" in self.options and self.is_bash():
                    words = '"$@"' if item.words is None else " ".join(word.text for word in item.words)
                    yield from trace(self, f"for {item.name} in {words}")
                if not self._stands_for(item.name, value) or (yield from self._loop_body(item.body)):
                    break
        finally:
            self.loops -= 1

    def c_for(self, item: CFor) -> Steps:
        """for (( ; ; ))."""
        self.line = item.line + self.first_line
        self.loops += 1
        self.status = 0
        try:
            yield from self._step(item.start)
            while not item.condition.strip() or (yield from self._step(item.condition)):
                if (yield from self._loop_body(item.body)):
                    break
                yield from self._step(item.step)
        except ArithmeticProblem as problem:
            self.complain(f"((: {problem}")
            self.status = 1
        finally:
            self.loops -= 1

    def _step(self, text: str) -> Steps:
        if "x" in self.options and text.strip():
            yield from trace(self, f"(( {text.strip()} ))")
        return evaluate((yield from expand_within(self, text)), self)

    def case(self, item: Case) -> Steps:
        """case."""
        self.line = item.line + self.first_line
        if "x" in self.options and self.is_bash():
            yield from trace(self, f"case {item.word.text} in")
        try:
            word = yield from expand_one(self, item.word.text)
        except (ExpansionProblem, ArithmeticProblem) as problem:
            self.refuse_expansion(problem)
        self.status = 0
        flags = "e" * ("extglob" in self.options) + "i" * ("nocasematch" in self.options)
        falls = False
        for (patterns, body), end in zip(item.branches, item.ends, strict=True):
            for pattern in () if falls else patterns:
                marked = yield from expand(self, pattern.text)
                if matcher(marked, flags).fullmatch(word):
                    break
            else:
                if not falls:
                    continue
            yield from self.run(body)
            if end == ";;":
                return
            falls = end == ";&"

    def arithmetic(self, item: Arithmetic) -> Steps:
        """(( ))."""
        self.line = item.line + self.first_line
        if "x" in self.options:
            yield from trace(self, f"(( {item.text} ))")
        try:
            text = yield from expand_within(self, item.text.replace('"', ""))
            self.status = int(evaluate(text, self) == 0)
        except ArithmeticProblem as problem:
            self.complain(f"((: {problem}")
            self.status = 1
        except ReadonlyProblem as problem:
            self.complain(str(problem))
            self.status = 1
        except ExpansionProblem as problem:
            self.refuse_expansion(problem)

    def conditional(self, item: Conditional) -> Steps:
        """[[ ]]."""
        self.line = item.line + self.first_line
        conditions = Conditions(self, tuple(word.text for word in item.words))
        try:
            self.status = int(not (yield from conditions.holds()))
        except ConditionProblem as problem:
            if str(problem):
                self.complain(str(problem))
            self.status = 2
        except ArithmeticProblem as problem:
            self.complain(f"[[: {problem}")
            self.status = 1
        except ExpansionProblem as problem:
            self.refuse_expansion(problem)
        for line in conditions.shown if "x" in self.options else ():
            yield from trace(self, f"[[ {line} ]]")
