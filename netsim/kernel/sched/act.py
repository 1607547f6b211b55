"""What filters do with a frame: gact, mirred and police (`act_gact.c`, `act_mirred.c`, `act_police.c`)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.receive import netif_rx
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.kernel.sched.cls import TC_ACT_OK, TC_ACT_SHOT
from netsim.kernel.sched.tbf import Rate


@attrs.define(eq=False)
class Action:
    """One action with its counters (`struct tc_action`); times in ns, `used` 0 for never."""

    kind: ClassVar[str] = ""

    index: int
    verdict: int
    made: int
    used: int = 0
    first: int = 0
    bytes: int = 0
    packets: int = 0
    drops: int = 0
    overlimits: int = 0

    def act(self, skb: SkBuff, length: int) -> int:
        """Count the frame and do it: TC_ACT_*."""
        self.used = skb.dev.netns.kernel.clock.now
        self.first = self.first or self.used
        self.bytes += length
        self.packets += 1
        return self.execute(skb, length)

    def execute(self, skb: SkBuff, length: int) -> int:
        """What is done."""
        raise NotImplementedError(self.kind)


@attrs.define(eq=False)
class Gact(Action):
    """A verdict and nothing else."""

    kind: ClassVar[str] = "gact"

    def execute(self, skb: SkBuff, length: int) -> int:
        """`tcf_gact_act`."""
        self.drops += self.verdict == TC_ACT_SHOT
        return self.verdict


@attrs.define(eq=False)
class Mirred(Action):
    """A frame, or a copy of it, leaves by another device or comes in there."""

    kind: ClassVar[str] = "mirred"

    target: NetDevice = attrs.field(default=None)
    is_redirect: bool = False
    is_ingress: bool = False

    def execute(self, skb: SkBuff, length: int) -> int:
        """`tcf_mirred_act`."""
        target = self.target
        if not target.registered or not target.flags & IFF_UP or not target.carrier:
            self.overlimits += 1
            if target.registered:
                kernel = target.netns.kernel
                kernel.log.append((kernel.clock.now, f"tc mirred to Houston: device {target.name} is down"))
            return TC_ACT_SHOT if self.is_redirect else self.verdict
        copy = skb.clone()
        copy.dev, copy.iif = target, skb.iif
        if self.is_ingress:
            netif_rx(copy)
        else:
            dev_queue_xmit(copy)
        return self.verdict


@attrs.frozen
class PoliceOptions:
    """`struct tc_police`: a rate with its burst in ns, a peak, the longest frame in bytes, and what becomes of frames within them."""

    rate: Rate | None
    burst: int
    mtu: int
    peak: Rate | None = None
    conform: int = TC_ACT_OK


@attrs.define(eq=False)
class Police(Action):
    """Frames within a rate go on, the others get a verdict."""

    kind: ClassVar[str] = "police"

    options: PoliceOptions = attrs.field(default=None)
    tokens: int = 0
    ptokens: int = 0
    checked: int = 0

    def execute(self, skb: SkBuff, length: int) -> int:
        """`tcf_police_act`."""
        options, now = self.options, self.used
        if length <= options.mtu:
            if options.rate is None:
                return options.conform
            gained = min(now - self.checked, options.burst)
            left, peak_left = min(gained + self.tokens, options.burst) - options.rate.time(length), 0
            if options.peak is not None:
                peak_left = min(gained + self.ptokens, options.peak.time(options.mtu)) - options.peak.time(length)
            if left >= 0 and peak_left >= 0:
                self.checked, self.tokens, self.ptokens = now, left, peak_left
                self.drops += options.conform == TC_ACT_SHOT
                return options.conform
        self.overlimits += 1
        self.drops += self.verdict == TC_ACT_SHOT
        return self.verdict
