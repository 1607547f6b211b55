"""`-m string`: bytes anywhere in a packet (`xt_string`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState
from netsim.packet.codec import encode

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class StringMatch:
    """`pattern` beginning between the offsets `start` and `stop` from the network header; `algorithm` and `is_hex` are only for listings."""

    pattern: bytes
    algorithm: str
    start: int = 0
    stop: int = 65535
    inverted: bool = False
    ignore_case: bool = False
    is_hex: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet has the bytes (`skb_find_text`)."""
        data, pattern = encode(skb.packet), self.pattern
        if self.ignore_case:
            data, pattern = data.lower(), pattern.lower()
        found = data.find(pattern, self.start)
        return (0 <= found <= self.stop) != self.inverted
