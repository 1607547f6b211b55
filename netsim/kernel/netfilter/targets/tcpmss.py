"""`-j TCPMSS`: lowers the maximum segment size that SYN segments announce (`xt_TCPMSS`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.core.hooks import ALL_HOOKS, FORWARD, LOCAL_OUT, POST_ROUTING
from netsim.kernel.netfilter.headers import transport_of
from netsim.kernel.netfilter.mtu import path_mtu
from netsim.kernel.netfilter.verdict import CONTINUE, DROP, HookState
from netsim.packet import Ip, Tcp, mss
from netsim.packet.numbers import TCP_SYN, TCPOPT_MSS

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


CLAMP = 0


@attrs.frozen
class TcpmssTarget:
    """`mss` to announce, or CLAMP: what fits both ways' path MTU."""

    mss: int = CLAMP

    @property
    def hooks(self) -> frozenset[int]:
        """Where it may stand: clamping needs a way out to ask (`tcpmss_tg4_check`)."""
        return frozenset({FORWARD, LOCAL_OUT, POST_ROUTING}) if self.mss == CLAMP else ALL_HOOKS

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Rewrite the option when it is larger; add one when there is none."""
        header = transport_of(skb.packet)
        if not isinstance(header, Tcp):
            return CONTINUE
        wanted = self._wanted(skb, state)
        if wanted < 0:
            return DROP
        data = header.option(TCPOPT_MSS)
        if data is not None:
            if int.from_bytes(data, "big") > wanted:
                _put(skb, header.with_options(tuple(mss(wanted) if option.kind == TCPOPT_MSS else option for option in header.options)))
            return CONTINUE
        if header.size > header.header_size or not header.flags & TCP_SYN:
            return CONTINUE  # a segment with data must not grow
        _put(skb, header.with_options((mss(min(wanted, 536 if isinstance(skb.packet, Ip) else 1220)), *header.options)))
        return CONTINUE

    def _wanted(self, skb: SkBuff, state: HookState) -> int:
        if self.mss != CLAMP:
            return self.mss
        headers = 40 if isinstance(skb.packet, Ip) else 60
        mtu = path_mtu(skb, state)
        return mtu - headers if mtu > headers else -1


def _put(skb: SkBuff, header: Tcp) -> None:
    skb.packet = skb.packet.with_payload(header)
