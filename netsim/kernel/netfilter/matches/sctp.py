"""`-m sctp`: ports (`xt_sctp`); chunk types are refused where rules are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import ports_of, protocol_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


ALL_PORTS = (0, 65535)


@attrs.frozen
class SctpMatch:
    """Port ranges."""

    sports: tuple[int, int] = ALL_PORTS
    sports_inverted: bool = False
    dports: tuple[int, int] = ALL_PORTS
    dports_inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether both ports are in range; later fragments never are."""
        ports = ports_of(skb.packet) if protocol_of(skb.packet) == 132 else None
        if ports is None:
            return False
        if (self.sports[0] <= ports[0] <= self.sports[1]) == self.sports_inverted:
            return False
        return (self.dports[0] <= ports[1] <= self.dports[1]) != self.dports_inverted
