"""`docker compose up` in the foreground and `logs`: the output of containers with the name of each in front (docker/compose `formatter`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import attrs

from netsim.commands.docker.compose import steps as doing
from netsim.commands.docker.compose.request import LABEL, members, number_of, service_of
from netsim.commands.docker.compose.stopping import CLEAR, Halt
from netsim.commands.docker.spans import stamp
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.machine.call import Program
from netsim.machine.fds import OpenFile
from netsim.machine.process import SIGINT, SIGTERM, Process

ABORTING = "\x1b[31m\x1b[1mAborting on container exit...\x1b[0m\n"


def title(container: Container) -> str:
    """`web-1`, or the name the service wants."""
    project = container.spec.labels.get(LABEL + "project", "")
    service = f"{service_of(container)}-{number_of(container)}"
    return (
        container.name.removeprefix(f"{project}-") if container.name.startswith(f"{project}-{service_of(container)}") else container.name or service
    )


def prefix(container: Container, width: int) -> str:
    """What stands in front of its lines."""
    return f"{title(container).ljust(width)}  | "


@attrs.define(eq=False)
class Prefixed(OpenFile):
    """Passes on what a container prints, line by line."""

    proc: Process = attrs.field(kw_only=True)
    fd: int = 1
    lead: str = ""
    stamped: int = 0
    rest: bytes = b""

    def write(self, data: bytes) -> None:
        """Whole lines go on, the beginning of one waits."""
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.pass_on(line)

    def pass_on(self, line: bytes) -> None:
        """One line."""
        if self.proc.status is None and self.fd in self.proc.fds:
            moment = f"{stamp(self.proc.wall_clock())} " if self.stamped else ""
            self.proc.write(self.fd, f"{self.lead}{moment}".encode() + line + b"\n")

    def flush(self) -> None:
        """What was begun when the container ended."""
        if self.rest:
            self.pass_on(self.rest)
            self.rest = b""

    def read_available(self) -> bytes | None:
        """Nothing comes from there."""
        return b""


@attrs.define(eq=False)
class Foreground(Program):
    """Shows what containers print until they have all ended, or one has and that is enough, or somebody interrupts."""

    engine: Engine
    project: str
    services: Sequence[str]
    """Those that take part; they are stopped at the end."""
    watched: Sequence[str]
    """Those whose output is shown."""
    ends: str = ""
    """What ends it: the `exit` of any container, a `failure`, or (empty) the end of all."""
    code_from: str = ""
    """The service whose status is the command's."""
    prefixes: int = 1
    stamped: int = 0
    grace: int | None = None
    running: list[Container] = attrs.field(factory=list)
    outlets: dict[str, list[Prefixed]] = attrs.field(factory=dict)
    status: int = 0
    halting: int = 0
    caught: ClassVar[frozenset[int]] = frozenset({SIGINT, SIGTERM})

    def started(self, proc: Process) -> None:
        """Attach to what runs; what has been printed since the start is shown first."""
        there = [one for name in self.services for one in members(self.engine, self.project, name)]
        shown = [one for one in there if service_of(one) in self.watched]
        proc.write(1, f"Attaching to {', '.join(title(one) for one in shown)}\n")
        width = max((len(title(one)) for one in shown), default=0)
        for one in shown:
            lead = prefix(one, width) if self.prefixes else ""
            outlets = [Prefixed(proc=proc, fd=fd, lead=lead, stamped=self.stamped) for fd in (1, 2)]
            self.outlets[one.id] = outlets
            for moment, stream, data in one.log:
                if moment >= one.state.started:
                    outlets[0 if stream == "stdout" else 1].write(data)
            for outlet, opened in zip(outlets, one.outputs, strict=False):
                opened.attached += (outlet,)
        self.running = there
        for one in there:
            if one.state.is_running:
                one.waiters += ((proc, "ended"),)
        self._look(proc)

    def timer(self, proc: Process, token: Any) -> None:
        """One has ended."""
        if not self.halting:
            self._look(proc)

    def _look(self, proc: Process) -> None:
        for one in [one for one in self.running if not one.state.is_running]:
            if one.state.status == "restarting":
                continue
            self.running.remove(one)
            for outlet in self.outlets.get(one.id, ()):
                outlet.flush()
            if one.id in self.outlets:
                proc.write(1, f"{CLEAR}{title(one)} exited with code {one.state.exit_code}\n")
            if self.code_from == service_of(one):
                self.status = one.state.exit_code
            if self.ends == "exit" or (self.ends == "failure" and one.state.exit_code):
                self.status = one.state.exit_code if not self.code_from else self.status
                self._halt(proc, ABORTING, self.status)
                return
        if not self.running:
            proc.exit(0)

    def _halt(self, proc: Process, said: str, status: int) -> None:
        self.halting = 1
        titles = {one.id: title(one) for one in self.running if one.id in self.outlets} if said else {}
        there = [one for name in self.services for one in members(self.engine, self.project, name)]
        run = doing.Steps(self.engine, [Halt(there, self.grace, titles=titles)], said=said)
        run.ends, run.last_words = status, "\n"
        proc.program = run
        run.started(proc)

    def signal(self, proc: Process, signum: int) -> None:
        """Interrupted: everything is stopped."""
        if not self.halting:
            proc.write(1, "Gracefully Stopping... press Ctrl+C again to force\n")
            self._halt(proc, "", 130)
