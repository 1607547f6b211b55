"""`-j DNAT`, `-j SNAT`, `-j REDIRECT`, `-j MASQUERADE`, `-j NETMAP` (`xt_nat`, `xt_REDIRECT`, `xt_MASQUERADE`, `xt_NETMAP`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.addr import IPV4_LOOPBACK, IPv6
from netsim.kernel.core.hooks import LOCAL_IN, LOCAL_OUT, PF_INET, POST_ROUTING, PRE_ROUTING
from netsim.kernel.netfilter.nat.masquerade import masquerade
from netsim.kernel.netfilter.nat.ranges import HOOK_MANIP, MANIP_DST, MANIP_SRC, NatRange
from netsim.kernel.netfilter.nat.setup import setup_info
from netsim.kernel.netfilter.verdict import ACCEPT, DROP, HookState
from netsim.kernel.tables.conntrack import Tracked
from netsim.values import quick

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

IPV6_LOOPBACK = IPv6(1)


def _set_up(skb: SkBuff, state: HookState, choice: NatRange, manip: int) -> int:
    connection = skb.nfct.connection if isinstance(skb.nfct, Tracked) else None
    if connection is not None:
        setup_info(state.netns, connection, choice, manip)
    return ACCEPT


@quick
@attrs.frozen(weakref_slot=False)
class DnatTarget:
    """Another destination."""

    needs_tracking: ClassVar[bool] = True
    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING, LOCAL_OUT})

    choice: NatRange

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Translate the connection's destination."""
        return _set_up(skb, state, self.choice, MANIP_DST)


@quick
@attrs.frozen(weakref_slot=False)
class SnatTarget:
    """Another source."""

    needs_tracking: ClassVar[bool] = True
    hooks: ClassVar[frozenset[int]] = frozenset({POST_ROUTING, LOCAL_IN})

    choice: NatRange

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Translate the connection's source."""
        return _set_up(skb, state, self.choice, MANIP_SRC)


@attrs.frozen
class MasqueradeTarget:
    """The source that the way out has; the range names ports and flags only."""

    needs_tracking: ClassVar[bool] = True
    hooks: ClassVar[frozenset[int]] = frozenset({POST_ROUTING})

    choice: NatRange = NatRange()

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Translate the connection's source to the device's address."""
        assert state.outdev is not None
        return masquerade(state.netns, skb, self.choice, state.outdev)


@attrs.frozen
class RedirectTarget:
    """To this host itself: the address of the device it came in by, or loopback for what is made here."""

    needs_tracking: ClassVar[bool] = True
    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING, LOCAL_OUT})

    choice: NatRange = NatRange()

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Translate the connection's destination to this host; dropped where the device has no address."""
        address: int | None = None
        if state.hook == LOCAL_OUT:
            address = IPV4_LOOPBACK if state.family == PF_INET else IPV6_LOOPBACK
        elif state.family == PF_INET:
            address = next((ifa.local for ifa in skb.dev.inet.addresses), None) if skb.dev.inet is not None else None
        elif skb.dev.inet6 is not None:
            wants_link = skb.packet.dst.is_linklocal
            address = next((ifa.address for ifa in skb.dev.inet6.addresses if ifa.address.is_linklocal == wants_link), None)
        if address is None:
            return DROP
        return _set_up(skb, state, self.choice.at(address), MANIP_DST)


@attrs.frozen
class NetmapTarget:
    """The same host in another network: `mask` bits come from `network`, the rest stays."""

    needs_tracking: ClassVar[bool] = True
    hooks: ClassVar[frozenset[int]] = frozenset({PRE_ROUTING, LOCAL_OUT, POST_ROUTING, LOCAL_IN})

    network: int
    mask: int

    def apply(self, skb: SkBuff, state: HookState) -> int:
        """Translate destination or source, as the hook does."""
        manip = HOOK_MANIP[state.hook]
        address = skb.packet.dst if manip == MANIP_DST else skb.packet.src
        width = 0xFFFFFFFF if state.family == PF_INET else (1 << 128) - 1
        return _set_up(skb, state, NatRange().at(self.network | address & ~self.mask & width), manip)
