"""What the paths of both protocols ask of a nexthop (`net/ipv4/nexthop.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import IPv4, IPv6
from netsim.kernel.tables.neigh import NUD_VALID

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns


def is_good_nh(netns: Netns, gateway: IPv4 | IPv6 | None, ifindex: int) -> bool:
    """Whether the neighbour behind a way out may answer: it is not known, or known to be there (`ipv4_good_nh`, `ipv6_good_nh`)."""
    if gateway is None:
        return True
    table = netns.inet.arp if isinstance(gateway, IPv4) else netns.inet6.neigh
    neigh = table.entries.get((gateway, ifindex))
    return neigh is None or bool(neigh.state & NUD_VALID)
