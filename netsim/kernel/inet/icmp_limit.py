"""The limiter that all ICMP errors of a machine share, whatever their family (`icmp_global_allow`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.kernel.tables.inetpeer import InetPeer

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

PEER_BURST = 6  # XRLIM_BURST_FACTOR


def global_allows(netns: Netns) -> bool:
    """Take one from the bucket: `icmp_msgs_per_sec` a second, `icmp_msgs_burst` at once."""
    now = netns.kernel.clock.now
    bucket = netns.inet.icmp_global
    if bucket is None:
        bucket = netns.inet.icmp_global = InetPeer(now - SECOND)
    cost = SECOND // max(1, int(netns.inet.sysctl.get("icmp_msgs_per_sec", 1000)))
    return bucket.take(now, cost, cost * int(netns.inet.sysctl.get("icmp_msgs_burst", 50)))
