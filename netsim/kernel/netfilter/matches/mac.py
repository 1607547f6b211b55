"""`-m mac`: the frame's source address (`xt_mac`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.addr import MAC
from netsim.kernel.core.hooks import FORWARD, LOCAL_IN, PRE_ROUTING
from netsim.kernel.core.netdevice import ARPHRD_ETHER
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff


@attrs.frozen
class MacMatch:
    """Frames of one sender; packets that came by no Ethernet device never match."""

    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING, LOCAL_IN, FORWARD})

    address: MAC
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether it is the sender's."""
        if state.indev is None or state.indev.type != ARPHRD_ETHER:
            return False
        return (skb.src == self.address) != self.inverted
