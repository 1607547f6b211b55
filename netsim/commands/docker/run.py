"""docker run, create, start, exec: what starts processes, and waits for them."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.clock import MS
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.request import RUN_FLAGS, BadOption, read_request
from netsim.commands.docker.session import Docker, Subcommand, daemon_text
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.machine.call import Program, Result
from netsim.machine.process import SIGINT, SIGTERM, Process

EXITED = "exited"


@attrs.define(eq=False)
class Attached(Program):
    """A foreground `docker run`: starts the container with its own output, lives as long, ends with its status."""

    engine: Engine
    container: Container
    refused: str = "docker: {problem}.\n"
    """How a refusal is worded."""
    caught: ClassVar[frozenset[int]] = frozenset({SIGINT, SIGTERM})

    def started(self, proc: Process) -> None:
        """Start it; what the daemon refuses ends the command with 125, 126 or 127."""
        try:
            life.start(self.engine, self.container, (proc.fds[1].dup(), proc.fds[2].dup()))
        except Refusal as problem:
            proc.write(2, self.refused.format(problem=daemon_text(problem), verb="run"))
            if self.container.spec.host.auto_remove:
                life.forget(self.engine, self.container)
            proc.exit({126: 126, 127: 127}.get(life.problem_code(problem), 125))
            return
        if self.container.state.is_running:
            self.container.waiters.append((proc, EXITED))
        else:
            proc.exit(self.container.state.exit_code)

    def timer(self, proc: Process, token: Any) -> None:
        """The container has ended."""
        proc.exit(self.container.state.exit_code)

    def signal(self, proc: Process, signum: int) -> None:
        """Signals are passed on (`--sig-proxy`)."""
        life.deliver(self.container, signum)


def run(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker run."""
    made = _create(docker, parsed, "run")
    if isinstance(made, Result):
        return made
    if made.mode == "host" and (made.spec.host.port_bindings or made.spec.host.publish_all):
        docker.complain("WARNING: Published ports are discarded when using host network mode")
    if not parsed.has("detach"):
        return Attached(docker.engine, made, docker.cli.refused_at_start)
    docker.print(made.id)
    try:
        life.start(docker.engine, made)
    except Refusal as problem:
        docker.err.append(docker.cli.refused_at_start.format(problem=daemon_text(problem), verb="run"))
        return docker.result({126: 126, 127: 127}.get(life.problem_code(problem), 125))
    return docker.result()


def _create(docker: Docker, parsed: Parsed, verb: str) -> Container | Result:
    try:
        request = read_request(parsed)
    except BadOption as problem:
        docker.err.append(docker.cli.bad_option.format(problem=problem, verb=verb))
        return docker.result(125)
    try:
        return create(docker.engine, request)
    except Refusal as problem:
        docker.err.append(docker.cli.refused_at_create.format(problem=daemon_text(problem), verb=verb))
        return docker.result(125)


def create_command(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker create."""
    made = _create(docker, parsed, "create")
    if isinstance(made, Result):
        return made
    docker.print(made.id)
    return docker.result()


@attrs.define(eq=False)
class Executed(Program):
    """`docker exec`: a process in the container, whose status is the command's."""

    container: Container
    argv: tuple[str, ...]
    env: dict[str, str]
    delay: int
    """ns from the end of the process to that of the command."""
    workdir: str = ""

    def started(self, proc: Process) -> None:
        """Start it beside the container's first process."""
        main, jail = self.container.process, self.container.jail
        assert main is not None
        assert jail is not None
        fds = {fd: opened.dup() for fd, opened in proc.fds.items() if fd < 3}
        cwd = self.workdir or self.container.spec.working_dir or self.container.image.working_dir or "/"
        machine = proc.machine
        child = machine.new_process(proc, self.argv, self.env, cwd, fds, None, jail)
        child.enter(main.netns)
        if machine.command(child, self.argv[0]) is None:
            child.exit(127)
            proc.write(
                2,
                f'OCI runtime exec failed: exec failed: unable to start container process: exec: "{self.argv[0]}": executable file not found in $PATH: unknown\n',
            )
            proc.exit(127)
            return
        machine.execute(child, self.argv)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """Its status is ours, once the daemon has told of it."""
        proc.timer(self.delay, status)

    def timer(self, proc: Process, token: Any) -> None:
        """The daemon has told."""
        proc.exit(token)


def execute(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker exec."""
    name, *argv = parsed.words
    container = docker.engine.container(name)
    life.require_running(container)
    if parsed.has("detach"):
        return Result("", "docker exec: netsim: --detach is not modelled\n", 1)
    env = life.environment(docker.engine, container) | dict(item.partition("=")[::2] for item in parsed.many("env"))
    return Executed(container, tuple(argv), env, docker.engine.profile.durations.execute * MS, parsed.text("workdir"))


RUN_COMMANDS = (
    Subcommand("run", "run [OPTIONS] IMAGE [COMMAND] [ARG...]", RUN_FLAGS, 1, None, run, interspersed=False, failure=125),
    Subcommand("create", "create [OPTIONS] IMAGE [COMMAND] [ARG...]", RUN_FLAGS, 1, None, create_command, interspersed=False),
    Subcommand("exec", "exec [OPTIONS] CONTAINER COMMAND [ARG...]",
               (Flag("detach", "d", BOOL), Flag("interactive", "i", BOOL), Flag("tty", "t", BOOL), Flag("env", "e", LIST), Flag("workdir", "w"),
                Flag("user", "u"), Flag("privileged", "", BOOL)), 2, None, execute, interspersed=False),
)  # fmt: skip
