"""Health checks: the daemon executes a test in the container, again and again (`daemon/health.go`)."""

from __future__ import annotations

from netsim.clock import SECOND
from netsim.docker.engine.container import Container, Health
from netsim.docker.engine.engine import Engine
from netsim.machine.fds import Capture, Null
from netsim.machine.process import SIGKILL

INTERVAL, TIMEOUT, RETRIES = 30 * SECOND, 30 * SECOND, 3
STARTING, HEALTHY, UNHEALTHY = "starting", "healthy", "unhealthy"
START_INTERVAL = 5 * SECOND


def begin(engine: Engine, container: Container) -> None:
    """A container was started: its first test is due after an interval."""
    check = container.spec.health
    container.health = None
    if check is None or not check.test or check.test[0] == "NONE":
        return
    container.health = Health(STARTING, engine.now())
    _later(engine, container, container.health)


def _later(engine: Engine, container: Container, health: Health) -> None:
    """The next test; until the container is healthy for the first time, more often if its start period says so."""
    check = container.spec.health
    assert check is not None
    wait = check.interval or INTERVAL
    if health.status == STARTING and check.start_period and engine.now() - health.begun < check.start_period:
        wait = check.start_interval or START_INTERVAL if engine.profile.knows_start_interval else wait
    engine.machine.kernel.clock.call_later(wait, probe, engine, container, health)


def probe(engine: Engine, container: Container, health: Health) -> None:
    """Execute the test, unless the container has ended meanwhile."""
    check, main, jail = container.spec.health, container.process, container.jail
    if container.health is not health or check is None or main is None or jail is None or not container.state.is_running:
        return
    if container.state.status == "paused":
        _later(engine, container, health)
        return
    if check.assumed:
        tested(engine, container, health, 0)
        return
    argv = ("/bin/sh", "-c", *check.test[1:2]) if check.test[0] == "CMD-SHELL" else tuple(check.test[1:])
    machine = engine.machine
    child = machine.new_process(engine.process, argv, main.env, main.cwd, {0: Null(), 1: Capture(), 2: Capture()}, None, jail)
    child.enter(main.netns)
    if not argv or machine.command(child, argv[0]) is None:
        child.exit(127)
        tested(engine, container, health, 127)
        return
    health.pid = child.pid
    machine.kernel.clock.call_later(check.timeout or TIMEOUT, too_late, engine, container, health, child.pid)
    machine.execute(child, argv)


def too_late(engine: Engine, container: Container, health: Health, pid: int) -> None:
    """A test that takes too long has failed."""
    process = engine.machine.processes.get(pid)
    if health.pid == pid and process is not None and process.status is None:
        process.signal(SIGKILL)


def child_ended(engine: Engine, pid: int, status: int) -> None:
    """A child of the daemon ended: it may have been a test."""
    for container in engine.containers.values():
        if container.health is not None and container.health.pid == pid:
            container.health.pid = 0
            tested(engine, container, container.health, status)
            return


def tested(engine: Engine, container: Container, health: Health, status: int) -> None:
    """A test has an outcome (`handleProbeResult`)."""
    check = container.spec.health
    assert check is not None
    before = health.status
    if status == 0:
        health.status, health.streak = HEALTHY, 0
    elif health.status != STARTING or engine.now() - health.begun >= check.start_period:
        health.streak += 1
        if health.streak >= (check.retries or RETRIES):
            health.status = UNHEALTHY
    if health.status != before:
        engine.tell_of(container, f"health_status: {health.status}")
    _later(engine, container, health)
