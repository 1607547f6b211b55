"""The daemon ends in good order: its containers are asked to stop, all at once, and killed when their time is over (`Daemon.Shutdown`, `shutdownContainer`)."""

from __future__ import annotations

from netsim.clock import SECOND
from netsim.docker.cnm.lifecycle import tidy
from netsim.docker.engine.container import PAUSED, RESTARTING, Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.run import STOP_TIMEOUT, deliver, tell_end, unpause
from netsim.docker.engine.security import signal_of
from netsim.machine.process import SIGKILL, Process

LATE, CLOSED = "late", "closed"
FORCED = 3
"""At this many signals the daemon goes without looking back."""


def begin(engine: Engine, proc: Process) -> None:
    """Nobody is answered any more, and nothing starts again; it ends at once where nothing runs."""
    engine.closing = 1
    for container in engine.containers.values():
        if container.state.status == RESTARTING:
            container.state.status = "exited"
    for container in list(engine.containers.values()):
        if container.state.is_running and container.process is not None:
            _ask(engine, container, proc)
    finish(engine, proc)


def _ask(engine: Engine, container: Container, proc: Process) -> None:
    """The container's own signal, and its own time."""
    spec = container.spec
    container.waiters += ((proc, f"{CLOSED} {container.id}"),)
    signum = signal_of(spec.stop_signal or container.image.stop_signal or "TERM")
    tell_kill(engine, container, signum)
    if container.state.status == PAUSED:
        unpause(engine, container)
    grace = STOP_TIMEOUT if spec.stop_timeout is None else spec.stop_timeout * SECOND
    if grace >= 0:
        proc.timer(grace, f"{LATE} {container.id}")
    deliver(container, signum)


def tell_kill(engine: Engine, container: Container, signum: int) -> None:
    """What `docker events` tells of a signal."""
    engine.tell_of(container, "kill", signal=str(signum))


def timer(engine: Engine, proc: Process, token: str) -> None:
    """A container has ended, or its time is over."""
    what, _, identity = token.partition(" ")
    container = engine.containers.get(identity)
    if what == LATE:
        if container is not None and container.state.is_running:
            tell_kill(engine, container, SIGKILL)
            deliver(container, SIGKILL)
        return
    if container is not None:
        engine.tell_of(container, "stop")
        if engine.profile.tells_end_last:
            tell_end(engine, container)
    finish(engine, proc)


def finish(engine: Engine, proc: Process) -> None:
    """The daemon itself ends after the last one."""
    if not any(container.state.is_running for container in engine.containers.values()):
        tidy(engine)
        proc.exit(0)
