"""docker attach: to see what a running container prints from now on, and to type to it."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.logs import Follower
from netsim.commands.docker.session import Docker, Subcommand
from netsim.docker.engine import run as life
from netsim.docker.engine.container import Container
from netsim.docker.errors import Refusal
from netsim.machine.call import Program, Result
from netsim.machine.process import SIGINT, SIGKILL, SIGTERM, Process

EXITED = "exited"


@attrs.define(eq=False)
class Joined(Program):
    """Attached to a container that runs: lives as long as it, ends with its status. Signals are passed on (`--sig-proxy`), or end the command."""

    container: Container
    types: bool = True
    """Whether standard input goes to the container, where that keeps its own open (`-i`)."""
    passes_signals: bool = True
    followers: list[Follower] = attrs.field(factory=list)
    caught: ClassVar[frozenset[int]] = frozenset({SIGINT, SIGTERM})

    def started(self, proc: Process) -> None:
        """Hear of output and of the end."""
        if not self.container.state.is_running:
            proc.exit(self.container.state.exit_code)
            return
        for fd, opened in enumerate(self.container.outputs, 1):
            follower = Follower(proc=proc, fd=1 if self.container.spec.tty else fd)
            self.followers.append(follower)
            opened.attached += (follower,)
        self.container.waiters += ((proc, EXITED),)
        if self.types and 0 in proc.fds:
            proc.watch(0)
            self.readable(proc, 0)

    def readable(self, proc: Process, fd: int) -> None:
        """What is typed; its end changes nothing, because the container's input stays open for the next one."""
        stdin = self.container.stdin
        while fd == 0 and self.types and 0 in proc.fds:
            data = proc.read(0)
            if not data:
                self.types = data is None
                return
            if stdin is not None:
                stdin.write(data)

    def timer(self, proc: Process, token: Any) -> None:
        """The container has ended."""
        proc.exit(self.container.state.exit_code)

    def signal(self, proc: Process, signum: int) -> None:
        """Passed on."""
        if self.passes_signals and signum != SIGKILL:
            life.deliver(self.container, signum)
        else:
            proc.die(signum)

    def ended(self, proc: Process) -> None:
        """Nobody listens any more."""
        for opened in self.container.outputs:
            opened.attached = tuple([one for one in opened.attached if one not in self.followers])


def attach(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker attach."""
    name = parsed.words[0]
    try:
        container = docker.engine.container(name)
    except Refusal as problem:
        docker.refused(problem, "container", name)
        return docker.result(1)
    you = "You cannot" if docker.cli.family == "20.10" else "cannot"
    if container.state.status == "paused":
        docker.complain(f"{you} attach to a paused container, unpause it first")
    elif container.state.status == "restarting":
        docker.complain(f"{you} attach to a restarting container, wait until it is running")
    elif not container.state.is_running:
        docker.complain(f"{you} attach to a stopped container, start it first")
    else:
        docker.engine.tell_of(container, "attach")
        types = container.spec.open_stdin and not parsed.has("no-stdin")
        return Joined(container, bool(types), not parsed.given("sig-proxy") or parsed.has("sig-proxy"))
    return docker.result(1)


FLAGS = (Flag("detach-keys", unmodelled=1), Flag("no-stdin", "", BOOL), Flag("sig-proxy", "", BOOL))
ATTACH_COMMANDS = (Subcommand("attach", "[OPTIONS] CONTAINER", FLAGS, 1, 1, attach),)
