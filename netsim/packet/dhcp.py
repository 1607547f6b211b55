"""BOOTP with DHCP's options (RFC 2131, RFC 2132): the bytes of a UDP datagram between ports 67 and 68."""

from __future__ import annotations

from collections.abc import Mapping

import attrs

from netsim.addr import IPV4_ANY, MAC, IPv4

REQUEST, REPLY = 1, 2
DISCOVER, OFFER, ASK, DECLINE, ACK, NAK, RELEASE, INFORM = range(1, 9)
MASK, ROUTER, DNS, HOSTNAME, DOMAIN, BROADCAST, NTP = 1, 3, 6, 12, 15, 28, 42
REQUESTED, LEASE_TIME, KIND, SERVER, PARAMETERS, LONGEST, VENDOR, CLIENT = 50, 51, 53, 54, 55, 57, 60, 61
COOKIE = bytes.fromhex("63825363")
LEAST = 300
"""Bytes every message is filled up to."""
FIXED = 236
CLIENT_PORT, SERVER_PORT = 68, 67
NOTHING: Mapping[int, bytes] = {}


@attrs.frozen
class Dhcp:
    """One message: `op` REQUEST or REPLY, the client's address, and options as bytes by number."""

    op: int
    xid: int
    chaddr: MAC
    secs: int = 0
    flags: int = 0
    ciaddr: IPv4 = IPV4_ANY
    yiaddr: IPv4 = IPV4_ANY
    siaddr: IPv4 = IPV4_ANY
    options: Mapping[int, bytes] = attrs.field(default=NOTHING)

    @property
    def kind(self) -> int:
        """DISCOVER, OFFER ...; 0 without one."""
        return self.options.get(KIND, b"\0")[0]

    def address(self, option: int) -> IPv4 | None:
        """The first address of an option."""
        data = self.options.get(option, b"")
        return IPv4(int.from_bytes(data[:4], "big")) if len(data) >= 4 else None

    def encode(self) -> bytes:
        """The bytes of the wire."""
        data = bytes((self.op, 1, 6, 0)) + self.xid.to_bytes(4, "big") + self.secs.to_bytes(2, "big") + self.flags.to_bytes(2, "big")
        for address in (self.ciaddr, self.yiaddr, self.siaddr, IPV4_ANY):
            data += int(address).to_bytes(4, "big")
        data = (data + int(self.chaddr).to_bytes(6, "big")).ljust(FIXED, b"\0") + COOKIE
        for number, value in self.options.items():
            data += bytes((number, len(value))) + value
        return (data + b"\xff").ljust(LEAST, b"\0")


def read_dhcp(data: bytes) -> Dhcp | None:
    """A message from its bytes; None for what is none."""
    if len(data) < FIXED + 4 or data[FIXED : FIXED + 4] != COOKIE:
        return None
    ciaddr, yiaddr, siaddr = (IPv4(int.from_bytes(data[at : at + 4], "big")) for at in (12, 16, 20))
    options: dict[int, bytes] = {}
    at = FIXED + 4
    while at < len(data) and data[at] != 255:
        if data[at] == 0:
            at += 1
            continue
        if at + 1 >= len(data):
            break
        length = data[at + 1]
        options[data[at]] = data[at + 2 : at + 2 + length]
        at += 2 + length
    xid, secs, flags = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:10], "big"), int.from_bytes(data[10:12], "big")
    return Dhcp(data[0], xid, MAC(int.from_bytes(data[28:34], "big")), secs, flags, ciaddr, yiaddr, siaddr, options)
