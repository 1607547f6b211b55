"""Packets that errors quote only the beginning of: their headers read from bytes, and written back into them."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.packet import Ip, Ip6, Tcp, Udp
from netsim.packet.checksum import checksum, words
from netsim.packet.numbers import IPPROTO_TCP, IPPROTO_UDP

LEAST = 8
"""Bytes of the transport header an error must quote (RFC 792)."""


def quoted_packet(inner: Ip | Ip6 | bytes) -> Ip | Ip6 | None:
    """The packet an error is about; of a piece its header with what follows as bytes, None where even that is not there."""
    if not isinstance(inner, bytes):
        return inner
    version = inner[0] >> 4 if inner else 0
    if version == 4 and len(inner) >= (start := (inner[0] & 15) * 4) + LEAST >= 20 + LEAST:
        fragment = int.from_bytes(inner[6:8], "big")
        source, target = (IPv4(int.from_bytes(inner[at : at + 4], "big")) for at in (12, 16))
        return Ip(source, target, inner[9], inner[8], inner[1], 0, fragment >> 13, (fragment & 0x1FFF) * 8, inner[20:start], inner[start:])
    if version == 6 and len(inner) >= 40 + LEAST:
        source6, target6 = (IPv6(int.from_bytes(inner[at : at + 16], "big")) for at in (8, 24))
        return Ip6(source6, target6, inner[6], inner[7], payload=inner[40:])
    return None


def quoted_header(protocol: int, content: Any) -> Any:
    """The transport header as far as an error quotes it: of eight bytes at least the ports, and TCP's number."""
    if not isinstance(content, bytes) or len(content) < LEAST:
        return content
    sport, dport = int.from_bytes(content[:2], "big"), int.from_bytes(content[2:4], "big")
    if protocol == IPPROTO_TCP:
        return Tcp(sport, dport, int.from_bytes(content[4:8], "big"))
    return Udp(sport, dport, content[LEAST:]) if protocol == IPPROTO_UDP else content


def rewritten(piece: bytes, packet: Ip | Ip6) -> bytes:
    """The piece with the packet's ends and contents; IPv4's checksum follows, the transport's cannot be known."""
    if isinstance(packet, Ip6):
        return piece[:8] + packet.src.to_bytes(16, "big") + packet.dst.to_bytes(16, "big") + _content(packet)
    start = packet.header_size
    header = piece[:10] + b"\0\0" + packet.src.to_bytes(4, "big") + packet.dst.to_bytes(4, "big") + piece[20:start]
    total = checksum(words(header)).to_bytes(2, "big")
    return header[:10] + total + header[12:] + _content(packet)


def _content(packet: Ip | Ip6) -> bytes:
    assert isinstance(packet.payload, bytes)
    return packet.payload
