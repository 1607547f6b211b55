"""Services become tasks, tasks find nodes, ended ones are replaced (`swarmkit/manager/{orchestrator,scheduler}`).

The real scheduler takes any of equally good nodes; here the one that joined first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import attrs

from netsim.docker.errors import Refusal
from netsim.docker.swarm import ids
from netsim.docker.swarm.objects import (
    ACTIVE,
    DRAIN,
    ENDED,
    HOST,
    INGRESS,
    READY,
    STATES,
    VIP,
    Node,
    PortSpec,
    Service,
    SwarmNetwork,
    Task,
    plain,
    revive,
)

if TYPE_CHECKING:
    from netsim.docker.swarm.dispatcher import Manager

CONSTRAINT = re.compile(r"\s*([a-z0-9_.-]+)\s*(==|!=)\s*(.+?)\s*", re.IGNORECASE)


@attrs.define(eq=False)
class Orchestrator:
    """The leader's loops over services, run whenever something changed."""

    manager: Manager

    def run(self) -> None:
        """Everything to where it should be."""
        self._retire()
        for service in list(self.manager.store.services.values()):
            if service.is_pending:
                self._allocate(service)
            self._slots(service)
            self._update(service)
        self._schedule()
        self._tidy()

    def _allocate(self, service: Service) -> None:
        try:
            self.manager.store.allocate_service(service)
            service.is_pending = 0
        except Refusal:
            service.is_pending = 1

    # how many ------------------------------------------------------------------------------------------------------------

    def _retire(self) -> None:
        """Tasks on nodes that are down, drained or gone are given up."""
        store = self.manager.store
        for task in store.tasks.values():
            node = store.nodes.get(task.node_id)
            if task.node_id and task.service_id and task.is_alive and (node is None or node.state != READY or node.availability == DRAIN):
                task.desired = "shutdown"
                self.manager.touch(task.node_id)

    def _slots(self, service: Service) -> None:
        tasks = self.manager.store.tasks_of(service)
        alive = [task for task in tasks if task.desired in ("running", "ready")]
        if service.spec.mode.startswith("global"):
            self._global(service, alive)
            return
        by_slot: dict[int, list[Task]] = {}
        for task in alive:
            by_slot.setdefault(task.slot, []).append(task)
        for task in [task for task in alive if task.state in ENDED]:
            self._restart(service, task)
        wanted = service.spec.replicas
        surplus = max(0, len(by_slot) - wanted)
        for slot in sorted(by_slot, key=lambda slot: (-self._crowd(service, by_slot[slot]), -slot))[:surplus] if surplus else ():
            for task in by_slot.pop(slot):
                self._end(task, "remove")
        finished = {
            task.slot
            for task in tasks
            if task.desired == "shutdown" and task.state in ENDED and not self._restarts(service, task) and task.state != "shutdown"
        }
        slot, missing = 0, wanted - len(finished | set(by_slot))
        while missing > 0:
            slot += 1
            if slot not in by_slot and slot not in finished:
                self._new(service, slot)
                missing -= 1

    def _crowd(self, service: Service, tasks: list[Task]) -> int:
        """How many tasks of the service are where a slot is: the fullest nodes lose theirs first."""
        where = tasks[0].node_id
        return sum(one.node_id == where and one.is_alive for one in self.manager.store.tasks_of(service))

    def _global(self, service: Service, alive: list[Task]) -> None:
        """One on each node that may have one."""
        store = self.manager.store
        for task in [task for task in alive if task.state in ENDED]:
            self._restart(service, task)
        there = {task.node_id for task in alive}
        for node in store.nodes.values():
            fits = node.state == READY and node.availability == ACTIVE and not _unmet(service, node)
            if fits and node.id not in there:
                task = self._new(service, 0)
                task.node_id, task.state = node.id, "pending"
            elif not fits and node.id in there and (node.availability != "pause" or _unmet(service, node)):
                for task in [task for task in alive if task.node_id == node.id]:
                    self._end(task, "shutdown")

    def _restarts(self, service: Service, task: Task) -> bool:
        condition = service.spec.restart
        return condition == "any" or (condition == "on-failure" and task.state in ("failed", "rejected"))

    def _restart(self, service: Service, task: Task) -> None:
        """A task ended by itself: another takes its slot, after the delay (`restart.Supervisor`)."""
        task.desired = "shutdown"
        self.manager.touch(task.node_id)
        tries = sum(other.slot == task.slot for other in self.manager.store.tasks_of(service))
        if not self._restarts(service, task) or (service.spec.restart_most and tries > service.spec.restart_most):
            return
        made = self._new(service, task.slot)
        made.desired, made.not_before = "ready", self.manager.clock.now + service.spec.restart_delay
        if service.spec.mode.startswith("global"):
            made.node_id, made.state = task.node_id, "pending"
        self.manager.member.later(service.spec.restart_delay, "manager", "ripe", made.id)

    def ripe(self, task_id: str) -> None:
        """The delay of a replacement is over."""
        task = self.manager.store.tasks.get(task_id)
        if task is not None and task.desired == "ready":
            task.desired = "running"
            self.manager.touch(task.node_id)
            self.manager.changed()

    def _new(self, service: Service, slot: int) -> Task:
        now = self.manager.now
        spec = revive(type(service.spec), plain(service.spec))
        task = Task(
            ids.new_id(self.manager.member.engine.rng), service.id, slot, spec=spec, spec_version=service.spec_version, created=now, updated=now
        )
        self.manager.store.tasks[task.id] = task
        return task

    def _end(self, task: Task, desired: str) -> None:
        task.desired = desired
        if not task.node_id or task.state in ("new", "pending"):
            task.state = "shutdown"
        self.manager.touch(task.node_id)

    # where ---------------------------------------------------------------------------------------------------------------

    def _schedule(self) -> None:
        store = self.manager.store
        waiting = [
            task for task in store.tasks.values() if task.state in ("new", "pending") and task.service_id and task.desired in ("running", "ready")
        ]
        if not waiting:
            return
        load: dict[str, int] = dict.fromkeys(store.nodes, 0)
        own: dict[tuple[str, str], int] = {}
        for task in store.tasks.values():
            if task.is_alive and task.node_id in load and task.state not in ("new", "pending"):
                load[task.node_id] += 1
                own[task.node_id, task.service_id] = own.get((task.node_id, task.service_id), 0) + 1
        for task in waiting:
            service = store.services.get(task.service_id)
            if service is None or service.is_pending:
                continue
            node = self._place(service, task, load, own)
            if node is None:
                task.state = "pending"
                continue
            task.node_id = node.id
            if self._addresses(service, task):
                load[node.id] += 1
                own[node.id, service.id] = own.get((node.id, service.id), 0) + 1

    def _place(self, service: Service, task: Task, load: dict[str, int], own: dict[tuple[str, str], int]) -> Node | None:
        """The node with the fewest tasks of the service, then the fewest at all (`scheduler`); the pipeline of filters says what is in the way."""
        store, failures = self.manager.store, dict[str, int]()
        best: Node | None = None
        best_key = (0, 0)
        nodes = [store.nodes[task.node_id]] if task.node_id and task.node_id in store.nodes else list(store.nodes.values())
        for node in nodes:
            reason = self._unfit(service, node, own)
            if reason:
                failures[reason] = failures.get(reason, 0) + 1
                continue
            key = (own.get((node.id, service.id), 0), load[node.id])
            if best is None or key < best_key:
                best, best_key = node, key
        if best is None:
            said = "; ".join(f"{reason.format(s='s' if count > 1 else '', n=count)}" for reason, count in failures.items())
            task.error = f"no suitable node ({said})" if said else "no suitable node"
        else:
            task.error = ""
        return best

    def _unfit(self, service: Service, node: Node, own: dict[tuple[str, str], int]) -> str:
        if node.state != READY or node.availability != ACTIVE:
            return "{n} node{s} not available for new tasks"
        if _unmet(service, node):
            return "scheduling constraints not satisfied on {n} node{s}"
        for port in service.spec.ports:
            if port.mode == HOST and port.published and self._has_port(node, port):
                return "host-mode port already in use on {n} node{s}"
        if service.spec.max_per_node and own.get((node.id, service.id), 0) >= service.spec.max_per_node:
            return "max replicas per node limit exceed"
        return ""

    def _has_port(self, node: Node, port: PortSpec) -> bool:
        return any(
            other.mode == HOST and (other.published, other.protocol) == (port.published, port.protocol)
            for task in self.manager.store.tasks.values()
            if task.node_id == node.id and task.state not in ENDED and task.spec is not None and task.state not in ("new", "pending")
            for other in task.spec.ports
        )

    def _addresses(self, service: Service, task: Task) -> int:
        """An address on each network of the service, and on the ingress network when a port is published there; then the node's balancers'."""
        store = self.manager.store
        wanted = [store.networks[one.target] for one in service.spec.networks if one.target in store.networks]
        ingress = store.ingress
        if ingress is not None and service.spec.endpoint_mode == VIP and any(port.mode == INGRESS for port in service.ports):
            wanted.append(ingress)
        try:
            for network in wanted:
                if network.id not in task.networks:
                    task.networks[network.id] = store.address(network, task.id) if network.driver == "overlay" else ""
                self.balancer(store.nodes[task.node_id], network)
        except Refusal as problem:
            task.state, task.error = "pending", problem.text
            return 0
        task.state, task.updated, task.message = "assigned", self.manager.now, "scheduler assigned task to node"
        self.manager.touch(task.node_id)
        return 1

    def balancer(self, node: Node, network: SwarmNetwork) -> None:
        """A node that is on a network for the first time gets an address for its load balancer there."""
        if network.driver == "overlay" and network.id not in node.attachments and network.vnis:
            node.attachments[network.id] = self.manager.store.address(network, f"lb-{node.id}")

    # rolling updates -----------------------------------------------------------------------------------------------------

    def judge(self, task: Task) -> None:
        """A new task that fails stops the update (`--update-failure-action pause`)."""
        service = self.manager.store.services.get(task.service_id)
        if service is None or service.update_state != "updating" or task.state not in ("failed", "rejected") or task.desired == "shutdown":
            return
        if task.spec_version == service.spec_version:
            service.update_state = "paused"
            service.update_message = f"update paused due to failure or early termination of task {task.id}"

    def _update(self, service: Service) -> None:
        """Tasks of an older request are replaced, a few at a time."""
        if service.update_state == "paused":
            return
        tasks = [task for task in self.manager.store.tasks_of(service) if task.desired in ("running", "ready")]
        old = [task for task in tasks if task.spec_version < service.spec_version]
        if not old:
            if service.update_state == "updating" and all(task.state == "running" for task in tasks):
                service.update_state, service.update_ended = "completed", self.manager.now
            return
        busy = len({task.slot or task.node_id for task in tasks if task.spec_version == service.spec_version and task.state != "running"})
        most = service.spec.parallelism or len(old)
        for task in sorted(old, key=lambda task: task.slot)[: max(0, most - busy)]:
            self._end(task, "shutdown")
            made = self._new(service, task.slot)
            if service.spec.mode.startswith("global"):
                made.node_id, made.state = task.node_id, "pending"

    # what may be forgotten -----------------------------------------------------------------------------------------------

    def _tidy(self) -> None:
        store = self.manager.store
        for task in list(store.tasks.values()):
            if not task.service_id:
                continue
            gone = task.node_id not in store.nodes or store.nodes[task.node_id].state != READY
            if task.state in ENDED and task.networks and not task.is_alive:
                store.free_task(task)
                task.networks = {}
            if task.desired == "remove" and (task.state in ENDED or gone or not task.node_id):
                store.free_task(task)
                del store.tasks[task.id]
                self.manager.touch(task.node_id)
        for service in store.services.values():
            self._shorten(service)
        self.manager.free_balancers()

    def _shorten(self, service: Service) -> None:
        """Of the tasks that had a slot before, only the last few are kept (`--task-history-limit`)."""
        store, slots = self.manager.store, dict[object, list[Task]]()
        for task in store.tasks_of(service):
            if task.state in ENDED and not task.is_alive:
                slots.setdefault(task.slot or task.node_id, []).append(task)
        for tasks in slots.values():
            for task in tasks[: max(0, len(tasks) - max(0, store.task_history - 1))]:
                del store.tasks[task.id]
                self.manager.touch(task.node_id)


def _unmet(service: Service, node: Node) -> int:
    """Whether a node does not meet the service's constraints (`constraint.NodeMatches`)."""
    return int(any(not _meets(text, node) for text in service.spec.constraints))


def _meets(text: str, node: Node) -> bool:
    found = CONSTRAINT.fullmatch(text)
    if found is None:
        return False
    key, operator, wanted = found.groups()
    known = {
        "node.id": node.id, "node.hostname": node.hostname, "node.role": node.role, "node.ip": node.address, "node.platform.os": "linux",
        "node.platform.arch": "x86_64",
    }  # fmt: skip
    label = key.removeprefix("node.labels.")
    value = node.labels.get(label, "") if label != key else known.get(key.lower(), "")
    same = value.lower() == wanted.lower() if label == key else value == wanted
    return same == (operator == "==")


def is_constraint(text: str) -> int:
    """Whether a text is a constraint at all."""
    return int(CONSTRAINT.fullmatch(text) is not None)


def order_of(state: str) -> int:
    """A state's place among all."""
    return STATES.index(state)
