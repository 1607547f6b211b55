"""tbf: frames wait until there are tokens for them (`sch_tbf.c`)."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.errors import EINVAL, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.fifo import Pfifo, create_bfifo
from netsim.kernel.sched.qdisc import NET_XMIT_SUCCESS, Qdisc, counts_as_drop, frame_length

ATM_CELL, ATM_PAYLOAD = 53, 48


@lru_cache
def ratecfg(rate: int) -> tuple[int, int]:
    """ns per byte at a rate (bytes a second) as the kernel reckons: a multiplier of 32 bits and a shift (`psched_ratecfg_precompute`)."""
    factor, shift = SECOND, 0
    while True:
        mult = factor // rate & 0xFFFFFFFF
        if mult & 1 << 31 or factor & 1 << 63:
            return mult, shift
        factor <<= 1
        shift += 1


@attrs.frozen
class Rate:
    """`struct tc_ratespec`: bytes a second, and how a frame's length counts."""

    rate: int
    mpu: int = 0
    overhead: int = 0
    is_atm: int = 0

    def time(self, length: int) -> int:
        """How long so many bytes take, in ns (`psched_l2t_ns`)."""
        length = max(length + self.overhead, self.mpu)
        if self.is_atm:
            length = -(-length // ATM_PAYLOAD) * ATM_CELL
        mult, shift = ratecfg(self.rate)
        return length * mult >> shift


@attrs.frozen
class TbfOptions:
    """`struct tc_tbf_qopt`; `limit`, `burst` and `mtu` in bytes."""

    rate: Rate
    burst: int
    limit: int
    peak: Rate | None = None
    mtu: int = 0


@attrs.define(eq=False)
class Tbf(Qdisc):
    """A bucket that fills at a rate; a second, smaller one bounds the peaks."""

    kind: ClassVar[str] = "tbf"
    is_classful: ClassVar[bool] = True

    options: TbfOptions = attrs.field(default=None)
    queue: Qdisc | None = None
    max_size: int = 0
    buffer: int = 0  # ns
    mtu: int = 0  # ns
    tokens: int = 0
    ptokens: int = 0
    checked: int = 0

    def enqueue(self, skb: SkBuff) -> int:
        """Into the inner queue, unless it could never go out in one piece (`tbf_enqueue`)."""
        length = frame_length(skb)
        if length > self.max_size or self.queue is None:
            return self.drop(skb)
        outcome = self.queue.enqueue(skb)
        if outcome == NET_XMIT_SUCCESS:
            self.added(length)
        else:
            self.drops += counts_as_drop(outcome)
        return outcome

    def dequeue(self) -> SkBuff | None:
        """The next one, if there are tokens for it (`tbf_dequeue`)."""
        inner = self.queue
        waiting = inner.peek() if inner is not None else None
        if waiting is None:
            return None
        now, length, peak = self.clock.now, frame_length(waiting), self.options.peak
        gained = min(now - self.checked, self.buffer)
        peak_left = 0
        if peak is not None:
            peak_left = min(gained + self.ptokens, self.mtu) - peak.time(length)
        left = min(gained + self.tokens, self.buffer) - self.options.rate.time(length)
        if left < 0 or peak_left < 0:
            self.wake_at(now + max(-left, -peak_left))
            self.overlimits += 1
            return None
        assert inner is not None
        skb = inner.dequeue()
        if skb is not None:
            self.checked, self.tokens, self.ptokens = now, left, peak_left
            self.sent(length)
        return skb

    def peek(self) -> SkBuff | None:
        """What the inner queue shows."""
        return self.queue.peek() if self.queue is not None else None

    def change(self, options: Any) -> None:
        """Other rates; EINVAL (`tbf_change`)."""
        wanted: TbfOptions | None = options
        if wanted is None:
            raise NetError(EINVAL)
        max_size, mtu = wanted.burst, 0
        if wanted.peak is not None:
            if wanted.peak.rate <= wanted.rate.rate:
                self._warn(f"peakrate {wanted.peak.rate} is lower than or equals to rate {wanted.rate.rate} !")
                raise NetError(EINVAL)
            max_size, mtu = min(max_size, wanted.mtu), wanted.peak.time(wanted.mtu)
        longest = self.dev.mtu + self.dev.header_length
        if max_size < longest:
            self._warn(f"burst {max_size} is lower than device {self.dev.name} mtu ({longest}) !")
        if not max_size:
            raise NetError(EINVAL)
        if isinstance(self.queue, Pfifo):
            self.queue.change(wanted.limit)
        elif self.queue is None and wanted.limit > 0:
            self.queue = create_bfifo(self.dev, 0, self.handle | 1, wanted.limit)
        self.options, self.max_size, self.mtu = wanted, max_size, mtu
        self.buffer = wanted.rate.time(wanted.burst)
        self.tokens, self.ptokens = self.buffer, self.mtu

    def _warn(self, text: str) -> None:
        self.dev.netns.kernel.log.append((self.clock.now, f"sch_tbf: {text}"))

    def reset(self) -> None:
        """Empty it and fill the bucket (`tbf_reset`)."""
        super().reset()
        self.checked, self.tokens, self.ptokens = self.clock.now, self.buffer, self.mtu

    def find(self, classid: int) -> int:
        """Any number is its one class (`tbf_find`)."""
        return 1

    def leaf(self, number: int) -> Qdisc | None:
        """The inner queue."""
        return self.queue

    def graft(self, number: int, new: Qdisc | None) -> Qdisc | None:
        """Another inner queue; without one nothing passes (`tbf_graft`)."""
        old, self.queue = self.queue, new
        return old

    def classes(self) -> tuple[int, ...]:
        """The one."""
        return (1,)

    def children(self) -> tuple[Qdisc, ...]:
        """The inner queue."""
        return (self.queue,) if self.queue is not None else ()


def create_tbf(dev: NetDevice, handle: int, parent: int, options: Any) -> Tbf:
    """Make a tbf (`tbf_init`); EINVAL."""
    made = Tbf(dev, handle, parent)
    made.checked = made.clock.now
    made.change(options)
    return made
