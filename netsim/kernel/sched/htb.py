"""htb: a tree of classes with rates of their own, which lend each other what they do not use (`sch_htb.c`).

Which class a frame is taken from is decided as the kernel's trees do it: the lowest level that may lend first, then the lowest priority, then
turn by turn with as many bytes each as its quantum.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.errors import EBUSY, EINVAL, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.sched.cls import TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN, Block
from netsim.kernel.sched.fifo import create_pfifo
from netsim.kernel.sched.qdisc import (
    MAJOR,
    MINOR,
    NET_XMIT_BYPASS,
    NET_XMIT_STOLEN,
    NET_XMIT_SUCCESS,
    TC_H_ROOT,
    Qdisc,
    counts_as_drop,
    frame_length,
)
from netsim.kernel.sched.tbf import Rate

MAX_DEPTH, NUM_PRIO = 8, 8
MBUFFER = 60 * SECOND
CANT_SEND, MAY_BORROW, CAN_SEND = range(3)
LEAST_QUANTUM, MOST_QUANTUM = 1000, 200_000
FIRST_BUCKETS = 4


@attrs.frozen
class HtbOptions:
    """`struct tc_htb_glob`: where frames without a class go (minor number), how quanta follow from rates, and how many frames may go past all classes."""

    default: int = 0
    r2q: int = 10
    direct_qlen: int | None = None


@attrs.frozen
class HtbClassOptions:
    """`struct tc_htb_opt`; bursts in ns."""

    rate: Rate
    ceil: Rate
    buffer: int
    cbuffer: int
    quantum: int = 0
    prio: int = 0


@attrs.define(eq=False)
class HtbClass:
    """One class (`struct htb_class`); times and tokens in ns."""

    number: int
    parent: HtbClass | None
    options: HtbClassOptions
    quantum: int
    prio: int
    leaf: Qdisc | None
    checked: int
    tokens: int = 0
    ctokens: int = 0
    level: int = 0
    mode: int = CAN_SEND
    due: int = 0
    """When its mode changes by itself, while it may not send."""
    children: int = 0
    deficit: dict[int, int] = attrs.field(factory=dict)
    bytes: int = 0
    packets: int = 0
    drops: int = 0
    overlimits: int = 0
    lends: int = 0
    borrows: int = 0
    block: Block | None = None

    def path(self) -> tuple[int, ...]:
        """The numbers from the root down to it."""
        return (*(self.parent.path() if self.parent is not None else ()), self.number)

    def left(self, gained: int) -> tuple[int, int]:
        """What it may do after so much time, and how long until that changes (`htb_class_mode`)."""
        if self.ctokens + gained < 0:
            return CANT_SEND, -(self.ctokens + gained)
        if self.tokens + gained >= 0:
            return CAN_SEND, 0
        return MAY_BORROW, -(self.tokens + gained)


@attrs.define(eq=False)
class ClassHash:
    """Classes in the order in which listings walk them: that of the kernel's growing hash (`Qdisc_class_hash`)."""

    buckets: list[list[int]] = attrs.field(factory=lambda: [[] for _ in range(FIRST_BUCKETS)])

    def insert(self, classid: int) -> None:
        """One more, the newest first; then the hash may grow (`qdisc_class_hash_insert`, `qdisc_class_hash_grow`)."""
        self.buckets[_hash(classid, len(self.buckets))].insert(0, classid)
        count = sum(map(len, self.buckets))
        if count * 4 > len(self.buckets) * 3:
            known, self.buckets = self.buckets, [[] for _ in range(len(self.buckets) * 2)]
            for bucket in known:
                for one in bucket:
                    self.buckets[_hash(one, len(self.buckets))].insert(0, one)

    def remove(self, classid: int) -> None:
        """One less."""
        self.buckets[_hash(classid, len(self.buckets))].remove(classid)

    def __iter__(self) -> Iterator[int]:
        return (one for bucket in self.buckets for one in bucket)


def _hash(classid: int, size: int) -> int:
    classid ^= classid >> 8
    return (classid ^ classid >> 4) & size - 1


@attrs.define(eq=False)
class Htb(Qdisc):
    """The discipline with its classes by minor number."""

    kind: ClassVar[str] = "htb"
    is_classful: ClassVar[bool] = True

    options: HtbOptions = attrs.field(factory=HtbOptions)
    members: dict[int, HtbClass] = attrs.field(factory=dict)
    order: ClassHash = attrs.field(factory=ClassHash)
    direct: deque[SkBuff] = attrs.field(factory=deque)
    direct_packets: int = 0
    turns: dict[tuple[int, int], tuple[int, ...]] = attrs.field(factory=dict)
    """Level and priority -> the class whose turn it is."""

    # in ----------------------------------------------------------------------------------------------------------------------

    @property
    def direct_qlen(self) -> int:
        """How many frames may wait that are of no class."""
        return max(self.dev.tx_queue_len, 2) if self.options.direct_qlen is None else self.options.direct_qlen

    def enqueue(self, skb: SkBuff) -> int:
        """Into the queue of its class (`htb_enqueue`)."""
        length = frame_length(skb)
        found, refusal = self._classify(skb)
        if refusal is not None:
            if refusal & NET_XMIT_BYPASS:
                self.drop(skb, "TC_EGRESS")
            return refusal
        if found is None:
            if len(self.direct) >= self.direct_qlen:
                return self.drop(skb)
            self.direct.append(skb)
            self.direct_packets += 1
            self.added(length)
            return NET_XMIT_SUCCESS
        assert found.leaf is not None
        outcome = found.leaf.enqueue(skb)
        if outcome == NET_XMIT_SUCCESS:
            self.added(length)
        else:
            self.drops += counts_as_drop(outcome)
            found.drops += counts_as_drop(outcome)
        return outcome

    def _classify(self, skb: SkBuff) -> tuple[HtbClass | None, int | None]:
        """The class of a frame, none for straight on, or what its sender is told when a filter took it (`htb_classify`)."""
        if skb.priority == self.handle:
            return None, None
        block = self.block
        if skb.priority & MAJOR == self.handle:
            named = self.members.get(skb.priority & MINOR)
            if named is not None:
                if not named.level:
                    return named, None
                block = named.block
        while block is not None:
            verdict, classid = block.classify(skb, frame_length(skb))
            if verdict < 0:
                break
            if verdict == TC_ACT_SHOT:
                return None, NET_XMIT_SUCCESS | NET_XMIT_BYPASS
            if verdict in (TC_ACT_QUEUED, TC_ACT_STOLEN):
                return None, NET_XMIT_SUCCESS | NET_XMIT_STOLEN
            if classid == self.handle:
                return None, None
            chosen = self.members.get(classid & MINOR) if classid & MAJOR in (self.handle, 0) else None
            if chosen is None:
                break
            if not chosen.level:
                return chosen, None
            block = chosen.block
        default = self.members.get(self.options.default)
        return (default if default is not None and not default.level else None), None

    # out ---------------------------------------------------------------------------------------------------------------------

    def dequeue(self) -> SkBuff | None:
        """The next frame that some class may send now (`htb_dequeue`)."""
        if self.direct:
            skb = self.direct.popleft()
            self.sent(frame_length(skb))
            return skb
        if not self.qlen:
            return None
        now = self.clock.now
        self._do_events(now)
        for level, prio, classes in self._rows():
            found = self._from_row(level, prio, classes, now)
            if found is not None:
                self.sent(frame_length(found))
                return found
        waiting = [each.due for each in self.members.values() if each.mode != CAN_SEND and each.due > now]
        self.wake_at(min([*waiting, now + 5 * SECOND]))
        return None

    def _do_events(self, now: int) -> None:
        """Classes whose time has come may do more (`htb_do_events`)."""
        for each in self.members.values():
            if each.mode != CAN_SEND and each.due <= now:
                self._settle(each, now, min(now - each.checked, MBUFFER))

    def _settle(self, each: HtbClass, now: int, gained: int) -> None:
        mode, wait = each.left(gained)
        if mode != each.mode:
            each.mode = mode
            if mode == CANT_SEND:
                each.overlimits += 1
                self.overlimits += 1
        each.due = now + wait if mode != CAN_SEND else 0

    def _rows(self) -> list[tuple[int, int, list[HtbClass]]]:
        """The leaves that have frames and may send, by the level they send at and their priority."""
        rows: dict[tuple[int, int], list[HtbClass]] = {}
        for each in self.members.values():
            if each.level or each.leaf is None or not each.leaf.qlen:
                continue
            level = _level_of(each)
            if level is not None:
                rows.setdefault((level, each.prio), []).append(each)
        return [(level, prio, sorted(rows[level, prio], key=HtbClass.path)) for level, prio in sorted(rows)]

    def _from_row(self, level: int, prio: int, classes: list[HtbClass], now: int) -> SkBuff | None:
        """From the class whose turn it is (`htb_dequeue_tree`)."""
        turn = self.turns.get((level, prio), ())
        start = next((place for place, each in enumerate(classes) if each.path() >= turn), 0)
        for step in range(len(classes)):
            place = (start + step) % len(classes)
            each = classes[place]
            assert each.leaf is not None
            skb = each.leaf.dequeue()
            if skb is None:
                continue
            length = frame_length(skb)
            each.bytes += length
            each.packets += 1
            each.deficit[level] = each.deficit.get(level, 0) - length
            self.turns[level, prio] = each.path()
            if each.deficit[level] < 0:
                each.deficit[level] += each.quantum
                self.turns[level, prio] = classes[(place + 1) % len(classes)].path()
            self._charge(each, level, length, now)
            return skb
        return None

    def _charge(self, leaf: HtbClass, level: int, length: int, now: int) -> None:
        """A frame left: the class and those above it pay for it (`htb_charge_class`)."""
        each: HtbClass | None = leaf
        while each is not None:
            gained = min(now - each.checked, MBUFFER)
            if each.level >= level:
                each.lends += each.level == level
                each.tokens = _accounted(each.tokens + gained, each.options.buffer, each.options.rate.time(length))
            else:
                each.borrows += 1
                each.tokens += gained
            each.ctokens = _accounted(each.ctokens + gained, each.options.cbuffer, each.options.ceil.time(length))
            each.checked = now
            self._settle(each, now, 0)
            if each.level:
                each.bytes += length
                each.packets += 1
            each = each.parent

    def peek(self) -> SkBuff | None:
        """What waits at all; whether it may go is another question."""
        if self.direct:
            return self.direct[0]
        for each in self.members.values():
            waiting = each.leaf.peek() if each.leaf is not None else None
            if waiting is not None:
                return waiting
        return None

    def change(self, options: Any) -> None:
        """The discipline itself keeps its parameters."""
        raise NetError(EINVAL, "Change operation not supported by specified qdisc")

    def reset(self) -> None:
        """Empty it (`htb_reset`)."""
        self.direct.clear()
        super().reset()

    # classes -----------------------------------------------------------------------------------------------------------------

    def change_class(self, classid: int, parent: int, options: HtbClassOptions) -> str:
        """Make a class or give it other rates (`htb_change_class`); a warning or ""; EINVAL."""
        known = self.members.get(classid & MINOR) if classid & MAJOR == self.handle else None
        above = None if parent == TC_H_ROOT or parent & MAJOR != self.handle else self.members.get(parent & MINOR)
        if known is None:
            if not classid or classid & MAJOR != self.handle:
                raise NetError(EINVAL)
            if above is not None and above.parent is not None and above.parent.level < 2:
                raise NetError(EINVAL, "sch_htb: tree is too deep" if self.dev.netns.kernel.profile.extended_acks >= 618 else "")
        quantum, warning = options.rate.rate // self.options.r2q, ""
        if not options.quantum and not LEAST_QUANTUM <= quantum <= MOST_QUANTUM:
            small = quantum < LEAST_QUANTUM
            quantum = LEAST_QUANTUM if small else MOST_QUANTUM
            warning = f"sch_htb: quantum of class {classid:X} is {'small' if small else 'big'}. Consider r2q change."
        quantum, prio = options.quantum or quantum, min(options.prio, NUM_PRIO - 1)
        if known is not None:
            known.options, known.quantum, known.prio = options, quantum, prio
            return warning
        leaf = create_pfifo(self.dev, 0, classid, None)
        made = HtbClass(classid & MINOR, above, options, quantum, prio, leaf, self.clock.now, options.buffer, options.cbuffer)
        if above is not None:
            self._become_inner(above)
        self.members[made.number] = made
        self.order.insert(classid)
        return warning

    def _become_inner(self, above: HtbClass) -> None:
        above.children += 1
        if above.level:
            return
        self._empty(above)
        above.leaf = None
        above.level = (above.parent.level if above.parent is not None else MAX_DEPTH) - 1

    def _empty(self, each: HtbClass) -> None:
        """What lay in a class that goes is lost."""
        if each.leaf is not None:
            self.backlog -= each.leaf.backlog
            self.qlen -= each.leaf.qlen
            each.leaf.reset()

    def delete_class(self, number: int) -> None:
        """A class goes; EBUSY while it has children or filters send to it (`htb_delete`)."""
        gone = self.members[number]
        if gone.children or self._is_target(number):
            raise NetError(EBUSY, "HTB class in use" if self.dev.netns.kernel.profile.extended_acks >= 618 else "")
        self._empty(gone)
        del self.members[number]
        self.order.remove(self.handle | number)
        above = gone.parent
        if above is not None:
            above.children -= 1
            if not above.children:
                above.level = 0
                above.leaf = create_pfifo(self.dev, 0, self.handle | above.number, None)
                above.tokens, above.ctokens = above.options.buffer, above.options.cbuffer
                above.checked, above.mode, above.due = self.clock.now, CAN_SEND, 0

    def _is_target(self, number: int) -> bool:
        blocks = [self.block, *[each.block for each in self.members.values()]]
        return any(block is not None and self.handle | number in block.targets() for block in blocks)

    def find(self, classid: int) -> int:
        """A class by its number (`htb_find`)."""
        number = classid & MINOR
        return number if number in self.members else 0

    def leaf(self, number: int) -> Qdisc | None:
        """What is in a class that has no others below it."""
        return self.members[number].leaf

    def graft(self, number: int, new: Qdisc | None) -> Qdisc | None:
        """Put another discipline into a class, a pfifo where none is given (`htb_graft`); EINVAL for inner classes."""
        each = self.members[number]
        if each.level:
            raise NetError(EINVAL)
        old, each.leaf = each.leaf, new or create_pfifo(self.dev, 0, self.handle | number, None)
        return old

    def classes(self) -> tuple[int, ...]:
        """As listings walk them."""
        return tuple([classid & MINOR for classid in self.order])

    def children(self) -> tuple[Qdisc, ...]:
        """What is in the classes."""
        return tuple([each.leaf for each in self.members.values() if each.leaf is not None])

    def filters_of(self, number: int) -> Block:
        """The filters of all, or of an inner class."""
        if not number:
            return super().filters_of(number)
        each = self.members[number]
        if each.block is None:
            each.block = Block(self)
        return each.block


def _level_of(leaf: HtbClass) -> int | None:
    """The level of the class that lends a leaf what it sends by, its own 0; None while none may."""
    each: HtbClass | None = leaf
    while each is not None:
        if each.mode == CAN_SEND:
            return each.level
        if each.mode == CANT_SEND:
            return None
        each = each.parent
    return None


def _accounted(tokens: int, buffer: int, cost: int) -> int:
    """Tokens after a frame (`htb_accnt_tokens`)."""
    return max(min(tokens, buffer) - cost, 1 - MBUFFER)


def create_htb(dev: NetDevice, handle: int, parent: int, options: Any) -> Htb:
    """Make an htb (`htb_init`); EINVAL without parameters."""
    wanted: HtbOptions | None = options
    if wanted is None:
        raise NetError(EINVAL)
    return Htb(dev, handle, parent, options=wanted)
