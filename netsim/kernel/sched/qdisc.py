"""A queueing discipline and its place in a device's tree (`net/sched/sch_api.c`, `sch_generic.c`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from netsim.clock import Timer
from netsim.errors import EOPNOTSUPP, NetError
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import NET_XMIT_BYPASS, NET_XMIT_DROP, NET_XMIT_SUCCESS, qdisc_run
from netsim.trace import Dropped

if TYPE_CHECKING:
    from netsim.clock import Clock
    from netsim.kernel.sched.cls import Block

TC_H_ROOT, TC_H_INGRESS = 0xFFFFFFFF, 0xFFFFFFF1
MAJOR, MINOR = 0xFFFF0000, 0x0000FFFF
NET_XMIT_STOLEN = 0x10000
"""A filter has the frame; nobody lost it (`__NET_XMIT_STOLEN`)."""
HASH_MULTIPLIER, HASH_SHIFT = 0x61C88647, 28


@attrs.frozen
class QdiscKind:
    """A discipline that can be asked for by name; `module` must be in the kernel's profile ("" is built in); `creates` as `core.modules.part` finds it."""

    name: str
    module: str
    creates: str

    def create(self, dev: NetDevice, handle: int, parent: int, options: Any) -> Qdisc:
        """A discipline for a device (`Qdisc_ops.init`); options are None where no attribute was given. NetError."""
        made: Qdisc = part(self.creates)(dev, handle, parent, options)
        return made


@attrs.define(eq=False)
class Qdisc:
    """A discipline: it keeps frames, lets them go and counts (`struct Qdisc`); kinds override `enqueue`, `dequeue` and `peek`."""

    kind: ClassVar[str] = ""
    is_classful: ClassVar[bool] = False

    dev: NetDevice
    handle: int
    parent: int
    bytes: int = 0
    packets: int = 0
    drops: int = 0
    overlimits: int = 0
    requeues: int = 0
    backlog: int = 0
    qlen: int = 0
    timer: Timer | None = None
    block: Block | None = None
    """Its filters, from the first on."""

    @property
    def clock(self) -> Clock:
        """The world's clock."""
        return self.dev.netns.kernel.clock

    def enqueue(self, skb: SkBuff) -> int:
        """Take a frame: NET_XMIT_SUCCESS, NET_XMIT_DROP, or NET_XMIT_BYPASS when it is gone and nobody shall hear of it."""
        raise NotImplementedError(self.kind)

    def dequeue(self) -> SkBuff | None:
        """The next frame that may go now, or None."""
        raise NotImplementedError(self.kind)

    def peek(self) -> SkBuff | None:
        """The frame that `dequeue` would give next."""
        raise NotImplementedError(self.kind)

    def change(self, options: Any) -> None:
        """Take other parameters (`Qdisc_ops.change`); EOPNOTSUPP for kinds without any."""
        if options is not None:
            raise NetError(EOPNOTSUPP)

    def reset(self) -> None:
        """Throw away what is queued (`qdisc_reset`)."""
        self.backlog = self.qlen = 0
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        for child in self.children():
            child.reset()

    # classes ---------------------------------------------------------------------------------------------------------------

    def find(self, classid: int) -> int:
        """The class a minor number stands for, 0 for none; kinds without classes have none (`Qdisc_class_ops.find`)."""
        return 0

    def leaf(self, number: int) -> Qdisc | None:
        """The discipline in a class."""
        return None

    def graft(self, number: int, new: Qdisc | None) -> Qdisc | None:
        """Put a discipline into a class, None for the default one; answers the old (`Qdisc_class_ops.graft`)."""
        raise NetError(EOPNOTSUPP)

    def classes(self) -> tuple[int, ...]:
        """Numbers of the classes, as listings walk them."""
        return ()

    def children(self) -> tuple[Qdisc, ...]:
        """Disciplines in its classes."""
        return ()

    def filters_of(self, number: int) -> Block:
        """The filters of the discipline, or of one of its classes, made at need; EOPNOTSUPP where classes have none (`tcf_block`)."""
        if number:
            raise NetError(EOPNOTSUPP, "Class doesn't support blocks")
        if self.block is None:
            self.block = part("sched.cls:Block")(self)
        assert self.block is not None
        return self.block

    # counting --------------------------------------------------------------------------------------------------------------

    def added(self, length: int) -> None:
        """A frame of so many bytes is queued."""
        self.backlog += length
        self.qlen += 1

    def sent(self, length: int) -> None:
        """A queued frame leaves (`qdisc_bstats_update`)."""
        self.backlog -= length
        self.qlen -= 1
        self.bytes += length
        self.packets += 1

    def drop(self, skb: SkBuff, reason: str = "QDISC_DROP") -> int:
        """Count a frame thrown away; NET_XMIT_DROP."""
        self.drops += 1
        netns = self.dev.netns
        if netns.trace is not None:
            netns.trace.record(Dropped(netns.kernel.clock.now, netns.cookie, reason, self.dev.name, skb.packet))
        return NET_XMIT_DROP

    def wake_at(self, when: int) -> None:
        """Try again then (`qdisc_watchdog_schedule_ns`)."""
        timer = self.timer
        if timer is not None and timer.pending:
            if timer.when == when:
                return
            timer.cancel()
        self.timer = self.clock.call_at(when, qdisc_run, self.dev)


def frame_length(skb: SkBuff) -> int:
    """Bytes of a frame with its link header (`qdisc_pkt_len`)."""
    return skb.size + skb.dev.header_length


def counts_as_drop(outcome: int) -> int:
    """How many drops a parent counts for what its child answered (`net_xmit_drop_count`)."""
    return 0 if outcome & (NET_XMIT_BYPASS | NET_XMIT_STOLEN) else 1


def descendants(root: Qdisc) -> Iterator[Qdisc]:
    """All disciplines below one."""
    for child in root.children():
        yield child
        yield from descendants(child)


def tree(dev: NetDevice) -> list[Qdisc]:
    """A device's disciplines as dumps list them: the root, the others by hash of their handles (`tc_dump_qdisc_root`)."""
    root: Qdisc | None = dev.root_qdisc
    if root is None:
        return []  # what filters come and go by is another tree
    return [root, *sorted((each for each in descendants(root) if each.handle), key=_bucket)]


def _bucket(qdisc: Qdisc) -> int:
    return (qdisc.handle * HASH_MULTIPLIER & 0xFFFFFFFF) >> HASH_SHIFT


def qdisc_lookup(dev: NetDevice, handle: int) -> Qdisc | None:
    """A device's discipline by handle (`qdisc_lookup`)."""
    ingress: Qdisc | None = dev.ingress_queue
    if ingress is not None and ingress.handle == handle:
        return ingress
    return next((each for each in tree(dev) if handle and each.handle == handle), None)


__all__ = [
    "MAJOR", "MINOR", "NET_XMIT_BYPASS", "NET_XMIT_DROP", "NET_XMIT_STOLEN", "NET_XMIT_SUCCESS", "TC_H_INGRESS", "TC_H_ROOT", "Qdisc", "QdiscKind", "counts_as_drop",
    "descendants", "frame_length", "qdisc_lookup", "tree",
]  # fmt: skip
