"""Commands whose system calls sleep: a command is a function that answers at once, so one that would sleep in open(2) or read(2) of a named pipe is begun
again when what it slept for is there; what its calls have come to answers it then, in the same order (as `ERESTARTSYS` begins a system call again)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.errors import NetError
from netsim.machine.call import Call, Enough, Program

if TYPE_CHECKING:
    from netsim.machine.fifo import Fifo
    from netsim.machine.process import Process


class Sleeps(Exception):
    """A system call of a command would sleep: on which named pipe, opened how ("r", "w"), and whether (`enough`) all is to be read or only opened."""

    def __init__(self, fifo: Fifo, how: str, enough: Enough | None = None) -> None:
        super().__init__(how)
        self.fifo = fifo
        self.how = how
        self.enough = enough


ALL = Enough(b"", 1 << 62)
"""Reading to the end."""


def sleeps_in(process: Process | None) -> bool:
    """Whether what runs in a process is a command, which can be begun again; programs look at their descriptors themselves."""
    return process is not None and (process.program is None or process.program.begins_again)


@attrs.define(eq=False)
class Sleeper(Program):
    """Stands in for a command that sleeps: waits for what it asked, then begins it again."""

    begins_again: ClassVar[bool] = True

    command: Callable[..., Any]
    call: Call
    data: bytes | None
    """What it has read of its standard input already; None: it has not asked."""
    fifo: Fifo
    how: str
    enough: Enough | None
    fd: int = -1
    pieces: list[bytes] = attrs.field(factory=list)
    found: int = 0
    answers: list[Any] = attrs.field(factory=list)
    """What system calls have come to: bytes read, or the open file."""
    told: int = 0
    """How many of them the command has been given, since it began anew."""

    def started(self, proc: Process) -> None:
        """Open the end and sleep."""
        self._sleep(proc)

    def _sleep(self, proc: Process) -> None:
        self.pieces, self.found = [], 0
        self.fd = proc.install(self.fifo.end(self.how))
        self.readable(proc, self.fd)

    def readable(self, proc: Process, fd: int) -> None:
        """The other end was opened, more came, or the end."""
        if fd != self.fd:
            return
        opened: Any = proc.fds[fd]
        if not opened.is_open():
            return
        if self.enough is None:
            self._answered(proc, proc.detach(fd))
            return
        while (data := opened.read_available()) is not None:
            self.pieces.append(data)
            self.found += self.enough.found(data)
            if not data or self.found >= self.enough.count:
                proc.close(fd)
                self._answered(proc, b"".join(self.pieces))
                return

    def _answered(self, proc: Process, answer: Any) -> None:
        self.fd, self.told = -1, 0
        self.answers.append(answer)
        kernel = proc.machine.kernel
        before, kernel.current = kernel.current, proc
        try:
            outcome = self.command(self.call) if self.data is None else self.command(self.call, self.data)
        except Sleeps as reason:
            self.fifo, self.how, self.enough = reason.fifo, reason.how, reason.enough
            self._sleep(proc)
            return
        except NetError as error:
            outcome = proc.machine.failed(proc.argv[0], error)
        finally:
            kernel.current = before
        proc.machine.settle(proc, outcome)

    def next_answer(self) -> Any:
        """What the system call that the command comes to now has come to; None: that is not known yet."""
        if self.told == len(self.answers):
            return None
        self.told += 1
        return self.answers[self.told - 1]


def asleep(command: Callable[..., Any], call: Call, data: bytes | None, reason: Sleeps) -> Sleeper:
    """What a command becomes that would sleep."""
    return Sleeper(command, call, data, reason.fifo, reason.how, reason.enough)


def sleep_for(process: Process, fifo: Fifo, how: str, enough: Enough | None) -> Any:
    """The bytes or open file that a command waits for; `Sleeps` while they are not there."""
    program = process.program
    answer = program.next_answer() if isinstance(program, Sleeper) else None
    if answer is None:
        raise Sleeps(fifo, how, enough)
    return answer
