"""Neighbour and listener discovery messages from their bytes, and what all readers share."""

from collections.abc import Callable

from netsim.addr import MAC, IPv6
from netsim.packet.icmp6 import (
    Mld,
    Mldv2Query,
    Mldv2Record,
    Mldv2Report,
    NdLinkAddr,
    NdMtu,
    NdOption,
    NdOther,
    NdPrefix,
    NeighAdvert,
    NeighSolicit,
    Redirect6,
    RouterAdvert,
    RouterSolicit,
)
from netsim.packet.numbers import (
    ICMPV6_MGM_QUERY,
    ICMPV6_MGM_REDUCTION,
    ICMPV6_MGM_REPORT,
    ICMPV6_MLD2_REPORT,
    ND_OPT_MTU,
    ND_OPT_PREFIX_INFO,
    ND_OPT_SOURCE_LL_ADDR,
    ND_OPT_TARGET_LL_ADDR,
    NDISC_NEIGHBOUR_ADVERTISEMENT,
    NDISC_NEIGHBOUR_SOLICITATION,
    NDISC_REDIRECT,
    NDISC_ROUTER_ADVERTISEMENT,
    NDISC_ROUTER_SOLICITATION,
)
from netsim.packet.value import Header


class DecodeError(ValueError):
    """The bytes are no such header."""


def need(data: bytes, size: int, what: str) -> None:
    """Raise `DecodeError` unless there are so many bytes."""
    if len(data) < size:
        raise DecodeError(f"{what} cut short: {len(data)} of {size} bytes")


def _nd_options(data: bytes) -> tuple[NdOption, ...]:
    options = []
    at = 0
    while at < len(data):
        size = data[at + 1] * 8 if at + 1 < len(data) else 0
        if size == 0 or at + size > len(data):
            raise DecodeError("malformed neighbour discovery option")
        options.append(_nd_option(data[at : at + size]))
        at += size
    return tuple(options)


def _nd_option(data: bytes) -> NdOption:
    kind = data[0]
    if kind in (ND_OPT_SOURCE_LL_ADDR, ND_OPT_TARGET_LL_ADDR) and len(data) == 8:
        return NdLinkAddr(kind, MAC.from_bytes(data[2:]))
    if kind == ND_OPT_MTU and len(data) == 8 and data[2:4] == bytes(2):
        return NdMtu(int.from_bytes(data[4:], "big"))
    if kind == ND_OPT_PREFIX_INFO and len(data) == 32 and data[12:16] == bytes(4):
        valid, preferred = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
        return NdPrefix(data[2], data[3], valid, preferred, IPv6.from_bytes(data[16:]))
    return NdOther(kind, data[2:])


def _neigh_solicit(_kind: int, _rest: int, body: bytes) -> Header:
    need(body, 16, "neighbour solicitation")
    return NeighSolicit(IPv6.from_bytes(body[:16]), _nd_options(body[16:]))


def _neigh_advert(_kind: int, rest: int, body: bytes) -> Header:
    need(body, 16, "neighbour advertisement")
    return NeighAdvert(rest >> 24, IPv6.from_bytes(body[:16]), _nd_options(body[16:]))


def _router_solicit(_kind: int, _rest: int, body: bytes) -> Header:
    return RouterSolicit(_nd_options(body))


def _router_advert(_kind: int, rest: int, body: bytes) -> Header:
    need(body, 8, "router advertisement")
    reachable, retrans = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    return RouterAdvert(rest >> 24, rest >> 16 & 255, rest & 0xFFFF, reachable, retrans, _nd_options(body[8:]))


def _redirect6(_kind: int, _rest: int, body: bytes) -> Header:
    need(body, 32, "redirect")
    return Redirect6(IPv6.from_bytes(body[:16]), IPv6.from_bytes(body[16:32]), _nd_options(body[32:]))


def _mld(kind: int, rest: int, body: bytes) -> Header:
    need(body, 16, "MLD message")
    group = IPv6.from_bytes(body[:16])
    if len(body) == 16:
        return Mld(kind, rest >> 16, group)
    need(body, 20, "MLDv2 query")
    return Mldv2Query(rest >> 16, group, body[16], body[17], tuple(map(IPv6.from_bytes, slices(body[20:], 16))))


def _mldv2_report(_kind: int, rest: int, body: bytes) -> Header:
    records = group_records(body, rest & 0xFFFF, 16)
    return Mldv2Report(tuple(Mldv2Record(kind, IPv6.from_bytes(group), tuple(map(IPv6.from_bytes, sources))) for kind, group, sources in records))


def slices(data: bytes, width: int) -> list[bytes]:
    """The bytes in pieces of one width."""
    return [data[at : at + width] for at in range(0, len(data), width)]


def group_records(data: bytes, count: int, width: int) -> list[tuple[int, bytes, list[bytes]]]:
    """Kind, group and sources of each record of an IGMPv3 or MLDv2 report, as bytes."""
    records = []
    at = 0
    for _ in range(count):
        need(data, at + 4 + width, "group record")
        sources = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 4 + width + sources * width
        need(data, end, "group record")
        records.append((data[at], data[at + 4 : at + 4 + width], slices(data[at + 4 + width : end], width)))
        at = end
    return records


ICMPV6_MESSAGES: dict[int, Callable[[int, int, bytes], Header]] = {
    ICMPV6_MGM_QUERY: _mld,
    ICMPV6_MGM_REPORT: _mld,
    ICMPV6_MGM_REDUCTION: _mld,
    NDISC_ROUTER_SOLICITATION: _router_solicit,
    NDISC_ROUTER_ADVERTISEMENT: _router_advert,
    NDISC_NEIGHBOUR_SOLICITATION: _neigh_solicit,
    NDISC_NEIGHBOUR_ADVERTISEMENT: _neigh_advert,
    NDISC_REDIRECT: _redirect6,
    ICMPV6_MLD2_REPORT: _mldv2_report,
}
