"""`-m ecn`: congestion notification in IP and TCP (`xt_ecn`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import tos_of, transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Tcp

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


ECE, CWR = 0x40, 0x80


@attrs.frozen
class EcnMatch:
    """`ect`: the two bits of IP, or -1; `tcp_flags`: (flag, inverted) pairs that must all hold."""

    ect: int = -1
    ect_inverted: bool = False
    tcp_flags: tuple[tuple[int, bool], ...] = ()

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether all that was asked holds."""
        if self.ect >= 0 and (tos_of(skb.packet) & 3 == self.ect) == self.ect_inverted:
            return False
        if not self.tcp_flags:
            return True
        header = transport_of(skb.packet)
        if not isinstance(header, Tcp):
            return False
        flags = header.flags
        return not any(bool(flags & bit) == inverted for bit, inverted in self.tcp_flags)
