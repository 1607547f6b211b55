"""The daemon takes its time before anything changes; then it changes at once, and the answer comes soon after."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import attrs

from netsim.clock import MS
from netsim.commands.docker import main
from netsim.docker.engine.engine import Engine
from netsim.docker.profile import Durations
from netsim.machine.call import Call, Program, ReadInput, Result
from netsim.machine.process import Process

VERBS: dict[str, tuple[str, ...]] = {
    "run": ("create", "start"), "create": ("create",), "start": ("start",), "restart": ("stop",), "stop": ("stop",), "kill": ("stop",),
    "rm": ("remove",), "network create": ("network_create",), "network rm": ("network_remove",),
    "network connect": ("connect",), "network disconnect": ("connect",), "swarm init": ("swarm_init",), "swarm join": ("swarm_join",),
    "swarm leave": ("swarm_leave",),
}  # fmt: skip
"""What the daemon has to do for a subcommand (fields of `Durations`)."""


@attrs.define(eq=False)
class Waiting(Program):
    """A command whose request the daemon is working on; then it becomes what the command is."""

    call: Call
    before: int
    """ns until the request is done."""
    after: int
    """ns from then to the answer."""
    result: Result | None = None

    def started(self, proc: Process) -> None:
        """Wait for the daemon."""
        proc.timer(self.before, None)

    def timer(self, proc: Process, token: Any) -> None:
        """The request is done; a little later its answer is there."""
        if self.result is not None:
            proc.machine.settle(proc, self.result)
            return
        outcome = main.docker(self.call)
        if isinstance(outcome, Result):
            self.result = outcome
            proc.timer(self.after, None)
        else:
            proc.machine.settle(proc, outcome)


def docker(call: Call) -> Result | Program | ReadInput:
    """The docker command; what it asks of the daemon takes as long as the release takes for it."""
    engine = call.proc.machine.services.get("docker")
    parts = _work(call.argv[1:])
    if not parts or not isinstance(engine, Engine):
        return main.docker(call)
    durations = engine.profile.durations
    return Waiting(call, _ms(durations, parts) * MS, durations.answer * MS)


@lru_cache(maxsize=1024)
def _work(words: tuple[str, ...]) -> tuple[str, ...]:
    first: str | None = None
    in_group = 0
    for word in words:
        if word[:1] == "-":
            continue
        if first is not None:
            return VERBS.get(f"{first} {word}") or VERBS.get(first, ())
        if word == "container" and not in_group:
            in_group = 1
        else:
            first = word
    return VERBS.get(first or "", ())


def _ms(durations: Durations, parts: tuple[str, ...]) -> int:
    total = 0
    for part in parts:
        total += getattr(durations, part)
    return total
