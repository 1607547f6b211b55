"""Frames as a capture has them: bytes with an Ethernet header, or with the one that stands for all link layers."""

from __future__ import annotations

from netsim.kernel.core.packet_socket import Seen
from netsim.packet import Dot1Q, Ethernet
from netsim.packet.codec import Checksums, encode
from netsim.packet.encode import is_offloaded

ETHERNET, COOKED2, COOKED1 = 1, 276, 113
"""Link types (pcap-linktype(7)): with an Ethernet header, or with the one that stands for all link layers, in version 2 or 1."""
LINK_NAMES = {ETHERNET: "EN10MB (Ethernet)", COOKED1: "LINUX_SLL (Linux cooked v1)", COOKED2: "LINUX_SLL2 (Linux cooked v2)"}
PACKET_OUTGOING = 4


def frame_bytes(seen: Seen, link: int, device_type: int) -> bytes:
    """The bytes of a frame under a link type."""
    kind, payload = seen.protocol, seen.packet
    if seen.vlan:
        kind, payload = seen.vlan >> 16, Dot1Q(seen.vlan & 0xFFF, seen.vlan >> 13 & 7, seen.vlan >> 12 & 1, kind, payload)
    frame = Ethernet(seen.dst, seen.src, kind, payload)
    data = encode(frame, Checksums.OFFLOADED if is_offloaded(frame) else Checksums.COMPLETE)
    if link == ETHERNET:
        return data
    if link == COOKED2:
        return cooked2(seen, device_type, kind, data[14:])
    source = int(seen.src).to_bytes(6, "big") + bytes(2)
    return seen.pkt_type.to_bytes(2, "big") + device_type.to_bytes(2, "big") + b"\0\6" + source + kind.to_bytes(2, "big") + data[14:]


def cooked2(seen: Seen, device_type: int, kind: int, payload: bytes) -> bytes:
    """A frame under the header that stands for all link layers, version 2 (LINKTYPE_LINUX_SLL2)."""
    header = kind.to_bytes(2, "big") + bytes(2) + seen.ifindex.to_bytes(4, "big") + device_type.to_bytes(2, "big")
    return header + bytes([seen.pkt_type, 6]) + int(seen.src).to_bytes(6, "big") + bytes(2) + payload
