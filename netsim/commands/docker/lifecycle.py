"""docker start, stop, restart, kill, pause, unpause, rm, rename, wait, top: containers that are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.commands.docker.attach import Joined
from netsim.commands.docker.flags import BOOL, INT, Flag, Parsed
from netsim.commands.docker.listing import align
from netsim.commands.docker.run import Attached
from netsim.commands.docker.session import Docker, Subcommand, daemon_text
from netsim.docker.engine import attach
from netsim.docker.engine import run as life
from netsim.docker.engine.container import RESTARTING, Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.security import is_signal, number_of, signal_of
from netsim.docker.errors import Refusal, conflict, failed
from netsim.machine.accounts import user_name
from netsim.machine.call import Invoked, Program, Result
from netsim.machine.process import SIGKILL, Process
from netsim.machine.user import user_of
from netsim.programs.ps import ps

Act = Callable[[Engine, Container], None]


def _each(docker: Docker, parsed: Parsed, act: Act) -> list[str]:
    return docker.each(parsed.words, lambda name: act(docker.engine, _container(docker, name)))


def _container(docker: Docker, name: str) -> Container:
    if not name:
        raise _nameless(docker)
    return docker.engine.container(name)


def _nameless(docker: Docker) -> Refusal:
    """20.10 asks the daemon all the same, whose router knows no such path."""
    return Refusal(400, "page not found") if docker.cli.family == "20.10" else Refusal(0, "invalid container name or ID: value is empty")


def start(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker start."""
    if parsed.has("attach") or parsed.has("interactive"):
        if len(parsed.words) > 1:
            docker.complain("you cannot start and attach multiple containers at once")
            return docker.result(1)
        try:
            container = _container(docker, parsed.words[0])
        except Refusal as problem:
            docker.refused(problem, "container", parsed.words[0])
            return docker.result(1)
        if container.state.is_running:
            return Joined(container, parsed.has("interactive"))
        return Attached(docker.engine, container, "{problem}\n", docker.verb, 1)
    idle = _each(docker, parsed, life.start)
    if idle:
        docker.complain(docker.cli.starts_failed.format(names=", ".join(idle)))
    return docker.result(int(bool(idle)))


BEGIN = "begin"


@attrs.define(eq=False)
class Stopping(Program):
    """docker stop and restart: one container after the other; each is asked, waited for, and killed when its time is over."""

    engine: Engine
    names: list[str]
    grace: int | None
    """ns; None: as each container has it."""
    signal_name: str = ""
    again: int = 0
    current: Container | None = None
    problems: list[str] = attrs.field(factory=list)
    """What is told at the end."""

    def started(self, proc: Process) -> None:
        """The first one."""
        self._next(proc)

    def _next(self, proc: Process) -> None:
        while self.names:
            try:
                self.current = self.engine.container(self.names[0])
            except Refusal as problem:
                self.problems.append(daemon_text(problem))
                self.names.pop(0)
                continue
            if self.current.state.is_running:
                self._ask(proc, self.current)
                return
            if self.current.state.status == RESTARTING:
                life.give_up(self.current)
                self.engine.tell_of(self.current, "stop")
            if self.again:
                self._begin_soon(proc)
                return
            self._told(proc)
        _end(proc, self.problems)

    def _begin_soon(self, proc: Process) -> None:
        """A start takes its time too, in which what is left of the run before is cleared away."""
        proc.timer(self.engine.profile.durations.start * MS, BEGIN)

    def _ask(self, proc: Process, current: Container) -> None:
        """A paused container hears nothing until it is killed."""
        current.stopped_by_hand = 1
        current.waiters += ((proc, "exited"),)
        if current.state.status == "paused":
            life.unpause(self.engine, current)
        life.kill(self.engine, current, signal_of(self.signal_name or current.spec.stop_signal or current.image.stop_signal or "TERM"))
        spec = current.spec.stop_timeout
        grace = self.grace if self.grace is not None else life.STOP_TIMEOUT if spec is None else spec * SECOND
        if grace >= 0:
            proc.timer(grace if current.state.is_running else 0, ("late", current.id))

    def timer(self, proc: Process, token: Any) -> None:
        """It ended, or its time is over."""
        current = self.current
        if isinstance(token, tuple):
            if current is not None and current.id == token[1] and current.state.is_running and current.process is not None:
                life.kill(self.engine, current, SIGKILL)
        elif token == BEGIN:
            self._begin(proc)
            self._next(proc)
        elif current is not None:
            self.engine.tell_of(current, "stop")
            if self.again:
                self._begin_soon(proc)
                return
            self._told(proc)
            self._next(proc)

    def _begin(self, proc: Process) -> None:
        current = self.current
        assert current is not None
        try:
            life.start(self.engine, current)
        except Refusal as problem:
            self.problems.append(f"Error response from daemon: Cannot restart container {self.names.pop(0)}: {problem.text}")
            return
        self.engine.tell_of(current, "restart")
        self._told(proc)

    def _told(self, proc: Process) -> None:
        proc.write(1, self.names.pop(0) + "\n")


def _end(proc: Process, problems: list[str]) -> None:
    """Every container has had its turn: what went wrong is told."""
    if problems:
        proc.write(2, "\n".join(problems) + "\n")
    proc.exit(int(bool(problems)))


def _grace(parsed: Parsed) -> int | None:
    return parsed.number("timeout") * SECOND if parsed.given("timeout") else None


def _stopping(docker: Docker, parsed: Parsed, again: int) -> Program:
    for name in parsed.words:
        if not name:
            raise _nameless(docker)
    if parsed.text("signal"):
        signal_of(parsed.text("signal"))
    return Stopping(docker.engine, list(parsed.words), _grace(parsed), parsed.text("signal"), again)


def stop(docker: Docker, parsed: Parsed) -> Program:
    """docker stop."""
    return _stopping(docker, parsed, 0)


def restart(docker: Docker, parsed: Parsed) -> Program:
    """docker restart."""
    return _stopping(docker, parsed, 1)


def kill(docker: Docker, parsed: Parsed) -> Result:
    """docker kill."""

    def send(name: str) -> None:
        signum = number_of(parsed.text("signal") or "KILL")
        found = life.to_kill(docker.engine, name)
        if not is_signal(signum):
            raise Refusal(500, docker.engine.profile.cannot_kill.format(name=name) + f": The linux daemon does not support signal {signum}")
        life.kill(docker.engine, found, signum)

    return docker.result(int(bool(docker.each(parsed.words, send))))


def pause(docker: Docker, parsed: Parsed) -> Result:
    """docker pause."""
    return docker.result(int(bool(_each(docker, parsed, life.pause))))


def unpause(docker: Docker, parsed: Parsed) -> Result:
    """docker unpause."""
    return docker.result(int(bool(_each(docker, parsed, life.unpause))))


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker rm."""
    status = 0
    for word in parsed.words:
        name = word.strip("/")
        try:
            if not name and docker.cli.family == "20.10":
                raise Refusal(0, "Container name cannot be empty")
            if parsed.has("link"):
                attach.unlink(docker.engine, name)
            else:
                gone = _container(docker, name)
                life.remove(docker.engine, gone, force=int(parsed.has("force")), volumes=int(parsed.has("volumes")))
            docker.print(word)
        except Refusal as problem:
            docker.refused(problem, "container", name)
            status = int(not (parsed.has("force") and problem.status == 404)) or status
    return docker.result(status)


def rename(docker: Docker, parsed: Parsed) -> Result:
    """docker rename."""
    old, new = (word.strip() for word in parsed.words)
    if not old or not new:
        docker.complain("Error: Neither old nor new names may be empty")
        return docker.result(1)
    try:
        life.rename(docker.engine, docker.engine.container(old), new)
    except Refusal as problem:
        docker.refused(problem)
        docker.complain(f"Error: failed to rename container named {old}")
        return docker.result(1)
    return docker.result()


@attrs.define(eq=False)
class Waiting(Program):
    """docker wait: until each has ended; prints their exit statuses."""

    engine: Engine
    names: list[str]
    problems: list[str] = attrs.field(factory=list)

    def started(self, proc: Process) -> None:
        """The first one."""
        self._next(proc)

    def _next(self, proc: Process) -> None:
        while self.names:
            try:
                container = self.engine.container(self.names[0])
            except Refusal as problem:
                self.problems.append(daemon_text(problem))
                self.names.pop(0)
                continue
            if container.state.is_running:
                container.waiters += ((proc, container.id),)
                return
            self.names.pop(0)
            proc.write(1, f"{container.state.exit_code}\n")
        _end(proc, self.problems)

    def timer(self, proc: Process, token: Any) -> None:
        """It has ended."""
        container = self.engine.containers.get(token)
        self.names.pop(0)
        proc.write(1, f"{container.state.exit_code if container is not None else 0}\n")
        self._next(proc)


def wait(docker: Docker, parsed: Parsed) -> Program:
    """docker wait."""
    return Waiting(docker.engine, list(parsed.words))


def top(docker: Docker, parsed: Parsed) -> Result:
    """docker top: the processes of a container, as the host's ps shows them."""
    container = docker.engine.container(parsed.words[0])
    if not container.state.is_running or container.jail is None:
        raise conflict(f"Container {container.id} is not running")
    if container.state.status == "restarting":
        raise conflict(f"Container {container.id} is restarting, wait until the container is running")
    if parsed.words[1:] and parsed.words[1:] != ("-ef",):
        rows = _rows_of_ps(docker.engine, container, parsed.words[1:])
    else:
        rows = [("UID", "PID", "PPID", "C", "STIME", "TTY", "TIME", "CMD"), *top_rows(docker.engine, container)]
    docker.engine.tell_of(container, "top")
    docker.out.append(align("".join("\t".join(row) + "\n" for row in rows), 20))
    return docker.result()


def _rows_of_ps(engine: Engine, container: Container, words: Sequence[str]) -> list[tuple[str, ...]]:
    """What the host's ps says of a container's processes when it is asked so (`parsePSOutput`)."""
    told = ps(Invoked(engine.process, ("ps", *words)))
    if told.stderr:
        raise failed(f"ps: {told.stderr.partition(chr(10))[0]}")
    titles, *lines = [line.split() for line in told.stdout.splitlines()]
    if "PID" not in titles:
        raise failed("Couldn't find PID field in ps output")
    at, last = titles.index("PID"), len(titles) - 1
    own = {str(one.pid) for one in engine.machine.processes.values() if one.jail is container.jail and one.status is None}
    return [tuple(titles), *((*line[:last], " ".join(line[last:])) for line in lines if line[at] in own)]


def top_rows(engine: Engine, container: Container) -> list[tuple[str, ...]]:
    """A container's processes, as `ps -ef` on the host shows them."""
    begun = _clock(container.state.started or engine.machine.epoch)
    return [
        (
            user_name(engine.process, user_of(one).uid) or str(user_of(one).uid),
            str(one.pid),
            str(one.parent.pid if one.parent is not None else 0),
            "0",
            begun,
            "?",
            "00:00:00",
            " ".join(one.argv),
        )
        for one in engine.machine.processes.values()
        if one.jail is container.jail and one.status is None
    ]


def _clock(ns: int) -> str:
    minutes = ns // SECOND // 60
    return f"{minutes // 60 % 24:02d}:{minutes % 60:02d}"


TIME = (
    Flag("time", "t", INT, stands_for="timeout", only="20.10"), Flag("timeout", "t", INT, only="28"),
    Flag("time", "", INT, stands_for="timeout", only="28"), Flag("signal", "s", only="28"),
)  # fmt: skip
SEVERAL = "CONTAINER [CONTAINER...]"
START = (
    Flag("attach", "a", BOOL), Flag("interactive", "i", BOOL), Flag("detach-keys", unmodelled=1), Flag("checkpoint", unmodelled=1),
    Flag("checkpoint-dir", unmodelled=1),
)  # fmt: skip
LIFECYCLE_COMMANDS = (
    Subcommand("start", f"[OPTIONS] {SEVERAL}", START, 1, None, start),
    Subcommand("stop", f"[OPTIONS] {SEVERAL}", TIME, 1, None, stop),
    Subcommand("restart", f"[OPTIONS] {SEVERAL}", TIME, 1, None, restart),
    Subcommand("kill", f"[OPTIONS] {SEVERAL}", (Flag("signal", "s"),), 1, None, kill),
    Subcommand("pause", SEVERAL, (), 1, None, pause),
    Subcommand("unpause", SEVERAL, (), 1, None, unpause),
    Subcommand("rm", f"[OPTIONS] {SEVERAL}", (Flag("force", "f", BOOL), Flag("volumes", "v", BOOL), Flag("link", "l", BOOL)), 1, None, remove),
    Subcommand("rename", "CONTAINER NEW_NAME", (), 2, 2, rename),
    Subcommand("wait", SEVERAL, (), 1, None, wait),
    Subcommand("top", "CONTAINER [ps OPTIONS]", (), 1, None, top, interspersed=False),
)
