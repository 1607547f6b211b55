"""Counting IPv6 packets as SNMP wants them (`snmp6`)."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from netsim.packet import (
    Icmp6Echo,
    Icmp6Error,
    Icmp6Other,
    Mld,
    Mldv2Query,
    Mldv2Report,
    NeighAdvert,
    NeighSolicit,
    Redirect6,
    RouterAdvert,
    RouterSolicit,
)

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

NAMES = {
    1: "DestUnreachs", 2: "PktTooBigs", 3: "TimeExcds", 4: "ParmProblems", 128: "Echos", 129: "EchoReplies", 130: "GroupMembQueries",
    131: "GroupMembResponses", 132: "GroupMembReductions", 133: "RouterSolicits", 134: "RouterAdvertisements", 135: "NeighborSolicits",
    136: "NeighborAdvertisements", 137: "Redirects", 143: "MLDv2Reports",
}  # fmt: skip
TYPES: dict[type, int] = {
    NeighSolicit: 135,
    NeighAdvert: 136,
    RouterSolicit: 133,
    RouterAdvert: 134,
    Redirect6: 137,
    Mldv2Query: 130,
    Mldv2Report: 143,
}
ECN_COUNTERS = ("Ip6InNoECTPkts", "Ip6InECT1Pkts", "Ip6InECT0Pkts", "Ip6InCEPkts")


def type_of(message: Any) -> int:
    """The ICMPv6 type of a message, 0 for what is none."""
    known = TYPES.get(type(message))
    if known is not None:
        return known
    if isinstance(message, Icmp6Echo | Icmp6Error | Icmp6Other | Mld):
        return message.type
    return message if isinstance(message, int) else 0


def icmp6_count(netns: Netns, way: str, message: Any) -> None:
    """One more ICMPv6 message `In` or `Out`, in all, by name and by number (`ICMP6_INC_STATS`)."""
    mib = netns.mib
    for name in _counters(way, type_of(message)):
        mib[name] += 1


@cache
def _counters(way: str, kind: int) -> tuple[str, ...]:
    """The counters of messages of a type."""
    name = NAMES.get(kind)
    return (f"Icmp6{way}Msgs", f"Icmp6{way}Type{kind}", *([f"Icmp6{way}{name}"] if name is not None else []))


def count_in(netns: Netns, packet: Any) -> None:
    """A packet came in (`ip6_rcv_core`)."""
    mib = netns.mib
    mib["Ip6InOctets"] += packet.size
    mib[ECN_COUNTERS[packet.tclass & 3]] += 1
    if packet.dst.is_multicast:
        mib["Ip6InMcastPkts"] += 1
        mib["Ip6InMcastOctets"] += packet.size
