"""A manager: hears of nodes, gives them their tasks, answers clients; one of the managers leads (`swarmkit/manager`, `dispatcher`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import MS, SECOND, Clock
from netsim.docker.errors import Refusal
from netsim.docker.swarm import control, ids, wire
from netsim.docker.swarm.objects import DOWN, ENDED, MANAGER, READY, WORKER, Assigned, Node, Task, plain
from netsim.docker.swarm.orchestrator import Orchestrator, order_of
from netsim.docker.swarm.raft import Raft
from netsim.docker.swarm.store import Store
from netsim.docker.swarm.wire import Connection, Listener, Message
from netsim.errors import NetError

if TYPE_CHECKING:
    from netsim.docker.swarm.member import Member

PORT = 2377
TICK = SECOND
BATCH = 100 * MS
LOOK = 10 * MS
"""What agents tell of tasks is looked at together."""
"""How long changes for a node are gathered before they are sent (`dispatcher.batchingWaitTime`)."""
GRACE_PERIODS = 3
"""Heartbeats that may be missed (`gracePeriodMultiplier`)."""
ONE_WAY = ("session", "heartbeat", "status", "detach", "leave")
"""What an agent tells without waiting for an answer."""
NO_TOKEN = "rpc error: code = InvalidArgument desc = A valid join token is necessary to join this cluster"


@attrs.define(eq=False)
class Manager:
    """One manager of a swarm."""

    member: Member
    store: Store
    orchestrator: Orchestrator = attrs.field(init=False)
    raft: Raft = attrs.field(init=False)
    listener: Listener | None = None
    sessions: dict[str, Connection] = attrs.field(factory=dict)
    """Node -> the connection its agent has to us."""
    is_sending: int = 0
    is_looking: int = 0
    dirty: dict[str, None] = attrs.field(factory=dict)
    """Nodes that must be told of changes."""
    port: int = PORT

    def __attrs_post_init__(self) -> None:
        self.orchestrator, self.raft = Orchestrator(self), Raft(self)

    @property
    def clock(self) -> Clock:
        """The world's."""
        return self.member.engine.machine.kernel.clock

    @property
    def now(self) -> int:
        """Virtual ns since 1970."""
        return self.member.engine.now()

    @property
    def leads(self) -> bool:
        """Whether this one is the leader."""
        return self.raft.leads

    def start(self) -> None:
        """Take the port; NetError when somebody has it."""
        self.listener = wire.listen(self.member.engine, self.port, self.hear, self._lost)
        self.member.later(TICK, "manager", "tick")

    def stop(self) -> None:
        """Give it back."""
        if self.listener is not None:
            self.listener.close()
        self.listener = None
        self.sessions = {}

    def timer(self, token: tuple[Any, ...]) -> None:
        """A timer of ours fired."""
        if self.listener is None:
            return
        if token[0] == "tick":
            self.member.later(TICK, "manager", "tick")
            self.raft.tick()
            if self.leads:
                self._listen_for_silence()
        elif token[0] == "send":
            self.is_sending = 0
            self._send()
        elif token[0] == "look":
            self.is_looking = 0
            self.changed()
        elif token[0] == "ripe" and self.leads:
            self.orchestrator.ripe(token[1])

    # messages ------------------------------------------------------------------------------------------------------------

    def hear(self, connection: Connection, message: Message) -> None:
        """A line from an agent, another manager or somebody who wants to join."""
        kind = message.get("m")
        if kind in ("vote", "append"):
            connection.send(self.raft.heard_from(message))
            return
        if not self.leads:
            if kind in ONE_WAY:
                connection.send({"m": "elsewhere", "leader": self.raft.leader_address(), "managers": self.addresses()})
            else:
                connection.send(self._pass_on(message))
            return
        if kind == "session":
            self._session(connection, message)
        elif kind == "heartbeat":
            self._alive(connection.peer)
            connection.send({"m": "heard"})
        elif kind == "status":
            self._status(message)
        elif kind == "detach":
            self.detach(str(message["task"]))
        elif kind == "leave":
            self.node_left(str(message["node"]))
        else:
            connection.send(self.answer(message))

    def _pass_on(self, message: Message) -> Message:
        """A follower asks the leader (`raftproxy`)."""
        address = self.raft.leader_address()
        if not address or message.get("passed"):
            return {"error": control.NO_LEADER, "status": 500}
        try:
            return wire.ask(self.member.engine, address, self.port, {**message, "passed": 1})
        except NetError:
            return {"error": control.NO_LEADER, "status": 500}

    def answer(self, message: Message) -> Message:
        """Do what is asked; what is refused becomes an answer too."""
        try:
            if not self.raft.has_quorum():
                raise Refusal(500, control.NO_LEADER)
            kind = message.get("m")
            if kind == "join":
                return self._join(message)
            if kind == "attach":
                return self._attach(message)
            if kind == "api":
                return {"ok": control.call(self, str(message["name"]), message["args"]), "version": self.store.version}
        except Refusal as problem:
            return {"error": problem.text, "status": problem.status}
        return {"error": "netsim: no such request", "status": 400}

    # nodes ---------------------------------------------------------------------------------------------------------------

    def addresses(self) -> list[str]:
        """Where the managers are."""
        return [node.address for node in self.store.nodes.values() if node.role == MANAGER and node.state != DOWN]

    def _join(self, message: Message) -> Message:
        """A node with a token becomes a member (`NodeCA.IssueNodeCertificate`)."""
        store, token = self.store, message["token"]
        role = {store.worker_token: WORKER, store.manager_token: MANAGER}.get(token)
        if role is None:
            raise Refusal(400, NO_TOKEN)
        node = self.new_node(message["hostname"], message["address"], role, message["engine"], message.get("availability", "active"))
        answer: Message = {"node": node.id, "cluster": store.id, "role": role, "managers": self.addresses(), "data_port": store.data_port}
        self.changed()
        if role == MANAGER:
            answer["store"] = plain(store)
        return answer

    def new_node(self, hostname: str, address: str, role: str, version: str, availability: str = "active") -> Node:
        """A member more, with a place in the ingress network."""
        node = Node(ids.new_id(self.member.engine.rng), hostname, address, role, availability, engine=version, created=self.now)
        self.store.nodes[node.id] = node
        self.store.touched(node, self.now)
        node.heard = self.clock.now
        ingress = self.store.ingress
        if ingress is not None:
            self.orchestrator.balancer(node, ingress)
        return node

    def _session(self, connection: Connection, message: Message) -> None:
        """An agent reports for duty."""
        node = self.store.nodes.get(str(message["node"]))
        if node is None:
            connection.send({"m": "unknown"})
            return
        connection.peer = node.id
        self.sessions[node.id] = connection
        node.address = message.get("address", node.address)
        self._alive(node.id)
        self.touch(node.id)
        self.changed()

    def _alive(self, node_id: str) -> None:
        node = self.store.nodes.get(node_id)
        if node is None:
            return
        node.heard = self.clock.now
        if node.state != READY:
            node.state, node.message = READY, ""
            self.store.touched(node, self.now)
            self.touch(node_id)
            self.changed()

    def _lost(self, connection: Connection) -> None:
        """A connection ended: the node has its grace period still."""
        if self.sessions.get(connection.peer) is connection:
            del self.sessions[connection.peer]

    def _listen_for_silence(self) -> None:
        """Whose heartbeats stay away is down (`dispatcher.moveTasksToOrphaned`, `markNodeNotReady`)."""
        limit = GRACE_PERIODS * self.store.heartbeat
        for node in self.store.nodes.values():
            if node.id != self.member.node_id and node.state == READY and self.clock.now - node.heard > limit:
                node.state, node.message = DOWN, "heartbeat failure"
                self.store.touched(node, self.now)
                self.sessions.pop(node.id, None)
                self.changed()

    def node_left(self, node_id: str) -> None:
        """A node said good-bye."""
        node = self.store.nodes.get(node_id)
        if node is not None:
            node.state, node.message = DOWN, ""
            node.heard = -(1 << 62)
            self.store.touched(node, self.now)
            self.changed()

    # tasks ---------------------------------------------------------------------------------------------------------------

    def _status(self, message: Message) -> None:
        for task_id, state, error, container_id in message["tasks"]:
            self.set_status(task_id, state, error, container_id)
        if not self.is_looking:
            self.is_looking = 1
            self.member.later(LOOK, "manager", "look")

    def set_status(self, task_id: str, state: str, error: str, container_id: str) -> None:
        """What an agent tells of a task; states only go forward."""
        task = self.store.tasks.get(task_id)
        if task is not None and order_of(state) > order_of(task.state):
            task.state, task.error, task.container_id, task.updated = state, error, container_id, self.now
            self.orchestrator.judge(task)

    def _attach(self, message: Message) -> Message:
        """A container wants to be on a network (`resourceapi.AttachNetwork`)."""
        network = self.store.network(str(message["network"]))
        if network is None or not network.vnis:
            raise Refusal(404, f"rpc error: code = NotFound desc = network {message['network']} not found")
        if not network.attachable:
            raise Refusal(403, f"rpc error: code = PermissionDenied desc = network {network.name} not manually attachable")
        node = self.store.nodes[message["node"]]
        task = Task(ids.new_id(self.member.engine.rng), node_id=node.id, state="running", container_id=message["container"], created=self.now)
        address = self.store.address(network, task.id, str(message.get("address", "")))
        task.networks[network.id] = address
        self.store.tasks[task.id] = task
        self.orchestrator.balancer(node, network)
        told = Assigned(networks=[network], balancers={network.id: node.attachments[network.id]})
        self.changed()
        return {"task": task.id, "network": network.id, "address": address, "assigned": plain(told)}

    def detach(self, task_id: str) -> None:
        """It is on it no more."""
        task = self.store.tasks.pop(task_id, None)
        if task is not None:
            self.store.free_task(task)
            self.changed()

    def free_balancers(self) -> None:
        """Where a node has no task on a network any more, its load balancer's address is free again."""
        used = {(task.node_id, network) for task in self.store.tasks.values() for network in task.networks if task.state not in ENDED}
        ingress = self.store.ingress
        for node in self.store.nodes.values():
            for network in [one for one in node.attachments if (ingress is None or one != ingress.id) and (node.id, one) not in used]:
                self.store.give_back(network, node.attachments.pop(network))

    # telling -------------------------------------------------------------------------------------------------------------

    def touch(self, node_id: str) -> None:
        """A node must be told of something."""
        if node_id:
            self.dirty[node_id] = None

    def touch_all(self) -> None:
        """All of them must."""
        self.dirty.update(dict.fromkeys(self.store.nodes))

    def changed(self) -> None:
        """Something changed: tasks follow, nodes and other managers hear of it soon."""
        if not self.leads:
            return
        self.orchestrator.run()
        self.raft.replicate()
        if self.dirty and not self.is_sending:
            self.is_sending = 1
            self.member.later(BATCH, "manager", "send")

    def _send(self) -> None:
        dirty, self.dirty = self.dirty, {}
        for node_id in dirty:
            node = self.store.nodes.get(node_id)
            if node is None:
                continue
            told = self.assigned(node)
            if node_id == self.member.node_id:
                self.member.assigned(told)
            elif node_id in self.sessions:
                self.sessions[node_id].send({"m": "assign", "assigned": plain(told), "managers": self.addresses()})

    def assigned(self, node: Node) -> Assigned:
        """What a node has to know."""
        store, ingress = self.store, self.store.ingress
        tasks = [task for task in store.tasks.values() if task.node_id == node.id and task.state not in ("new", "pending") and task.service_id]
        wanted = dict.fromkeys(network for task in tasks for network in task.networks)
        if ingress is not None:
            wanted[ingress.id] = None
        services = dict.fromkeys(task.service_id for task in tasks)
        return Assigned(
            tasks, [_bare(store.networks[one]) for one in wanted if one in store.networks],
            [store.services[one] for one in services if one in store.services], dict(node.attachments), self.addresses(), node.role,
        )  # fmt: skip


def _bare(network: Any) -> Any:
    """A network without the list of who has which address."""
    return attrs.evolve(network, taken={}, last={})
