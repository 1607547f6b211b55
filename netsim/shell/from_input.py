"""A shell that takes its commands from standard input, one after the other: what it has not read yet is there for the commands it runs."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.machine.process import Process
from netsim.shell.builtins.reading import unread
from netsim.shell.jumps import Killed, Replaced
from netsim.shell.parser import parse
from netsim.shell.program import Shell
from netsim.shell.stack import Steps
from netsim.shell.tokens import Incomplete, SyntaxProblem
from netsim.shell.tree import Sequence
from netsim.shell.unfinished import lacks_delimiter


@attrs.define(eq=False)
class FromInput(Shell):
    """`held` is what was read past the line under way: bash gives it back to a file or a pipe, plain shells, which read in blocks, keep it."""

    held: bytes = b""
    has_ended: bool = False
    reads: bool = False
    """Whether it waits for its input."""
    lines: int = 0
    """How many were read before the command under way."""

    def readable(self, proc: Process, fd: int) -> None:
        """There is more to read."""
        if fd == 0 and self.reads:
            self.reads = False
            self._advance()

    def _main(self) -> Steps:
        if self.tree is not None:  # a subshell: it has its one command and ends
            yield from super()._main()
            return
        status: int | None = None
        try:
            while status is None and (text := (yield from self._text())):
                tree = self._parsed(text)
                if tree is None:
                    status = 2
                    break
                self.first_line = self.lines
                status = yield from self._attempt(tree)
                self.lines += text.count("\n")
            status = yield from self._leaving(self.status if status is None else status)
        except Replaced:
            return
        except Killed as end:
            yield from self._dying(end.signum)
        else:
            self.proc.exit(status)

    def _text(self) -> Steps:
        """The lines of the next complete command; empty at the end of the input."""
        text = ""
        while True:
            line = yield from self._line()
            text += line
            if self.has_ended or not self._is_unfinished(text):
                return text

    def _is_unfinished(self, text: str) -> bool:
        try:
            parse(text, self.grammar())
        except Incomplete:
            return True
        except SyntaxProblem:
            return False
        return text.endswith("\\\n") or ("<<" in text and lacks_delimiter(text))

    def _line(self) -> Steps:
        """One line with its end, or what stands before the end of the input."""
        found = b""
        while True:
            opened = self.proc.fds.get(0)
            data: Any = self.held or (opened.read_available() if opened is not None else b"")
            self.held = b""
            if data is None:
                self.reads = True
                yield [self.proc]
                continue
            if not data:
                self.has_ended = True
                break
            piece, newline, rest = data.partition(b"\n")
            found += piece + newline
            if newline:
                if self.is_bash() and (hasattr(opened, "position") or opened.pipe is not None):
                    unread(opened, rest)
                else:
                    self.held = rest
                break
        return found.decode("utf-8", "surrogateescape").replace("\0", "")

    def _parsed(self, text: str) -> Sequence | None:
        """The command as a tree; None once it was told what is wrong with it."""
        try:
            return parse(text, self.grammar())
        except SyntaxProblem:
            from netsim.shell.start import told

            whole = "\n" * self.lines + text  # for the line it is on
            try:
                parse(whole, self.grammar())
            except SyntaxProblem as problem:
                first = problem
            self.write(2, told(first, whole, f"{self.zero}: " if self.is_bash() else "", self.name, self.zero))
            return None
