"""Several services are stopped, those first that others do not need."""

from __future__ import annotations

import attrs

from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.request import service_of, told_levels
from netsim.commands.docker.compose.steps import Step, Steps, Stop
from netsim.docker.engine.container import Container
from netsim.machine.process import Process

CLEAR = "\r\x1b[K"


@attrs.define(eq=False)
class Halt(Stop):
    """All at the same time, while what they print is still shown."""

    titles: dict[str, str] = attrs.field(factory=dict)
    """Id -> what those are called whose end is to be told."""

    def ended(self, run: Steps, proc: Process, container: Container) -> None:
        """One has ended."""
        if container.id in self.titles:
            proc.write(1, f"{CLEAR}{self.titles[container.id]} exited with code {container.state.exit_code}\n")
        Stop.ended(self, run, proc, container)


def levels(project: Project | None, there: list[Container], grace: int | None) -> list[Step]:
    """Level by level, from the top; without a project all at once."""
    found: list[Step] = []
    for level in reversed(told_levels(there) if project is None else project.levels(project.services)):
        stopping = [one for one in there if service_of(one) in level]
        if stopping:
            found.append(Stop(stopping, grace))
    return found


@attrs.define(eq=False)
class Printed(Step):
    """Something for stdout, between steps."""

    text: str

    def begin(self, run: Steps, proc: Process) -> int:
        """Print."""
        proc.write(1, self.text)
        return 0
