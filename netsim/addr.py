"""Addresses: ints that print themselves.

An `IPv4`, an `IPv6` and a `MAC` are plain ints with their own text, so they hash, compare and mask at the speed of ints. The price:
`IPv4(5) == MAC(5) == 5`. A dict must hold keys of one family only, and arithmetic (`addr & mask`) gives an int that has to be wrapped again.
Nothing checks the range of a value built from an int; text is checked by `parse`.
"""

import re
from typing import Self

import attrs

from netsim.values import quick

_OCTETS = {str(number): number for number in range(256)}
_GROUP = re.compile(r"[0-9a-fA-F]{1,4}", re.ASCII)
_OCTET = re.compile(r"[0-9a-fA-F]{1,2}", re.ASCII)

MASKS4 = tuple(((1 << length) - 1) << (32 - length) for length in range(33))
MASKS6 = tuple(((1 << length) - 1) << (128 - length) for length in range(129))
"""The netmasks by prefix length."""


def mask4(length: int) -> int:
    """The IPv4 netmask of a prefix length (0 to 32) as an int."""
    return MASKS4[length]


def mask6(length: int) -> int:
    """The IPv6 netmask of a prefix length (0 to 128) as an int."""
    return MASKS6[length]


class IPv4(int):
    """An IPv4 address. `from_bytes` (inherited from int) reads the four bytes of the wire."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a dotted quad of exactly four decimal numbers without leading zeros (`inet_pton(3)`). Raises ValueError."""
        try:
            a, b, c, d = map(_OCTETS.__getitem__, text.split("."))
        except (KeyError, ValueError):
            raise ValueError(f"not an IPv4 address: {text!r}") from None
        return cls(a << 24 | b << 16 | c << 8 | d)

    def __str__(self) -> str:
        return f"{self >> 24}.{self >> 16 & 255}.{self >> 8 & 255}.{self & 255}"

    def __repr__(self) -> str:
        return f"IPv4({str(self)!r})"

    @property
    def packed(self) -> bytes:
        """The four bytes of the wire."""
        return self.to_bytes(4, "big")

    @property
    def is_multicast(self) -> bool:
        """224.0.0.0/4."""
        return self >> 28 == 14

    @property
    def is_local_multicast(self) -> bool:
        """224.0.0.0/24, never forwarded."""
        return self >> 8 == 0xE00000

    @property
    def is_loopback(self) -> bool:
        """127.0.0.0/8."""
        return self >> 24 == 127

    @property
    def is_broadcast(self) -> bool:
        """The limited broadcast 255.255.255.255; a subnet's own broadcast is a matter of routes."""
        return self == 0xFFFFFFFF

    @property
    def is_zeronet(self) -> bool:
        """0.0.0.0/8."""
        return self >> 24 == 0

    @property
    def is_any(self) -> bool:
        """0.0.0.0."""
        return self == 0

    @property
    def is_linklocal(self) -> bool:
        """169.254.0.0/16 (RFC 3927)."""
        return self >> 16 == 0xA9FE

    @property
    def is_private(self) -> bool:
        """10/8, 172.16/12 or 192.168/16 (RFC 1918)."""
        return self >> 24 == 10 or self >> 20 == 0xAC1 or self >> 16 == 0xC0A8

    @property
    def is_class_e(self) -> bool:
        """240.0.0.0/4, which the kernel calls badclass, the limited broadcast included."""
        return self >> 28 == 15

    def multicast_mac(self) -> "MAC":
        """The Ethernet group address of a multicast address: 01:00:5e and its low 23 bits (RFC 1112)."""
        return MAC(0x01005E000000 | self & 0x7FFFFF)


class IPv6(int):
    """An IPv6 address. `from_bytes` (inherited from int) reads the sixteen bytes of the wire."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read any form that `inet_pton(3)` reads: `::`, up to four hex digits a group, a dotted quad at the end. Raises ValueError."""
        value = _parse6(text)
        if value is None:
            raise ValueError(f"not an IPv6 address: {text!r}")
        return cls(value)

    def __str__(self) -> str:
        groups = [self >> shift & 0xFFFF for shift in range(112, -16, -16)]
        start, length = _longest_zero_run(groups)
        if start == 0 and (length == 6 or (length == 5 and groups[5] == 0xFFFF)):
            # glibc writes IPv4-compatible and IPv4-mapped addresses with a dotted quad.
            return f"::{'ffff:' if length == 5 else ''}{IPv4(self & 0xFFFFFFFF)}"
        words = [f"{group:x}" for group in groups]
        if length < 2:
            return ":".join(words)
        return f"{':'.join(words[:start])}::{':'.join(words[start + length :])}"

    def __repr__(self) -> str:
        return f"IPv6({str(self)!r})"

    @property
    def packed(self) -> bytes:
        """The sixteen bytes of the wire."""
        return self.to_bytes(16, "big")

    @property
    def is_multicast(self) -> bool:
        """ff00::/8."""
        return self >> 120 == 0xFF

    @property
    def is_linklocal(self) -> bool:
        """fe80::/10."""
        return self >> 118 == 0x3FA

    @property
    def is_linklocal_multicast(self) -> bool:
        """ff02::/16 and its flagged forms: groups of link-local scope."""
        return self >> 120 == 0xFF and self >> 112 & 15 == 2

    @property
    def is_loopback(self) -> bool:
        """::1."""
        return self == 1

    @property
    def is_unspecified(self) -> bool:
        """`::`."""
        return self == 0

    @property
    def is_sitelocal(self) -> bool:
        """fec0::/10, deprecated; `ip` still prints its scope as `site`."""
        return self >> 118 == 0x3FB

    @property
    def is_unique_local(self) -> bool:
        """fc00::/7 (RFC 4193)."""
        return self >> 121 == 0x7E

    @property
    def is_v4mapped(self) -> bool:
        """::ffff:0:0/96."""
        return self >> 32 == 0xFFFF

    @property
    def is_solicited_node(self) -> bool:
        """ff02::1:ff00:0/104."""
        return self >> 24 == _SOLICITED >> 24

    def solicited_node(self) -> "IPv6":
        """The group in which neighbour solicitations for this address are sent: ff02::1:ff and its low 24 bits (RFC 4291, 2.7.1)."""
        return IPv6(_SOLICITED | self & 0xFFFFFF)

    def multicast_mac(self) -> "MAC":
        """The Ethernet group address of a multicast address: 33:33 and its low 32 bits (RFC 2464)."""
        return MAC(0x333300000000 | self & 0xFFFFFFFF)


class MAC(int):
    """An Ethernet address. `from_bytes` (inherited from int) reads the six bytes of the wire."""

    __slots__ = ()

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read six colon-separated octets of one or two hex digits each, as `ip` does. Raises ValueError."""
        octets = text.split(":")
        if len(octets) != 6 or not all(map(_OCTET.fullmatch, octets)):
            raise ValueError(f"not an Ethernet address: {text!r}")
        value = 0
        for octet in octets:
            value = value << 8 | int(octet, 16)
        return cls(value)

    def __str__(self) -> str:
        return self.to_bytes(6, "big").hex(":")

    def __repr__(self) -> str:
        return f"MAC({str(self)!r})"

    @property
    def packed(self) -> bytes:
        """The six bytes of the wire."""
        return self.to_bytes(6, "big")

    @property
    def is_multicast(self) -> bool:
        """The group bit is set; the broadcast address is a group too."""
        return self >> 40 & 1 == 1

    @property
    def is_broadcast(self) -> bool:
        """ff:ff:ff:ff:ff:ff."""
        return self == 0xFFFFFFFFFFFF

    @property
    def is_zero(self) -> bool:
        """00:00:00:00:00:00."""
        return self == 0

    @property
    def is_local_admin(self) -> bool:
        """The locally administered bit is set."""
        return self >> 41 & 1 == 1

    def eui64(self) -> int:
        """The modified EUI-64 interface identifier (64 bits): ff:fe in the middle, the universal bit turned (RFC 4291, appendix A)."""
        return (self >> 24 ^ 0x020000) << 40 | 0xFFFE000000 | self & 0xFFFFFF

    def linklocal(self) -> IPv6:
        """The fe80::/64 address the kernel gives a device with this MAC (addr_gen_mode eui64)."""
        return IPv6(_LINKLOCAL | self.eui64())


@quick
@attrs.frozen(weakref_slot=False)
class IPv4Net:
    """An IPv4 address with a prefix length. The address keeps its host bits; `network` masks them."""

    address: IPv4
    length: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `a.b.c.d/length`; without a length it is 32. Raises ValueError."""
        address, length = _split_prefix(text, 32)
        return cls(IPv4.parse(address), length)

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"

    @property
    def mask(self) -> IPv4:
        """The netmask."""
        return IPv4(MASKS4[self.length])

    @property
    def network(self) -> IPv4:
        """The address with its host bits cleared."""
        return IPv4(self.address & MASKS4[self.length])

    @property
    def broadcast(self) -> IPv4:
        """The address with all host bits set; arithmetic only, for /31 and /32 too."""
        return IPv4(self.address | ~MASKS4[self.length] & 0xFFFFFFFF)

    def contains(self, address: int) -> bool:
        """Whether an address lies in the network."""
        return (address ^ self.address) & MASKS4[self.length] == 0


@quick
@attrs.frozen(weakref_slot=False)
class IPv6Net:
    """An IPv6 address with a prefix length. The address keeps its host bits; `network` masks them."""

    address: IPv6
    length: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read `address/length`; without a length it is 128. Raises ValueError."""
        address, length = _split_prefix(text, 128)
        return cls(IPv6.parse(address), length)

    def __str__(self) -> str:
        return f"{self.address}/{self.length}"

    @property
    def mask(self) -> IPv6:
        """The netmask."""
        return IPv6(MASKS6[self.length])

    @property
    def network(self) -> IPv6:
        """The address with its host bits cleared."""
        return IPv6(self.address & MASKS6[self.length])

    @property
    def broadcast(self) -> IPv6:
        """The last address of the network; IPv6 has no broadcast, ranges do have an end."""
        return IPv6(self.address | ~MASKS6[self.length] & MASKS6[128])

    def contains(self, address: int) -> bool:
        """Whether an address lies in the network."""
        return (address ^ self.address) & MASKS6[self.length] == 0


def _split_prefix(text: str, longest: int) -> tuple[str, int]:
    address, slash, length = text.partition("/")
    if not slash:
        return address, longest
    number = _OCTETS.get(length, longest + 1)
    if number > longest:
        raise ValueError(f"not a prefix length: {text!r}")
    return address, number


def _parse6(text: str) -> int | None:
    head, gap, tail = text.partition("::")
    # Only the end of the whole text may be a dotted quad.
    front = _groups(head) if gap else _groups_with_quad(head)
    back = _groups_with_quad(tail)
    if front is None or back is None:
        return None
    missing = 8 - len(front) - len(back)
    if missing < 0 or (missing > 0) != bool(gap):
        return None
    value = 0
    for group in (*front, *[0] * missing, *back):
        value = value << 16 | group
    return value


def _groups(text: str) -> list[int] | None:
    """The 16-bit groups of a text without `::`, or None."""
    if not text:
        return []
    words = text.split(":")
    return [int(word, 16) for word in words] if all(map(_GROUP.fullmatch, words)) else None


def _groups_with_quad(text: str) -> list[int] | None:
    """The same, where the last two groups may be written as a dotted quad."""
    head, _colon, quad = text.rpartition(":")
    if "." not in quad:
        return _groups(text)
    try:
        low = IPv4.parse(quad)
    except ValueError:
        return None
    groups = _groups(head)
    if groups is None or text.startswith(":"):
        return None
    return [*groups, low >> 16, low & 0xFFFF]


def _longest_zero_run(groups: list[int]) -> tuple[int, int]:
    """Start and length of the first longest run of zero groups (RFC 5952, 4.2)."""
    best = (0, 0)
    start = 0
    for index, group in enumerate((*groups, 1)):
        if group:
            if index - start > best[1]:
                best = (start, index - start)
            start = index + 1
    return best


_LINKLOCAL = 0xFE80 << 112
_SOLICITED = 0xFF02_0000_0000_0000_0000_0001_FF00_0000

MAC_ZERO = MAC(0)
MAC_BROADCAST = MAC(0xFFFFFFFFFFFF)
MAC_STP = MAC(0x0180C2000000)
"""The bridge group address, to which spanning tree messages go."""

IPV4_ANY = IPv4(0)
IPV4_LOOPBACK = IPv4(0x7F000001)
IPV4_BROADCAST = IPv4(0xFFFFFFFF)
IPV4_ALL_HOSTS = IPv4(0xE0000001)
IPV4_ALL_ROUTERS = IPv4(0xE0000002)
IPV4_IGMPV3 = IPv4(0xE0000016)
"""224.0.0.22, to which IGMPv3 reports go."""

IPV6_ANY = IPv6(0)
IPV6_LOOPBACK = IPv6(1)
IPV6_ALL_NODES = IPv6(0xFF02 << 112 | 1)
IPV6_ALL_ROUTERS = IPv6(0xFF02 << 112 | 2)
IPV6_MLDV2 = IPv6(0xFF02 << 112 | 0x16)
"""ff02::16, to which MLDv2 reports go."""
