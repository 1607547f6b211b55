"""docker compose exec and run."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS
from netsim.commands.docker.compose import create as making
from netsim.commands.docker.compose import start as starting
from netsim.commands.docker.compose.building import Images
from netsim.commands.docker.compose.file.canonical import words as split
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.network import Network
from netsim.commands.docker.compose.request import Maker, Oneoff, number_of
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.compose.steps import Step, Steps
from netsim.commands.docker.compose.up import quiet
from netsim.commands.docker.flags import BOOL, INT, LIST, Flag, Parsed
from netsim.commands.docker.networks import pairs
from netsim.commands.docker.publish import BadPort, published
from netsim.commands.docker.run import Attached, Executed
from netsim.commands.docker.session import daemon_text
from netsim.docker.engine import attach
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.errors import Refusal
from netsim.docker.ids import new_id
from netsim.machine.call import Program, Result
from netsim.machine.process import Process


def running(compose: Compose, service: str, index: int) -> Container:
    """A container of a service that runs; ComposeProblem."""
    project, name = compose.project_or_name()
    del project
    found = [one for one in compose.members(name, [service]) if one.state.is_running and (not index or number_of(one) == index)]
    if not found:
        raise ComposeProblem(f'service "{service}" is not running' + (f" container #{index}" if index else ""))
    return found[0]


def execute(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose exec."""
    service, *argv = parsed.words
    container = running(compose, service, parsed.number("index"))
    engine = compose.engine
    life.require_running(engine, container)
    env = life.environment(engine, container, container.spec.tty) | dict(item.partition("=")[::2] for item in parsed.many("env"))
    return Executed(
        engine, container, tuple(argv), env, engine.profile.durations.execute * MS, parsed.text("workdir"), 126 if engine.profile.version < "23" else 127,
        int(parsed.has("detach")), parsed.text("user"), int("HOME" in env and env["HOME"] != life.home(container)),
    )  # fmt: skip


@attrs.define(eq=False)
class RunOneoff(Step):
    """A container for one command: made, then started with the caller's streams, or left running."""

    project: Project
    service: str
    oneoff: Oneoff
    detached: int = 0

    def begin(self, run: Steps, proc: Process) -> int:
        """The daemon takes its time."""
        durations = run.engine.profile.durations
        return (durations.create + durations.start) * MS

    def finish(self, run: Steps, proc: Process) -> int:
        """Make it and start it."""
        engine, maker = run.engine, Maker(run.engine, self.project)
        made = create(engine, maker.spec(self.service, 1, self.oneoff))
        for key in maker.later(self.service):
            attach.connect(engine, maker.network_name(key), made, maker.settings(self.service, 1, key, self.oneoff))
        if self.detached:
            life.start(engine, made)
            run.printed = f"{made.id}\n"
        else:
            run.then = OneoffAttached(engine, made, "{problem}\n", "compose run", 1)
        return 0


@attrs.define(eq=False)
class OneoffAttached(Attached):
    """A foreground `docker compose run`: a status of its own is told with an empty line."""

    def started(self, proc: Process) -> None:
        """Start it with the caller's streams."""
        spec = self.container.spec
        self.container.waiters += ((proc, "exited"),)
        try:
            life.start(self.engine, self.container, (proc.fds[1].dup(), proc.fds[2].dup()), proc.fds[0].dup() if spec.open_stdin else None)
        except Refusal as problem:
            proc.write(2, f"{daemon_text(problem)}\n")
            if spec.host.auto_remove:
                life.forget(self.engine, self.container)
            proc.exit(1)

    def timer(self, proc: Process, token: Any) -> None:
        """The container has ended."""
        if self.container.state.exit_code:
            proc.write(2, "\n")
        Attached.timer(self, proc, token)


def run_oneoff(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose run."""
    service, *command = parsed.words
    project = compose.load([service])
    project.service(service)
    if parsed.has("service-ports") and parsed.many("publish"):
        raise ComposeProblem("--service-ports and --publish are incompatible")
    try:
        ports = published(parsed.many("publish"), splits_every_address=0)
    except BadPort as problem:
        raise ComposeProblem(str(problem)) from None
    slug = new_id(compose.engine.rng)
    entrypoint = tuple(split(parsed.text("entrypoint"), "entrypoint")) if parsed.given("entrypoint") else None
    detached = int(parsed.has("detach"))
    oneoff = Oneoff(
        parsed.text("name") or f"{project.name}-{service}-run-{slug[:12]}", slug, tuple(command), entrypoint, int(parsed.has("service-ports")), ports,
        int(parsed.has("use-aliases")), tuple(_variable(compose, item) for item in parsed.many("env")), pairs(parsed.many("label")), int(parsed.has("rm")),
        parsed.text("workdir"), parsed.text("user"), parsed.many("cap-add"), parsed.many("cap-drop"), () if detached else ("stdin", "stdout", "stderr"),
    )  # fmt: skip
    dependencies = [] if parsed.has("no-deps") else [name for name in project.with_dependencies([service]) if name != service]
    compose.report(project, [service, *dependencies])
    plan = making.Plan(project, dependencies, recreate=making.DIVERGED, ignore_orphans=1, remove_orphans=int(parsed.has("remove-orphans")))
    steps: list[Step] = [
        Images(project, [service]),
        *(Network(project, key) for key in making.networks(making.Plan(project, [service, *dependencies]))),
    ]
    steps += [one for one in making.steps(plan) if not isinstance(one, Network)]
    steps += [*starting.steps(project, dependencies), starting.Dependencies(project, service, oneoff=1)]
    return Steps(compose.engine, [*steps, RunOneoff(project, service, oneoff, detached)], quiet(compose), compose.said())


def _variable(compose: Compose, item: str) -> str:
    """NAME=VALUE; a bare name has the value it has here."""
    own = compose.call.proc.env
    return item if "=" in item or item not in own else f"{item}={own[item]}"


EXEC_FLAGS = (
    Flag("detach", "d", BOOL), Flag("env", "e", LIST), Flag("index", "", INT), Flag("interactive", "i", BOOL), Flag("no-TTY", "T", BOOL), Flag("no-tty", "", BOOL),
    Flag("privileged", "", BOOL, unmodelled=1), Flag("tty", "t", BOOL), Flag("user", "u"), Flag("workdir", "w"),
)  # fmt: skip
RUN_FLAGS = (
    Flag("build", "", BOOL, unmodelled=1), Flag("cap-add", "", LIST), Flag("cap-drop", "", LIST), Flag("detach", "d", BOOL), Flag("entrypoint"),
    Flag("env", "e", LIST), Flag("env-from-file", "", LIST, unmodelled=1), Flag("interactive", "i", BOOL), Flag("label", "l", LIST), Flag("name"),
    Flag("no-TTY", "T", BOOL), Flag("no-deps", "", BOOL), Flag("publish", "p", LIST), Flag("pull"), Flag("quiet", "q", BOOL), Flag("quiet-build", "", BOOL),
    Flag("quiet-pull", "", BOOL), Flag("remove-orphans", "", BOOL), Flag("rm", "", BOOL), Flag("service-ports", "P", BOOL), Flag("tty", "t", BOOL),
    Flag("use-aliases", "", BOOL), Flag("user", "u"), Flag("volume", "v", LIST, unmodelled=1), Flag("workdir", "w"),
)  # fmt: skip
EXECUTE_COMMANDS = (
    ComposeCommand("exec", "[OPTIONS] SERVICE COMMAND [ARGS...]", "Execute a command in a running container", EXEC_FLAGS, execute, 2, 0),
    ComposeCommand("run", "[OPTIONS] SERVICE [COMMAND] [ARGS...]", "Run a one-off command on a service", RUN_FLAGS, run_oneoff, 1, 0),
)
