"""Counting packets as SNMP wants them: octets, congestion marks, groups and ICMP messages by type (`ip_stats`, `icmp_out_count`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_MULTICAST

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.packet import Ip

ECN_COUNTERS = ("IpExtInNoECTPkts", "IpExtInECT1Pkts", "IpExtInECT0Pkts", "IpExtInCEPkts")


def icmp_count_in(netns: Netns, kind: int) -> None:
    """One more ICMP message came in (`ICMP_INC_STATS`, `ICMPMSGIN_INC_STATS`)."""
    counts = netns.inet.icmp_in
    if counts is None:
        counts = netns.inet.icmp_in = {}
    counts[kind] = counts.get(kind, 0) + 1


def icmp_count_out(netns: Netns, kind: int) -> None:
    """One more ICMP message goes out (`icmp_out_count`)."""
    counts = netns.inet.icmp_out
    if counts is None:
        counts = netns.inet.icmp_out = {}
    counts[kind] = counts.get(kind, 0) + 1


def count_many(netns: Netns, way: str, kind: int, packet: Ip) -> None:
    """A packet for a group or for all, `In` or `Out` (`ip_rcv_finish_core`, `ip_finish_output2`)."""
    if kind in (RTN_MULTICAST, RTN_BROADCAST):
        word = "Mcast" if kind == RTN_MULTICAST else "Bcast"
        netns.mib[f"IpExt{way}{word}Pkts"] += 1
        netns.mib[f"IpExt{way}{word}Octets"] += packet.size
