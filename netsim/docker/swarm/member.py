"""A daemon's part in a swarm: agent always, manager where it is one (`daemon/cluster`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from netsim.clock import MS, SECOND
from netsim.docker.errors import Refusal, failed
from netsim.docker.swarm import networks, wire
from netsim.docker.swarm.agent import Agent
from netsim.docker.swarm.balance import Balance
from netsim.docker.swarm.control import NO_LEADER
from netsim.docker.swarm.dispatcher import Manager
from netsim.docker.swarm.gossip import Gossip
from netsim.docker.swarm.objects import MANAGER, WORKER, Assigned, plain, revive
from netsim.docker.swarm.store import Store
from netsim.docker.swarm.wire import Connection, Message
from netsim.errors import NetError

if TYPE_CHECKING:
    from netsim.docker.cnm.model import Endpoint, Network
    from netsim.docker.engine.container import Container
    from netsim.docker.engine.engine import Engine
    from netsim.docker.settings import EndpointSettings, NetworkSpec

HEARTBEAT = 5 * SECOND
RECONNECT = SECOND
PORT = 2377
WORKERS_CANNOT = (
    "This node is not a swarm manager. Worker nodes can't be used to view or modify cluster state. Please run this command on a manager node or "
    "promote the current node to a manager."
)


@attrs.define(eq=False)
class Member:
    """One node of a swarm."""

    engine: Engine
    node_id: str
    cluster_id: str
    address: str
    """Where others reach it."""
    data_address: str
    gossip: Gossip = attrs.field(init=False)
    agent: Agent = attrs.field(init=False)
    balance: Balance = attrs.field(init=False)
    manager: Manager | None = None
    managers: list[str] = attrs.field(factory=list)
    """Addresses of managers."""
    session: Connection | None = None
    session_heard: int = 0
    session_answered: int = 0
    """1: the manager at the other end has said something."""
    turn: int = 0
    """Which manager is tried next."""
    role: str = WORKER
    error: str = ""

    def __attrs_post_init__(self) -> None:
        self.agent, self.balance = Agent(self), Balance(self)
        self.gossip = Gossip(self.engine, f"{self.engine.rng.getrandbits(48):012x}", self.address, self.agent)

    # coming and going ----------------------------------------------------------------------------------------------------

    def begin(self, seeds: list[str]) -> None:
        """Take the ports and meet the others."""
        if self.manager is not None:
            self.manager.start()
        self.gossip.start(seeds)
        self.later(HEARTBEAT, "heartbeat")
        if self.manager is None or not self.manager.leads:
            self._open_session()

    def end(self) -> None:
        """Everything of the swarm's on this node goes."""
        engine = self.engine
        for work in self.agent.statuses():
            container = engine.containers.get(work.container_id)
            if container is not None:
                from netsim.docker.engine import run as life

                life.remove(engine, container, force=1)
        if self.session is not None:
            self.session.close()
            self.session = None
        if self.manager is not None:
            self.manager.stop()
            self.manager = None
        for network in [network for network in engine.networks.values() if network.spec.scope == "swarm"]:
            self._cut(network)
        self.gossip.stop()
        self.balance.clear()

    def _cut(self, network: Network) -> None:
        """Containers attached by hand lose the network."""
        from netsim.docker.cnm.lifecycle import detach

        for endpoint in [one for one in network.endpoints.values() if not one.name.endswith("-endpoint")]:
            detach(self.engine, endpoint, {})
        if network.id in self.engine.networks:
            networks.remove(self.engine, network)

    def later(self, delay: int, *token: Any) -> None:
        """A timer that comes back to `timer`."""
        self.engine.process.timer(delay, ("swarm", *token))

    def timer(self, token: tuple[Any, ...]) -> None:
        """A timer fired."""
        what, *rest = token
        if what == "gossip":
            self.gossip.timer(tuple(rest))
        elif what == "agent":
            self.agent.timer(tuple(rest))
        elif what == "manager" and self.manager is not None:
            self.manager.timer(tuple(rest))
        elif what == "idle":
            self.agent.tidy(rest[0])
        elif what == "heartbeat":
            self.later(HEARTBEAT, "heartbeat")
            self._beat()
        elif what == "session":
            self._open_session()

    # the agent's session with the leader ---------------------------------------------------------------------------------

    @property
    def _is_own_leader(self) -> bool:
        return self.manager is not None and self.manager.leads

    def _open_session(self) -> None:
        """Connect to a manager; one that does not lead says who does."""
        if self._is_own_leader or (self.session is not None and self.session.fd in self.engine.resolvers):
            return
        candidates = [address for address in self.managers if address != self.address]
        if not candidates:
            self.later(RECONNECT, "session")
            return
        leader = self.manager.raft.leader_address() if self.manager is not None else ""
        self.turn += 1
        self._session_with(leader or candidates[self.turn % len(candidates)])

    def _session_with(self, address: str) -> None:
        try:
            fd = wire.connect(self.engine, address, PORT)
        except NetError:
            self.later(RECONNECT, "session")
            return
        self.session = Connection(self.engine, fd, self._told, self._session_lost, address)
        self.engine.resolvers[fd] = self.session
        self.session_heard, self.session_answered = self.engine.machine.kernel.clock.now, 0
        self.session.send({"m": "session", "node": self.node_id, "address": self.address})
        rows = [[work.task.id, work.state, work.error, work.container_id] for work in self.agent.statuses()]
        if rows:
            self.session.send({"m": "status", "tasks": rows})

    def _session_lost(self, connection: Connection) -> None:
        if connection is self.session:
            self.session = None
            self.later(RECONNECT, "session")

    def _beat(self) -> None:
        """Say that we are there; a leader that was not heard of for long is given up."""
        now = self.engine.machine.kernel.clock.now
        if self._is_own_leader:
            assert self.manager is not None
            self.manager.store.nodes[self.node_id].heard = now
            return
        patience = 3 * HEARTBEAT if self.session_answered else HEARTBEAT - SECOND
        if self.session is not None and now - self.session_heard > patience:
            self.session.close()
            self.session = None
        if self.session is not None:
            self.session.send({"m": "heartbeat"})
        else:
            self._open_session()

    def _told(self, connection: Connection, message: Message) -> None:
        """A line from the leader."""
        self.session_heard, self.session_answered = self.engine.machine.kernel.clock.now, 1
        kind = message.get("m")
        if kind == "assign":
            self.managers = message["managers"] or self.managers
            self.assigned(revive(Assigned, message["assigned"]))
        elif kind == "elsewhere":
            connection.close()
            self.session, self.managers = None, message["managers"] or self.managers
            if self._is_own_leader:
                return
            if message["leader"] not in ("", self.address):
                self._session_with(message["leader"])
            else:
                self.later(RECONNECT, "session")
        elif kind == "unknown":
            self.error = "rpc error: code = NotFound desc = node not found"
            connection.close()

    def leading(self) -> None:
        """This node has become the leader."""
        if self.session is not None:
            self.session.close()
            self.session = None
        assert self.manager is not None
        for work in self.agent.statuses():
            self.manager.set_status(work.task.id, work.state, work.error, work.container_id)
        self.manager.changed()

    def assigned(self, told: Assigned) -> None:
        """What this node has to do now."""
        self.managers = told.managers or self.managers
        if told.role != self.role:
            self._change_role(told.role)
        self.agent.assign(told)

    def _change_role(self, role: str) -> None:
        """Promoted or demoted."""
        self.role = role
        if role == MANAGER and self.manager is None:
            self.manager = Manager(self, Store(self.cluster_id))
            self.manager.raft.heard = self.engine.machine.kernel.clock.now
            self.manager.start()
        elif role == WORKER and self.manager is not None:
            self.manager.stop()
            self.manager = None
            self.later(RECONNECT, "session")

    def report(self, task_id: str, state: str, error: str, container_id: str) -> None:
        """Tell the leader what became of a task."""
        if self._is_own_leader:
            assert self.manager is not None
            self.manager.set_status(task_id, state, error, container_id)
            self.manager.changed()
        elif self.session is not None:
            self.session.send({"m": "status", "tasks": [[task_id, state, error, container_id]]})

    def ask_leader(self, message: Message) -> Message:
        """A request that needs an answer; NetError when no manager gives one."""
        if self._is_own_leader:
            assert self.manager is not None
            return self.manager.answer(message)
        problem = NetError(110)
        leader = self.session.peer if self.session is not None else ""
        for address in dict.fromkeys([*([leader] if leader else []), *self.managers]):
            try:
                return wire.ask(self.engine, address, PORT, message)
            except NetError as error:
                problem = error
        raise problem

    def tell_leader(self, message: Message) -> None:
        """Something it should know."""
        if self._is_own_leader:
            assert self.manager is not None
            if message["m"] == "detach":
                self.manager.detach(str(message["task"]))
        elif self.session is not None:
            self.session.send(message)

    # for clients ---------------------------------------------------------------------------------------------------------

    def state(self) -> Store:
        """What the managers know; refused on workers, and while nobody leads."""
        if self.manager is None:
            raise Refusal(503, WORKERS_CANNOT)
        if not self.manager.raft.has_quorum() and not self.manager.raft.leader_address():
            raise failed(NO_LEADER)
        return self.manager.store

    def call(self, name: str, /, **args: Any) -> Any:
        """Have the leader do something; Refusal."""
        self.state()
        try:
            answer = self.ask_leader({"m": "api", "name": name, "args": plain(args)})
        except NetError:
            raise failed(NO_LEADER) from None
        if "error" in answer:
            raise Refusal(int(answer["status"]), str(answer["error"]))
        self._await(int(answer["version"]))
        return answer["ok"]

    def _await(self, version: int) -> None:
        """Until this manager knows what the leader has done, for two seconds at most."""
        clock = self.engine.machine.kernel.clock
        deadline = clock.now + 2 * SECOND
        while self.manager is not None and self.manager.store.version < version and clock.now < deadline:
            clock.run_until(clock.now + MS)

    def create_network(self, spec: NetworkSpec) -> Network:
        """A network of the swarm, as a client sees it."""
        made = self.call(
            "network_create", name=spec.name, driver=spec.driver, options=dict(spec.options), labels=dict(spec.labels), internal=spec.internal,
            attachable=spec.attachable, ingress=spec.ingress, configs=[[one.subnet, one.ip_range, one.gateway] for one in spec.configs],
        )  # fmt: skip
        return next(network for network in self.other_networks() if network.id == made)

    def other_networks(self) -> list[Network]:
        """Networks of the swarm that are not on this host; only managers know."""
        if self.manager is None:
            return []
        return [networks.shown(self.engine, told) for told in self.manager.store.networks.values() if told.id not in self.engine.networks]

    def peers(self, network: Network) -> list[tuple[str, str]]:
        """Name and address of the members on a network, this one first."""
        gossip = self.gossip
        own = [(gossip.name, gossip.address)] if network.id in gossip.networks else []
        return own + [(peer.name, peer.address) for peer in gossip.alive() if network.id in peer.networks]

    # for the engine ------------------------------------------------------------------------------------------------------

    def find(self, container: Container, name: str, settings: EndpointSettings) -> tuple[Network, EndpointSettings] | None:
        """A network of the swarm for a container about to be attached; None when there is none such."""
        return self.agent.find(container, name, settings)

    def joined(self, container: Container, endpoint: Endpoint) -> None:
        """A container's endpoint is in place."""
        if endpoint.network.id in self.agent.told:
            self.agent.announce(endpoint, container)

    def left(self, endpoint: Endpoint) -> None:
        """An endpoint is no more."""
        self.agent.left(endpoint)

    def ended(self, container: Container) -> None:
        """A container ended."""
        self.agent.ended(container)
