"""`-m iprange`: addresses from a range (`xt_iprange`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class IprangeMatch:
    """Source and destination ranges, ends included; None asks nothing."""

    src: tuple[IPv4 | IPv6, IPv4 | IPv6] | None = None
    src_inverted: bool = False
    dst: tuple[IPv4 | IPv6, IPv4 | IPv6] | None = None
    dst_inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether both addresses are where they should be."""
        packet = skb.packet
        if self.src is not None and (self.src[0] <= packet.src <= self.src[1]) == self.src_inverted:
            return False
        return self.dst is None or (self.dst[0] <= packet.dst <= self.dst[1]) != self.dst_inverted
