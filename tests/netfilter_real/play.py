"""The same events on one side after the other, and where the two differ."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import attrs

from tests.netfilter_real.drawn import NEW_PORTS, PORTS, SOURCE_PORTS, Again, Answer, FromRouter
from tests.netfilter_real.frames import FIRST_IDENT, Reader, Spec, answered, made
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
        self.reader = Reader({*PORTS, *SOURCE_PORTS, *NEW_PORTS, 4000})

    def event(self, number: int, event: Any) -> Any:
        """One event; None when it has nothing to act on."""
        ident = FIRST_IDENT + number
        if isinstance(event, FromRouter):
            heard = self.side.router(event.kind, event.dst, event.sport if event.kind == "udp" else 4000, event.port, b"x")
            self.arrived += heard.frames
            return self.told(heard)
        found = self.packet(event, ident)
        if found is None:
            return None
        self.sent.append(found)
        heard = self.side.send(*found)
        self.arrived += heard.frames
        told = self.told(heard)
        self.classify(*found, heard)
        return told

    def packet(self, event: Any, ident: int) -> tuple[str, bytes] | None:
        """Who sends what."""
        if isinstance(event, Spec):
            return event.place, made(event, ident)
        if isinstance(event, Again):
            return self.sent[event.number % len(self.sent)] if self.sent else None
        assert isinstance(event, Answer)
        if event.number >= len(self.arrived):
            return None
        place, packet = self.arrived[-1 - event.number]
        back = answered(packet, event.how, ident)
        return None if back is None else (place, back)

    def told(self, heard: Heard) -> Any:
        """What both sides must agree on."""
        read = [(port, data, source, self.reader.number(sport)) for port, data, source, sport in heard.read]
        return [(place, self.reader.told(packet)) for place, packet in heard.frames], read, heard.errno

    def classify(self, place: str, packet: bytes, heard: Heard) -> None:
        """Count what became of a packet: forwarded, translated, dropped, refused, delivered."""
        self.mix["packets"] += 1
        through = [frame for _, frame in heard.frames if frame[4:6] == packet[4:6]]
        if through:
            self.mix["forwarded"] += 1
            header = (packet[0] & 15) * 4
            ports = slice(header, header + 4) if packet[9] in (6, 17) else slice(0)
            self.mix["translated"] += through[0][12:20] != packet[12:20] or through[0][ports] != packet[ports]
        elif not heard.frames and not heard.read:
            self.mix["dropped"] += 1
        else:
            self.mix["answered by the router"] += 1


def played(side: Real | Ours, build: str, rules: str, events: list[Any], pause: float = 0.0) -> Played:
    """One draw on one side."""
    refused = side.load(build, rules, pause)
    game = Game(side)
    account = Played(refused=re.sub(r"line \d+", "line", refused))
    if not refused:
        account.told = [game.event(number, event) for number, event in enumerate(events)]
        account.saved = [line for line in side.saved(build).splitlines() if not line.startswith("#")]
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
