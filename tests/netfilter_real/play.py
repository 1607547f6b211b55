"""The same events on one side after the other, and where the two differ."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import attrs

from tests.netfilter_real import frames
from tests.netfilter_real.drawn import NEW_PORTS, PORTS, SOURCE_PORTS, Again, Answer, FromRouter, Pieces
from tests.netfilter_real.frames import FIRST_IDENT, Reader, Spec, pieces
from tests.netfilter_real.sides import Heard, Ours, Real


@attrs.define
class Played:
    """One side's account of a draw: per event what was told, then the rules with their counters."""

    told: list[Any] = attrs.field(factory=list)
    saved: list[str] = attrs.field(factory=list)
    refused: str = ""
    mix: Counter[str] = attrs.field(factory=Counter)


@attrs.define
class Game:
    """Plays events on one side."""

    side: Real | Ours
    reader: Reader = attrs.field(init=False)
    sent: list[tuple[str, bytes]] = attrs.field(factory=list)
    arrived: list[tuple[str, bytes]] = attrs.field(factory=list)
    mix: Counter[str] = attrs.field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        self.reader = self.side.scene.frames.Reader({*PORTS, *SOURCE_PORTS, *NEW_PORTS, 4000})

    def event(self, number: int, event: Any) -> Any:
        """One event; None when it has nothing to act on."""
        ident = FIRST_IDENT + number
        if isinstance(event, FromRouter):
            target = self.side.scene.said(event.dst)
            heard = self.drawn(self.side.router(event.kind, target, event.sport if event.kind == "udp" else 4000, event.port, b"x"))
            self.arrived += heard.frames
            return self.told(heard)
        if isinstance(event, Pieces):
            return self.in_pieces(event, ident)
        found = self.packet(event, ident)
        if found is None:
            return None
        self.sent.append(found)
        heard = self.drawn(self.side.send(*found))
        self.arrived += heard.frames
        told = self.told(heard)
        self.classify(*found, heard)
        return told

    def packet(self, event: Any, ident: int) -> tuple[str, bytes] | None:
        """Who sends what."""
        if isinstance(event, Spec):
            return event.place, self.made(event, ident)
        if isinstance(event, Again):
            return self.sent[event.number % len(self.sent)] if self.sent else None
        assert isinstance(event, Answer)
        if event.number >= len(self.arrived):
            return None
        place, packet = self.arrived[-1 - event.number]
        back = self.side.scene.frames.answered(packet, event.how, ident)
        return None if back is None else (place, back)

    def made(self, spec: Spec, ident: int) -> bytes:
        """The packet of a spec, with the addresses the scene has."""
        said = self.side.scene.said
        packet: bytes = self.side.scene.frames.made(attrs.evolve(spec, src=said(spec.src), dst=said(spec.dst)), ident)
        return packet

    def in_pieces(self, event: Pieces, ident: int) -> Any:
        """The fragments of a packet, one after the other; what followed any of them."""
        if self.side.scene.frames is not frames:
            return None
        packet = self.made(event.spec, ident)
        found = pieces(packet, event.size)
        heard = Heard([], [])
        for number in event.order:
            part = self.side.send(event.spec.place, found[number % len(found)])
            heard = Heard(heard.frames + part.frames, heard.read + part.read)
        self.classify(event.spec.place, packet, heard)
        return self.told(heard)

    def drawn(self, heard: Heard) -> Heard:
        """Without the messages by which routers tell of themselves."""
        chatter = getattr(self.side.scene.frames, "CHATTER", ())
        if not chatter:
            return heard
        # reports of groups come behind a hop-by-hop header
        kept = [(place, packet) for place, packet in heard.frames if packet[6] and (packet[6] != 58 or packet[40] not in chatter)]
        return attrs.evolve(heard, frames=kept)

    def told(self, heard: Heard) -> Any:
        """What both sides must agree on."""
        read = [(port, data, source, self.reader.number(sport)) for port, data, source, sport in heard.read]
        return [(place, self.reader.told(packet)) for place, packet in heard.frames], read, heard.errno

    def classify(self, place: str, packet: bytes, heard: Heard) -> None:
        """Count what became of a packet: forwarded, translated, dropped, refused, delivered."""
        self.mix["packets"] += 1
        how = self.side.scene.frames
        through = [frame for _, frame in heard.frames if how.is_same(frame, packet)]
        if through:
            self.mix["forwarded"] += 1
            self.mix["translated"] += how.ends(through[0]) != how.ends(packet)
        elif not heard.frames and not heard.read:
            self.mix["dropped"] += 1
        else:
            self.mix["answered by the router"] += 1


def played(side: Real | Ours, rules: str, events: list[Any], pause: float = 0.0) -> Played:
    """One draw on one side."""
    refused = side.load(rules, pause)
    game = Game(side)
    account = Played(refused=re.sub(r"line \d+|/dev/stdin|/rules", "~", refused))
    if not refused:
        account.told = [game.event(number, event) for number, event in enumerate(events)]
        account.saved = [line for line in side.saved().splitlines() if not line.startswith("#")]
    account.mix = game.mix
    return account


def differences(real: Played, ours: Played, events: list[Any]) -> list[str]:
    """What the two sides tell differently, event by event, then the counters."""
    if real.refused or ours.refused:
        return [] if real.refused == ours.refused else [f"refused:\n  real: {real.refused!r}\n  ours: {ours.refused!r}"]
    found = [
        f"{number} {event}\n  real: {theirs}\n  ours: {mine}"
        for number, (event, theirs, mine) in enumerate(zip(events, real.told, ours.told, strict=True))
        if theirs != mine
    ]
    if real.saved != ours.saved:
        found += (
            []
            if len(found) > 99
            else [f"{number} {event}\n  both: {told}" for number, (event, told) in enumerate(zip(events, real.told, strict=True))]
        )
        found += [] if len(found) > 99 else [f"real: {line}" for line in real.saved if line not in ours.saved]
        found += [] if len(found) > 99 else [f"ours: {line}" for line in ours.saved if line not in real.saved]
    return found
