"""`-m frag` and `-m rt`: headers of IPv6 that fragments and routed packets carry (`ip6t_frag`, `ip6t_rt`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.kernel.netfilter.verdict import HookState
from netsim.packet.ip6 import Fragment

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

ALL = 0xFFFFFFFF


@attrs.frozen
class FragMatch:
    """A fragment whose ident is in a range, and where in the packet it stands; `length` is kept and told and not looked at, as in the kernel."""

    low: int = 0
    high: int = ALL
    inverted: bool = False
    length: int = 0
    length_inverted: bool = False
    flags: frozenset[str] = frozenset()

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Only fragments can match; nobody here sets their reserved bits."""
        header = skb.packet.payload
        if not isinstance(header, Fragment):
            return False
        flags = self.flags
        return (
            (self.low <= header.ident <= self.high) != self.inverted
            and not ("fragfirst" in flags and header.offset)
            and not ("fragmore" in flags and not header.more)
            and not ("fraglast" in flags and header.more)
        )


@attrs.frozen
class RtMatch:
    """A routing header, which no program here puts into its packets."""

    words: str
    """As -S tells them."""
    told: str
    """As -L does."""

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """There is none (`ipv6_find_hdr`)."""
        return False
