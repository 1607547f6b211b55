"""`-m icmp` and `-m icmp6`: message types and codes (`icmp_match`, `icmp6_match`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import icmp_type, transport_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ANY_TYPE = 255


@attrs.frozen
class IcmpMatch:
    """A type (255: any) and a range of codes; `family` tells ICMP from ICMPv6."""

    family: int
    type: int
    codes: tuple[int, int] = (0, 255)
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the message is of the type and its code in range."""
        header = transport_of(skb.packet)
        kind = icmp_type(header)
        if kind is None:
            return False
        code = getattr(header, "code", 0)
        hit = self.type == ANY_TYPE or (kind == self.type and self.codes[0] <= code <= self.codes[1])
        return hit != self.inverted
