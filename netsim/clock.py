"""Virtual time: integer nanoseconds that move only when somebody runs the clock."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from heapq import heapify, heappop, heappush
from typing import Any, Protocol

import attrs

from netsim.state.late import Late

NS = 1
US = 1_000
MS = 1_000_000
SECOND = 1_000_000_000

HOP = 2 * US
"""What one deferred step (a frame crossing a device) costs of virtual time.

Real softirq work costs a few microseconds; without any cost a forwarding loop would never reach the next timer.
"""

LONGEST_BURST = 1000
"""So many frames may arrive before a sender's system call returns; the rest of a storm goes on after it (`ksoftirqd`)."""

FOREVER = 1 << 63
SPAN = 30
"""log2 of the ns for which timers are gathered before they are put in order: 1.07 s, less than programs mostly wait for an answer."""

Callback = Callable[..., Any]


class Task(Protocol):
    """Something that runs until it has a status."""

    status: int | None


@attrs.define(eq=False)
class Timer(Late):
    """A callback waiting for its time; `cancel()` makes it harmless (the heap drops it when it comes up)."""

    when: int
    callback: Callback | None
    args: tuple[Any, ...] = ()

    def cancel(self) -> None:
        """Forget the callback; cancelling twice, or after it fired, does nothing."""
        self.callback = None
        self.args = ()

    @property
    def pending(self) -> bool:
        """Whether it still waits to fire."""
        return self.callback is not None


@attrs.define(eq=False)
class Span(Late):
    """Timers that are due between two moments, in the order they were set."""

    entries: list[tuple[int, int, Timer]] = attrs.field(factory=list)


@attrs.define(eq=False)
class Clock:
    """One world's time: a heap of timers and a queue of work that is due now.

    Work queued by `call_soon` runs in order and each step costs `HOP` ns, so frames take time and timers interleave
    with long bursts, as softirqs do. Nothing here reads the machine's own clock.
    """

    now: int = 0
    heap: list[tuple[int, int, Timer]] = attrs.field(factory=list)
    ready: deque[tuple[Callback, tuple[Any, ...]]] = attrs.field(factory=deque)
    settled: deque[tuple[Callback, tuple[Any, ...]]] = attrs.field(factory=deque)
    sequence: int = 0
    far: dict[int, Span] = attrs.field(factory=dict)
    """What is due beyond the horizon, by span of 2 ** SPAN ns."""
    spans: list[int] = attrs.field(factory=list)
    """The numbers of those spans, a heap."""
    horizon: int = 0
    """What is due before this is in the heap."""

    def call_at(self, when: int, callback: Callback, *args: Any) -> Timer:
        """Run `callback(*args)` at `when` ns (at once, but later than this call, if that has passed)."""
        return self.call_later(when - self.now, callback, *args)

    def call_later(self, delay: int, callback: Callback, *args: Any) -> Timer:
        """Run `callback(*args)` in `delay` ns.

        Most timers are cancelled long before their time: those beyond the horizon are only gathered by the span they are due in.
        """
        when = self.now + delay
        timer = Timer(when, callback, args)
        number = self.sequence = self.sequence + 1
        if when < self.horizon:
            heappush(self.heap, (when, number, timer))
            return timer
        span = self.far.get(when >> SPAN)
        if span is None:
            span = self.far[when >> SPAN] = Span()
            heappush(self.spans, when >> SPAN)
        span.entries.append((when, number, timer))
        return timer

    def _look_ahead(self) -> None:
        """Nothing is due before the horizon: move it to the end of the next span in which something is."""
        while self.far and not self.heap:
            span = heappop(self.spans)
            self.horizon = span + 1 << SPAN
            self.heap = [entry for entry in self.far.pop(span).entries if entry[2].callback is not None]
            heapify(self.heap)

    def call_soon(self, callback: Callback, *args: Any) -> None:
        """Run `callback(*args)` after all work queued before it, `HOP` ns later."""
        self.ready.append((callback, args))

    def call_settled(self, callback: Callback, *args: Any) -> None:
        """Run `callback(*args)` once no frame is on its way inside a machine: programs are scheduled after the softirqs."""
        self.settled.append((callback, args))

    def settle(self) -> None:
        """Let frames that are on their way arrive, as the softirqs of a sender run before its system call returns (`local_bh_enable`)."""
        ready = self.ready
        for _ in range(LONGEST_BURST):
            if not ready:
                return
            callback, args = ready.popleft()
            self.now += HOP
            callback(*args)

    def catch_up(self) -> None:
        """Let frames and programs that wait for their turn have it, as happens while a new process is made."""
        for _ in range(LONGEST_BURST):
            if not (self.ready or self.settled):
                return
            self.step()

    def step(self) -> bool:
        """Do the next piece of work, moving time as needed; False when nothing at all is waiting."""
        return self.step_by(FOREVER)

    def step_by(self, deadline: int) -> bool:
        """Do the next piece of work if it is due by `deadline` ns; False when it is not, or nothing at all is waiting."""
        heap, now = self.heap, self.now
        while heap and heap[0][2].callback is None:
            heappop(heap)
        if self.far and not heap:
            self._look_ahead()
            heap = self.heap
        work = self.ready or self.settled
        if work and not (heap and heap[0][0] <= now):
            if now > deadline:
                return False
            callback, args = work.popleft()
            self.now = now + HOP
            callback(*args)
            return True
        if not heap or heap[0][0] > deadline or now > deadline:
            return False
        when, _, timer = heappop(heap)
        if when > now:
            self.now = when
        callback_at, args = timer.callback, timer.args
        timer.callback = None
        assert callback_at is not None
        callback_at(*args)
        return True

    def next_time(self) -> int | None:
        """When the next piece of work is due, or None when nothing waits."""
        if self.ready or self.settled:
            return self.now
        heap = self.heap
        while heap and heap[0][2].callback is None:
            heappop(heap)
        if not heap:
            self._look_ahead()
        return self.heap[0][0] if self.heap else None

    def run_until(self, deadline: int) -> None:
        """Do everything that is due up to `deadline` ns and leave `now` there."""
        ready = self.ready
        while self.step_by(deadline):
            while ready and self.now <= deadline and (self.heap[0][0] > self.now if self.heap else not self.far):
                callback, args = ready.popleft()  # a burst of frames, without a look at each timer
                self.now += HOP
                callback(*args)
        if self.now < deadline:
            self.now = deadline

    def run_until_ended(self, task: Task, deadline: int, most: int) -> None:
        """Do one piece of work after the other until a task has a status: up to `deadline` ns, where `now` is left if nothing is due before it, and no
        more than `most` pieces."""
        ready, settled = self.ready, self.settled
        for _ in range(most):
            if task.status is not None or self.now >= deadline:
                return
            if self.heap:  # mostly there is a timer, and it is not cancelled: what `step_by` does then, in fewer steps
                when, _, timer = self.heap[0]
                work = ready or settled
                if work and when > self.now:
                    callback, args = work.popleft()
                    self.now += HOP
                    callback(*args)
                    continue
                callback_at = timer.callback
                if callback_at is not None and when <= deadline:
                    heappop(self.heap)
                    if when > self.now:
                        self.now = when
                    args, timer.callback = timer.args, None
                    callback_at(*args)
                    continue
            if not self.step_by(deadline):
                self.run_until(deadline)
                return

    def run_for(self, duration: int) -> None:
        """Let `duration` ns pass."""
        self.run_until(self.now + duration)
