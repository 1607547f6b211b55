"""Packets in one line, outer headers first: what an explanation shows of them, and by what it knows them again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netsim.packet import Arp, Dot1Q, Ethernet, Gre, Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, Ip, Ip6, Tcp, Udp, Vxlan
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_RST, TCP_SYN

Key = tuple[str, int, int, int, int]
"""Protocol, source and its port, destination and its port; for pings the id stands for the port of whoever answers."""

REQUESTS = (8, 128)

PROTOCOL_NAMES = {4: "ipip", 41: "sit", 47: "gre", 58: "icmp6", 1: "icmp", 6: "tcp", 17: "udp"}
FLAGS = ((TCP_SYN, "SYN"), (TCP_ACK, "ACK"), (TCP_FIN, "FIN"), (TCP_RST, "RST"))


def key_of(packet: Any) -> Key | None:
    """What a network-layer packet is known by, without what it carries inside; None for what has no ends of its own."""
    if not isinstance(packet, (Ip, Ip6)):
        return None
    payload = packet.payload
    if isinstance(payload, Tcp):
        return "tcp", int(packet.src), payload.sport, int(packet.dst), payload.dport
    if isinstance(payload, Udp):
        return "udp", int(packet.src), payload.sport, int(packet.dst), payload.dport
    if isinstance(payload, (IcmpEcho, Icmp6Echo)):
        ends = (0, payload.ident) if payload.type in REQUESTS else (payload.ident, 0)
        return "icmp", int(packet.src), ends[0], int(packet.dst), ends[1]
    return None


def reverse(key: Key) -> Key:
    """The key of the answers."""
    return key[0], key[3], key[4], key[1], key[2]


def layers(packet: Any) -> Iterator[Any]:
    """Every network-layer packet and ARP message in a packet, the outer first: tunnels nest them, errors quote them."""
    while packet is not None and not isinstance(packet, bytes):
        if isinstance(packet, (Ip, Ip6, Arp)):
            yield packet
        packet = packet.inner if isinstance(packet, (IcmpError, Icmp6Error)) else getattr(packet, "payload", None)


def one_line(packet: Any) -> str:
    """A packet as `SRC:PORT > DST:PORT tcp SYN`, what a tunnel carries behind a bar."""
    if isinstance(packet, Arp):
        return f"arp {'who has' if packet.op == 1 else 'reply'} {packet.tpa if packet.op == 1 else packet.spa}"
    if isinstance(packet, Dot1Q):
        return f"vlan {packet.vid} | {one_line(packet.payload)}"
    if isinstance(packet, Ethernet):
        return one_line(packet.payload)
    if isinstance(packet, (Ip, Ip6)):
        return _network(packet)
    return type(packet).__name__.lower()


def _network(packet: Any) -> str:
    payload = packet.payload
    if isinstance(payload, (Tcp, Udp)):
        ends = f"{_end(packet.src, payload.sport)} > {_end(packet.dst, payload.dport)}"
        if isinstance(payload, Tcp):
            return f"{ends} tcp {' '.join(name for bit, name in FLAGS if payload.flags & bit)}".rstrip()
        inside = payload.payload
        return f"{ends} udp vxlan {inside.vni} | {one_line(inside.payload)}" if isinstance(inside, Vxlan) else f"{ends} udp"
    ends = f"{packet.src} > {packet.dst}"
    if isinstance(payload, (IcmpEcho, Icmp6Echo)):
        return f"{ends} icmp echo {'request' if payload.type in REQUESTS else 'reply'}"
    if isinstance(payload, (IcmpError, Icmp6Error)):
        return f"{ends} icmp type {payload.type} code {payload.code} about ({one_line(payload.inner)})"
    if isinstance(payload, Gre):
        return f"{ends} gre | {one_line(payload.payload)}"
    if isinstance(payload, (Ip, Ip6)):
        return f"{ends} ip-in-ip | {_network(payload)}"
    number = packet.protocol if isinstance(packet, Ip) else packet.nexthdr
    return f"{ends} {PROTOCOL_NAMES.get(number, f'protocol {number}')}"


def _end(address: Any, port: int) -> str:
    return f"[{address}]:{port}" if ":" in str(address) else f"{address}:{port}"
