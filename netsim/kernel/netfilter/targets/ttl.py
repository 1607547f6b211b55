"""`-j TTL` and `-j HL`: change the time to live or hop limit (`xt_HL`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TtlTarget:
    """`mode` is "set", "inc" or "dec"; a result above 255 or below 0 stops at the end of the range."""

    mode: str
    value: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Change the field and go on."""
        packet = skb.packet
        now = packet.ttl if isinstance(packet, Ip) else packet.hop_limit
        wanted = {"set": self.value, "inc": min(255, now + self.value), "dec": max(0, now - self.value)}[self.mode]
        skb.packet = packet.with_ttl(wanted) if isinstance(packet, Ip) else packet.with_hop_limit(wanted)
        return CONTINUE
