"""Counting at the destination, its service and in sum (`ip_vs_in_stats`, `ip_vs_out_stats`, `ip_vs_conn_stats`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.netfilter.ipvs.estimate import settle
from netsim.kernel.tables.ipvs import IpvsState, Stats, VsConnection

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def _places(netns: Netns, state: IpvsState, connection: VsConnection) -> tuple[Stats, ...]:
    destination = connection.destination
    if not destination.is_available or destination.service is None:
        return ()
    places = destination.stats, destination.service.stats, state.stats
    if state.conf.run_estimation:
        for stats in places:
            settle(netns, stats)
    return places


def in_stats(netns: Netns, state: IpvsState, connection: VsConnection, skb: SkBuff) -> None:
    """A packet to the destination."""
    for stats in _places(netns, state, connection):
        stats.inpkts += 1
        stats.inbytes += skb.size


def out_stats(netns: Netns, state: IpvsState, connection: VsConnection, skb: SkBuff) -> None:
    """A packet from it."""
    for stats in _places(netns, state, connection):
        stats.outpkts += 1
        stats.outbytes += skb.size


def conn_stats(netns: Netns, state: IpvsState, connection: VsConnection) -> None:
    """A connection to it."""
    for stats in _places(netns, state, connection):
        stats.conns += 1
