"""ingress and clsact: places for filters where frames come in and where they go out, before any queue (`sch_ingress.c`)."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.errors import EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.tracepoint import trace_drop
from netsim.kernel.core.transmit import NET_XMIT_DROP, NET_XMIT_SUCCESS
from netsim.kernel.sched.cls import TC_ACT_QUEUED, TC_ACT_SHOT, TC_ACT_STOLEN, Block
from netsim.kernel.sched.qdisc import TC_H_INGRESS, Qdisc, frame_length

INGRESS_HANDLE = 0xFFFF0000
MIN_INGRESS, MIN_EGRESS = 0xFFF2, 0xFFF3


@attrs.frozen
class Watched:
    """Stands among a device's taps while filters look at its frames, which makes the busy paths take the long way (a static key in the kernel)."""

    def packet(self, skb: SkBuff, dev: NetDevice) -> None:
        """Nobody is told."""

    def went_down(self) -> None:
        """Nobody minds."""


WATCHED = Watched()


@attrs.define(eq=False)
class Ingress(Qdisc):
    """Filters of what comes in."""

    kind: ClassVar[str] = "ingress"
    is_classful: ClassVar[bool] = True

    def received(self, skb: SkBuff) -> bool:
        """Show a frame that came in to the filters; whether it goes on (`sch_handle_ingress`)."""
        length = skb.size
        self.bytes += length
        self.packets += 1
        if self.block is None:
            return True
        verdict, _ = self.block.classify(skb, length)
        if verdict == TC_ACT_SHOT:
            self.drops += 1
            if self.dev.netns.trace is not None:
                trace_drop(self.dev.netns, "TC_INGRESS", self.dev.name, skb.packet)
            return False
        return verdict not in (TC_ACT_STOLEN, TC_ACT_QUEUED)

    def sending(self, skb: SkBuff) -> int | None:
        """Nothing is filtered on the way out."""
        return None

    def find(self, classid: int) -> int:
        """Any class is the one place there is (`ingress_find`)."""
        return (classid & 0xFFFF) + 1

    def leaf(self, number: int) -> Qdisc | None:
        """Nothing queues here."""
        return None

    def filters_of(self, number: int) -> Block:
        """The filters, whatever class was named."""
        return super().filters_of(0)


@attrs.define(eq=False)
class Clsact(Ingress):
    """Filters of what comes in, and of what goes out."""

    kind: ClassVar[str] = "clsact"

    egress: Block | None = None

    def sending(self, skb: SkBuff) -> int | None:
        """Show a frame that goes out to the filters; what its sender is told when it goes no further (`sch_handle_egress`)."""
        if self.egress is None:
            return None
        length = frame_length(skb)
        self.bytes += length
        self.packets += 1
        verdict, _ = self.egress.classify(skb, length)
        if verdict == TC_ACT_SHOT:
            self.drops += 1
            if self.dev.netns.trace is not None:
                trace_drop(self.dev.netns, "TC_EGRESS", self.dev.name, skb.packet)
            return NET_XMIT_DROP
        return NET_XMIT_SUCCESS if verdict in (TC_ACT_STOLEN, TC_ACT_QUEUED) else None

    def find(self, classid: int) -> int:
        """The two places (`clsact_find`)."""
        return classid & 0xFFFF if classid & 0xFFFF in (MIN_INGRESS, MIN_EGRESS) else 0

    def filters_of(self, number: int) -> Block:
        """The filters of a place."""
        if not number:
            raise NetError(EOPNOTSUPP, "Class doesn't support blocks")
        if number != MIN_EGRESS:
            return super().filters_of(number)
        if self.egress is None:
            self.egress = Block(self)
        return self.egress


def create_ingress(dev: NetDevice, handle: int, parent: int, options: Any) -> Ingress:
    """Make an ingress (`ingress_init`)."""
    return Ingress(dev, INGRESS_HANDLE, TC_H_INGRESS)


def create_clsact(dev: NetDevice, handle: int, parent: int, options: Any) -> Clsact:
    """Make a clsact (`clsact_init`)."""
    return Clsact(dev, INGRESS_HANDLE, TC_H_INGRESS)
