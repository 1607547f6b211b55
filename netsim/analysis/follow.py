"""Which events of a recording belong to one attempt, and which way the packet was going.

A packet is known again by its ends; translation and relays add ends as they come, tunnels are looked into.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

import attrs

from netsim.analysis.headers import Key, key_of, layers, reverse
from netsim.packet import Arp, Icmp6Error, IcmpError, Ip, NeighAdvert, NeighSolicit, Tcp
from netsim.packet.numbers import TCP_RST, TCP_SYN
from netsim.programs.docker_proxy import DockerProxy
from netsim.trace import Dropped, Event, Rewritten, RuleMet, Step

OUT, RELAY, BACK, ERROR, ASKING = "out", "relay", "back", "error", "asking"
"""Ways: to the target, on from a relay, an answer, an ICMP error about it, and asking for a neighbour."""
DELIVERIES = ("tcp_conn_request", "udp_queue_rcv_skb")


@attrs.frozen
class Seen:
    """An event that belongs, and the way the packet was going."""

    event: Any
    way: str


@attrs.frozen
class Ends:
    """How the first packet of an attempt looks: its source is not known yet (`sport` may be)."""

    protocol: str
    dst: int
    dport: int
    sport: int = 0
    way: str = OUT

    def fits(self, key: Key) -> bool:
        """Whether a packet with this key may be the first one."""
        return key[0] == self.protocol and key[3] == self.dst and key[4] == self.dport and self.sport in (0, key[2])


def _no_moment() -> tuple[int, Counter[Any]]:
    return -1, Counter()


@attrs.define(eq=False)
class Follower:
    """Follows one attempt through a recording; `relays` tells which sockets belong to relays."""

    wanted: list[Ends]
    relays: dict[int, DockerProxy]
    """id of a listening socket -> the relay behind it"""
    ways: dict[Key, str] = attrs.field(factory=dict)
    hops: set[Any] = attrs.field(factory=set)
    seen: list[Seen] = attrs.field(factory=list)
    known: dict[Any, int] = attrs.field(factory=dict)
    """How often a decision has been met by one packet."""
    moment: tuple[int, Counter[Any]] = attrs.field(factory=_no_moment)
    relay: DockerProxy | None = None

    def follow(self, events: Iterable[Event]) -> list[Seen]:
        """The events that belong, each decision once (what is sent again meets the same ones)."""
        for event in events:
            way = self._way_of(event)
            if way is None:
                continue
            self._learn(event, way)
            if self._is_new(event, _mark(event, way)):
                self.seen.append(Seen(event, way))
        return self.seen

    def _is_new(self, event: Any, mark: Any) -> bool:
        """Whether this packet, at this moment, has met the same decision more often than any before: a chain may be called twice."""
        if event.time != self.moment[0]:
            self.moment = (event.time, Counter())
        times = self.moment[1][mark] = self.moment[1][mark] + 1
        if times <= self.known.get(mark, 0) or (times > 1 and not isinstance(event, RuleMet)):
            return False
        self.known[mark] = times
        return True

    def _way_of(self, event: Any) -> str | None:
        packet = event.before if isinstance(event, Rewritten) else event.packet
        if not hasattr(packet, "payload") and not isinstance(packet, Arp):
            return self._way_of_flow(event, packet)
        is_error = False
        for layer in layers(packet):
            if isinstance(layer, Arp):
                return ASKING if layer.tpa in self.hops or layer.spa in self.hops else None
            if isinstance(layer.payload, (NeighSolicit, NeighAdvert)):
                return ASKING if layer.payload.target in self.hops else None
            key = key_of(layer)
            if key is not None and (way := self._way_of_key(key)) is not None:
                return ERROR if is_error else None if _is_later(layer.payload, event) else way
            is_error |= isinstance(layer.payload, (IcmpError, Icmp6Error))
        return None

    def _way_of_key(self, key: Key) -> str | None:
        way = self.ways.get(key)
        if way is not None:
            return way
        for place, first in enumerate(self.wanted):
            if first.fits(key):
                self.wanted[place] = attrs.evolve(first, sport=key[2])  # what is sent again from another port tells nothing new
                self._add(key, first.way)
                return first.way
        return None

    def _add(self, key: Key, way: str) -> None:
        self.ways.setdefault(key, way)
        self.ways.setdefault(reverse(key), BACK if way != BACK else OUT)

    def _way_of_flow(self, event: Any, flow: Any) -> str | None:
        """Routing questions that got no way: they are asked before there is a packet."""
        target = getattr(flow, "dst", None)
        if target is None:
            return None
        if any(int(target) == first.dst for first in self.wanted):
            return OUT
        return next((way for key, way in self.ways.items() if key[3] == int(target)), None)

    def _learn(self, event: Any, way: str) -> None:
        if isinstance(event, Rewritten):
            after = key_of(event.packet)
            if after is not None:
                self._add(after, way)
        elif isinstance(event, Step) and event.where == "neigh_output":
            self.hops.add(event.detail[0])
        elif isinstance(event, Step) and event.where in DELIVERIES and way == OUT:
            relay = self.relays.get(id(event.detail))
            if relay is not None:
                self.relay = relay
                self.wanted.append(Ends(relay.protocol, int(relay.inside), relay.inside_port, way=RELAY))


def _is_later(payload: Any, event: Any) -> bool:
    """Segments behind the handshake decide nothing new; only those that die are of interest."""
    return isinstance(payload, Tcp) and not payload.flags & (TCP_SYN | TCP_RST) and not isinstance(event, Dropped)


def _mark(event: Any, way: str) -> Any:
    """What makes a decision the same one: all but time and what changes from one packet of a flow to the next."""
    keys = tuple(key_of(layer) for layer in layers(event.packet)) if hasattr(event.packet, "payload") else ()
    flags = event.packet.payload.flags if isinstance(event.packet, Ip) and isinstance(event.packet.payload, Tcp) else 0
    place = (type(event).__name__, way, event.netns, event.device if hasattr(event, "device") else "", keys, flags)
    if isinstance(event, Step):
        return *place, event.where, event.detail[0] if event.where in ("neigh_output", "nf_conntrack_in") else None
    if isinstance(event, RuleMet):
        return *place, event.hook, event.table.name, event.chain, event.number
    if isinstance(event, Dropped):
        return *place, event.reason, str(event.detail) if isinstance(event.detail, (str, int)) else ""
    return *place, event.where
