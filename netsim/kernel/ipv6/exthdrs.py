"""Extension headers: walking over them, and what hosts and routers do about their options (`exthdrs.c`)."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.packet import DestOpts, Fragment, HopByHop, Ip6, Routing

NEXTHDR_HOP, NEXTHDR_ROUTING, NEXTHDR_FRAGMENT, NEXTHDR_ICMP, NEXTHDR_NONE, NEXTHDR_DEST = 0, 43, 44, 58, 59, 60
PARAMPROB = 4
HDR_FIELD, UNK_NEXTHDR, UNK_OPTION = 0, 1, 2
PAD1, PADN, ROUTERALERT, JUMBO = 0, 1, 5, 0xC2
KNOWN_HOP_OPTIONS = frozenset((PAD1, PADN, ROUTERALERT))


@attrs.frozen
class Upper:
    """What lies beyond the extension headers: its protocol, the value, and how far it is from the start of the packet in bytes.

    `fragment` is the fragment header that was met on the way, `field` where the octet is that names the protocol.
    """

    protocol: int
    payload: Any
    offset: int
    field: int = 6
    fragment: Fragment | None = None


def upper_of(packet: Ip6) -> Upper:
    """The transport header of a packet (`ipv6_skip_exthdr`); later fragments have none that can be read."""
    protocol, payload, offset, field = packet.nexthdr, packet.payload, 40, 6
    while isinstance(payload, HopByHop | DestOpts | Routing):
        size = payload.size - (len(payload.payload) if isinstance(payload.payload, bytes) else payload.payload.size)
        field = offset
        protocol, payload, offset = payload.nexthdr, payload.payload, offset + size
    if isinstance(payload, Fragment):
        return Upper(payload.nexthdr, payload.payload, offset + 8, offset, payload)
    return Upper(protocol, payload, offset, field)


@attrs.frozen
class Problem:
    """Why a packet with options is refused: an ICMPv6 code and the offset of the octet, or silence (`code` None)."""

    code: int | None
    pointer: int = 0
    multicast_too: bool = False


def options_problem(options: bytes, offset: int, known: frozenset[int]) -> Problem | None:
    """The first unknown option that must not be skipped (`ip6_parse_tlv`, `ip6_tlvopt_unknown`); `offset`: of the options in the packet."""
    place = 0
    while place < len(options):
        kind = options[place]
        if kind == PAD1:
            place += 1
            continue
        if place + 1 >= len(options):
            return Problem(None)
        length = options[place + 1] + 2
        if place + length > len(options):
            return Problem(None)
        if kind not in known:
            action = kind >> 6
            if action == 1:
                return Problem(None)
            if action >= 2:
                return Problem(UNK_OPTION, offset + place, multicast_too=action == 2)
        place += length
    return None
