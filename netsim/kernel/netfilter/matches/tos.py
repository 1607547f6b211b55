"""`-m tos` and `-m dscp`: the type of service octet or traffic class (`xt_dscp`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.headers import tos_of
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class TosMatch:
    """`tos & mask == value`."""

    value: int
    mask: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the octet compares so."""
        return (tos_of(skb.packet) & self.mask == self.value) != self.inverted


@attrs.frozen
class DscpMatch:
    """The upper six bits."""

    value: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the code point is the one asked for."""
        return (tos_of(skb.packet) >> 2 == self.value) != self.inverted
