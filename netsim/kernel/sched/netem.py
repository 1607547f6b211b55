"""netem: delay, loss, duplicates, corruption and reordering on purpose (`sch_netem.c`; man tc-netem(8))."""

from __future__ import annotations

import random
from collections import deque
from heapq import heappop, heappush
from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.corruption import corrupted, mark_congested
from netsim.kernel.sched.loss import FourStates, GilbertElliot, Loss, LossModel, RandomLoss
from netsim.kernel.sched.noise import Correlated, tabledist
from netsim.kernel.sched.qdisc import NET_XMIT_BYPASS, NET_XMIT_DROP, NET_XMIT_SUCCESS, Qdisc, counts_as_drop, frame_length

ALWAYS = 0xFFFFFFFF


@attrs.frozen
class NetemRate:
    """`struct tc_netem_rate`: bytes a second; each packet's overhead, and cells (bytes) with theirs."""

    rate: int
    packet_overhead: int = 0
    cell_size: int = 0
    cell_overhead: int = 0

    def time(self, length: int) -> int:
        """How long so many bytes take, in ns (`packet_time_ns`)."""
        length += self.packet_overhead
        if self.cell_size:
            length = -(-length // self.cell_size) * (self.cell_size + self.cell_overhead)
        return length * SECOND // self.rate


@attrs.frozen
class NetemOptions:
    """What a netlink message says (`struct tc_netem_qopt` and the attributes after it).

    Times are in ns; chances and correlations in units of 2**-32. None: the attribute is absent, what was set before stays.
    """

    latency: int = 0
    jitter: int = 0
    limit: int = 1000
    loss: int = 0
    gap: int = 0
    duplicate: int = 0
    correlations: tuple[int, int, int] | None = None
    """Of delay, loss and duplication."""
    reorder: tuple[int, int] | None = None
    corrupt: tuple[int, int] | None = None
    model: LossModel | None = None
    """Loss by states; None: by plain chance."""
    distribution: tuple[int, ...] | None = None
    rate: NetemRate | None = None
    ecn: int | None = None


@attrs.define(eq=False)
class Touched:
    """What the impairments did to how many frames, for tests that want to see that they bit; the kernel keeps no such counts."""

    delayed: int = 0
    lost: int = 0
    duplicated: int = 0
    corrupted: int = 0
    reordered: int = 0
    marked: int = 0
    overflowed: int = 0


@attrs.define(eq=False)
class Netem(Qdisc):
    """Frames wait in order of the time they may go; `head` holds those that jumped the queue."""

    kind: ClassVar[str] = "netem"
    is_classful: ClassVar[bool] = True

    latency: int = 0
    jitter: int = 0
    limit: int = 1000
    gap: int = 0
    duplicate: int = 0
    reorder: int = 0
    corrupt: int = 0
    ecn: int = 0
    rate: NetemRate | None = None
    distribution: tuple[int, ...] | None = attrs.field(default=None, repr=False)
    loss: Loss = attrs.field(factory=RandomLoss)
    delay_noise: Correlated = attrs.field(factory=Correlated)
    loss_noise: Correlated = attrs.field(factory=Correlated)
    duplicate_noise: Correlated = attrs.field(factory=Correlated)
    reorder_noise: Correlated = attrs.field(factory=Correlated)
    corrupt_noise: Correlated = attrs.field(factory=Correlated)
    counter: int = 0
    waiting: list[tuple[int, int, SkBuff]] = attrs.field(factory=list)
    sequence: int = 0
    latest: int = 0
    head: deque[SkBuff] = attrs.field(factory=deque)
    held: SkBuff | None = None
    inner: Qdisc | None = None
    touched: Touched = attrs.field(factory=Touched)

    @property
    def rng(self) -> random.Random:
        """The world's chance."""
        return self.dev.netns.kernel.rng

    # in ----------------------------------------------------------------------------------------------------------------------

    def enqueue(self, skb: SkBuff) -> int:
        """Decide the frame's fate and the time it may go (`netem_enqueue`)."""
        copies = 1
        if self.duplicate and self.duplicate >= self.duplicate_noise.draw(self.rng):
            copies += 1
        if self.loss.strikes(self.rng, self.loss_noise):
            if self.ecn and mark_congested(skb):
                self.drops += 1
                self.touched.marked += 1
            else:
                copies -= 1
        if not copies:
            self.touched.lost += 1
            self.drop(skb, "NETEM_LOSS")
            return NET_XMIT_SUCCESS | NET_XMIT_BYPASS
        if self.latency or self.jitter or self.rate is not None:
            skb.owner = None
        failed = NET_XMIT_DROP
        if copies > 1:
            self._duplicate(skb)
            failed = NET_XMIT_SUCCESS
        if self.corrupt and self.corrupt >= self.corrupt_noise.draw(self.rng):
            skb = corrupted(skb, self.rng)
            self.touched.corrupted += 1
        if self.qlen >= self.limit:
            self.touched.overflowed += 1
            self.drop(skb)
            return failed
        length = frame_length(skb)
        self.added(length)
        if self._keeps_order():
            self._wait(skb, length)
        else:
            self.counter = 0
            self.head.appendleft(skb)
            self.requeues += 1
            self.touched.reordered += 1
        return NET_XMIT_SUCCESS

    def _duplicate(self, skb: SkBuff) -> None:
        """A copy goes in at the top of the tree, and is not duplicated again."""
        self.touched.duplicated += 1
        before, self.duplicate = self.duplicate, 0
        root: Qdisc = self.dev.root_qdisc
        root.enqueue(skb.clone())
        self.duplicate = before

    def _keeps_order(self) -> bool:
        """Whether the frame waits like the others; every `gap`th may be sent at once."""
        if self.gap == 0 or self.counter < self.gap - 1:
            return True
        return self.reorder < self.reorder_noise.draw(self.rng)

    def _wait(self, skb: SkBuff, length: int) -> None:
        now = self.clock.now
        delay = tabledist(self.latency, self.jitter, self.delay_noise, self.distribution, self.rng)
        if self.rate is not None:
            if self.waiting:
                delay = max(0, delay - (self.latest - now))
                now = self.latest
            delay += self.rate.time(length)
        self.counter += 1
        when = now + delay
        if delay > 0:
            self.touched.delayed += 1
        self.latest = max(self.latest, when) if self.waiting else when
        self.sequence += 1
        heappush(self.waiting, (when, self.sequence, skb))

    # out ---------------------------------------------------------------------------------------------------------------------

    def dequeue(self) -> SkBuff | None:
        """The next frame whose time has come (`netem_dequeue`)."""
        skb, self.held = self.held, None
        if skb is None:
            skb = self._next()
        if skb is not None:
            self.sent(frame_length(skb))
        return skb

    def peek(self) -> SkBuff | None:
        """The same, kept for `dequeue` (`qdisc_peek_dequeued`)."""
        if self.held is None:
            self.held = self._next()
        return self.held

    def _next(self) -> SkBuff | None:
        if self.head:
            return self.head.popleft()
        now = self.clock.now
        while self.waiting and self.waiting[0][0] <= now:
            skb = heappop(self.waiting)[2]
            if self.inner is None:
                return skb
            outcome = self.inner.enqueue(skb)
            if outcome != NET_XMIT_SUCCESS:
                self.drops += counts_as_drop(outcome)
                self.backlog -= frame_length(skb)
                self.qlen -= 1
        if self.inner is not None and (skb_out := self.inner.dequeue()) is not None:
            return skb_out
        if self.waiting:
            self.wake_at(self.waiting[0][0])
        return None

    # settings ----------------------------------------------------------------------------------------------------------------

    def change(self, options: Any) -> None:
        """Take other parameters; what a message does not speak of stays (`netem_change`)."""
        wanted: NetemOptions | None = options
        if wanted is None:
            wanted = NetemOptions()
        self.latency, self.jitter, self.limit = wanted.latency, wanted.jitter, wanted.limit
        self.gap, self.duplicate, self.counter = wanted.gap, wanted.duplicate, 0
        self.loss = loss_of(wanted)
        if self.gap:
            self.reorder = ALWAYS
        if wanted.correlations is not None:
            self.delay_noise, self.loss_noise, self.duplicate_noise = (Correlated(rho) for rho in wanted.correlations)
        if wanted.reorder is not None:
            self.reorder, self.reorder_noise = wanted.reorder[0], Correlated(wanted.reorder[1])
        if wanted.corrupt is not None:
            self.corrupt, self.corrupt_noise = wanted.corrupt[0], Correlated(wanted.corrupt[1])
        if wanted.distribution is not None:
            self.distribution = wanted.distribution
        if wanted.rate is not None:
            self.rate = wanted.rate if wanted.rate.rate else None
        if wanted.ecn is not None:
            self.ecn = wanted.ecn

    def reset(self) -> None:
        """Empty it (`netem_reset`)."""
        self.waiting.clear()
        self.head.clear()
        self.held = None
        super().reset()

    def find(self, classid: int) -> int:
        """Any number is its one class (`netem_find`)."""
        return 1

    def leaf(self, number: int) -> Qdisc | None:
        """What frames pass when their time has come."""
        return self.inner

    def graft(self, number: int, new: Qdisc | None) -> Qdisc | None:
        """Another, or none (`netem_graft`)."""
        old, self.inner = self.inner, new
        return old

    def classes(self) -> tuple[int, ...]:
        """The one, when there is something in it (`netem_dump_class`)."""
        return (1,) if self.inner is not None else ()

    def children(self) -> tuple[Qdisc, ...]:
        """What is in it."""
        return (self.inner,) if self.inner is not None else ()


def loss_of(options: NetemOptions) -> Loss:
    """A loss model at its first state (`get_loss_clg`)."""
    model = options.model
    if model is None:
        return RandomLoss(options.loss)
    return FourStates(model) if len(model.chances) == 5 else GilbertElliot(model)


def create_netem(dev: NetDevice, handle: int, parent: int, options: Any) -> Netem:
    """Make a netem (`netem_init`)."""
    made = Netem(dev, handle, parent)
    made.change(options)
    return made
