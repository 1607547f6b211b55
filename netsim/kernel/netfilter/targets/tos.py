"""`-j TOS` and `-j DSCP`: change the type of service octet or traffic class (`xt_DSCP`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import tos_of
from netsim.kernel.netfilter.verdict import CONTINUE, HookState
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TosTarget:
    """`tos = (tos & ~mask) ^ value`."""

    value: int
    mask: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Change the octet and go on."""
        _set(skb, (tos_of(skb.packet) & ~self.mask & 0xFF) ^ self.value)
        return CONTINUE


@attrs.frozen
class DscpTarget:
    """The upper six bits; the two of congestion notification stay."""

    value: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Change the code point and go on."""
        _set(skb, (tos_of(skb.packet) & 3) | self.value << 2)
        return CONTINUE


def _set(skb: SkBuff, tos: int) -> None:
    packet = skb.packet
    skb.packet = packet.with_tos(tos) if isinstance(packet, Ip) else packet.with_tclass(tos)
