"""What a translation may map to, and which way it works."""

from __future__ import annotations

import attrs

from netsim.kernel.core.hooks import LOCAL_IN, LOCAL_OUT, POST_ROUTING, PRE_ROUTING
from netsim.kernel.tables.conntrack import Tuple
from netsim.values import quick

MANIP_SRC, MANIP_DST = range(2)
HOOK_MANIP = {PRE_ROUTING: MANIP_DST, LOCAL_OUT: MANIP_DST, POST_ROUTING: MANIP_SRC, LOCAL_IN: MANIP_SRC}
"""Which end a hook translates (`HOOK2MANIP`)."""

MAP_IPS, PROTO_SPECIFIED, PROTO_RANDOM, PERSISTENT, PROTO_RANDOM_FULLY, PROTO_OFFSET, NETMAP = (1 << bit for bit in range(7))
RANDOM_ALL = PROTO_RANDOM | PROTO_RANDOM_FULLY


@quick
@attrs.frozen(weakref_slot=False)
class NatRange:
    """Addresses, ports (or ICMP ids) and flags (`struct nf_nat_range2`)."""

    flags: int = 0
    min_addr: int = 0
    max_addr: int = 0
    min_port: int = 0
    max_port: int = 0
    base_port: int = 0

    def at(self, address: int) -> NatRange:
        """The same ports and flags, at one address."""
        return NatRange(self.flags | MAP_IPS, address, address, self.min_port, self.max_port, self.base_port)

    def holds_source(self, tuple_: Tuple) -> bool:
        """Whether a tuple's source may stay as it is (`nf_in_range`)."""
        if self.flags & MAP_IPS and not self.min_addr <= tuple_.src <= self.max_addr:
            return False
        return not self.flags & PROTO_SPECIFIED or self.holds_port(tuple_, MANIP_SRC)

    def holds_port(self, tuple_: Tuple, manip: int) -> bool:
        """Whether the port (or ICMP id) lies in range (`l4proto_in_range`)."""
        if tuple_.protocol in (1, 58):
            port = tuple_.sport
        elif tuple_.protocol in (6, 17, 33, 47, 132, 136):
            port = tuple_.sport if manip == MANIP_SRC else tuple_.dport
        else:
            return True
        return self.min_port <= port <= self.max_port
