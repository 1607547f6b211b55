"""What matches read of a packet: addresses, protocol and transport header, in both families and from fragments."""

from __future__ import annotations

from typing import Any

from netsim.packet import (
    DestOpts,
    Fragment,
    HopByHop,
    Icmp6Echo,
    IcmpEcho,
    Ip,
    Mldv2Query,
    Mldv2Report,
    NeighAdvert,
    NeighSolicit,
    Redirect6,
    RouterAdvert,
    RouterSolicit,
    Routing,
    Tcp,
    Udp,
)
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

_TYPES = {Mldv2Query: 130, RouterSolicit: 133, RouterAdvert: 134, NeighSolicit: 135, NeighAdvert: 136, Redirect6: 137, Mldv2Report: 143}
_BEGIN_WITH_PORTS = (33, 132, 136)
_EXTENSIONS = (HopByHop, Routing, DestOpts, Fragment)


def protocol_of(packet: Any) -> int:
    """The upper protocol: IPv4's field, or what follows IPv6's extension headers."""
    if isinstance(packet, Ip):
        return packet.protocol
    number, payload = packet.nexthdr, packet.payload
    while isinstance(payload, _EXTENSIONS):
        number, payload = payload.nexthdr, payload.payload
    return int(number)


def transport_of(packet: Any) -> Any:
    """The transport header value (Tcp, Udp, an ICMP message ...), or None in later fragments and where there is none."""
    if isinstance(packet, Ip):
        if packet.offset:
            return None
        payload: Any = packet.payload
    else:
        payload = packet.payload
        while isinstance(payload, _EXTENSIONS):
            if isinstance(payload, Fragment) and payload.offset:
                return None
            payload = payload.payload
    if isinstance(payload, bytes):
        return _from_first_fragment(protocol_of(packet), payload)
    return payload


def content_of(packet: Any) -> bytes:
    """The bytes after the IP headers of a protocol that has no value of its own, or b"" (also for later fragments)."""
    payload: Any = packet.payload
    if isinstance(packet, Ip):
        return payload if isinstance(payload, bytes) and not packet.offset else b""
    while isinstance(payload, _EXTENSIONS):
        if isinstance(payload, Fragment) and payload.offset:
            return b""
        payload = payload.payload
    return payload if isinstance(payload, bytes) else b""


def tos_of(packet: Any) -> int:
    """Type of service octet or traffic class."""
    return int(packet.tos if isinstance(packet, Ip) else packet.tclass)


def ports_of(packet: Any) -> tuple[int, int] | None:
    """Source and destination port of a TCP, UDP, SCTP, DCCP or UDP-Lite packet, or None."""
    header = transport_of(packet)
    if isinstance(header, (Udp, Tcp)):
        return header.sport, header.dport
    if protocol_of(packet) in _BEGIN_WITH_PORTS:
        data = content_of(packet)
        if len(data) >= 4:
            return int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    return None


def icmp_type(header: Any) -> int | None:
    """The type of an ICMP or ICMPv6 message, or None for anything else."""
    if isinstance(header, (Udp, Tcp)):
        return None
    known = _TYPES.get(type(header))
    return known if known is not None else getattr(header, "type", None)


def _from_first_fragment(protocol: int, data: bytes) -> Any:
    """The header at the start of a first fragment, as much as rules ask about."""
    if protocol == IPPROTO_UDP and len(data) >= 8:
        return Udp(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"), data[8:])
    if protocol == IPPROTO_TCP and len(data) >= 20:
        word = int.from_bytes(data[12:14], "big")
        return Tcp(int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"), int.from_bytes(data[4:8], "big"),
                   int.from_bytes(data[8:12], "big"), word & 0xFFF, int.from_bytes(data[14:16], "big"))  # fmt: skip
    if protocol == 1 and len(data) >= 8:
        return IcmpEcho(data[0], data[1], int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big"), data[8:])
    if protocol == 58 and len(data) >= 8:
        return Icmp6Echo(data[0], data[1], int.from_bytes(data[4:6], "big"), int.from_bytes(data[6:8], "big"), data[8:])
    return None


def same_interface(pattern: str, device: Any) -> bool:
    """Whether a device is the one named, or one whose name begins so when the name ends in `+`."""
    name = device.name if device is not None else ""
    return name.startswith(pattern[:-1]) if pattern.endswith("+") else name == pattern
