"""`-m tcpmss`: the maximum segment size option (`xt_tcpmss`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.verdict import HookState
from netsim.packet import Tcp
from netsim.packet.numbers import TCPOPT_MSS

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TcpmssMatch:
    """MSS from `low` to `high`."""

    low: int
    high: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the option is there and in range; without it only an inverted match meets."""
        header = transport_of(skb.packet)
        if not isinstance(header, Tcp):
            return False
        data = header.option(TCPOPT_MSS)
        if data is None or len(data) < 2:
            return self.inverted
        return (self.low <= int.from_bytes(data[:2], "big") <= self.high) != self.inverted
