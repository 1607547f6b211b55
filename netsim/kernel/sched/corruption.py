"""Frames with a bit turned over, and frames marked instead of lost."""

from __future__ import annotations

import random

import attrs

from netsim.kernel.core.skbuff import SkBuff
from netsim.packet import Ethernet, Ip, Ip6
from netsim.packet.codec import DecodeError, decode, decode_ip, decode_ip6, encode
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6

ECN_MASK, ECN_CE = 3, 3


def corrupted(skb: SkBuff, rng: random.Random) -> SkBuff:
    """The frame with one bit turned over, link header included (`netem_enqueue`); what no longer makes sense is carried as bytes."""
    changed = skb.clone()
    if skb.dev.header_length:
        frame = decode(_turned(encode(Ethernet(skb.dst, skb.src, skb.protocol, skb.packet)), rng))
        changed.dst, changed.src, changed.protocol, changed.packet = frame.dst, frame.src, frame.ethertype, frame.payload
        return changed
    data = _turned(skb.packet if isinstance(skb.packet, bytes) else encode(skb.packet), rng)
    try:
        changed.packet = {ETH_P_IP: decode_ip, ETH_P_IPV6: decode_ip6}[skb.protocol](data)
    except (DecodeError, KeyError):
        changed.packet = data
    return changed


def _turned(data: bytes, rng: random.Random) -> bytes:
    if not data:
        return data
    place, bit = rng.randrange(len(data)), rng.randrange(8)
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def mark_congested(skb: SkBuff) -> bool:
    """Mark an ECN-capable packet as having met congestion (`INET_ECN_set_ce`); False when it is not capable."""
    packet = skb.packet
    if isinstance(packet, Ip):
        if not packet.tos & ECN_MASK:
            return False
        skb.packet = packet.with_tos(packet.tos | ECN_CE)
        return True
    if isinstance(packet, Ip6):
        if not packet.tclass & ECN_MASK:
            return False
        skb.packet = attrs.evolve(packet, tclass=packet.tclass | ECN_CE)
        return True
    return False
