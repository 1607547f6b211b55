"""`up --wait`: until every container runs, and is healthy if anything tests it."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.request import members
from netsim.commands.docker.compose.start import LOOK
from netsim.commands.docker.compose.steps import Step, Steps
from netsim.docker.engine.container import Container
from netsim.machine.process import Process


@attrs.define(eq=False)
class AllUp(Step):
    """Waits for services (`running_or_healthy`)."""

    project: Project
    services: Sequence[str]
    timeout: int = 0
    """ns; 0: none."""
    until: int = 0
    left: list[Container] = attrs.field(factory=list)

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell whom it waits for."""
        self.left = [one for name in self.services for one in members(run.engine, self.project.name, name)]
        self.until = run.engine.now() + self.timeout
        for one in self.left:
            run.tell(proc, f"Container {one.name}", "Waiting")
        return LOOK if self.left else 0

    def finish(self, run: Steps, proc: Process) -> int:
        """Look again."""
        left = []
        for one in self.left:
            if not one.state.is_running:
                run.tell(proc, f"Container {one.name}", "Error")
                raise ComposeProblem(f"container {one.name} exited ({one.state.exit_code})")
            if one.health is None or one.health.status == "healthy":
                run.tell(proc, f"Container {one.name}", "Healthy")
            elif one.health.status == "unhealthy":
                run.tell(proc, f"Container {one.name}", "Error")
                raise ComposeProblem(f"container {one.name} is unhealthy")
            else:
                left.append(one)
        self.left = left
        if left and self.timeout and run.engine.now() >= self.until:
            raise ComposeProblem("application not healthy after " + f"{self.timeout // 1_000_000_000}s")
        return LOOK if left else 0
