"""`-m tcp`: ports, flags, one option (`xt_tcpudp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Tcp
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ALL_PORTS = (0, 65535)


@quick
@attrs.frozen(weakref_slot=False)
class TcpMatch:
    """Port ranges, `flags & mask == compare`, presence of an option (0: not asked)."""

    sports: tuple[int, int] = ALL_PORTS
    sports_inverted: bool = False
    dports: tuple[int, int] = ALL_PORTS
    dports_inverted: bool = False
    flag_mask: int = 0
    flag_compare: int = 0
    flags_inverted: bool = False
    option: int = 0
    option_inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the segment meets all that was asked; later fragments never do."""
        header = transport_of(skb.packet)
        if not isinstance(header, Tcp):
            return False
        if (self.sports[0] <= header.sport <= self.sports[1]) == self.sports_inverted:
            return False
        if (self.dports[0] <= header.dport <= self.dports[1]) == self.dports_inverted:
            return False
        if self.flag_mask and (header.flags & self.flag_mask == self.flag_compare) == self.flags_inverted:
            return False
        return not self.option or (header.option(self.option) is not None) != self.option_inverted
