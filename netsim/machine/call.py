"""What a command gets and gives back: the contract between the machine and every tool."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.jail import Jail
    from netsim.machine.machine import Machine
    from netsim.machine.process import Process


@quick
@attrs.frozen(weakref_slot=False)
class Result:
    """What a command printed and its exit status, as a terminal would show it."""

    stdout: str = ""
    stderr: str = ""
    status: int = 0


DONE = Result()
"""Nothing said and nothing wrong."""


@attrs.frozen
class Exec:
    """Go on as another command in the same process (`execve`): how `ip netns exec`, `sudo`, `env` and `nsenter` work."""

    argv: tuple[str, ...]
    netns: Netns | None = None
    env: Mapping[str, str] | None = None
    not_found: Callable[[str], Result] | None = None
    """Module-level function that words the failure when argv[0] is no command; bash's wording by default."""
    jail: Jail | None = None
    """Mount, UTS and PID namespaces to move to."""


@attrs.frozen
class Enough:
    """So many of some byte (ends of lines), or of any (`unit` empty)."""

    unit: bytes
    count: int

    def found(self, data: bytes) -> int:
        """How many are in a piece."""
        return data.count(self.unit) if self.unit else len(data)


@attrs.frozen
class ReadInput:
    """The command needs its standard input: read it to the end, then call `then(call, data)` (a module-level function)."""

    then: Callable[[Call, bytes], Result | Program | Exec]
    enough: Enough | None = None
    """After how much more would change nothing: then it is not waited for."""


class Program:
    """Something that runs in a process over time: plain fields and handlers, driven by the machine's scheduler.

    Subclasses are `attrs.define(eq=False)` classes. `proc` is the process it runs in, which offers the system calls
    (`proc.write(1, text)`, `proc.socket(...)`, `proc.timer(delay, token)`, `proc.exit(status)` ...). A program that has nothing to
    wait for must call `proc.exit`.
    """

    __slots__ = ()
    caught: ClassVar[frozenset[int]] = frozenset()
    """Signals the program installs handlers for at its start: they arrive even where the parent left them ignored, as `&` does with SIGINT."""
    begins_again: ClassVar[bool] = False
    """Whether it stands in for a command, which is begun again where a system call has slept (see `machine/sleeping.py`)."""

    def started(self, proc: Process) -> None:
        """The process begins."""

    def readable(self, proc: Process, fd: int) -> None:
        """A descriptor has something to read, a connection to accept, an end of file or an error."""

    def writable(self, proc: Process, fd: int) -> None:
        """A connect finished, or a full buffer has room again."""

    def timer(self, proc: Process, token: Any) -> None:
        """A timer set with `proc.timer(delay, token)` fired."""

    def signal(self, proc: Process, signum: int) -> None:
        """A signal came; the default action of SIGINT and SIGTERM is to end with status 128 + signum."""
        proc.die(signum)

    def handles(self, signum: int) -> bool:
        """Whether it has a handler for a signal: process 1 of a PID namespace hears of no other, but for SIGKILL from outside."""
        return signum in self.caught

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A child process ended."""

    def ended(self, proc: Process) -> None:
        """The process itself has ended, whoever ended it; its descriptors are closed."""


class Call:
    """One invocation of a command: who runs it (process, and by it namespace, environment, working directory) and its words."""

    __slots__ = ()
    proc: Process
    argv: tuple[str, ...]

    @property
    def netns(self) -> Netns:
        """The namespace the command runs in."""
        return self.proc.netns

    @property
    def machine(self) -> Machine:
        """The machine it runs on."""
        return self.proc.machine


@quick
@attrs.frozen(weakref_slot=False)
class Invoked(Call):
    """A command that was started in a process."""

    proc: Process
    argv: tuple[str, ...]


@attrs.define(eq=False, weakref_slot=False)
class Asked(Call):
    """A command whose answer its parent stands waiting for: nobody else can see its process before it ends, so that one is made only for a command that
    looks at it. It has its pid from the start."""

    parent: Process
    argv: tuple[str, ...]
    pid: int
    netns: Netns
    made: Process | None = None

    @property
    def proc(self) -> Process:  # type: ignore[override]
        """The process it runs in."""
        if self.made is None:
            parent = self.parent
            self.made = parent.machine.new_process(parent, self.argv, parent.env, parent.cwd, {}, self.pid, None, self.netns)
            self.made.is_awaited = True
        return self.made


Command = Callable[[Call], "Result | Program | Exec | ReadInput"]
AtOnce = Callable[["Netns", tuple[str, ...]], "Result | None"]
AT_ONCE: dict[Command, AtOnce] = {}
"""How some commands answer lines that depend on nothing but the namespace, where the machine's root runs them; None: it is not such a line."""


def at_once(answer: AtOnce) -> Callable[[Command], Command]:
    """Say of a command how it answers at once: for daemons that ask thousands of times."""

    def mark(command: Command) -> Command:
        AT_ONCE[command] = answer
        return command

    return mark
