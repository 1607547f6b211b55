"""coproc: commands beside the shell, whose input and output are descriptors of it (`execute_cmd.c` execute_coproc)."""

from __future__ import annotations

import attrs

from netsim.clock import MS
from netsim.machine.fds import make_pipe
from netsim.shell.menus import Menus
from netsim.shell.stack import Steps
from netsim.shell.tokens import NAME
from netsim.shell.tree import AndOr, Coproc, Pipeline

NOTICED = 2 * MS
HIGHEST = 63
"""Where the shell looks for free descriptors of its own, downwards."""


@attrs.define(eq=False, init=False, repr=False)
class Coprocesses(Menus):
    """A shell that can have commands at its side."""

    def coproc(self, item: Coproc) -> Steps:
        """coproc [NAME] COMMAND: `NAME[0]` reads from it, `NAME[1]` writes to it, `NAME_PID` is its process."""
        if not NAME.fullmatch(item.name):
            self.complain(f"`{item.name}': not a valid identifier")
            self.status = 1
            return
        if self.beside is not None and self.jobs.get(self.beside[1]) is None:
            self.complain(f"warning: execute_coproc: coproc [{self.beside[1]}:{self.beside[0]}] still exists")
        reader, out = make_pipe()
        source, writer = make_pipe()
        fds = self.handed_down()
        for fd, opened in ((0, source), (1, out)):
            if fd in fds:
                fds[fd].close()
            fds[fd] = opened
        child = self._fork(item.command, fds)
        numbers = [number for number in range(HIGHEST, 9, -1) if number not in self.proc.fds][:4]
        for number, opened in ((numbers[0], reader), (numbers[3], writer)):
            self.proc.fds = {**self.proc.fds, number: opened}
            self.private = {**self.private, number: opened}
        pid = self.last_background = self.known_as(child)
        self.began(pid, AndOr(Pipeline((item,))), child.status)
        self.beside = (item.name, pid, (numbers[0], numbers[3]), self.now() + NOTICED if child.status is not None else 0)
        self.variables.pop(item.name, None)
        self.arrays[item.name] = {0: str(numbers[0]), 1: str(numbers[3])}
        self.set(f"{item.name}_PID", str(pid))
        self.status = 0
        yield 0

    def coproc_ended(self, pid: int) -> None:
        """It has ended; the shell notices between two commands a moment later."""
        if self.beside is not None and self.beside[1] == pid and not self.beside[3]:
            self.beside = (*self.beside[:3], self.now() + NOTICED)

    def reap_coproc(self) -> None:
        """The descriptors of the one that has ended are closed, its variables unset."""
        name, _, numbers, when = self.beside
        if not when or self.now() < when:
            return
        self.beside = None
        for number in numbers:
            opened = self.private.pop(number, None)
            if opened is not None and self.proc.fds.get(number) is opened:
                self.proc.fds = {fd: one for fd, one in self.proc.fds.items() if fd != number}
                opened.close()
        self.arrays.pop(name, None)
        self.variables.pop(f"{name}_PID", None)
