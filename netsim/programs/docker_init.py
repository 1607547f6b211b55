"""docker-init (tini 0.19): process 1 of a container started with `--init`; passes signals on to the program it starts, and ends with it."""

from __future__ import annotations

import attrs

from netsim.errors import ENOENT, strerror
from netsim.machine.call import Program
from netsim.machine.process import SIGKILL, Process

PATH = "/sbin/docker-init"
RUNTIME_PIDS = 5
"""Process ids that the runtime's own threads have used up in the namespace by the time it forks."""


@attrs.define(eq=False)
class DockerInit(Program):
    """One of it, with what it is to start."""

    argv: tuple[str, ...]
    child: Process | None = None

    def started(self, proc: Process) -> None:
        """Start the program with what this one was given."""
        jail, machine = proc.jail, proc.machine
        if jail is not None and jail.pids is not None:
            jail.last_pid += RUNTIME_PIDS
        fds = {fd: opened.dup() for fd, opened in proc.fds.items()}
        child = self.child = machine.new_process(proc, self.argv, proc.env, proc.cwd, fds)
        if machine.command(child, self.argv[0]) is None:
            child.write(2, f"[FATAL tini ({child.inner_pid()})] exec {self.argv[0]} failed: {strerror(ENOENT)}\n")
            child.exit(127)
            return
        machine.execute(child, self.argv)

    def handles(self, signum: int) -> bool:
        """It waits for every signal there is to wait for."""
        return signum != SIGKILL

    def signal(self, proc: Process, signum: int) -> None:
        """Pass it on."""
        if self.child is not None:
            self.child.signal(signum)

    def child_ended(self, proc: Process, pid: int, status: int) -> None:
        """Its program has ended: so does it, with the same status; others it only takes away."""
        if self.child is not None and pid == self.child.pid:
            proc.exit(status)
