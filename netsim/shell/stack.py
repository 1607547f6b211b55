"""Running an interpreter's steps, and what one script may spend."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import MS

if TYPE_CHECKING:
    from netsim.machine.process import Process

Steps = Generator[Any, Any, Any]
"""Part of a shell at work: yields other steps to be run first, children to wait for, or ns to sleep."""

MOST_COMMANDS = 1_000_000
"""Commands that a script and all shells it starts may run together; one in a process of its own counts `PROCESS_COST` times."""
PROCESS_COST = 5
LONG_TEXT = 6
"""Each 64 characters written or kept count as a command more."""
START = MS
"""What starting a command takes a shell (fork, exec, a worker's turn), so that loops which look again and again see time pass."""
MOST_DEPTH = 3_000
"""Compound commands, function calls, `eval`s and sourced files inside each other."""
MOST_VALUE = 1 << 24
"""Characters of one variable's value."""
MOST_NESTED = 6
"""Shells that run at once inside each other's starting; a deeper one waits for its turn of the scheduler."""


@attrs.define(eq=False)
class Budget:
    """What a script and every shell it starts have used so far."""

    commands: int = 0
    nested: int = 0
    processes: int = 0

    def a_process_more(self) -> None:
        """A process costs more than what a shell does itself."""
        self.processes += 1
        self.commands += PROCESS_COST


@attrs.frozen(eq=False, repr=False)
class FirstOf:
    """Children of which one has to end, as `wait -n` waits."""

    children: tuple[Any, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.children)


@attrs.frozen(eq=False, repr=False)
class AllOf:
    """Children that all have to end, unless a trapped signal comes first, as `wait` waits."""

    children: tuple[Any, ...]

    def __iter__(self) -> Iterator[Any]:
        return iter(self.children)


def is_over(children: Any) -> bool:
    """Whether those that were waited for have ended: all of a list, one of a FirstOf."""
    ended = (child.status is not None for child in children)
    return any(ended) if isinstance(children, FirstOf) else all(ended)


def resume(stack: list[Steps], proc: Process) -> Any:
    """Go on with the innermost steps until they ask the shell for something; None when the steps are done or the process has ended.

    Steps inside steps stand on `stack` instead of Python's own, so that scripts may nest deeply.
    """
    value: Any = None
    error: Exception | None = None
    while stack and proc.status is None:
        try:
            request = stack[-1].send(value) if error is None else stack[-1].throw(error)
        except StopIteration as end:
            stack.pop()
            value, error = end.value, None
        except Exception as problem:  # whoever waits for these steps may know what to do
            stack.pop()
            value, error = None, problem
        else:
            value, error = None, None
            if not isinstance(request, Generator):
                return request
            stack.append(request)
    if error is not None and proc.status is None:
        raise error
    return None


def abandon(stack: list[Steps], proc: Process) -> None:
    """Give up what is left of a shell whose process has ended, and close what its redirections had put aside."""
    while stack:
        stack.pop().close()
    for fd in list(proc.fds):
        proc.close(fd)
