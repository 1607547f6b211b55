"""A shell at a terminal: takes one complete text after the other and keeps what they leave behind."""

from __future__ import annotations

from collections import deque
from typing import Any

import attrs

from netsim.errors import strerror
from netsim.machine.call import Result
from netsim.machine.process import SIGINT, Process
from netsim.shell.arith import ArithmeticProblem
from netsim.shell.jumps import Discard, Exit, ExpansionProblem, Jump, Replaced
from netsim.shell.parser import parse
from netsim.shell.program import Shell
from netsim.shell.stack import Steps
from netsim.shell.tokens import SyntaxProblem


@attrs.define(eq=False)
class InteractiveShell(Shell):
    """`typed` are texts to run; `is_idle` says that all of them are done and a prompt is due."""

    typed: deque[str] = attrs.field(factory=deque)
    is_idle: bool = False

    def feed(self, text: str) -> None:
        """Run a text, as if it were typed and entered."""
        self.typed.append(text)
        self.is_idle = False
        self._advance()

    def interrupt(self) -> None:
        """Ctrl-C: the foreground processes get SIGINT, and what is left of the line is forgotten."""
        foreground = [child for child in self.waiting or () if child is not self.proc]
        while self.stack:
            self.stack.pop().close()
        self.typed.clear()
        self.status = 128 + SIGINT
        self.stack = [self._main()]
        self._advance()
        for process in foreground:
            _interrupt(process)

    def place(self) -> str:
        """Errors at a terminal carry no line number."""
        return f"{self.frames[-1].source}: line {self.line}" if self.frames and self.frames[-1].name == "source" else "bash"

    def _not_found(self, name: str) -> Result:
        why = strerror(2) if "/" in name else "command not found"
        return Result("", f"{self.place()}: {name}: {why}\n", 127)

    def signal(self, proc: Process, signum: int) -> None:
        """SIGINT and SIGTERM do not end a shell at a terminal."""
        if signum not in (SIGINT, 15):
            super().signal(proc, signum)

    def _main(self) -> Steps:
        if self.tree is not None:  # a subshell: it has its one text and ends
            yield from super()._main()
            return
        while True:
            while not self.typed:
                self.is_idle = True
                yield [self.proc]
            try:
                yield from self.run(parse(self.typed.popleft()))
            except Exit as end:
                self.status = end.status
                break
            except Replaced:
                return
            except Discard as end:
                self.status = end.status
            except Jump:
                continue
            except SyntaxProblem as problem:
                self.complain(problem.message)
                self.status = 2
            except (ExpansionProblem, ArithmeticProblem) as problem:
                self.complain(str(problem))
                self.status = 1
        trap = self.traps.pop("EXIT", "")
        status = self.status
        if trap:
            yield from self.run(parse(trap))
        self.proc.exit(status)


def _interrupt(process: Any) -> None:
    for child in process.children:
        _interrupt(child)
    process.signal(SIGINT)
