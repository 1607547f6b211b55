"""`-m conntrack` and `-m state`: how a packet stands to its connection, and what that is (`xt_conntrack`, `xt_state`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.kernel.netfilter.verdict import HookState
from netsim.kernel.tables.conntrack import CT_ESTABLISHED_REPLY, CT_UNTRACKED, IPS_CONFIRMED, IPS_DST_NAT, IPS_SRC_NAT, Connection, Tracked

if TYPE_CHECKING:
    from netsim.kernel.core.skbuff import SkBuff

STATE_INVALID, STATE_ESTABLISHED, STATE_RELATED, STATE_NEW, STATE_SNAT, STATE_DNAT, STATE_UNTRACKED = 1, 2, 4, 8, 64, 128, 256
NOT_ASKED = (None, None, None, None)
Place = tuple[int, int, bool]
"""Address, mask and inversion."""
Span = tuple[int, int, bool]
"""Lowest, highest and inversion."""


def state_of(skb: SkBuff) -> tuple[int, Connection | None]:
    """The state bit of a packet, and its connection if it has one."""
    nfct = skb.nfct
    if not isinstance(nfct, Tracked):
        return STATE_INVALID, None
    if nfct.connection is None:
        return STATE_UNTRACKED if nfct.info == CT_UNTRACKED else STATE_INVALID, None
    return 2 << nfct.info % CT_ESTABLISHED_REPLY, nfct.connection


@attrs.frozen
class StateMatch:
    """`--state`: a mask of STATE_* bits."""

    needs_tracking: ClassVar[bool] = True

    states: int
    inverted: bool = False

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether the packet is in one of the states."""
        return bool(self.states & state_of(skb)[0]) != self.inverted


@attrs.frozen
class ConntrackMatch:
    """Everything `--ct...` asks; None is not asked. `status` is a mask of IPS_* bits, `direction` ORIGINAL or REPLY, `expires` seconds."""

    needs_tracking: ClassVar[bool] = True

    states: int | None = None
    states_inverted: bool = False
    protocol: int | None = None
    protocol_inverted: bool = False
    addresses: tuple[Place | None, Place | None, Place | None, Place | None] = (None, None, None, None)
    """Original source and destination, reply source and destination."""
    ports: tuple[Span | None, Span | None, Span | None, Span | None] = (None, None, None, None)
    status: int | None = None
    status_inverted: bool = False
    expires: Span | None = None
    direction: int | None = None

    def match(self, skb: SkBuff, state: HookState) -> bool:
        """Whether packet and connection meet all that was asked; a packet without connection meets states only."""
        bit, connection = state_of(skb)
        if self.states is not None:
            if connection is not None:
                bit |= STATE_SNAT if connection.status & IPS_SRC_NAT else 0
                bit |= STATE_DNAT if connection.status & IPS_DST_NAT else 0
            if bool(self.states & bit) == self.states_inverted:
                return False
        if connection is None:
            return self.states is not None
        if self.direction is not None and skb.nfct.direction != self.direction:
            return False
        return self._ends(connection) and self._life(connection, state)

    def _ends(self, connection: Connection) -> bool:
        if self.protocol is None and self.addresses == NOT_ASKED and self.ports == NOT_ASKED:
            return True
        original, reply = connection.tuples
        found = (original.src, original.dst, reply.src, reply.dst)
        for place, address in zip(self.addresses, found, strict=True):
            if place is not None and (address & place[1] == place[0] & place[1]) == place[2]:
                return False
        if self.protocol is not None and (original.protocol == self.protocol) == self.protocol_inverted:
            return False
        numbers = (original.sport, original.dport, reply.sport, reply.dport)
        return all(span is None or (span[0] <= port <= span[1]) != span[2] for span, port in zip(self.ports, numbers, strict=True))

    def _life(self, connection: Connection, state: HookState) -> bool:
        if self.status is not None and bool(self.status & connection.status) == self.status_inverted:
            return False
        if self.expires is None:
            return True
        low, high, inverted = self.expires
        left = connection.timeout - state.netns.kernel.clock.now if connection.status & IPS_CONFIRMED else 0
        return (low <= max(0, left) // SECOND <= high) != inverted
