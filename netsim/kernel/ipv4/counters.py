"""Counting packets as SNMP wants them: octets, congestion marks, groups and ICMP messages by type (`ip_stats`, `icmp_out_count`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.tables.fib import RTN_BROADCAST, RTN_MULTICAST

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.packet import Ip

ICMP_NAMES = {
    0: "EchoReps", 3: "DestUnreachs", 4: "SrcQuenchs", 5: "Redirects", 8: "Echos", 11: "TimeExcds", 12: "ParmProbs", 13: "Timestamps",
    14: "TimestampReps", 17: "AddrMasks", 18: "AddrMaskReps",
}  # fmt: skip
ECN_COUNTERS = ("IpExtInNoECTPkts", "IpExtInECT1Pkts", "IpExtInECT0Pkts", "IpExtInCEPkts")


def _icmp_counters(way: str, kind: int) -> tuple[str, ...]:
    """The counters of a type of message."""
    name = ICMP_NAMES.get(kind)
    return (f"Icmp{way}Msgs", f"IcmpMsg{way}Type{kind & 0xFF}", *([f"Icmp{way}{name}"] if name is not None else []))


ICMP_COUNTERS = {(way, kind): _icmp_counters(way, kind) for way in ("In", "Out") for kind in ICMP_NAMES}


def icmp_count(netns: Netns, way: str, kind: int) -> None:
    """One more ICMP message `In` or `Out`, in all, by name and by number (`ICMP_INC_STATS`, `ICMPMSGIN_INC_STATS`)."""
    mib = netns.mib
    for name in ICMP_COUNTERS.get((way, kind)) or _icmp_counters(way, kind):
        mib[name] += 1


def count_many(netns: Netns, way: str, kind: int, packet: Ip) -> None:
    """A packet for a group or for all, `In` or `Out` (`ip_rcv_finish_core`, `ip_finish_output2`)."""
    if kind in (RTN_MULTICAST, RTN_BROADCAST):
        word = "Mcast" if kind == RTN_MULTICAST else "Bcast"
        netns.mib[f"IpExt{way}{word}Pkts"] += 1
        netns.mib[f"IpExt{way}{word}Octets"] += packet.size
