"""When ping sends, and what it remembers of replies: iputils' counters without sockets or text."""

from __future__ import annotations

from math import isqrt

import attrs

from netsim.clock import MS, US
from netsim.programs.ping.options import Options
from netsim.programs.ping.text import milliseconds

FLOOD_STEP = 10 * MS  # an unanswered flood slows to 100 packets a second
LONG_MAX = 1 << 62


@attrs.define(eq=False)
class Pacing:
    """The send budget (`tokens`, in ns) and the statistics of one run; mirrors `struct ping_rts`'s counters."""

    interval: int
    preload: int
    tokens: int = 0
    started: int | None = None
    current: int = 0  # time of the last event that counted
    sent: int = 0
    received: int = 0
    repeats: int = 0
    corrupted: int = 0
    errors: int = 0
    acked: int = 0
    pipe: int = 0
    minimum: int = LONG_MAX
    maximum: int = 0
    total: int = 0
    squares: int = 0
    smooth: int = 0  # 8 x the smoothed round trip, us
    addend: int = 0
    seen: set[int] = attrs.field(factory=set)

    def wait(self, now: int) -> int:
        """Ns to wait before the next probe may go; 0: send now (and the budget is charged)."""
        if self.started is None:
            self.started = self.current = now
            self.tokens = self.interval * (self.preload - 1)
            return 0
        budget = now - self.current
        if not self.interval and budget < FLOOD_STEP and self.in_flight() >= self.preload:
            return FLOOD_STEP - budget
        budget = min(budget + self.tokens, self.interval * self.preload)
        if budget < self.interval:
            return self.interval - budget
        self.current = now
        self.tokens = budget - self.interval
        return 0

    def in_flight(self) -> int:
        """Probes without an answer yet, as far as sequence numbers tell."""
        ahead = (self.sent - self.acked) & 0xFFFF
        return ahead if ahead <= 0x7FFF else self.sent - self.received - self.errors

    def acknowledge(self, seq: int) -> None:
        """An answer of any kind came for probe `seq`."""
        behind = (self.sent - seq) & 0xFFFF
        if behind <= 0x7FFF:
            if self.pipe <= behind:
                self.pipe = behind + 1
            if ((seq - self.acked) & 0xFFFF) < 0x8000 and seq != self.acked & 0xFFFF:
                self.acked = seq

    def reply(self, seq: int, triptime: int | None) -> bool:
        """Count a reply with its round trip in us (None: not timed); True when it is a duplicate."""
        if triptime is not None:
            self.total += triptime
            self.squares += triptime * triptime
            if triptime < self.minimum:
                self.minimum = triptime
            if triptime > self.maximum:
                self.maximum = triptime
            self.smooth = triptime * 8 if not self.smooth else self.smooth + triptime - self.smooth // 8
        repeated = seq in self.seen
        if repeated:
            self.repeats += 1
        else:
            self.seen.add(seq)
            self.received += 1
        return repeated

    def adapt(self) -> None:
        """-A: the interval follows the round trip (`update_interval`)."""
        estimate = self.smooth // 8 if self.smooth else self.interval // US
        self.interval = (estimate + self.addend + 500) // 1000 * MS

    def exit_wait(self, linger: int) -> int:
        """How long to wait for stragglers after the last probe (`__schedule_exit`)."""
        if self.received:
            return max(2 * self.maximum * US, self.interval)
        return linger

    def summary(self, options: Options) -> str:
        """The statistics lines after the header (`finish`)."""
        took = self.current - (self.started or 0)
        text = f"{self.sent} packets transmitted, {self.received} received"
        if self.repeats:
            text += f", +{self.repeats} duplicates"
        if self.corrupted:
            text += f", +{self.corrupted} corrupted"
        if self.errors:
            text += f", +{self.errors} errors"
        if self.sent:
            text += f", {(self.sent - self.received) * 100.0 / self.sent:.6g}% packet loss, time {took // MS}ms"
        text += "\n"
        comma = ""
        timed = self.received and self.minimum != LONG_MAX
        if timed:
            count = self.received + self.repeats
            average = self.total // count
            deviation = isqrt(max(0, (self.squares - self.total * self.total // count) // count))
            least, most = milliseconds(self.minimum), milliseconds(self.maximum)
            text += f"rtt min/avg/max/mdev = {least}/{milliseconds(average)}/{most}/{milliseconds(deviation)} ms"
            comma = ", "
        if self.pipe > 1:
            text += f"{comma}pipe {self.pipe}"
            comma = ", "
        if timed and self.sent > 1 and (not self.interval or options.flags & {"f", "A"}):
            gap = took // US // (self.sent - 1)
            text += f"{comma}ipg/ewma {milliseconds(gap)}/{milliseconds(self.smooth // 8)} ms"
        return text + "\n"

    def status(self, options: Options) -> int:
        """The exit status: 0 when enough answers came."""
        if not self.received or (options.deadline and self.received < options.count):
            return 1
        return 0
