"""codel: frames are dropped, more and more often, while all of them wait too long (`codel.h`, `sch_codel.c`; RFC 8289)."""

from __future__ import annotations

from collections import deque
from math import isqrt
from typing import Any, ClassVar, Protocol

import attrs

from netsim.clock import MS
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import NET_XMIT_SUCCESS
from netsim.kernel.sched.qdisc import Qdisc, frame_length
from netsim.packet import Ip, Ip6


@attrs.frozen
class CodelOptions:
    """Times in ns; `ce_threshold` 0 for none."""

    target: int = 5 * MS
    interval: int = 100 * MS
    ecn: int = 0
    ce_threshold: int = 0

    def changed(self, wanted: Any) -> CodelOptions:
        """With what a message speaks of; None is what it does not."""
        told = {name: getattr(wanted, name) for name in ("target", "interval", "ecn", "ce_threshold") if getattr(wanted, name) is not None}
        return attrs.evolve(self, **told)


class Loser(Protocol):
    """A discipline that counts what codel drops and marks."""

    backlog: int
    maxpacket: int
    ecn_mark: int

    def lost(self, flow: Any, skb: SkBuff) -> None:
        """A frame is dropped."""


@attrs.define(eq=False)
class Codel:
    """The state of one queue (`struct codel_vars`); times in ns."""

    count: int = 0
    lastcount: int = 0
    dropping: bool = False
    first_above: int = 0
    drop_next: int = 0
    ldelay: int = 0

    def _should_drop(self, queued: int, skb: SkBuff, options: CodelOptions, now: int, loser: Loser) -> bool:
        """Whether frames have waited longer than the target for an interval (`codel_should_drop`)."""
        self.ldelay = now - queued
        loser.maxpacket = max(loser.maxpacket, frame_length(skb))
        if self.ldelay < options.target or loser.backlog <= skb.dev.mtu:
            self.first_above = 0
            return False
        if not self.first_above:
            self.first_above = now + options.interval
            return False
        return now > self.first_above

    def _law(self, when: int, options: CodelOptions) -> int:
        """When the next one goes: the sooner, the more there were (`codel_control_law`)."""
        return when + options.interval * 65536 // max(1, isqrt(self.count << 32))

    def dequeue(self, queue: deque[tuple[int, SkBuff]], options: CodelOptions, now: int, loser: Loser, flow: Any) -> SkBuff | None:
        """The next frame to send (`codel_dequeue`)."""
        if not queue:
            self.dropping = False
            return None
        queued, skb = queue.popleft()
        drop = self._should_drop(queued, skb, options, now, loser)
        if self.dropping:
            while drop and self.dropping and now >= self.drop_next:
                self.count += 1
                if options.ecn and mark(skb):
                    loser.ecn_mark += 1
                    self.drop_next = self._law(self.drop_next, options)
                    return skb
                loser.lost(flow, skb)
                if not queue:
                    self.dropping = False
                    return None
                queued, skb = queue.popleft()
                drop = self._should_drop(queued, skb, options, now, loser)
                if drop:
                    self.drop_next = self._law(self.drop_next, options)
            self.dropping = self.dropping and drop
            return skb
        if not drop:
            return skb
        return self._begin(queue, options, now, loser, flow, skb)

    def _begin(self, queue: deque[tuple[int, SkBuff]], options: CodelOptions, now: int, loser: Loser, flow: Any, skb: SkBuff) -> SkBuff | None:
        """The first drop after a while; soon after the last time it goes on about where it was."""
        is_marked = options.ecn and mark(skb)
        if is_marked:
            loser.ecn_mark += 1
        else:
            loser.lost(flow, skb)
        following: SkBuff | None = skb
        if not is_marked:
            following = None
            if queue:
                queued, following = queue.popleft()
                self._should_drop(queued, following, options, now, loser)
        self.dropping = True
        delta = self.count - self.lastcount
        self.count = delta if delta > 1 and now - self.drop_next < 16 * options.interval else 1
        self.lastcount = self.count
        self.drop_next = self._law(now, options)
        return following


def mark(skb: SkBuff) -> bool:
    """Set the congestion mark on a packet whose sender understands it (`INET_ECN_set_ce`)."""
    packet = skb.packet
    if isinstance(packet, Ip) and packet.tos & 3:
        skb.packet = attrs.evolve(packet, tos=packet.tos | 3)
        return True
    if isinstance(packet, Ip6) and packet.tclass & 3:
        skb.packet = attrs.evolve(packet, tclass=packet.tclass | 3)
        return True
    return False


@attrs.frozen
class CodelQdiscOptions:
    """What a message of codel says; None for what it does not speak of; times in ns."""

    limit: int | None = None
    target: int | None = None
    interval: int | None = None
    ecn: int | None = None
    ce_threshold: int | None = None


@attrs.define(eq=False)
class CodelQdisc(Qdisc):
    """One queue under codel."""

    kind: ClassVar[str] = "codel"

    limit: int = 1000
    codel: CodelOptions = attrs.field(factory=CodelOptions)
    vars: Codel = attrs.field(factory=Codel)
    queue: deque[tuple[int, SkBuff]] = attrs.field(factory=deque)
    maxpacket: int = 0
    ecn_mark: int = 0
    drop_overlimit: int = 0

    def enqueue(self, skb: SkBuff) -> int:
        """To the end (`codel_qdisc_enqueue`)."""
        if self.qlen >= self.limit:
            self.drop_overlimit += 1
            return self.drop(skb)
        self.queue.append((self.clock.now, skb))
        self.added(frame_length(skb))
        return NET_XMIT_SUCCESS

    def dequeue(self) -> SkBuff | None:
        """From its head, as codel lets it (`codel_qdisc_dequeue`)."""
        skb = self.vars.dequeue(self.queue, self.codel, self.clock.now, self, None)
        if skb is not None:
            self.sent(frame_length(skb))
        return skb

    def lost(self, flow: Any, skb: SkBuff) -> None:
        """codel dropped one."""
        self.backlog -= frame_length(skb)
        self.qlen -= 1
        self.drop(skb)

    def peek(self) -> SkBuff | None:
        """Its head."""
        return self.queue[0][1] if self.queue else None

    def change(self, options: Any) -> None:
        """Other parameters (`codel_change`)."""
        wanted: CodelQdiscOptions | None = options
        if wanted is None:
            return
        self.codel = self.codel.changed(wanted)
        self.limit = self.limit if wanted.limit is None else wanted.limit

    def reset(self) -> None:
        """Empty it."""
        self.queue.clear()
        self.vars = Codel()
        super().reset()


def create_codel(dev: NetDevice, handle: int, parent: int, options: Any) -> CodelQdisc:
    """Make a codel (`codel_init`)."""
    made = CodelQdisc(dev, handle, parent)
    made.change(options)
    return made
