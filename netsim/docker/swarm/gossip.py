"""Who is there and who is where: membership by probes, tables of each network's endpoints by gossip (`networkdb`, memberlist's SWIM).

Every member probes another each second; who answers neither it nor three others, nor over TCP, is suspected, and a few seconds later
taken for dead: what it told is forgotten. A change is told at once to all members of its network; every 30 s two members compare all
they know over TCP, so what was lost on the way arrives late, not never.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from netsim.clock import MS, SECOND
from netsim.docker.swarm import wire
from netsim.docker.swarm.wire import Connection, Datagrams, Listener, Message
from netsim.errors import NetError

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

PORT = 7946
PROBE_INTERVAL = SECOND
PROBE_TIMEOUT = 500 * MS
SUSPICION = 4
"""Probe intervals that a suspect has to answer, times the logarithm of the number of members (`SuspicionMult`)."""
GOSSIP_INTERVAL = 200 * MS
"""Between two rounds of news."""
SYNC_INTERVAL = 30 * SECOND
RETRY = SECOND
HELPERS = 3
FIRST_EXCHANGES = 3
"""Members of a network that a new one asks for all they know."""
MOST_ENTRIES = 8
"""Entries in one datagram (memberlist packs up to 1,400 bytes)."""
ALIVE, SUSPECT, DEAD = "alive", "suspect", "dead"


@attrs.define(eq=False)
class Peer:
    """A member as another one knows it. `incarnation` grows when it contradicts what others say of it."""

    name: str
    address: str
    state: str = ALIVE
    incarnation: int = 0
    networks: list[str] = attrs.field(factory=list)
    changed: int = 0
    """Virtual ns since when it has this state."""


@attrs.define(eq=False)
class Record:
    """One row of a network's table: who told it, how often it changed, and what it says (None: it is no more)."""

    key: str
    owner: str
    stamp: int
    value: dict[str, Any] | None


class Audience(Protocol):
    """Who is told of changes."""

    def record_changed(self, network: str, before: Record | None, after: Record | None) -> None:
        """A row of another member's came, changed or went."""


@attrs.define(eq=False)
class Gossip:
    """One member's view."""

    engine: Engine
    name: str
    address: str
    audience: Audience
    port: int = PORT
    incarnation: int = 0
    networks: list[str] = attrs.field(factory=list)
    peers: dict[str, Peer] = attrs.field(factory=dict)
    tables: dict[str, dict[str, Record]] = attrs.field(factory=dict)
    seeds: list[str] = attrs.field(factory=list)
    """Addresses to begin with."""
    udp: Datagrams | None = None
    tcp: Listener | None = None
    order: list[str] = attrs.field(factory=list)
    probed: str = ""
    """Whose answer is waited for."""
    sequence: int = 0
    relayed: dict[int, tuple[str, int]] = attrs.field(factory=dict)
    stamp: int = 0
    waiting: dict[str, list[str]] = attrs.field(factory=dict)
    """Network -> keys of own rows that are told with the next datagrams."""
    told: int = -GOSSIP_INTERVAL

    def start(self, seeds: list[str]) -> None:
        """Take the ports and meet the members behind addresses."""
        self.seeds = [seed for seed in seeds if seed != self.address]
        self.udp = wire.datagrams(self.engine, self.port, self._heard)
        self.tcp = wire.listen(self.engine, self.port, self._exchanged, _ignored)
        for seed in self.seeds:
            self._exchange(seed)
        self._timer(PROBE_INTERVAL + self.engine.rng.randrange(PROBE_INTERVAL), "probe")
        self._timer(SYNC_INTERVAL, "sync")
        self._timer(RETRY, "retry")

    def stop(self) -> None:
        """Say good-bye and give the ports back."""
        self._tell_waiting()
        self._tell_all({"t": "left", "name": self.name, "incarnation": self.incarnation})
        for port in (self.udp, self.tcp):
            if port is not None:
                port.close()
        self.udp = self.tcp = None

    def _timer(self, delay: int, *token: Any) -> None:
        self.engine.process.timer(delay, ("swarm", "gossip", *token))

    def timer(self, token: tuple[Any, ...]) -> None:
        """A timer of ours fired."""
        if self.udp is None:
            return
        what, *rest = token
        if what == "probe":
            self._probe()
            self._timer(PROBE_INTERVAL, "probe")
        elif what == "late":
            self._ask_others(*rest)
        elif what == "over":
            self._probe_over(*rest)
        elif what == "doubt":
            self._doubt_over(*rest)
        elif what == "tell":
            self._tell_waiting()
        elif what == "sync":
            self._sync_somebody()
            self._timer(SYNC_INTERVAL, "sync")
        elif what == "retry":
            self._retry_dead()
            self._timer(RETRY, "retry")
        elif what == "hang":
            connection = self.engine.resolvers.get(rest[0])
            if isinstance(connection, Connection):
                connection.close()

    @property
    def now(self) -> int:
        """Virtual ns."""
        return self.engine.machine.kernel.clock.now

    def alive(self) -> list[Peer]:
        """Members that are there or only suspected."""
        return [peer for peer in self.peers.values() if peer.state != DEAD]

    def _me(self) -> Message:
        return {"name": self.name, "address": self.address, "state": ALIVE, "incarnation": self.incarnation, "networks": self.networks}

    def _send(self, address: str, message: Message) -> None:
        if self.udp is not None:
            self.udp.send(address, self.port, {**message, "from": self.name})

    def _tell_all(self, message: Message) -> None:
        for peer in self.alive():
            self._send(peer.address, message)

    # probes --------------------------------------------------------------------------------------------------------------

    def _probe(self) -> None:
        """Whose turn it is: all once, in a drawn order, then again."""
        living = {peer.name for peer in self.alive()}
        self.order = [name for name in self.order if name in living]
        if not self.order:
            self.order = sorted(living)
            self.engine.rng.shuffle(self.order)
        if not self.order:
            return
        self.probed = self.order.pop()
        self.sequence += 1
        self._send(self.peers[self.probed].address, {"t": "ping", "seq": self.sequence, "name": self.probed})
        self._timer(PROBE_TIMEOUT, "late", self.sequence)

    def _ask_others(self, sequence: int) -> None:
        """It did not answer: others try, and we do over TCP (`probeNode`)."""
        if sequence != self.sequence or not self.probed:
            return
        target = self.peers[self.probed]
        others = [peer for peer in self.alive() if peer is not target]
        for helper in self.engine.rng.sample(others, min(HELPERS, len(others))):
            self._send(helper.address, {"t": "relay", "seq": sequence, "name": target.name, "address": target.address})
        self._exchange(target.address, {"t": "ping", "seq": sequence, "name": target.name})
        self._timer(PROBE_TIMEOUT - 10 * MS, "over", sequence)

    def _probe_over(self, sequence: int) -> None:
        if sequence != self.sequence or not self.probed:
            return
        peer = self.peers.get(self.probed)
        self.probed = ""
        if peer is not None and peer.state == ALIVE:
            self._suspect(peer, peer.incarnation)
            self._tell_all({"t": "suspect", "name": peer.name, "incarnation": peer.incarnation})

    def _suspect(self, peer: Peer, incarnation: int) -> None:
        if peer.state != ALIVE or incarnation < peer.incarnation:
            return
        peer.state, peer.changed = SUSPECT, self.now
        members = len(self.alive()) + 1
        self._timer(int(SUSPICION * max(1.0, math.log10(max(1, members))) * PROBE_INTERVAL), "doubt", peer.name, peer.changed)

    def _doubt_over(self, name: str, since: int) -> None:
        peer = self.peers.get(name)
        if peer is not None and peer.state == SUSPECT and peer.changed == since:
            self._bury(peer)
            self._tell_all({"t": "dead", "name": name, "incarnation": peer.incarnation})

    def _bury(self, peer: Peer) -> None:
        """What it told is forgotten (`deleteNodeTableEntries`)."""
        peer.state, peer.changed = DEAD, self.now
        for network, table in self.tables.items():
            for record in [record for record in table.values() if record.owner == peer.name]:
                del table[record.key]
                if record.value is not None:
                    self.audience.record_changed(network, record, None)

    # what comes ----------------------------------------------------------------------------------------------------------

    def _heard(self, address: str, message: Message) -> None:
        """A datagram."""
        if self.udp is None:
            return
        kind, name = message.get("t"), message.get("name", "")
        if kind == "ping" and name == self.name:
            self._send(address, {"t": "ack", "seq": message["seq"], "of": self.name})
        elif kind == "ack":
            self._acknowledged(message)
        elif kind == "relay":
            self.sequence += 1
            self.relayed[self.sequence] = (address, message["seq"])
            self._send(message["address"], {"t": "ping", "seq": self.sequence, "name": name})
        elif kind in ("suspect", "dead"):
            self._said_of(str(kind), name, int(message["incarnation"]))
        elif kind == "left":
            peer = self.peers.pop(name, None)
            if peer is not None:
                self._bury(peer)
        elif kind == "alive":
            self._meet(message["peer"])
        elif kind == "rows":
            for row in message["rows"]:
                self._take(message["network"], row)

    def _acknowledged(self, message: Message) -> None:
        sequence = int(message["seq"])
        if sequence == self.sequence and message.get("of") == self.probed:
            peer, self.probed = self.peers.get(self.probed), ""
            if peer is not None and peer.state == SUSPECT:
                peer.state, peer.changed = ALIVE, self.now
        elif sequence in self.relayed:
            address, theirs = self.relayed.pop(sequence)
            self._send(address, {"t": "ack", "seq": theirs, "of": message.get("of", "")})

    def _said_of(self, kind: str, name: str, incarnation: int) -> None:
        if name == self.name:
            self.incarnation = max(self.incarnation, incarnation) + 1
            self._tell_all({"t": "alive", "peer": self._me()})
            return
        peer = self.peers.get(name)
        if peer is None or incarnation < peer.incarnation:
            return
        if kind == "suspect":
            self._suspect(peer, incarnation)
        elif peer.state != DEAD:
            self._bury(peer)

    def _meet(self, sent: Message) -> None:
        """Somebody is said to be there."""
        name = str(sent["name"])
        if name == self.name:
            return
        known = self.peers.get(name)
        if known is None:
            self.peers[name] = known = Peer(name, sent["address"], changed=self.now)
        elif sent["incarnation"] < known.incarnation or (known.state == DEAD and sent["incarnation"] <= known.incarnation and not sent.get("first")):
            return
        fresh = [network for network in sent["networks"] if network in self.networks and network not in known.networks]
        known.state, known.incarnation, known.networks, known.address = ALIVE, sent["incarnation"], list(sent["networks"]), sent["address"]
        for network in fresh:
            self._tell(known, network, [record for record in self.tables[network].values() if record.owner == self.name])

    # rows ----------------------------------------------------------------------------------------------------------------

    def join(self, network: str) -> None:
        """Take part in a network (`JoinNetwork`): everybody hears of it, and its members tell what they know."""
        if network in self.networks:
            return
        self.networks.append(network)
        self.tables.setdefault(network, {})
        self.incarnation += 1
        self._tell_all({"t": "alive", "peer": self._me()})
        members = [peer for peer in self.alive() if network in peer.networks]
        for peer in self.engine.rng.sample(members, min(FIRST_EXCHANGES, len(members))):
            self._exchange(peer.address)

    def leave(self, network: str) -> None:
        """Take part no more."""
        if network not in self.networks:
            return
        self._tell_waiting()
        self.networks.remove(network)
        self.tables.pop(network, None)
        self.incarnation += 1
        self._tell_all({"t": "alive", "peer": self._me()})

    def put(self, network: str, key: str, value: dict[str, Any] | None) -> None:
        """A row of our own: new, changed or (None) gone."""
        if network not in self.networks:
            return
        self.stamp += 1
        self.tables[network][key] = Record(key, self.name, self.stamp, value)
        if not self.waiting:
            self._timer(max(MS, self.told + GOSSIP_INTERVAL - self.now), "tell")
        self.waiting.setdefault(network, []).append(key)

    def _tell_waiting(self) -> None:
        waiting, self.waiting, self.told = self.waiting, {}, self.now
        for network, keys in waiting.items():
            records = [record for key in dict.fromkeys(keys) if (record := self.tables.get(network, {}).get(key)) is not None]
            for peer in self.alive():
                if network in peer.networks:
                    self._tell(peer, network, records)

    def _tell(self, peer: Peer, network: str, records: list[Record]) -> None:
        rows = [_row(record) for record in records]
        for at in range(0, len(rows), MOST_ENTRIES):
            self._send(peer.address, {"t": "rows", "network": network, "rows": rows[at : at + MOST_ENTRIES]})

    def _take(self, network: str, row: list[Any]) -> None:
        """A row of another member's, if it is news."""
        table = self.tables.get(network)
        key, owner, stamp, value = row
        if table is None or owner == self.name:
            return
        peer = self.peers.get(owner)
        if peer is not None and peer.state == DEAD:
            return
        before = table.get(key)
        if before is not None and before.owner == owner and before.stamp >= stamp:
            return
        after = table[key] = Record(key, owner, stamp, value)
        self.audience.record_changed(network, before, after)

    def rows(self, network: str) -> list[Record]:
        """What is known of a network, ours included."""
        return [record for record in self.tables.get(network, {}).values() if record.value is not None]

    # comparing all over TCP ----------------------------------------------------------------------------------------------

    def _exchange(self, address: str, message: Message | None = None) -> None:
        try:
            fd = wire.connect(self.engine, address, self.port)
        except NetError:
            return
        connection = Connection(self.engine, fd, self._exchanged, _ignored)
        self.engine.resolvers[fd] = connection
        connection.send({**message, "from": self.name} if message is not None else {"t": "sync", **self._all()})
        self._timer(10 * SECOND, "hang", fd)

    def _all(self) -> Message:
        """Members that are not dead, and the rows of networks."""
        peers = [
            {"name": peer.name, "address": peer.address, "state": peer.state, "incarnation": peer.incarnation, "networks": peer.networks}
            for peer in self.alive()
        ]
        tables = {network: [_row(record) for record in table.values()] for network, table in self.tables.items()}
        return {"from": self.name, "peers": [{**self._me(), "first": 1}, *peers], "tables": tables}

    def _exchanged(self, connection: Connection, message: Message) -> None:
        """A line over TCP: everything they know, which is answered with everything we know, or a probe."""
        if self.udp is None:
            return
        kind = message.get("t")
        if kind == "ping":
            connection.send({"t": "ack", "seq": message["seq"], "of": self.name})
            return
        if kind == "ack":
            self._acknowledged(message)
            connection.close()
            return
        if kind not in ("sync", "synced"):
            return
        new = [peer for peer in message["peers"] if peer["name"] not in self.peers and peer["name"] != self.name]
        for peer in message["peers"]:
            self._meet(peer)
        if kind == "sync":
            connection.send({"t": "synced", **self._all()})
        for network, rows in message["tables"].items():
            for row in rows:
                self._take(network, row)
        if kind == "synced":
            connection.close()
        for peer in new:
            self._tell_all({"t": "alive", "peer": peer})

    def _sync_somebody(self) -> None:
        peers = self.alive()
        if peers:
            self._exchange(self.engine.rng.choice(peers).address)

    def _retry_dead(self) -> None:
        """One of those taken for dead may be back (`reconnectNode`); who knows nobody begins again (`rejoinClusterBootStrap`)."""
        dead = [peer for peer in self.peers.values() if peer.state == DEAD]
        if dead:
            self._exchange(self.engine.rng.choice(dead).address)
        elif not self.peers and self.seeds:
            self._exchange(self.engine.rng.choice(self.seeds))


def _ignored(connection: Connection) -> None:
    """A connection ended."""


def _row(record: Record) -> list[Any]:
    return [record.key, record.owner, record.stamp, record.value]
