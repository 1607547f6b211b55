"""Packets that were damaged on the way: what stayed bytes because its checksum is wrong counts as a checksum error."""

from __future__ import annotations

from typing import Any

from netsim.packet import Ip
from netsim.packet.checksum import fold, words
from netsim.packet.numbers import IPPROTO_ICMP, IPPROTO_UDP

UDP_SUM = slice(6, 8)


def header_is_damaged(packet: Any) -> bool:
    """Whether bytes that should be an IPv4 packet have a wrong header checksum (`ip_fast_csum`)."""
    if not isinstance(packet, bytes) or len(packet) < 20 or packet[0] >> 4 != 4:
        return False
    length = (packet[0] & 15) * 4
    return 20 <= length <= len(packet) and fold(words(packet[:length])) != 0xFFFF


def content_is_damaged(packet: Ip) -> bool:
    """Whether a packet's payload, left as bytes, has a wrong checksum (`skb_checksum_complete`, `inet_compute_pseudo`)."""
    data = packet.payload
    if not isinstance(data, bytes) or len(data) < 8 or packet.is_fragment:
        return False
    if packet.protocol == IPPROTO_ICMP:
        return fold(words(data)) != 0xFFFF
    if packet.protocol == IPPROTO_UDP and data[UDP_SUM] == b"\0\0":
        return False
    return fold(words(data) + words(packet.src.packed + packet.dst.packed) + packet.protocol + len(data)) != 0xFFFF
