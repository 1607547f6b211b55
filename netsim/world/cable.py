"""Cables: two ends, a length, and what goes wrong in between."""

from __future__ import annotations

import random
from typing import Protocol

import attrs

from netsim.clock import SECOND, Clock
from netsim.packet import Ethernet

STORM = 1024
"""Cables and switches after which a frame is taken for a storm and cut off; real ones have no such bound."""
FRAME_OVERHEAD = 38
"""What a frame takes of the line besides its payload: header 14, checksum 4, preamble 8 and the gap of 12 bytes (IEEE 802.3)."""
HEADER, TAG = 14, 4
SHORTEST_PAYLOAD = 46


class Jack(Protocol):
    """What a cable can be plugged into: a card, or a port of a switch."""

    def arrive(self, frame: Ethernet, hops: int) -> None:
        """A frame came in."""

    def lost_line(self) -> None:
        """The other end is gone."""

    def found_line(self) -> None:
        """The other end is there."""


@attrs.define(eq=False)
class Counts:
    """Frames that went in at one end, and what became of them."""

    sent: int = 0
    delivered: int = 0
    delayed: int = 0
    lost: int = 0
    too_long: int = 0
    unplugged: int = 0
    storm: int = 0


@attrs.define(eq=False)
class Cable:
    """A line between two jacks, the same in both directions.

    `delay` is ns one way; `loss` the share of frames lost, 0 to 1; `rate` bits a second, 0 without bound: while a frame is being sent the card's
    queue waits; `mtu` the longest payload it carries, in bytes, 0 without bound (a tag of 802.1Q is no payload).
    """

    clock: Clock
    rng: random.Random
    delay: int = 0
    loss: float = 0.0
    rate: int = 0
    mtu: int = 0
    plugged: int = 1
    ends: list[End] = attrs.field(factory=list)

    def __attrs_post_init__(self) -> None:
        if self.delay < 0 or self.rate < 0 or self.mtu < 0 or not 0 <= self.loss <= 1:
            raise ValueError("a cable's delay, rate and mtu are not negative, and its loss lies between 0 and 1")

    def connect(self, first: Jack, second: Jack) -> tuple[End, End]:
        """Plug it in at both ends."""
        self.ends = [End(self, first), End(self, second)]
        return self.ends[0], self.ends[1]

    def unplug(self) -> None:
        """Pull it out: both ends lose the carrier, and what is under way is lost."""
        if self.plugged:
            self.plugged = 0
            for end in self.ends:
                end.jack.lost_line()

    def plug(self) -> None:
        """Put it back."""
        if not self.plugged:
            self.plugged = 1
            for end in self.ends:
                end.jack.found_line()

    def other(self, end: End) -> End:
        """The other end."""
        return self.ends[1] if end is self.ends[0] else self.ends[0]

    def total(self, name: str) -> int:
        """A count of both directions together."""
        return sum(int(getattr(end.counts, name)) for end in self.ends)


@attrs.define(eq=False)
class End:
    """One end of a cable, and what went in there."""

    cable: Cable
    jack: Jack
    counts: Counts = attrs.field(factory=Counts)

    def carry(self, frame: Ethernet, hops: int) -> int:
        """Send a frame to the other end; answers how long the line is busy with it, in ns."""
        cable, counts = self.cable, self.counts
        counts.sent += 1
        payload = frame.size - HEADER
        busy = (max(payload, SHORTEST_PAYLOAD) + FRAME_OVERHEAD) * 8 * SECOND // cable.rate if cable.rate else 0
        if hops > STORM:
            counts.storm += 1
        elif not cable.plugged:
            counts.unplugged += 1
        elif cable.mtu and payload - (TAG if frame.ethertype == 0x8100 else 0) > cable.mtu:
            counts.too_long += 1
        elif cable.loss and cable.rng.random() < cable.loss:
            counts.lost += 1
        elif busy or cable.delay:
            counts.delayed += 1
            cable.clock.call_later(busy + cable.delay, self.land, frame, hops)
        else:
            cable.clock.call_settled(self.land, frame, hops)  # another machine answers after the sender's call returned
        return busy

    def land(self, frame: Ethernet, hops: int) -> None:
        """The frame is there, unless the cable was pulled out meanwhile."""
        cable = self.cable
        if not cable.plugged:
            self.counts.unplugged += 1
            return
        self.counts.delivered += 1
        cable.other(self).jack.arrive(frame, hops)
