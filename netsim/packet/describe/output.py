"""The page a packet's description is written on: its bytes, how far they reach, and the text so far."""

from collections.abc import Callable, Mapping
from typing import Any

import attrs

from netsim.addr import IPv4, IPv6
from netsim.packet.checksum import checksum, words
from netsim.packet.describe.vendors import VENDORS

Part = Callable[["Output", int, int], None]
"""A part of the description: writes what it makes of `length` bytes at an offset."""


class Truncated(Exception):
    """The packet ends before what a part wanted to read: the whole description ends there."""


class Ended(Truncated):
    """The packet ends before what a part said it needs: the part ends, what is around it goes on."""


@attrs.frozen
class Options:
    """How to describe, by the letters of tcpdump's command line, each with how often it was given.

    `n` numbers instead of names; `e` link header; `v` verbose; `q` quick; `t` time stamp (0 time of day, 1 none, 2 seconds since the epoch,
    3 since the last packet, 4 with date, 5 since the first packet); `A`, `x`, `X` contents as text, in hex, both (twice: with link header);
    `S` absolute TCP sequence numbers; `K` no checksums; `number` a running number in front.
    """

    n: int = 0
    e: int = 0
    v: int = 0
    q: int = 0
    t: int = 0
    A: int = 0
    x: int = 0
    X: int = 0
    S: int = 0
    K: int = 0
    number: int = 0


@attrs.frozen
class Names:
    """What a machine calls numbers (/etc/hosts, /etc/services, /etc/protocols), for descriptions without `-n`."""

    hosts4: Mapping[int, str] = attrs.field(factory=dict)
    hosts6: Mapping[int, str] = attrs.field(factory=dict)
    tcp: Mapping[int, str] = attrs.field(factory=dict)
    udp: Mapping[int, str] = attrs.field(factory=dict)
    protocols: Mapping[int, str] = attrs.field(factory=dict)
    devices: Mapping[int, str] = attrs.field(factory=dict)
    """Interface index -> name, for frames of all devices together."""


NO_NAMES = Names()

Flow = tuple[int, int, int, int]
"""Addresses and ports of a TCP connection, the lower port first."""


@attrs.define(eq=False)
class Output:
    """One packet under description. `end` is how far the bytes may be read: what was captured, cut to what inner headers promise."""

    data: bytes
    options: Options
    names: Names
    flows: dict[Flow, tuple[int, int]]
    demux: Any
    end: int = 0
    protocol: str = ""
    depth: int = 0
    """IP packets around the place that is read."""
    text: list[str] = attrs.field(factory=list)

    def put(self, text: str) -> None:
        """Write on."""
        self.text.append(text)

    def has(self, at: int, size: int) -> bool:
        """Whether bytes can be read."""
        return at + size <= self.end

    def need(self, at: int, size: int) -> None:
        """Raise `Ended` unless bytes can be read."""
        if at + size > self.end:
            raise Ended

    def u8(self, at: int) -> int:
        """The octet at an offset."""
        if at >= self.end:
            raise Truncated
        return self.data[at]

    def u16(self, at: int) -> int:
        """The 16-bit number at an offset."""
        if at + 2 > self.end:
            raise Truncated
        return int.from_bytes(self.data[at : at + 2], "big")

    def u24(self, at: int) -> int:
        """The 24-bit number at an offset."""
        if at + 3 > self.end:
            raise Truncated
        return int.from_bytes(self.data[at : at + 3], "big")

    def u32(self, at: int) -> int:
        """The 32-bit number at an offset."""
        if at + 4 > self.end:
            raise Truncated
        return int.from_bytes(self.data[at : at + 4], "big")

    def raw(self, at: int, size: int) -> bytes:
        """Bytes at an offset."""
        if at + size > self.end:
            raise Truncated
        return self.data[at : at + size]

    def ipv4(self, at: int) -> str:
        """The name or number of the IPv4 address at an offset."""
        address = self.u32(at)
        if not self.options.n and address in self.names.hosts4:
            return self.names.hosts4[address]
        return str(IPv4(address))

    def ipv6(self, at: int) -> str:
        """The name or number of the IPv6 address at an offset."""
        address = int.from_bytes(self.raw(at, 16), "big")
        if not self.options.n and address in self.names.hosts6:
            return self.names.hosts6[address]
        return str(IPv6(address))

    def mac(self, at: int, size: int = 6) -> str:
        """The Ethernet address at an offset, with its vendor where names are wanted."""
        address = self.raw(at, size)
        text = address.hex(":")
        if self.options.n or size != 6:
            return text
        if address == b"\xff\xff\xff\xff\xff\xff":
            return "Broadcast"
        return f"{text} (oui {VENDORS.get(address[:3], 'Unknown')})"

    def tcp_port(self, port: int) -> str:
        """The name or number of a TCP port."""
        return str(port) if self.options.n else self.names.tcp.get(port, str(port))

    def udp_port(self, port: int) -> str:
        """The name or number of a UDP port."""
        return str(port) if self.options.n else self.names.udp.get(port, str(port))

    def protocol_name(self, number: int) -> str | None:
        """The name of an IP protocol, if names are wanted and it has one."""
        return None if self.options.n else self.names.protocols.get(number)

    def invalid(self) -> None:
        """Say that the packet makes no sense."""
        self.put(" (invalid)")

    def truncated(self) -> None:
        """Say that the packet ends too early for the protocol under way."""
        self.put(f" [|{self.protocol}]")

    def within(self, at: int, length: int, part: Part, size: int) -> None:
        """Let a part describe bytes that end `length` bytes on, if the packet reaches so far."""
        end = self.end
        self.end = min(end, at + length)
        part(self, at, size)
        self.end = end

    def sum(self, at: int, length: int, addend: int = 0) -> int:
        """The checksum over bytes, their checksum field included: zero if that is right."""
        return checksum(words(self.data[at : at + length]) + addend)


def should_be(field: int, computed: int) -> int:
    """The right value of a checksum field, given the checksum over the bytes with the wrong one in place."""
    total = field + computed
    return (total & 0xFFFF) + (total >> 16)


def token(table: Mapping[int, str], form: str, number: int) -> str:
    """The word for a number, or the number in a form (`"unknown (%u)"`)."""
    word = table.get(number)
    return word if word is not None else form % number if "%" in form else form


def bits(table: Mapping[int, str], number: int, separator: str = ", ") -> str:
    """The words for the bits set, or "none"."""
    return separator.join(word for bit, word in table.items() if number & bit == bit and bit) or "none"


def printable(data: bytes) -> str:
    """Bytes as text, with `^A` and `M-` for what cannot be shown."""
    return "".join(map(_SHOWN.__getitem__, data))


def _shown(code: int) -> str:
    prefix = "M-" if code > 127 else ""
    code &= 127
    return prefix + (chr(code) if 32 <= code < 127 else "^" + chr(code ^ 64))


_SHOWN = [_shown(code) for code in range(256)]
