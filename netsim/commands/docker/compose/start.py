"""Containers of a project are started, each service after those it waits for (docker/compose `startService`, `waitDependencies`)."""

from __future__ import annotations

from collections.abc import Sequence

import attrs

from netsim.clock import MS
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project, scale
from netsim.commands.docker.compose.request import members
from netsim.commands.docker.compose.steps import ContainerAct, Step, Steps, Together
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.machine.process import Process

LOOK = 500 * MS
"""How often a condition is looked at."""
STARTED, HEALTHY, COMPLETED = "service_started", "service_healthy", "service_completed_successfully"


@attrs.define(eq=False)
class Start(ContainerAct):
    """A container is started."""

    doing: str = "Starting"
    done: str = "Started"

    def act(self, engine: Engine) -> None:
        """Start it."""
        life.start(engine, self.container)


def steps(project: Project, services: Sequence[str], *, only: int = 0) -> list[Step]:
    """Level by level; `only`: a service without containers is told (`docker compose start`)."""
    found: list[Step] = []
    for level in project.levels(services):
        found += [Dependencies(project, name) for name in level if project.services[name].get("depends_on")]
        found.append(StartLevel(project, level, only))
    return found


@attrs.define(eq=False)
class StartLevel(Step):
    """Services that depend on none of each other are started."""

    project: Project
    names: Sequence[str]
    only: int = 0

    def begin(self, run: Steps, proc: Process) -> int:
        """Whatever of them does not run yet."""
        waiting: list[Start] = []
        for name in self.names:
            there = members(run.engine, self.project.name, name)
            if not there and self.only:
                if scale(self.project.services[name]) == 0:
                    continue
                raise ComposeProblem(f'service "{name}" has no container to start')
            waiting += [Start(one) for one in there if not one.state.is_running]
        run.add(*(Together([one], run.engine.profile.durations.start) for one in waiting))
        return 0


@attrs.define(eq=False)
class Dependencies(Step):
    """A service waits until those it depends on are healthy, or have done their work."""

    project: Project
    name: str
    oneoff: int = 0
    """Whether it is about a container that `run` makes."""
    left: list[tuple[str, str, bool]] = attrs.field(factory=list)
    """Service, condition, whether it is required."""
    until: int = 0

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell what is waited for."""
        if not self.oneoff and not any(not one.state.is_running for one in members(run.engine, self.project.name, self.name)):
            return 0
        for other, wanted in sorted(self.project.services[self.name].get("depends_on", {}).items()):
            condition, required = wanted["condition"], bool(wanted.get("required", True))
            if condition == STARTED or other not in self.project.services:
                continue
            there = members(run.engine, self.project.name, other)
            if not there:
                if required:
                    raise ComposeProblem(f"{self.name} is missing dependency {other}")
                continue
            for one in there:
                run.tell(proc, f"Container {one.name}", "Waiting")
            self.left.append((other, condition, required))
        return LOOK if self.left else 0

    def finish(self, run: Steps, proc: Process) -> int:
        """Look again."""
        left = []
        for other, condition, required in self.left:
            there = members(run.engine, self.project.name, other)
            state, problem = (healthy if condition == HEALTHY else completed)(other, there)
            if problem and not required:
                for one in there:
                    run.tell(proc, f"Container {one.name}", f"Skipped: {problem.partition(': ')[2] or problem}")
            elif problem:
                for one in there:
                    run.tell(proc, f"Container {one.name}", "Error" if condition == HEALTHY else problem)
                raise ComposeProblem(problem)
            elif state:
                for one in there:
                    run.tell(proc, f"Container {one.name}", state)
            else:
                left.append((other, condition, required))
        self.left = left
        return LOOK if left else 0


def healthy(name: str, there: Sequence[Container]) -> tuple[str, str]:
    """`Healthy` once all are, or why that will not be."""
    states = []
    for one in there:
        if one.health is None:
            return "", f"dependency failed to start: container {one.name} has no healthcheck configured"
        if not one.state.is_running:
            return "", f"dependency failed to start: container {one.name} exited ({one.state.exit_code})"
        if one.health.status == "unhealthy":
            return "", f"dependency failed to start: container {one.name} is unhealthy"
        states.append(one.health.status)
    return ("Healthy" if all(state == "healthy" for state in states) else ""), ""


def completed(name: str, there: Sequence[Container]) -> tuple[str, str]:
    """`Exited` once all have ended well."""
    for one in there:
        if one.state.is_running or not one.state.started:
            return "", ""
        if one.state.exit_code:
            return "", f'service "{name}" didn\'t complete successfully: exit {one.state.exit_code}'
    return "Exited", ""
