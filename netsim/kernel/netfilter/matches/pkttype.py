"""`-m pkttype`: for whom the frame was (`xt_pkttype`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_LOOPBACK, PACKET_MULTICAST
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class PkttypeMatch:
    """A value of `PACKET_*`; what came by loopback is judged by its destination address."""

    kind: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the frame was of that kind."""
        kind = skb.pkt_type
        if kind == PACKET_LOOPBACK:
            kind = PACKET_MULTICAST if skb.packet.dst.is_multicast else PACKET_BROADCAST
        return (kind == self.kind) != self.inverted
