"""prio: bands of which the first that has frames goes first (`sch_prio.c`)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.errors import EINVAL, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.cls import TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN
from netsim.kernel.sched.fifo import PRIO2BAND, create_pfifo
from netsim.kernel.sched.qdisc import (
    MAJOR,
    MINOR,
    NET_XMIT_BYPASS,
    NET_XMIT_STOLEN,
    NET_XMIT_SUCCESS,
    Qdisc,
    counts_as_drop,
    frame_length,
)

MOST_BANDS, FEWEST_BANDS = 16, 2
PRIO_MAX = 15


@attrs.frozen
class PrioOptions:
    """`struct tc_prio_qopt`: how many bands, and the band of each priority."""

    bands: int = 3
    priomap: tuple[int, ...] = PRIO2BAND


@attrs.define(eq=False)
class Prio(Qdisc):
    """Bands 1 to n are classes with a pfifo each until something else is put there."""

    kind: ClassVar[str] = "prio"
    is_classful: ClassVar[bool] = True

    options: PrioOptions = attrs.field(factory=PrioOptions)
    queues: list[Qdisc] = attrs.field(factory=list)

    def enqueue(self, skb: SkBuff) -> int:
        """Into the band of its priority, or the class the priority names (`prio_classify`)."""
        length = frame_length(skb)
        priority = skb.priority
        if self.block is not None and priority & MAJOR != self.handle:
            verdict, classid = self.block.classify(skb, length)
            if verdict == TC_ACT_SHOT:
                self.drop(skb, "TC_EGRESS")
                return NET_XMIT_SUCCESS | NET_XMIT_BYPASS
            if verdict in (TC_ACT_STOLEN, TC_ACT_QUEUED):
                return NET_XMIT_SUCCESS | NET_XMIT_STOLEN
            priority = self.handle | classid & MINOR if verdict >= 0 else priority
        child = self._band(priority)
        outcome = child.enqueue(skb)
        if outcome == NET_XMIT_SUCCESS:
            self.added(length)
        else:
            self.drops += counts_as_drop(outcome)
        return outcome

    def _band(self, priority: int) -> Qdisc:
        if priority & MAJOR != self.handle:
            return self.queues[self.options.priomap[0 if priority & MAJOR else priority & PRIO_MAX]]
        band = (priority & MINOR) - 1
        return self.queues[band] if 0 <= band < self.options.bands else self.queues[self.options.priomap[0]]

    def dequeue(self) -> SkBuff | None:
        """From the first band that lets one go (`prio_dequeue`)."""
        for child in self.queues:
            skb = child.dequeue()
            if skb is not None:
                self.sent(frame_length(skb))
                return skb
        return None

    def peek(self) -> SkBuff | None:
        """What the first band that has any shows (`prio_peek`)."""
        for child in self.queues:
            skb = child.peek()
            if skb is not None:
                return skb
        return None

    def change(self, options: Any) -> None:
        """Other bands; EINVAL (`prio_tune`)."""
        wanted: PrioOptions | None = options
        if wanted is None or not FEWEST_BANDS <= wanted.bands <= MOST_BANDS or any(band >= wanted.bands for band in wanted.priomap):
            raise NetError(EINVAL)
        self.options = wanted
        for gone in self.queues[wanted.bands :]:
            self.backlog -= gone.backlog
            self.qlen -= gone.qlen
        del self.queues[wanted.bands :]
        while len(self.queues) < wanted.bands:
            self.queues.append(self._default(len(self.queues) + 1))

    def _default(self, number: int) -> Qdisc:
        return create_pfifo(self.dev, 0, self.handle | number, None)

    def find(self, classid: int) -> int:
        """Band numbers from 1 (`prio_find`)."""
        number = classid & MINOR
        return number if 1 <= number <= self.options.bands else 0

    def leaf(self, number: int) -> Qdisc:
        """The discipline in a band."""
        return self.queues[number - 1]

    def graft(self, number: int, new: Qdisc | None) -> Qdisc:
        """Put another into a band; a pfifo where none is given (`prio_graft`)."""
        old = self.queues[number - 1]
        self.queues[number - 1] = new or self._default(number)
        return old

    def classes(self) -> tuple[int, ...]:
        """The bands."""
        return tuple(range(1, self.options.bands + 1))

    def children(self) -> tuple[Qdisc, ...]:
        """What is in them."""
        return tuple(self.queues)


def create_prio(dev: NetDevice, handle: int, parent: int, options: Any) -> Prio:
    """Make a prio (`prio_init`); EINVAL."""
    made = Prio(dev, handle, parent)
    made.change(options)
    return made
