"""`-m physdev`: the bridge ports a bridged packet came in by and leaves by (`xt_physdev`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.core.hooks import ALL_HOOKS, LOCAL_OUT
from netsim.kernel.netfilter.headers import same_interface
from netsim.kernel.netfilter.verdict import HookState

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

NOT_ASKED, WANTED, UNWANTED = range(3)


@attrs.frozen
class PhysdevMatch:
    """Names (a `+` at the end: prefix; empty: not asked), and WANTED or UNWANTED for the three questions about the way."""

    iniface: str = ""
    iniface_inverted: bool = False
    outiface: str = ""
    outiface_inverted: bool = False
    is_in: int = NOT_ASKED
    is_out: int = NOT_ASKED
    is_bridged: int = NOT_ASKED

    @property
    def hooks(self) -> frozenset[int]:
        """Where the rule may stand: packets made here do not know their port yet."""
        asks_out = self.outiface or self.is_out != NOT_ASKED
        return ALL_HOOKS - {LOCAL_OUT} if asks_out and self.is_bridged != WANTED else ALL_HOOKS

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet crosses the bridge as asked; one that does not meets inverted questions only."""
        bridged = skb.nf_bridge
        if bridged is None:
            named = (self.iniface and not self.iniface_inverted) or (self.outiface and not self.outiface_inverted)
            return not named and WANTED not in (self.is_in, self.is_out, self.is_bridged)
        indev, outdev = bridged.physindev, bridged.physoutdev
        for question, device in ((self.is_bridged, outdev), (self.is_in, indev), (self.is_out, outdev)):
            if question != NOT_ASKED and (device is not None) != (question == WANTED):
                return False
        if self.iniface and same_interface(self.iniface, indev) == self.iniface_inverted:
            return False
        if not self.outiface:
            return True
        return outdev is not None and same_interface(self.outiface, outdev) != self.outiface_inverted
