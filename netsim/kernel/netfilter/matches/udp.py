"""`-m udp`: ports (`xt_tcpudp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Udp
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ALL_PORTS = (0, 65535)


@quick
@attrs.frozen(weakref_slot=False)
class UdpMatch:
    """Port ranges."""

    sports: tuple[int, int] = ALL_PORTS
    sports_inverted: bool = False
    dports: tuple[int, int] = ALL_PORTS
    dports_inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether both ports are in range; later fragments never are."""
        header = transport_of(skb.packet)
        if not isinstance(header, Udp):
            return False
        if (self.sports[0] <= header.sport <= self.sports[1]) == self.sports_inverted:
            return False
        return (self.dports[0] <= header.dport <= self.dports[1]) != self.dports_inverted
