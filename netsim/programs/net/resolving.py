"""A command that cannot begin before a name is known: it asks, and goes on as what a function makes of the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs

from netsim.machine.call import Call, Exec, Program, ReadInput, Result
from netsim.programs.net.resolver import Lookup

Then = Callable[[Call, Any, Lookup], "Result | Program | Exec | ReadInput"]


@attrs.define(eq=False)
class Resolving(Program):
    """Waits for `lookup`, then is replaced by `then(call, subject, lookup)`; `then` is a module-level function."""

    call: Call
    subject: Any
    lookup: Lookup
    then: Then

    def started(self, proc: Any) -> None:
        """Go on if the look-up is over."""
        if self.lookup.done:
            before, proc.machine.kernel.current = proc.machine.kernel.current, proc
            try:
                outcome = self.then(self.call, self.subject, self.lookup)
            finally:
                proc.machine.kernel.current = before
            proc.machine.settle(proc, outcome)

    def readable(self, proc: Any, fd: int) -> None:
        """A server answered or refused."""
        if fd == self.lookup.fd:
            self.lookup.readable(proc)
            self.started(proc)

    def timer(self, proc: Any, token: Any) -> None:
        """A server was silent."""
        self.lookup.timed_out(proc)
        self.started(proc)
