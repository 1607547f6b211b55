"""IPv4 packets as bytes: made, answered, and read for comparison."""

from __future__ import annotations

import struct
from typing import Any

import attrs

from netsim.addr import IPv4
from netsim.packet import IcmpEcho, IcmpError, Ip, Tcp, Udp
from netsim.packet.checksum import checksum, words
from netsim.packet.encode import encode
from netsim.packet.numbers import TCP_ACK, TCP_FIN, TCP_PSH, TCP_RST, TCP_SYN
from netsim.packet.transport import mss, window_scale

FLAGS = {"syn": TCP_SYN, "ack": TCP_ACK, "fin": TCP_FIN | TCP_ACK, "rst": TCP_RST, "null": 0, "data": TCP_ACK | TCP_PSH}
ECHO, ECHO_REPLY, UNREACHABLE = 8, 0, 3
ISN = 1000
IP_MF = 0x2000


@attrs.frozen
class Spec:
    """One packet as drawn."""

    place: str
    kind: str
    src: str
    dst: str
    sport: int = 2000
    dport: int = 53
    how: str = "syn"
    ttl: int = 64
    tos: int = 0
    data: str = "x"


FIRST_IDENT, IDENTS = 0x4000, 64


def made(spec: Spec, ident: int) -> bytes:
    """The packet of a spec."""
    source, target = IPv4.parse(spec.src), IPv4.parse(spec.dst)
    data = spec.data.encode()
    if spec.kind == "udp":
        return encode(Ip(source, target, 17, spec.ttl, spec.tos, ident, payload=Udp(spec.sport, spec.dport, data)))
    if spec.kind == "tcp":
        flags = FLAGS[spec.how]
        options = (mss(1460), window_scale(7)) if flags & TCP_SYN else ()
        segment = Tcp(spec.sport, spec.dport, ISN, 0 if flags == TCP_SYN else 1, flags, 8000, options, payload=data if spec.how == "data" else b"")
        return encode(Ip(source, target, 6, spec.ttl, spec.tos, ident, 2, payload=segment))
    if spec.kind == "icmp":
        return encode(Ip(source, target, 1, spec.ttl, spec.tos, ident, payload=IcmpEcho(ECHO, 0, spec.sport, spec.dport, data)))
    return encode(Ip(source, target, 47 if spec.kind == "gre" else 132, spec.ttl, spec.tos, ident, payload=generic(spec)))


def generic(spec: Spec) -> bytes:
    """GRE without a key, or a piece that looks like SCTP's INIT without a good checksum."""
    return bytes.fromhex("0000080000000000") if spec.kind == "gre" else struct.pack("!HHII", spec.sport, spec.dport, 0, 0)


def answered(packet: bytes, how: str, ident: int) -> bytes | None:
    """What its receiver would send back: the next packet of the conversation, or an error about this one."""
    if packet[6] & 0x3F or packet[7]:
        return None
    source, target = IPv4(int.from_bytes(packet[12:16], "big")), IPv4(int.from_bytes(packet[16:20], "big"))
    header = (packet[0] & 15) * 4
    inner = packet[header:]
    if how in ("unreachable", "exceeded"):
        if packet[9] == 1 and inner[0] not in (ECHO, ECHO_REPLY):
            return None
        kind, code = (UNREACHABLE, 3) if how == "unreachable" else (11, 0)
        return encode(Ip(target, source, 1, ident=ident, payload=IcmpError(kind, code, 0, packet[: header + 8 if how == "exceeded" else 548])))
    reply = _content(packet[9], inner, how)
    return reply and encode(Ip(target, source, packet[9], ident=ident, payload=reply))


def _content(protocol: int, inner: bytes, how: str) -> Any:
    if protocol == 17:
        sport, dport = struct.unpack("!HH", inner[:4])
        return Udp(dport, sport, b"y")
    if protocol == 1:
        kind, _, ident, seq = struct.unpack("!BxHHH", inner[:8])
        return IcmpEcho(ECHO_REPLY, 0, ident, seq, inner[8:]) if kind == ECHO else None
    if protocol == 6:
        return segment(inner, how)
    return inner if protocol == 47 else None


def segment(inner: bytes, how: str) -> Tcp:
    """The next segment of a conversation."""
    sport, dport, seq, ack, offset, flags = struct.unpack("!HHIIBB", inner[:14])
    length = len(inner) - (offset >> 4) * 4 + bool(flags & TCP_SYN) + bool(flags & TCP_FIN)
    if how == "refuse":
        return Tcp(dport, sport, ack if flags & TCP_ACK else 0, seq + length, TCP_RST | TCP_ACK, 0)
    if flags & TCP_SYN and not flags & TCP_ACK:
        return Tcp(dport, sport, 5000, seq + 1, TCP_SYN | TCP_ACK, 8000, (mss(1400), window_scale(7)))
    extra = {"finish": TCP_FIN, "data": TCP_PSH}.get(how, 0)
    return Tcp(dport, sport, ack, seq + length, TCP_ACK | extra, 8000, payload=b"more" if how == "data" else b"")


def pieces(packet: bytes, size: int) -> list[bytes]:
    """A packet in fragments of so many bytes each (`ip_fragment`)."""
    header, data = packet[:20], packet[20:]
    found = []
    for start in range(0, len(data), size):
        more = IP_MF if start + size < len(data) else 0
        part = data[start : start + size]
        plain = (
            header[:2]
            + struct.pack("!HHH", 20 + len(part), int.from_bytes(header[4:6], "big"), more | start >> 3)
            + header[8:10]
            + b"\0\0"
            + header[12:]
        )
        found.append(plain[:10] + struct.pack("!H", checksum(words(plain))) + plain[12:] + part)
    return found


def is_same(packet: bytes, other: bytes) -> bool:
    """Whether two packets bear one IP id."""
    return packet[4:6] == other[4:6]


def ends(packet: bytes) -> bytes:
    """What translation changes: addresses, and the ports where there are some."""
    header = (packet[0] & 15) * 4
    return packet[12:20] + (packet[header : header + 4] if packet[9] in (6, 17) and not packet[7] else b"")


class Ident:
    """The IP id of a packet; one that no sender drew equals any, for kernels count or draw theirs, and may meet a drawn one by chance."""

    def __init__(self, value: int) -> None:
        self.value = value if value in range(FIRST_IDENT, FIRST_IDENT + IDENTS) else None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ident) and (self.value == other.value or self.value is None or other.value is None)

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return "~" if self.value is None else str(self.value)


class Reader:
    """Reads packets of one side, naming numbers that nobody drew by the order in which they appear."""

    def __init__(self, known: set[int]) -> None:
        self.known = known
        self.names: dict[int, str] = {}

    def number(self, value: int) -> Any:
        """A drawn number itself, another by its name."""
        if value in self.known or value < 2 or any(abs(value - start) < 64 for start in (ISN, 5000)):
            return value
        return self.names.setdefault(value, f"n{len(self.names)}")

    def told(self, packet: bytes) -> tuple[Any, ...]:
        """Everything of a packet that both sides must agree on; of a later fragment its bytes."""
        length, ident, fragment = struct.unpack("!HHH", packet[2:8])
        start = (packet[0] & 15) * 4
        inner = packet[start : max(length, start)]
        source, target = str(IPv4(int.from_bytes(packet[12:16], "big"))), str(IPv4(int.from_bytes(packet[16:20], "big")))
        content = (fragment & 0x1FFF, inner.hex()) if fragment & 0x1FFF else self.content(packet[9], inner)
        return (source, target, packet[9], f"ttl {packet[8]}", f"tos {packet[1]}", Ident(ident), fragment >> 13, *content)

    def content(self, protocol: int, inner: bytes) -> tuple[Any, ...]:
        """The transport header and what follows it."""
        if protocol == 17 and len(inner) >= 8:
            sport, dport = struct.unpack("!HH", inner[:4])
            return (self.number(sport), self.number(dport), inner[8:].hex())
        if protocol == 6 and len(inner) >= 20:
            return self._tcp(inner)
        if protocol == 6:
            sport, dport = struct.unpack("!HH", inner[:4])
            return (self.number(sport), self.number(dport))
        if protocol == 1:
            return self.icmp(inner)
        return (inner.hex(),)

    def _tcp(self, inner: bytes) -> tuple[Any, ...]:
        sport, dport, seq, ack, offset, flags = struct.unpack("!HHIIBB", inner[:14])
        end = (offset >> 4) * 4
        options, rest = [], inner[20:end]
        while rest and rest[0]:
            size = 1 if rest[0] == 1 else max(rest[1], 2)
            options.append(rest[:size].hex() if rest[0] == 2 else rest[0])
            rest = rest[size:]
        return (self.number(sport), self.number(dport), self.number(seq), self.number(ack), f"flags {flags:#x}", options, inner[end:].hex())

    def icmp(self, inner: bytes) -> tuple[Any, ...]:
        """An echo, or an error with the packet it quotes."""
        kind, code, _, word = struct.unpack("!BBHI", inner[:8])
        if kind in (ECHO, ECHO_REPLY):
            return (kind, code, self.number(word >> 16), word & 0xFFFF, inner[8:].hex())
        return (kind, code, word, self.told(inner[8:]) if len(inner) >= 28 else inner[8:].hex())
