"""docker run, create and exec: what starts processes, and waits for them."""

from __future__ import annotations

import re
from typing import Any, ClassVar

import attrs

from netsim.clock import MS
from netsim.commands.docker import values
from netsim.commands.docker.flags import BOOL, LIST, Flag, Parsed
from netsim.commands.docker.logs import Follower
from netsim.commands.docker.reference import reference_problem
from netsim.commands.docker.request import BadOption, read_request
from netsim.commands.docker.run_flags import CREATE_FLAGS, RUN_FLAGS
from netsim.commands.docker.session import Docker, Subcommand, daemon_text, worded
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.create import create
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.registry import hint, no_registry
from netsim.docker.engine.user import group_add, needed, of_container, resolved
from netsim.docker.engine.views.release import shown
from netsim.docker.errors import Refusal, failed
from netsim.docker.ids import new_id
from netsim.machine.call import Program, Result
from netsim.machine.fds import Null
from netsim.machine.jail import Jail
from netsim.machine.nodes import Directory, File
from netsim.machine.process import SIGINT, SIGTERM, Process
from netsim.machine.user import User

EXITED = "exited"
LOCALHOST = re.compile(r"127\.([0-9]{1,3}\.){2}[0-9]{1,3}|::1$")
"""What the command takes for an address of the container itself; it is not particular about what stands before."""


@attrs.define(eq=False)
class Attached(Program):
    """A foreground `docker run`: starts the container with its own output, lives as long, ends with its status."""

    engine: Engine
    container: Container
    refused: str = "docker: {problem}.\n"
    """How a refusal is worded."""
    verb: str = "run"
    failure: int = 125
    said: str = ""
    """What stands on stderr before it begins."""
    caught: ClassVar[frozenset[int]] = frozenset({SIGINT, SIGTERM})

    def started(self, proc: Process) -> None:
        """Start it; what the daemon refuses ends the command with 125, 126 or 127."""
        spec = self.container.spec
        if self.said:
            proc.write(2, self.said)
        self.engine.tell_of(self.container, "attach")
        out = Follower(proc=proc, fd=1) if "stdout" in spec.attached else None
        err = Follower(proc=proc, fd=2) if "stderr" in spec.attached else None
        stdin = proc.fds[0].dup() if spec.open_stdin and "stdin" in spec.attached else None
        try:
            life.start(self.engine, self.container, (out, err) if out is not None and err is not None else None, stdin)
        except Refusal as problem:
            proc.write(2, worded(self.refused, daemon_text(problem), self.verb))
            if spec.host.auto_remove:
                life.forget(self.engine, self.container)
            proc.exit({126: 126, 127: 127}.get(life.problem_code(problem), 125) if self.failure == 125 else 1)
            return
        if self.container.state.is_running:
            self.container.waiters += ((proc, EXITED),)
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
    if "attach" in parsed.values and parsed.has("detach"):
        docker.complain("conflicting options: cannot specify both --attach and --detach")
        return docker.result(1)
    if needs_terminal(docker, parsed):
        docker.complain("the input device is not a TTY")
        return docker.result(1 if docker.cli.family == "20.10" else 125)
    made = _create(docker, parsed)
    if isinstance(made, Result):
        return made
    engine = docker.engine
    if not parsed.has("detach"):
        return Attached(engine, made, docker.cli.refused_at_start, docker.verb, said="".join(docker.err))
    docker.print(made.id)
    try:
        life.start(engine, made)
    except Refusal as problem:
        docker.err.append(worded(docker.cli.refused_at_start, daemon_text(problem), docker.verb))
        if made.spec.host.auto_remove:
            life.forget(engine, made)
        return docker.result({126: 126, 127: 127}.get(life.problem_code(problem), 125))
    return docker.result()


def needs_terminal(docker: Docker, parsed: Parsed) -> bool:
    """Whether -it was typed where input comes from a pipe or a file; where nothing is given, a terminal is there at which nobody types."""
    if not (parsed.has("tty") and parsed.has("interactive")) or parsed.has("detach"):
        return False
    proc = docker.call.proc
    return not proc.machine.has_terminal or not isinstance(proc.fds.get(0), Null)


def _create(docker: Docker, parsed: Parsed) -> Container | Result:
    try:
        request = read_request(docker, parsed)
    except BadOption as problem:
        return docker.bad_option(problem)
    wrong = reference_problem(docker.cli, request.image)
    if wrong:
        return docker.bad_option(wrong)
    near = next((server for server in parsed.many("dns") if LOCALHOST.search(server)), "")
    if near:
        docker.warn(f"WARNING: Localhost DNS setting (--dns={near}) may fail in containers.")
    path = parsed.text("cidfile")
    if path and docker.call.proc.machine.files.stat(docker.call.proc, path) is not None:
        return docker.bad_option(f"container ID file found, make sure the other container isn't running or delete {path}")
    if path and not _is_directory(docker, path.rpartition("/")[0]):
        docker.bad_option(f"failed to create the container ID file: open {path}: no such file or directory")
        return docker.result(MISSING if docker.cli.family == "20.10" and docker.verb.endswith("run") else 125 if docker.verb.endswith("run") else 1)
    engine = docker.engine
    if parsed.text("mac-address") and docker.api < (1, 44) and docker.cli.applies_to_default:
        return docker.bad_option(too_old(engine, "specify mac-address per network", "1.44"))
    _local_image(docker, engine, request.image, parsed)
    try:
        made = create(engine, request)
    except Refusal as problem:
        if not docker.verb.endswith("run"):
            docker.refused(problem)
            return docker.result(1)
        docker.err.append(worded(docker.cli.refused_at_create, daemon_text(problem), docker.verb))
        return docker.result(125)
    if path:
        docker.call.proc.machine.files.write(docker.call.proc, path, made.id.encode())
    if made.mode not in ("host", "none") and not engine.forwards():
        docker.warn("WARNING: IPv4 forwarding is disabled. Networking will not work.")
    if made.mode == "host" and request.host.port_bindings:
        docker.warn("WARNING: Published ports are discarded when using host network mode")
    if made.warning:
        docker.warn(f"WARNING: {made.warning}")
    if request.host.links and shown(engine.profile).link_warning:
        docker.warn(shown(engine.profile).link_warning)
    return made


MISSING = 127
"""The older command takes whatever is `no such file or directory` for a command that was not found."""


def _is_directory(docker: Docker, path: str) -> bool:
    call = docker.call
    return not path or isinstance(call.proc.machine.files.stat(call.proc, path), Directory)


def _local_image(docker: Docker, engine: Engine, name: str, parsed: Parsed) -> None:
    """An image that is not there would be pulled; refused as when no registry can be reached."""
    try:
        engine.image(name)
    except Refusal:
        whole = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
        if parsed.text("pull") == "never":
            raise
        docker.complain(f"Unable to find image '{whole}' locally")
        hint(engine, whole)
        raise failed(no_registry(engine, name)) from None


def too_old(engine: Engine, what: str, api: str) -> str:
    """Something the daemon's API does not have yet."""
    return f'"{what}" requires API version {api}, but the Docker daemon API version is {engine.profile.api_version}'


def create_command(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker create."""
    made = _create(docker, parsed)
    if isinstance(made, Result):
        return made
    docker.print(made.id)
    return docker.result()


BEGIN = "begin"
ENDING = 6
"""The last sixth of the time goes by between a process's end and the answer."""


@attrs.define(eq=False)
class Executed(Program):
    """`docker exec`: a process in the container, whose status is the command's."""

    engine: Engine
    container: Container
    argv: tuple[str, ...]
    env: dict[str, str]
    delay: int
    """ns the daemon needs, most of them before the process runs."""
    workdir: str = ""
    missing_status: int = 127
    detached: int = 0
    user: str = ""
    has_home: int = 0
    """Whether somebody asked for a HOME."""
    exec_id: str = ""
    child: Process | None = None

    def started(self, proc: Process) -> None:
        """Start it beside the container's first process."""
        main, jail = self.container.process, self.container.jail
        assert main is not None
        assert jail is not None
        fds = {fd: opened.dup() for fd, opened in proc.fds.items() if fd < 3}
        cwd = self.workdir or self.container.spec.working_dir or self.container.image.working_dir or "/"
        machine = proc.machine
        shown = f"{self.argv[0]} {' '.join(self.argv[1:])}"
        self.exec_id = new_id(self.engine.rng)
        self.tell(f"exec_create: {shown}")
        self.tell(f"exec_start: {shown}")
        child = self.child = machine.new_process(main if self.detached else proc, self.argv, self.env, cwd, fds, None, jail)
        child.enter(main.netns)
        node = machine.files.stat(child, self.argv[0]) if "/" in self.argv[0] else None
        if node is not None and not (isinstance(node, File) and node.mode & 0o111):
            child.exit(126)
            self._refuse(proc, life.no_permission(self.argv[0]))
            return
        if machine.command(child, self.argv[0]) is None:
            child.exit(127)
            self._refuse(proc, life.missing_text(self.argv[0]))
            return
        try:
            user, home = self._identity(jail)
        except Refusal as problem:
            child.exit(126)
            self._say(proc, problem.text, 126)
            return
        child.user = needed(user, jail)
        if child.user is not None and not self.has_home:
            self.env["HOME"] = home
        if not isinstance(machine.files.stat(child, cwd), Directory):
            child.exit(127)
            self._refuse(proc, f'chdir to cwd ("{cwd}") set in config.json failed: no such file or directory')
            return
        proc.timer(self.delay - self.delay // ENDING, BEGIN)

    def _identity(self, jail: Jail) -> tuple[User, str]:
        """Who the process is, and where at home."""
        container = self.container
        if self.user:
            return resolved(jail.stored(), self.user, group_add(container.spec))
        return of_container(jail.stored(), container, [])

    def _begin(self, proc: Process) -> None:
        assert self.child is not None
        proc.machine.execute(self.child, self.argv)
        if self.detached:
            proc.exit(0)

    def _refuse(self, proc: Process, why: str) -> None:
        """What the runtime cannot do; nobody hears of it when it is detached."""
        self._say(proc, f"OCI runtime exec failed: exec failed: unable to start container process: {why}: unknown", self.missing_status)

    def _say(self, proc: Process, text: str, status: int) -> None:
        if not self.detached:
            proc.write(*((1, text + "\r\n") if self.missing_status == 126 else (2, text + "\n")))  # 20.10's daemon writes it where the output goes
        proc.exit(0 if self.detached else status)

    def tell(self, action: str, **attributes: str) -> None:
        """Note an event."""
        self.engine.tell_of(self.container, action, execID=self.exec_id, **attributes)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """Its status is ours, once the daemon has told of it."""
        if self.child is None or pid != self.child.pid:
            return
        self.tell("exec_die", exitCode=str(status))
        proc.timer(self.delay // ENDING, status)

    def timer(self, proc: Process, token: Any) -> None:
        """The process runs now; or the daemon has told of its end."""
        if token == BEGIN:
            self._begin(proc)
        else:
            proc.exit(token)


def execute(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker exec."""
    name, *argv = parsed.words
    try:
        engine = docker.engine
        container = engine.container(name)
        life.require_running(engine, container)
        env = life.environment(engine, container, int(parsed.has("tty")))
        if "env" in parsed.values:
            env |= dict(item.partition("=")[::2] for item in parsed.many("env"))
        env["HOME"] = env.pop("HOME")  # the runtime's, behind what was asked for
    except Refusal as problem:
        docker.refused(problem, "container", name)
        return docker.result(1)
    if needs_terminal(docker, parsed):
        docker.complain("the input device is not a TTY")
        return docker.result(1)
    return Executed(
        engine, container, tuple(argv), env, engine.profile.durations.execute * MS, parsed.text("workdir"),
        docker.cli.missing_command_status, int(parsed.has("detach")), parsed.text("user"),
        int(any(item.startswith("HOME=") for item in (*parsed.many("env"), *container.spec.env, *container.image.env))),
    )  # fmt: skip


EXEC_FLAGS = (
    Flag("detach", "d", BOOL), Flag("detach-keys", unmodelled=1), Flag("env", "e", LIST, values.variable), Flag("env-file", "", LIST, unmodelled=1),
    Flag("interactive", "i", BOOL), Flag("privileged", "", BOOL, unmodelled=1), Flag("tty", "t", BOOL), Flag("user", "u"),
    Flag("workdir", "w"),
)  # fmt: skip
RUN_COMMANDS = (
    Subcommand("run", "[OPTIONS] IMAGE [COMMAND] [ARG...]", RUN_FLAGS, 1, None, run, interspersed=False, failure=125),
    Subcommand("create", "[OPTIONS] IMAGE [COMMAND] [ARG...]", CREATE_FLAGS, 1, None, create_command, interspersed=False),
    Subcommand("exec", "[OPTIONS] CONTAINER COMMAND [ARG...]", EXEC_FLAGS, 2, None, execute, interspersed=False),
)
