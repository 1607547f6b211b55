"""First in, first out: pfifo, bfifo, pfifo_fast, and the two that keep nothing (`sch_fifo.c`, `sch_generic.c`)."""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

import attrs

from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import NET_XMIT_SUCCESS, dev_hard_start_xmit
from netsim.kernel.sched.qdisc import Qdisc, frame_length

PRIO2BAND = (1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)
"""Priority of a frame -> band (`sch_generic.c`)."""
BANDS = 3


@attrs.define(eq=False)
class Pfifo(Qdisc):
    """At most `limit` frames."""

    kind: ClassVar[str] = "pfifo"

    limit: int = 0
    queue: deque[SkBuff] = attrs.field(factory=deque)

    def has_room(self, length: int) -> bool:
        """Whether a frame of so many bytes fits."""
        return self.qlen < self.limit

    def enqueue(self, skb: SkBuff) -> int:
        """To the end of the queue (`pfifo_enqueue`)."""
        length = frame_length(skb)
        if not self.has_room(length):
            return self.drop(skb)
        self.added(length)
        self.queue.append(skb)
        return NET_XMIT_SUCCESS

    def dequeue(self) -> SkBuff | None:
        """From its head (`qdisc_dequeue_head`)."""
        if not self.queue:
            return None
        skb = self.queue.popleft()
        self.sent(frame_length(skb))
        return skb

    def peek(self) -> SkBuff | None:
        """Its head."""
        return self.queue[0] if self.queue else None

    def change(self, options: Any) -> None:
        """Another limit, or the device's own without one (`fifo_init`)."""
        self.limit = self.default_limit() if options is None else options

    def default_limit(self) -> int:
        """The device's queue length."""
        return self.dev.tx_queue_len

    def reset(self) -> None:
        """Empty it."""
        self.queue.clear()
        super().reset()


@attrs.define(eq=False)
class Bfifo(Pfifo):
    """At most `limit` bytes."""

    kind: ClassVar[str] = "bfifo"

    def has_room(self, length: int) -> bool:
        """Whether a frame of so many bytes fits (`bfifo_enqueue`)."""
        return self.backlog + length <= self.limit

    def default_limit(self) -> int:
        """The device's queue length in frames of full size."""
        return self.dev.tx_queue_len * (self.dev.mtu + self.dev.header_length)


@attrs.define(eq=False)
class PfifoFast(Qdisc):
    """Three bands by the frames' priority, each as long as the device's queue: what cards have by default."""

    kind: ClassVar[str] = "pfifo_fast"

    bands: list[deque[SkBuff]] = attrs.field(factory=list)

    def enqueue(self, skb: SkBuff) -> int:
        """Into its band (`pfifo_fast_enqueue`)."""
        if not self.bands:
            self.bands = [deque() for _ in range(BANDS)]
        band = self.bands[PRIO2BAND[skb.priority & 15]]
        if len(band) >= max(self.dev.tx_queue_len, 1):
            return self.drop(skb)
        band.append(skb)
        self.added(frame_length(skb))
        return NET_XMIT_SUCCESS

    def dequeue(self) -> SkBuff | None:
        """From the first band that has any (`pfifo_fast_dequeue`)."""
        for band in self.bands:
            if band:
                skb = band.popleft()
                self.sent(frame_length(skb))
                return skb
        return None

    def peek(self) -> SkBuff | None:
        """The first of the first band that has any."""
        return next((band[0] for band in self.bands if band), None)

    def reset(self) -> None:
        """Empty it."""
        self.bands.clear()
        super().reset()


@attrs.define(eq=False)
class Noqueue(Qdisc):
    """Straight to the driver: what virtual devices have by default, asked for by name (`noqueue_qdisc_ops`)."""

    kind: ClassVar[str] = "noqueue"

    def enqueue(self, skb: SkBuff) -> int:
        """On to the driver."""
        return dev_hard_start_xmit(skb)

    def dequeue(self) -> SkBuff | None:
        """Nothing waits."""
        return None

    def peek(self) -> SkBuff | None:
        """Nothing waits."""
        return None


def create_pfifo(dev: NetDevice, handle: int, parent: int, options: Any) -> Pfifo:
    """Make a pfifo; options are its limit in frames."""
    return _limited(Pfifo(dev, handle, parent), options)


def create_bfifo(dev: NetDevice, handle: int, parent: int, options: Any) -> Pfifo:
    """Make a bfifo; options are its limit in bytes."""
    return _limited(Bfifo(dev, handle, parent), options)


def _limited(made: Pfifo, options: Any) -> Pfifo:
    made.change(options)
    return made


def create_pfifo_fast(dev: NetDevice, handle: int, parent: int, options: Any) -> PfifoFast:
    """Make a pfifo_fast."""
    return PfifoFast(dev, handle, parent)


def create_noqueue(dev: NetDevice, handle: int, parent: int, options: Any) -> Noqueue:
    """Make a noqueue that has a handle."""
    return Noqueue(dev, handle, parent)
