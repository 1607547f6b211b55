"""IPv6 packets as bytes: made, answered, and read for comparison; the flow label stands for the IP id."""

from __future__ import annotations

import struct
from typing import Any

from netsim.addr import IPv6
from netsim.packet import Icmp6Echo, Icmp6Error, Ip6, Tcp, Udp
from netsim.packet.encode import encode
from netsim.packet.transport import mss, window_scale
from tests.netfilter_real import frames
from tests.netfilter_real.frames import FLAGS, ISN, TCP_SYN, Ident, Spec, generic, segment

ECHO, ECHO_REPLY, UNREACHABLE, EXCEEDED = 128, 129, 1, 3
ICMP6 = 58
LONGEST = 60
"""More data in a datagram that comes from a packet socket, and the kernel takes DSCP or HL at INPUT for a wrong checksum: it keeps the sum it
made at PREROUTING (`udp6_csum_init`, `csum_complete_sw`). Datagrams of sockets are not summed up, so netsim has no such thing."""
NUMBERS = {"udp": 17, "tcp": 6, "icmp": ICMP6, "gre": 47, "sctp": 132}
CHATTER = frozenset(range(130, 138)) | {143}
"""Types of the messages by which hosts and routers find each other: nobody drew them."""


def made(spec: Spec, ident: int) -> bytes:
    """The packet of a spec."""
    data = spec.data.encode()[:LONGEST]
    payload: Any = Udp(spec.sport, spec.dport, data)
    if spec.kind == "tcp":
        flags = FLAGS[spec.how]
        options = (mss(1440), window_scale(7)) if flags & TCP_SYN else ()
        payload = Tcp(spec.sport, spec.dport, ISN, 0 if flags == TCP_SYN else 1, flags, 8000, options, payload=data if spec.how == "data" else b"")
    elif spec.kind == "icmp":
        payload = Icmp6Echo(ECHO, 0, spec.sport, spec.dport, data)
    elif spec.kind != "udp":
        payload = generic(spec)
    return encode(Ip6(IPv6.parse(spec.src), IPv6.parse(spec.dst), NUMBERS[spec.kind], spec.ttl, spec.tos, ident, payload))


def answered(packet: bytes, how: str, ident: int) -> bytes | None:
    """What its receiver would send back: the next packet of the conversation, or an error about this one."""
    source, target = IPv6(int.from_bytes(packet[8:24], "big")), IPv6(int.from_bytes(packet[24:40], "big"))
    protocol, inner = packet[6], packet[40:]
    if how in ("unreachable", "exceeded"):
        if protocol == ICMP6 and inner[0] < ECHO:
            return None
        kind, code = (UNREACHABLE, 4) if how == "unreachable" else (EXCEEDED, 0)
        return encode(Ip6(target, source, ICMP6, 64, 0, ident, Icmp6Error(kind, code, 0, packet[: 48 if how == "exceeded" else 1232])))
    reply = _content(protocol, inner, how)
    return reply and encode(Ip6(target, source, protocol, 64, 0, ident, reply))


def _content(protocol: int, inner: bytes, how: str) -> Any:
    if protocol == 17:
        sport, dport = struct.unpack("!HH", inner[:4])
        return Udp(dport, sport, b"y")
    if protocol == ICMP6:
        kind, _, ident, seq = struct.unpack("!BxHHH", inner[:8])
        return Icmp6Echo(ECHO_REPLY, 0, ident, seq, inner[8:]) if kind == ECHO else None
    if protocol == 6:
        return segment(inner, how)
    return inner if protocol == 47 else None


def is_same(packet: bytes, other: bytes) -> bool:
    """Whether two packets bear one flow label."""
    return packet[2:4] == other[2:4]


def ends(packet: bytes) -> bytes:
    """What translation changes: addresses, and the ports where there are some."""
    return packet[8:40] + (packet[40:44] if packet[6] in (6, 17) else b"")


class Reader(frames.Reader):
    """Reads IPv6 packets of one side."""

    def told(self, packet: bytes) -> tuple[Any, ...]:
        """Everything of a packet that both sides must agree on."""
        first, length, protocol, hops = struct.unpack("!IHBB", packet[:8])
        source, target = (str(IPv6(int.from_bytes(packet[at : at + 16], "big"))) for at in (8, 24))
        return (
            source,
            target,
            protocol,
            f"hops {hops}",
            f"class {first >> 20 & 255}",
            Ident(first & 0xFFFF),
            *self.content(protocol, packet[40 : 40 + length]),
        )

    def content(self, protocol: int, inner: bytes) -> tuple[Any, ...]:
        """The transport header and what follows it."""
        return self.icmp(inner) if protocol == ICMP6 else super().content(protocol, inner) if protocol != 1 else (inner.hex(),)

    def icmp(self, inner: bytes) -> tuple[Any, ...]:
        """An echo, or an error with the packet it quotes."""
        kind, code, _, word = struct.unpack("!BBHI", inner[:8])
        if kind in (ECHO, ECHO_REPLY):
            return (kind, code, self.number(word >> 16), word & 0xFFFF, inner[8:].hex())
        return (kind, code, word, self.told(inner[8:]) if len(inner) >= 56 else inner[8:].hex())
