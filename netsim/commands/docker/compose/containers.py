"""docker compose start, stop, restart, kill, rm, pause, unpause and wait."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from netsim.commands.docker.compose import start as starting
from netsim.commands.docker.compose import stopping
from netsim.commands.docker.compose.building import Images
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.request import service_of
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.compose.stand_ins import ensure_stand_in
from netsim.commands.docker.compose.steps import ContainerAct, Steps, Stop, Together
from netsim.commands.docker.compose.up import grace, known, quiet
from netsim.commands.docker.flags import BOOL, INT, Flag, Parsed
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.security import signal_of
from netsim.machine.call import Program, Result
from netsim.machine.process import Process


def chosen(compose: Compose, names: Sequence[str], *, oneoff: int = 0) -> tuple[Project | None, list[Container]]:
    """The project and the containers of the services named, or of all that are enabled; ComposeProblem."""
    project, name = compose.project_or_name(names)
    if project is not None:
        known(project, names)
    services = list(names) or (list(project.services) if project is not None else [])
    return project, compose.members(name, services, oneoff=oneoff)


def start(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose start."""
    project = compose.load(parsed.words)
    services = project.with_dependencies(known(project, parsed.words)) if parsed.words else sorted(project.services)
    return Steps(compose.engine, starting.steps(project, services, only=1), quiet(compose), compose.said())


def stop(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose stop."""
    project, there = chosen(compose, parsed.words)
    return Steps(compose.engine, stopping.levels(project, there, grace(parsed)), quiet(compose), compose.said())


@attrs.define(eq=False)
class StopToRestart(Stop):
    """Containers end in order to be started again."""

    begun = "Restarting"
    over = ""


def restart(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose restart."""
    project, there = chosen(compose, parsed.words)
    if project is not None and not parsed.has("no-deps"):
        there += _to_restart(compose, project, there)
    levels = (
        [sorted({service_of(one) for one in there})]
        if project is None or parsed.has("no-deps")
        else project.levels({service_of(one) for one in there})
    )
    steps: list[Any] = []
    for level in levels:
        again = [one for one in there if service_of(one) in level]
        steps += [
            StopToRestart(again, grace(parsed)),
            Together([starting.Start(one, doing="") for one in again], compose.engine.profile.durations.start),
        ]
    return Steps(compose.engine, steps, quiet(compose), compose.said())


def _to_restart(compose: Compose, project: Project, there: list[Container]) -> list[Container]:
    """Containers of services that want to be started again with those that are."""
    names = {service_of(one) for one in there}
    more = {other for name in names for other in project.dependents(name) if project.services[other]["depends_on"][name].get("restart")} - names
    return compose.members(project.name, sorted(more)) if more else []


@attrs.define(eq=False)
class Signal(ContainerAct):
    """A container gets a signal, is frozen or thawed."""

    doing: str
    done: str
    signum: int = 0

    def act(self, engine: Engine) -> None:
        """Do it."""
        if self.done == "Killed":
            life.kill(engine, self.container, self.signum)
        elif self.done == "Paused":
            life.pause(engine, self.container)
        else:
            life.unpause(engine, self.container)


def kill(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose kill."""
    signum = signal_of(parsed.text("signal") or "SIGKILL")
    _, there = chosen(compose, parsed.words)
    running = [one for one in there if one.state.is_running]
    if not running:
        compose.docker.err.append("no container to kill")
        return compose.result()
    return Steps(compose.engine, [Together([Signal(one, "Killing", "Killed", signum) for one in running], 30)], quiet(compose), compose.said())


def pause(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose pause."""
    _, there = chosen(compose, parsed.words)
    acts = [Signal(one, "", "Paused") for one in there if one.state.is_running]
    return Steps(compose.engine, [Together(acts, 10)], quiet(compose), compose.said())


def unpause(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose unpause."""
    _, there = chosen(compose, parsed.words)
    acts = [Signal(one, "", "Unpaused") for one in there if one.state.is_running]
    return Steps(compose.engine, [Together(acts, 10)], quiet(compose), compose.said())


@attrs.define(eq=False)
class Remove(ContainerAct):
    """A container goes."""

    doing: str = "Removing"
    done: str = "Removed"

    def act(self, engine: Engine) -> None:
        """Remove it."""
        if self.container.id in engine.containers:
            life.remove(engine, self.container, force=1)


def remove(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose rm."""
    _, there = chosen(compose, parsed.words)
    steps: list[Any] = []
    gone = there if parsed.has("stop") else [one for one in there if not one.state.is_running]
    if not gone:
        compose.docker.complain("No stopped containers")
        return compose.result()
    asked = f"Going to remove {', '.join(one.name for one in gone)}"
    if not parsed.has("force"):
        compose.docker.print(f"? {asked} [yN] ".rstrip())
        return compose.result()
    if parsed.has("stop"):
        steps.append(Stop([one for one in gone if one.state.is_running]))
    steps += [stopping.Printed(f"{asked}\n"), Together([Remove(one) for one in gone], compose.engine.profile.durations.remove)]
    return Steps(compose.engine, steps, quiet(compose), compose.said())


@attrs.define(eq=False)
class Waiting(Program):
    """docker compose wait: until the containers that run have ended; the status of the last one is the command's."""

    engine: Engine
    containers: list[Container]

    def started(self, proc: Process) -> None:
        """Wait for each."""
        for one in self.containers:
            one.waiters += ((proc, one.id),)

    def timer(self, proc: Process, token: Any) -> None:
        """One has ended."""
        container = next(one for one in self.containers if one.id == token)
        self.containers.remove(container)
        proc.write(1, f'container "{container.id}" exited with status code {container.state.exit_code}\n')
        if not self.containers:
            proc.exit(container.state.exit_code)


def wait(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose wait."""
    _, there = chosen(compose, parsed.words)
    if not any(one.state.is_running for one in there):
        raise ComposeProblem(f'no containers for project "{compose.name()}"')
    if parsed.has("down-project"):
        raise ComposeProblem("docker compose: netsim: --down-project is not modelled")
    return Waiting(compose.engine, [one for one in there if one.state.is_running])


def pull(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose pull: what the engine has, and what a stand-in takes the place of, needs none."""
    project = compose.load(parsed.words)
    names = known(project, parsed.words) or sorted(project.services)
    fetched = [name for name in names if project.services[name].get("image")]
    if not parsed.has("quiet"):
        compose.docker.err += [f" {name} Pulling \n" for name in fetched]
    for name in fetched:
        ensure_stand_in(compose.engine, project, name)
        if not parsed.has("quiet"):
            compose.docker.err.append(f" {name} Pulled \n")
    return compose.result()


def build(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose build: by the engine's builder where every base image is known; the others are stood in for."""
    project = compose.load(parsed.words)
    names = [name for name in known(project, parsed.words) or sorted(project.services) if project.services[name].get("build")]
    return Steps(compose.engine, [Images(project, names, again=1)], int(parsed.has("quiet") or quiet(compose)), compose.said())


TIMEOUT = Flag("timeout", "t", INT)
CONTAINER_COMMANDS = (
    ComposeCommand("start", "[SERVICE...]", "Start services", (), start),
    ComposeCommand("stop", "[OPTIONS] [SERVICE...]", "Stop services", (TIMEOUT,), stop),
    ComposeCommand("restart", "[OPTIONS] [SERVICE...]", "Restart service containers", (Flag("no-deps", "", BOOL), TIMEOUT), restart),
    ComposeCommand("kill", "[OPTIONS] [SERVICE...]", "Force stop service containers", (Flag("remove-orphans", "", BOOL, unmodelled=1), Flag("signal", "s")), kill),
    ComposeCommand(
        "rm", "[OPTIONS] [SERVICE...]", "Removes stopped service containers", (Flag("force", "f", BOOL), Flag("stop", "s", BOOL), Flag("volumes", "v", BOOL)), remove
    ),
    ComposeCommand("pause", "[SERVICE...]", "Pause services", (), pause),
    ComposeCommand("unpause", "[SERVICE...]", "Unpause services", (), unpause),
    ComposeCommand(
        "wait", "SERVICE [SERVICE...] [OPTIONS]", "Block until containers of all (or specified) services stop.", (Flag("down-project", "", BOOL),), wait, 1
    ),
    ComposeCommand(
        "pull", "[OPTIONS] [SERVICE...]", "Pull service images",
        (
            Flag("ignore-buildable", "", BOOL), Flag("ignore-pull-failures", "", BOOL), Flag("include-deps", "", BOOL), Flag("policy"), Flag("quiet", "q", BOOL),
            Flag("no-parallel", "", BOOL), Flag("parallel", "", BOOL),
        ), pull,
    ),
    ComposeCommand(
        "build", "[OPTIONS] [SERVICE...]", "Build or rebuild services",
        (
            Flag("build-arg", "", "list"), Flag("builder"), Flag("check", "", BOOL), Flag("memory", "m"), Flag("no-cache", "", BOOL), Flag("print", "", BOOL),
            Flag("provenance"), Flag("pull", "", BOOL), Flag("push", "", BOOL), Flag("quiet", "q", BOOL), Flag("sbom"), Flag("ssh"),
            Flag("with-dependencies", "", BOOL), Flag("force-rm", "", BOOL), Flag("parallel", "", BOOL),
        ), build,
    ),
)  # fmt: skip
