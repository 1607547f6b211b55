"""What `docker service create`, `update` and `scale` show until a service is as it was asked for (docker/cli `service/progress`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.docker.swarm.member import Member
from netsim.docker.swarm.objects import READY, Service, Task
from netsim.machine.call import Program
from netsim.machine.process import Process

STEP = 200 * MS
VERIFY = 5 * SECOND
MOST_LINES = 20
"""Services with more tasks are shown as a whole only."""


@attrs.define(eq=False)
class Converging(Program):
    """Looks at services one after the other, five times a second."""

    member: Member
    waiting: list[tuple[str, str]]
    """(service, what it is called in the last line)."""
    older: int = 0
    quiet: int = 0
    rolled_back: int = 0
    begun: int = 0
    stable_since: int = -1

    def started(self, proc: Process) -> None:
        """Look for the first time."""
        if self.rolled_back:
            self._say(proc, "rollback: manually requested rollback")
        self._look(proc)

    def timer(self, proc: Process, token: Any) -> None:
        """Look again."""
        self._look(proc)

    def _say(self, proc: Process, text: str) -> None:
        if not self.quiet:
            proc.write(1, text + "\n")

    def _look(self, proc: Process) -> None:
        manager = self.member.manager
        service = manager.store.services.get(self.waiting[0][0]) if manager is not None else None
        if manager is None or service is None:
            self._next(proc, "")
            return
        if service.update_state == "paused" and service.update_message:
            proc.write(2, f"service update paused: {service.update_message}\n")
            proc.exit(1)
            return
        tasks = manager.store.tasks_of(service)
        wanted = self._wanted(service)
        running = _running(service, tasks)
        if running < wanted:
            self.stable_since = -1
            self._show(proc, running, wanted)
        elif self.stable_since < 0:
            self._show(proc, running, wanted)
            self.stable_since = proc.now()
            self._verify(proc)
        else:
            self._verify(proc)
        if proc.status is None:
            proc.timer(STEP, None)

    def _wanted(self, service: Service) -> int:
        assert self.member.manager is not None
        if service.spec.mode == "replicated":
            return service.spec.replicas
        return sum(node.state == READY and node.availability == "active" for node in self.member.manager.store.nodes.values())

    def _show(self, proc: Process, running: int, wanted: int) -> None:
        back = "rolling back update: " if self.rolled_back else ""
        self._say(proc, f"overall progress: {back}{running if self.begun else 0} out of {wanted} tasks")
        if not self.begun:
            self.begun = 1
            for number in range(1, wanted + 1) if wanted <= MOST_LINES else ():
                self._say(proc, f"{number}/{wanted}:  ")
            if running >= wanted:
                self._say(proc, f"overall progress: {back}{running} out of {wanted} tasks")

    def _verify(self, proc: Process) -> None:
        left = VERIFY - (proc.now() - self.stable_since)
        if left > 0:
            self._say(proc, f"verify: Waiting {-(-left // SECOND)} seconds to verify that tasks are stable...")
            return
        name = self.waiting[0][1]
        self._next(proc, "verify: Service converged" if self.older else f"verify: Service {name} converged")

    def _next(self, proc: Process, said: str) -> None:
        if said:
            self._say(proc, said)
        self.waiting.pop(0)
        self.begun, self.stable_since = 0, -1
        if not self.waiting:
            proc.exit(0)


def _running(service: Service, tasks: list[Task]) -> int:
    """Tasks that are up, as the last request wants them."""
    return len({
        task.slot or task.node_id
        for task in tasks
        if task.state == "running" and task.desired == "running" and task.spec_version == service.spec_version
    })  # fmt: skip
