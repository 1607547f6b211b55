"""A command that has the daemon do one thing after the other and tells of each, as `--progress plain` does (docker/compose `progress`)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.clock import MS
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.session import daemon_text
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.engine.engine import Engine
from netsim.docker.engine.security import signal_of
from netsim.docker.errors import Refusal
from netsim.machine.call import Program
from netsim.machine.machine import Machine
from netsim.machine.process import SIGINT, SIGKILL, SIGTERM, Process


class Step:
    """One thing to do."""

    __slots__ = ()
    hears: ClassVar[int] = 0
    """Whether it wants to hear of the end of containers and of timers of its own."""

    def begin(self, run: Steps, proc: Process) -> int:
        """Begin; ns until it is finished, 0 for at once, -1 when something else will wake it. Refusal, ComposeProblem."""
        return 0

    def finish(self, run: Steps, proc: Process) -> int:
        """Its time is over; ns until this is to be asked again, 0 when it is done, -1 to wait on."""
        return 0


@attrs.define(eq=False)
class Steps(Program):
    """The command itself."""

    engine: Engine
    todo: list[Step]
    quiet: int = 0
    said: str = ""
    """What stands on stderr before."""
    printed: str = ""
    """What stands on stdout when all is done."""
    current: Step | None = None
    serial: int = 0
    """How many steps there were."""
    then: Program | None = None
    """What it becomes when all is done."""
    ends: int = 0
    """The status when all is done."""
    last_words: str = ""
    """What stands on stderr at the end."""
    caught = frozenset({SIGINT, SIGTERM})

    def started(self, proc: Process) -> None:
        """The first step."""
        if self.said:
            proc.write(2, self.said)
        self._next(proc)

    def _next(self, proc: Process) -> None:
        while self.todo:
            self.current = self.todo.pop(0)
            self.serial += 1
            try:
                wait = self.current.begin(self, proc)
            except (Refusal, ComposeProblem) as problem:
                self._fail(proc, problem)
                return
            if wait > 0:
                proc.timer(wait, ("step", self.serial))
            if wait:
                return
        self.current = None
        if self.printed:
            proc.write(1, self.printed)
        if self.last_words:
            proc.write(2, self.last_words)
        if self.then is None:
            proc.exit(self.ends)
        else:
            proc.program = self.then
            self.then.started(proc)

    def timer(self, proc: Process, token: Any) -> None:
        """A step's time is over, or something that it waits for happened."""
        if self.current is None or not (token == ("step", self.serial) or (self.current.hears and not isinstance(token, tuple))):
            return
        try:
            wait = self.current.finish(self, proc)
        except (Refusal, ComposeProblem) as problem:
            self._fail(proc, problem)
            return
        if wait > 0:
            proc.timer(wait, ("step", self.serial))
        elif not wait:
            self._next(proc)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """A program that a step started."""
        self.timer(proc, "child")

    def _fail(self, proc: Process, problem: Refusal | ComposeProblem) -> None:
        self.todo = []
        text = daemon_text(problem) if isinstance(problem, Refusal) else str(problem)
        proc.write(2, text + ("\n" if text else ""))
        proc.exit(1)

    def tell(self, proc: Process, what: str, text: str) -> None:
        """A line of progress."""
        if not self.quiet:
            proc.write(2, f" {what}  {text}\n")

    def add(self, *steps: Step) -> None:
        """Steps that come next."""
        self.todo[:0] = steps

    def signal(self, proc: Process, signum: int) -> None:
        """Interrupted: what was begun stays."""
        proc.write(2, "canceled\n")
        proc.exit(130)


class Act:
    """Something that is done to one thing; several of the same kind are done side by side."""

    __slots__ = ()
    doing: str
    done: str

    def name(self) -> str:
        """What its lines begin with."""
        raise NotImplementedError

    def act(self, engine: Engine) -> None:
        """Do it; Refusal, ComposeProblem."""
        raise NotImplementedError


@attrs.define(eq=False)
class ContainerAct(Act):
    """Something that is done to one container."""

    container: Container

    def name(self) -> str:
        """`Container NAME`."""
        return f"Container {self.container.name}"


@attrs.define(eq=False)
class Together(Step):
    """Several acts at the same time."""

    acts: list[Any]
    ms: int

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell what is being done."""
        for act in self.acts:
            if act.doing:
                run.tell(proc, act.name(), act.doing)
        return self.ms * MS if self.acts else 0

    def finish(self, run: Steps, proc: Process) -> int:
        """It is done."""
        for act in self.acts:
            try:
                act.act(run.engine)
            except Refusal as problem:
                if act.done == "Created":
                    run.tell(proc, act.name(), daemon_text(problem))
                raise
            if act.done:
                run.tell(proc, act.name(), act.done)
        return 0


@attrs.define(eq=False)
class Said(Step):
    """Lines of progress that nothing has to be done for."""

    lines: list[tuple[str, str]]

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell."""
        for what, text in self.lines:
            run.tell(proc, what, text)
        return 0


@attrs.define(eq=False)
class Warned(Step):
    """A warning in logrus's form."""

    text: str
    level: str = "warning"

    def begin(self, run: Steps, proc: Process) -> int:
        """Tell."""
        proc.write(2, warning(run.engine.machine, self.text, self.level))
        return 0


def warning(machine: Machine, text: str, level: str = "warning") -> str:
    """A line of logrus to what is no terminal."""
    from netsim.commands.docker.spans import stamp

    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'time="{stamp(machine.epoch + machine.kernel.clock.now)[:19]}Z" level={level} msg="{escaped}"\n'


@attrs.define(eq=False)
class Stop(Step):
    """Containers are asked to end, killed when their time is over, and removed if that is wanted."""

    hears = 1
    begun: ClassVar[str] = "Stopping"
    over: ClassVar[str] = "Stopped"
    containers: list[Container]
    grace: int | None = None
    """ns; None: as each container has it."""
    removes: int = 0
    waiting: list[Container] = attrs.field(factory=list)
    until: dict[str, int] = attrs.field(factory=dict)

    def begin(self, run: Steps, proc: Process) -> int:
        """Ask them all."""
        self.waiting = list(self.containers)
        for container in self.containers:
            run.tell(proc, f"Container {container.name}", self.begun)
            if container.state.is_running:
                self._ask(run, proc, container)
        return run.engine.profile.durations.stop * MS if self.waiting else 0

    def _ask(self, run: Steps, proc: Process, container: Container) -> None:
        container.stopped_by_hand = 1
        container.waiters += ((proc, "ended"),)
        if container.state.status == "paused":
            life.unpause(run.engine, container)
        life.kill(run.engine, container, signal_of(container.spec.stop_signal or container.image.stop_signal or "TERM"))
        seconds = container.spec.stop_timeout
        grace = self.grace if self.grace is not None else life.STOP_TIMEOUT if seconds is None else seconds * 1000 * MS
        if container.state.is_running and grace >= 0:
            self.until[container.id] = run.engine.now() + grace
            proc.timer(grace, "late")

    def finish(self, run: Steps, proc: Process) -> int:
        """Some may have ended, for some the time may be over."""
        now = run.engine.now()
        for container in list(self.waiting):
            if container.state.is_running and self.until.get(container.id, now + 1) <= now:
                life.kill(run.engine, container, SIGKILL)
            if not container.state.is_running:
                self.waiting.remove(container)
                self.ended(run, proc, container)
        return -1 if self.waiting else 0

    def ended(self, run: Steps, proc: Process, container: Container) -> None:
        """One has ended."""
        run.engine.tell_of(container, "stop")
        name = f"Container {container.name}"
        if self.over:
            run.tell(proc, name, self.over)
        if self.removes:
            run.tell(proc, name, "Removing")
            if container.id in run.engine.containers:
                life.remove(run.engine, container, force=1)
            run.tell(proc, name, "Removed")
