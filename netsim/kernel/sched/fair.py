"""sfq, fq_codel and fq: flows take turns, so that none keeps the others waiting (`sch_sfq.c`, `sch_fq_codel.c`, `sch_fq.c`).

Which flows share a queue by chance depends on a seed in the kernel; here a flow is told from others by all of its addresses, protocol and ports.
"""

from __future__ import annotations

from collections import deque
from typing import Any, ClassVar

import attrs

from netsim.errors import EINVAL, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.cls import TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN
from netsim.kernel.sched.codel import Codel, CodelOptions
from netsim.kernel.sched.qdisc import MINOR, NET_XMIT_BYPASS, NET_XMIT_STOLEN, NET_XMIT_SUCCESS, Qdisc, frame_length
from netsim.kernel.sched.tbf import Rate
from netsim.packet import Ip, Ip6

Key = tuple[int, ...]


@attrs.define(eq=False)
class Flow:
    """The frames of one flow, with the bytes it may still send this turn."""

    deficit: int
    queue: deque[tuple[int, SkBuff]] = attrs.field(factory=deque)  # when it was queued (ns), and the frame
    backlog: int = 0
    codel: Codel = attrs.field(factory=Codel)
    ready: int = 0
    """When it may send again (ns), where flows have a rate."""
    is_listed: bool = True
    """Whether it waits for a turn."""


def flow_of(skb: SkBuff, buckets: int) -> Key:
    """What tells a frame's flow from others, or the bucket it shares with them (`skb_get_hash_perturb`)."""
    packet = skb.packet
    if isinstance(packet, Ip):
        key = (packet.src, packet.dst, packet.protocol, *_ports(packet.payload))
    elif isinstance(packet, Ip6):
        key = (packet.src, packet.dst, packet.nexthdr, *_ports(packet.payload))
    else:
        key = (skb.src, skb.dst, skb.protocol)
    return (hash(tuple(map(int, key))) % buckets,)


def _ports(header: Any) -> tuple[int, ...]:
    return getattr(header, "sport", 0), getattr(header, "dport", 0)


@attrs.define(eq=False)
class Fair(Qdisc):
    """Flows in turns: new ones first, each as many bytes as the quantum (`struct fq_codel_sched_data`)."""

    flows: dict[Key, Flow] = attrs.field(factory=dict)
    new_flows: deque[Key] = attrs.field(factory=deque)
    old_flows: deque[Key] = attrs.field(factory=deque)
    quantum: int = 1514
    limit: int = 10240
    buckets: int = 1024
    drop_overlimit: int = 0
    new_flow_count: int = 0

    def classify(self, skb: SkBuff, length: int) -> tuple[Key | None, int]:
        """The flow of a frame, or what its sender is told: filters may choose it, and drop what they do not know (`fq_codel_classify`)."""
        if skb.priority & ~MINOR == self.handle and 0 < skb.priority & MINOR <= self.buckets:
            return (skb.priority & MINOR,), 0
        if self.block is None or not self.block.protos:
            return flow_of(skb, self.buckets), 0
        verdict, classid = self.block.classify(skb, length)
        if verdict in (TC_ACT_STOLEN, TC_ACT_QUEUED):
            return None, NET_XMIT_SUCCESS | NET_XMIT_STOLEN
        if verdict in (TC_ACT_SHOT, -1) or not 0 < classid & MINOR <= self.buckets:
            return None, NET_XMIT_SUCCESS | NET_XMIT_BYPASS
        return (classid & MINOR,), 0

    def enqueue(self, skb: SkBuff) -> int:
        """To the end of its flow; of too many the longest flow loses."""
        length = frame_length(skb)
        key, told = self.classify(skb, length)
        if key is None:
            if told & NET_XMIT_BYPASS:
                self.drop(skb)
            return told
        if self.is_full(key):
            return self.drop(skb)
        flow = self.flows.get(key)
        if flow is None:
            flow = self.flows[key] = Flow(self.quantum)
            self.new_flows.append(key)
            self.new_flow_count += 1
        elif not flow.is_listed:
            flow.is_listed = True
            self.new_flows.append(key)
        flow.queue.append((self.clock.now, skb))
        flow.backlog += length
        self.added(length)
        return self.shed(key)

    def is_full(self, key: Key) -> bool:
        """Whether a flow takes no more."""
        return False

    def shed(self, key: Key) -> int:
        """While there are too many frames, the fattest flow loses its oldest (`fq_codel_drop`, `sfq_drop`); NET_XMIT_*."""
        outcome = NET_XMIT_SUCCESS
        while self.qlen > self.limit:
            fat = max(self.flows, key=self._backlog)
            _, gone = self.flows[fat].queue.popleft()
            self._lost(self.flows[fat], gone)
            self.drop_overlimit += 1
            outcome = NET_XMIT_CN if fat == key else outcome
        return outcome

    def _backlog(self, key: Key) -> int:
        return self.flows[key].backlog

    def _lost(self, flow: Flow, skb: SkBuff) -> None:
        length = frame_length(skb)
        flow.backlog -= length
        self.backlog -= length
        self.qlen -= 1
        self.drop(skb)

    def dequeue(self) -> SkBuff | None:
        """From the flow whose turn it is (`fq_codel_dequeue`)."""
        now = self.clock.now
        waited = 0
        while self.new_flows or self.old_flows:
            turn = self.new_flows or self.old_flows
            key = turn[0]
            flow = self.flows[key]
            if flow.deficit <= 0:
                flow.deficit += self.quantum
                turn.popleft()
                self.old_flows.append(key)
                continue
            if flow.ready > now and flow.queue:
                turn.popleft()
                self.old_flows.append(key)
                waited += 1
                if waited > len(self.new_flows) + len(self.old_flows):
                    self.wake_at(min([each.ready for each in self.flows.values() if each.queue]))
                    return None
                continue
            skb = self.take(flow, now)
            if skb is None:
                turn.popleft()
                if turn is self.new_flows and self.old_flows:
                    self.old_flows.append(key)  # it waits a turn in case it goes on
                elif flow.ready > now:
                    flow.is_listed = False  # it is remembered until it may send again
                else:
                    del self.flows[key]
                continue
            length = frame_length(skb)
            flow.deficit -= length
            flow.backlog -= length
            self.sent(length)
            self.paid(flow, length, now)
            return skb
        return None

    def take(self, flow: Flow, now: int) -> SkBuff | None:
        """The next frame of a flow."""
        return flow.queue.popleft()[1] if flow.queue else None

    def paid(self, flow: Flow, length: int, now: int) -> None:
        """A flow sent so many bytes."""

    def peek(self) -> SkBuff | None:
        """What waits first."""
        for key in (*self.new_flows, *self.old_flows):
            if self.flows[key].queue:
                return self.flows[key].queue[0][1]
        return None

    def reset(self) -> None:
        """Empty it."""
        self.flows.clear()
        self.new_flows.clear()
        self.old_flows.clear()
        super().reset()


NET_XMIT_CN = 2
"""A frame like this one was lost."""


@attrs.frozen
class SfqOptions:
    """`struct tc_sfq_qopt_v1`; 0 for what is left to the kernel, `perturb` in seconds."""

    limit: int = 0
    quantum: int = 0
    depth: int = 0
    flows: int = 0
    divisor: int = 0
    perturb: int = 0
    headdrop: int = 0


@attrs.define(eq=False)
class Sfq(Fair):
    """Stochastic fairness: at most `depth` frames to a flow, `limit` in all."""

    kind: ClassVar[str] = "sfq"
    is_classful: ClassVar[bool] = True

    options: SfqOptions = attrs.field(factory=SfqOptions)
    depth: int = 127
    most_flows: int = 128

    def is_full(self, key: Key) -> bool:
        """Whether a flow has as many frames as it may."""
        flow = self.flows.get(key)
        if flow is None or len(flow.queue) < self.depth:
            return False
        if self.options.headdrop:
            self._lost(flow, flow.queue.popleft()[1])
            return False
        return True

    def change(self, options: Any) -> None:
        """It keeps its parameters."""
        raise NetError(EINVAL, "Change operation not supported by specified qdisc")


def create_sfq(dev: NetDevice, handle: int, parent: int, options: Any) -> Sfq:
    """Make an sfq (`sfq_init`)."""
    wanted: SfqOptions = options or SfqOptions()
    made = Sfq(dev, handle, parent, options=wanted)
    made.quantum = wanted.quantum or dev.mtu + dev.header_length
    made.buckets = wanted.divisor or 1024
    made.most_flows = wanted.flows or 128
    made.depth = min(wanted.depth or 127, 127)
    made.limit = min(wanted.limit or 127, made.depth * made.most_flows)
    if wanted.limit and not wanted.flows:
        made.most_flows = min(made.most_flows, wanted.limit)
    return made


@attrs.frozen
class FqCodelOptions:
    """What a message of fq_codel says; None for what it does not speak of; times in ns."""

    limit: int | None = None
    flows: int | None = None
    quantum: int | None = None
    target: int | None = None
    interval: int | None = None
    ecn: int | None = None
    ce_threshold: int | None = None
    memory_limit: int | None = None
    drop_batch: int | None = None


@attrs.define(eq=False)
class FqCodel(Fair):
    """Fair queues that each keep their delay short (RFC 8290)."""

    kind: ClassVar[str] = "fq_codel"
    is_classful: ClassVar[bool] = True

    codel: CodelOptions = attrs.field(factory=CodelOptions)
    memory_limit: int = 32 << 20
    drop_batch: int = 64
    maxpacket: int = 0
    ecn_mark: int = 0

    def take(self, flow: Flow, now: int) -> SkBuff | None:
        """The next frame that is not dropped because others waited too long."""
        return flow.codel.dequeue(flow.queue, self.codel, now, self, flow)

    def lost(self, flow: Any, skb: SkBuff) -> None:
        """codel dropped a frame of a flow."""
        self._lost(flow, skb)

    def change(self, options: Any) -> None:
        """Other parameters; the number of flows stays (`fq_codel_change`); EINVAL."""
        wanted: FqCodelOptions | None = options
        if wanted is None:
            return
        if wanted.flows is not None:
            if self.qlen or self.flows or (self.handle and self.is_made):
                raise NetError(EINVAL)
            if not 0 < wanted.flows <= 65536:
                raise NetError(EINVAL)
            self.buckets = wanted.flows
        self.codel = self.codel.changed(wanted)
        self.limit = self.limit if wanted.limit is None else wanted.limit
        self.quantum = self.quantum if wanted.quantum is None else max(256, wanted.quantum)
        self.drop_batch = self.drop_batch if wanted.drop_batch is None else max(1, wanted.drop_batch)
        self.memory_limit = self.memory_limit if wanted.memory_limit is None else min(1 << 31, wanted.memory_limit)

    is_made: bool = False


def create_fq_codel(dev: NetDevice, handle: int, parent: int, options: Any) -> FqCodel:
    """Make an fq_codel (`fq_codel_init`)."""
    made = FqCodel(dev, handle, parent, quantum=dev.mtu + dev.header_length, codel=CodelOptions(ecn=1))
    made.change(options)
    made.is_made = True
    return made


@attrs.frozen
class FqOptions:
    """What a message of fq says; None for what it does not speak of; times in us, rates in bytes a second."""

    limit: int | None = None
    flow_limit: int | None = None
    buckets: int | None = None
    orphan_mask: int | None = None
    pacing: int | None = None
    quantum: int | None = None
    initial_quantum: int | None = None
    maxrate: int | None = None
    low_rate_threshold: int | None = None
    refill_delay: int | None = None
    ce_threshold: int | None = None
    timer_slack: int | None = None
    horizon: int | None = None
    horizon_drop: int | None = None


FQ_DEFAULTS = FqOptions(10000, 100, 1024, 1023, 1, 0, 0, 0xFFFFFFFF, 550_000 // 8, 40_000, 0xFFFFFFFF, 10_000, 10_000_000, 1)


@attrs.define(eq=False)
class Fq(Fair):
    """Flows in turns, each at most at `maxrate`."""

    kind: ClassVar[str] = "fq"

    options: FqOptions = FQ_DEFAULTS

    def is_full(self, key: Key) -> bool:
        """Whether the whole or this flow has as many frames as it may (`fq_enqueue`)."""
        flow = self.flows.get(key)
        assert self.options.limit is not None and self.options.flow_limit is not None
        return self.qlen >= self.options.limit or (flow is not None and len(flow.queue) >= self.options.flow_limit)

    def paid(self, flow: Flow, length: int, now: int) -> None:
        """A flow with a rate waits for as long as its bytes take."""
        if self.options.maxrate and self.options.maxrate != 0xFFFFFFFF:
            flow.ready = now + Rate(self.options.maxrate).time(length)

    def shed(self, key: Key) -> int:
        """What is too much was never taken."""
        return NET_XMIT_SUCCESS

    def change(self, options: Any) -> None:
        """Other parameters (`fq_change`)."""
        wanted: FqOptions | None = options
        if wanted is not None:
            told = {name: value for name, value in attrs.asdict(wanted).items() if value is not None}
            self.options = attrs.evolve(self.options, **told)
            self.quantum = self.options.quantum or self.quantum


def create_fq(dev: NetDevice, handle: int, parent: int, options: Any) -> Fq:
    """Make an fq (`fq_init`)."""
    size = dev.mtu + dev.header_length
    made = Fq(dev, handle, parent, options=attrs.evolve(FQ_DEFAULTS, quantum=2 * size, initial_quantum=10 * size), quantum=2 * size)
    made.change(options)
    return made
