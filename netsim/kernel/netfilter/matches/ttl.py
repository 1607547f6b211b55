"""`-m ttl` and `-m hl`: time to live or hop limit (`xt_hl`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TtlMatch:
    """`compare` is "eq", "ne", "lt" or "gt"."""

    compare: str
    value: int

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet's TTL compares so."""
        packet = skb.packet
        ttl = packet.ttl if isinstance(packet, Ip) else packet.hop_limit
        if self.compare == "lt":
            return bool(ttl < self.value)
        if self.compare == "gt":
            return bool(ttl > self.value)
        return bool(ttl == self.value) == (self.compare == "eq")
