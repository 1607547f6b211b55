"""The daemon takes its time: what it did is there at once, the command ends when the daemon would have answered."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.docker import main
from netsim.docker.engine.engine import Engine
from netsim.machine.call import Call, Program, ReadInput, Result
from netsim.machine.process import Process


@attrs.define(eq=False)
class Answer(Program):
    """A command that waits for the daemon's answer, then prints it and ends."""

    result: Result
    delay: int
    """ns."""

    def started(self, proc: Process) -> None:
        """Wait."""
        proc.timer(self.delay, None)

    def timer(self, proc: Process, token: Any) -> None:
        """The answer is there."""
        for fd, text in ((1, self.result.stdout), (2, self.result.stderr)):
            if text:
                proc.write(fd, text)
        proc.exit(self.result.status)


def after(result: Result | Program | ReadInput, spent: int) -> Result | Program | ReadInput:
    """A result, once as many ns have gone by as the daemon spent on it; programs see to it themselves."""
    return Answer(result, spent) if spent and isinstance(result, Result) else result


def docker(call: Call) -> Result | Program | ReadInput:
    """The docker command; it ends when the daemon would have answered."""
    before = _spent(call)
    return after(main.docker(call), _spent(call) - before)


def _spent(call: Call) -> int:
    engine = call.machine.services.get("docker")
    return engine.spent if isinstance(engine, Engine) else 0
