"""Which manager leads, and whether enough of them are there (`swarmkit/manager/state/raft`).

The leader sends its whole state after each change, where raft sends a log; who may lead, when another is chosen and when nobody is, is the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.clock import SECOND
from netsim.docker.swarm import wire
from netsim.docker.swarm.objects import MANAGER, READY, plain, revive
from netsim.docker.swarm.store import Store
from netsim.docker.swarm.wire import Connection, Message
from netsim.errors import NetError

if TYPE_CHECKING:
    from netsim.docker.swarm.dispatcher import Manager

ELECTION = 10 * SECOND
"""Ten ticks without a leader, and as many again by chance (`ElectionTick`)."""


@attrs.define(eq=False)
class Raft:
    """One manager's part. Times are virtual ns of the clock."""

    manager: Manager
    leads: bool = False
    heard: int = 0
    """When the leader was heard of last."""
    waited: int = 0
    """Since when a leader is waited for."""
    patience: int = 0
    acknowledged: dict[str, int] = attrs.field(factory=dict)
    """Manager -> when it was heard of last, for the leader."""
    links: dict[str, Connection] = attrs.field(factory=dict)
    voted: int = 0
    """The last term somebody was voted for."""
    votes: set[str] = attrs.field(factory=set)
    is_candidate: int = 0
    wanted: int = 0
    """The term that votes are asked for."""

    def __attrs_post_init__(self) -> None:
        self.patience = ELECTION + self.manager.member.engine.rng.randrange(ELECTION)

    @property
    def _now(self) -> int:
        return self.manager.clock.now

    def lead(self) -> None:
        """Become the leader of a new swarm, or after an election."""
        store = self.manager.store
        self.leads, store.leader, self.is_candidate = True, self.manager.member.node_id, 0
        store.nodes[store.leader].votes = 1
        self.acknowledged = dict.fromkeys(self._others(), self._now)

    def _others(self) -> list[str]:
        return [node.id for node in self.manager.store.nodes.values() if node.role == MANAGER and node.id != self.manager.member.node_id]

    def _voters(self) -> list[str]:
        """The other managers that count."""
        return [node_id for node_id in self._others() if self.manager.store.nodes[node_id].votes]

    def leader_address(self) -> str:
        """Where the leader is, if one is known and heard of."""
        leader = self.manager.store.nodes.get(self.manager.store.leader)
        if leader is None or leader.id == self.manager.member.node_id or self._now - self.heard > ELECTION:
            return ""
        return leader.address

    def has_quorum(self) -> bool:
        """Whether more than half of the managers are there."""
        others = self._voters()
        there = 1 + sum(self._now - self.acknowledged.get(node_id, -ELECTION) < ELECTION for node_id in others)
        return self.leads and there > (1 + len(others)) // 2

    def reachable(self, node_id: str) -> bool:
        """Whether a manager was heard of in time."""
        return node_id == self.manager.member.node_id or self._now - self.acknowledged.get(node_id, -ELECTION) < ELECTION

    def tick(self) -> None:
        """Every second: the leader says that it is there; who misses it stands for election."""
        if self.leads:
            if not self.has_quorum():
                self.leads, self.waited = False, self._now
                return
            self.replicate()
        elif self._voters() and self._now - max(self.heard, self.waited) > self.patience:
            self._stand()

    def replicate(self) -> None:
        """The state to every other manager."""
        others = self._others()
        if not self.leads or not others:
            return
        store = self.manager.store
        for node_id in others:
            store.nodes[node_id].is_reachable = int(self.reachable(node_id) or not store.nodes[node_id].votes)
        message: Message = {"m": "append", "term": store.term, "leader": self.manager.member.node_id, "store": plain(store)}
        for node_id in others:
            self._send(node_id, message)

    def _send(self, node_id: str, message: Message) -> None:
        link = self.links.get(node_id)
        if link is None or link.fd not in self.manager.member.engine.resolvers:
            address = self.manager.store.nodes[node_id].address
            try:
                fd = wire.connect(self.manager.member.engine, address, self.manager.port)
            except NetError:
                return
            link = self.links[node_id] = Connection(self.manager.member.engine, fd, self._answered, peer=node_id)
            self.manager.member.engine.resolvers[fd] = link
        link.send(message)

    # the other side ------------------------------------------------------------------------------------------------------

    def heard_from(self, message: Message) -> Message:
        """A message of another manager's and the answer to it."""
        store, me = self.manager.store, self.manager.member.node_id
        term = int(message["term"])
        if term < store.term:
            return {"m": "no", "term": store.term, "node": me}
        if message["m"] == "vote":
            if term <= self.voted or term <= store.term or self.leads or self._now - self.heard < ELECTION:
                return {"m": "no", "term": store.term, "node": me}
            self.voted = term
            return {"m": "yes", "term": term, "node": me}
        self.leads, self.is_candidate = False, 0
        self.heard = self._now
        self.manager.store = revive(Store, message["store"])
        return {"m": "got", "term": term, "node": me}

    def _answered(self, connection: Connection, message: Message) -> None:
        """Another manager's answer."""
        store, node_id = self.manager.store, str(message.get("node", ""))
        if message.get("m") == "got":
            self.acknowledged[node_id] = self._now
            if node_id in store.nodes:
                store.nodes[node_id].votes = 1
        elif message.get("m") == "no" and int(message.get("term", 0)) > store.term:
            self.leads, self.is_candidate, self.waited = False, 0, self._now
        elif message.get("m") == "yes" and self.is_candidate and message["term"] == self.wanted:
            self.votes.add(node_id)
            if len(self.votes) > (1 + len(self._voters())) // 2:
                store.term = self.wanted
                self.lead()
                for one in store.nodes.values():
                    one.heard = self._now
                self.manager.touch_all()
                self.manager.changed()
                self.manager.member.leading()

    def _stand(self) -> None:
        """Ask the others for their votes in a new term, which begins only when they are had: who was cut off disturbs nobody when it is back (pre-vote)."""
        self.wanted = max(self.manager.store.term, self.voted) + 1
        self.voted, self.votes, self.is_candidate = self.wanted, {self.manager.member.node_id}, 1
        self.waited, self.patience = self._now, ELECTION + self.manager.member.engine.rng.randrange(ELECTION)
        for node_id in self._voters():
            self._send(node_id, {"m": "vote", "term": self.wanted})

    def state_of(self, node_id: str) -> str:
        """How `docker node ls` shows a manager."""
        if node_id == self.manager.store.leader:
            return "Leader"
        node = self.manager.store.nodes[node_id]
        return "Reachable" if node.state == READY and node.is_reachable else "Unreachable"
