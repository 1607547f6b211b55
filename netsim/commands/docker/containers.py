"""docker start, stop, restart, kill, pause, unpause, rm, rename, inspect, ps, port, logs: containers that are there."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.commands.docker.flags import BOOL, INT, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand, daemon_text, formatted
from netsim.docker.engine import attach, views
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.machine.call import Program, Result
from netsim.machine.process import SIGKILL, Process

Act = Callable[[Engine, Container], None]


def _each(docker: Docker, parsed: Parsed, act: Act, failure: str) -> Result:
    """Do something to each container named; names of those it worked for are printed."""
    failed: list[str] = []
    for name in parsed.words:
        try:
            act(docker.engine, docker.engine.container(name))
            docker.print(name)
        except Refusal as problem:
            docker.complain(daemon_text(problem))
            failed.append(name)
    if failed and failure:
        docker.complain(f"Error: {failure}: {', '.join(failed)}")
    return docker.result(int(bool(failed)))


def start(docker: Docker, parsed: Parsed) -> Result:
    """docker start."""
    return _each(docker, parsed, life.start, "failed to start containers")


@attrs.define(eq=False)
class Stopping(Program):
    """docker stop and restart: one container after the other; each is asked, waited for, and killed when its time is over."""

    engine: Engine
    names: list[str]
    grace: int
    again: int = 0
    current: Container | None = None
    status: int = 0

    def started(self, proc: Process) -> None:
        """The first one."""
        self._next(proc)

    def _next(self, proc: Process) -> None:
        while self.names:
            try:
                self.current = self.engine.container(self.names[0])
            except Refusal as problem:
                proc.write(2, daemon_text(problem) + "\n")
                self.names.pop(0)
                self.status = 1
                continue
            if self.current.state.is_running:
                self.current.stopped_by_hand = 1
                self.current.waiters.append((proc, "exited"))
                life.kill(self.engine, self.current, life.signal_of(self.current.spec.stop_signal or self.current.image.stop_signal or "TERM"))
                proc.timer(self.grace if self.current.state.is_running else 0, ("late", self.current.id))
                return
            if not self._done(proc):
                return
        proc.exit(self.status)

    def timer(self, proc: Process, token: Any) -> None:
        """It ended, or its time is over."""
        current = self.current
        if isinstance(token, tuple):
            if current is not None and current.id == token[1] and current.state.is_running and current.process is not None:
                current.process.signal(SIGKILL)
        elif current is not None and self._done(proc):
            self._next(proc)

    def _done(self, proc: Process) -> bool:
        current = self.current
        assert current is not None
        name = self.names.pop(0)
        if self.again:
            try:
                life.start(self.engine, current)
            except Refusal as problem:
                proc.write(2, f"Error response from daemon: Cannot restart container {name}: {problem.text}\n")
                self.status = 1
                return True
        proc.write(1, name + "\n")
        return True


def _grace(parsed: Parsed) -> int:
    for name in ("time", "timeout"):
        if parsed.given(name):
            return parsed.number(name) * SECOND
    return life.STOP_TIMEOUT


def stop(docker: Docker, parsed: Parsed) -> Program:
    """docker stop."""
    return Stopping(docker.engine, list(parsed.words), _grace(parsed))


def restart(docker: Docker, parsed: Parsed) -> Program:
    """docker restart."""
    return Stopping(docker.engine, list(parsed.words), _grace(parsed), 1)


def kill(docker: Docker, parsed: Parsed) -> Result:
    """docker kill."""
    signum = life.signal_of(parsed.text("signal") or "KILL")
    failed = 0
    for name in parsed.words:
        try:
            life.kill(docker.engine, docker.engine.container(name), signum)
            docker.print(name)
        except Refusal as problem:
            docker.complain(daemon_text(problem))
            failed = 1
    return docker.result(failed)


def pause(docker: Docker, parsed: Parsed) -> Result:
    """docker pause."""
    return _each(docker, parsed, life.pause, "")


def unpause(docker: Docker, parsed: Parsed) -> Result:
    """docker unpause."""
    return _each(docker, parsed, life.unpause, "")


def remove(docker: Docker, parsed: Parsed) -> Result:
    """docker rm."""
    failed = 0
    for name in parsed.words:
        try:
            if parsed.has("link"):
                attach.unlink(docker.engine, name)
            else:
                life.remove(docker.engine, docker.engine.container(name), force=int(parsed.has("force")))
            docker.print(name)
        except Refusal as problem:
            docker.complain(f"Error: {problem.text}" if problem.status == 404 else daemon_text(problem))
            failed = 1
    return docker.result(failed)


def rename(docker: Docker, parsed: Parsed) -> Result:
    """docker rename."""
    life.rename(docker.engine, docker.engine.container(parsed.words[0]), parsed.words[1])
    return docker.result()


def inspect(docker: Docker, parsed: Parsed) -> Result:
    """docker inspect: containers, then networks, by name or id."""
    found: list[dict[str, Any]] = []
    failed = 0
    for name in parsed.words:
        shown = _inspected(docker.engine, name)
        if shown is None:
            docker.complain(f"Error: No such object: {name}")
            failed = 1
        else:
            found.append(shown)
    if parsed.given("format"):
        failed = formatted(docker, parsed.text("format"), found) or failed
    else:
        docker.print(json.dumps(found, indent=4, ensure_ascii=False))
    return docker.result(failed)


def _inspected(engine: Engine, name: str) -> dict[str, Any] | None:
    try:
        return views.container_view(engine, engine.container(name))
    except Refusal:
        pass
    try:
        return views.network_view(engine, engine.network(name))
    except Refusal:
        return None


TIME = (Flag("time", "t", INT), Flag("timeout", "", INT), Flag("signal", "s"))
CONTAINER_COMMANDS = (
    Subcommand("start", "start [OPTIONS] CONTAINER [CONTAINER...]", (Flag("attach", "a", BOOL), Flag("interactive", "i", BOOL)), 1, None, start),
    Subcommand("stop", "stop [OPTIONS] CONTAINER [CONTAINER...]", TIME, 1, None, stop),
    Subcommand("restart", "restart [OPTIONS] CONTAINER [CONTAINER...]", TIME, 1, None, restart),
    Subcommand("kill", "kill [OPTIONS] CONTAINER [CONTAINER...]", (Flag("signal", "s"),), 1, None, kill),
    Subcommand("pause", "pause CONTAINER [CONTAINER...]", (), 1, None, pause),
    Subcommand("unpause", "unpause CONTAINER [CONTAINER...]", (), 1, None, unpause),
    Subcommand(
        "rm",
        "rm [OPTIONS] CONTAINER [CONTAINER...]",
        (Flag("force", "f", BOOL), Flag("volumes", "v", BOOL), Flag("link", "l", BOOL)),
        1,
        None,
        remove,
    ),
    Subcommand("rename", "rename CONTAINER NEW_NAME", (), 2, 2, rename),
    Subcommand("inspect", "inspect [OPTIONS] NAME|ID [NAME|ID...]", (Flag("format", "f"), Flag("size", "s", BOOL), Flag("type")), 1, None, inspect),
)
