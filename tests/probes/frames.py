"""Frames at random: well-formed ones of many protocols, some of them with octets changed.

All are padded and none is cut off: what a filter says of a frame that ends before the place it looks at depends on the order in which libpcap's optimiser
reads, which is not modelled.
"""

from __future__ import annotations

import random

from netsim.addr import MAC, IPv4, IPv6
from netsim.packet import Arp, Dot1Q, Ethernet, Icmp6Echo, IcmpEcho, IcmpError, Ip, Ip6, Tcp, Udp, mss
from netsim.packet.codec import encode

HOSTS = [IPv4.parse(text) for text in ("10.0.0.1", "10.0.0.2", "10.0.1.255", "192.168.7.9", "224.0.0.5", "255.255.255.255", "127.0.0.1")]
HOSTS6 = [IPv6.parse(text) for text in ("fe80::1", "fe80::2", "fd00:1::9", "ff02::1")]
MACS = [MAC(0x020000000001), MAC(0x020000000002), MAC(0xFFFFFFFFFFFF), MAC(0x01005E000001)]
PORTS = (22, 53, 80, 90, 443, 67, 40000)


def _transport(chance: random.Random) -> tuple[int, object]:
    kind = chance.randrange(5)
    if kind == 0:
        return 6, Tcp(
            chance.choice(PORTS), chance.choice(PORTS), 1, 2, chance.randrange(256), 512, (mss(1460),) * chance.randrange(2), payload=b"abc"
        )
    if kind == 1:
        return 17, Udp(chance.choice(PORTS), chance.choice(PORTS), bytes(chance.randrange(9)))
    if kind == 2:
        return 1, IcmpEcho(chance.choice((0, 8)), 0, 7, chance.randrange(9), b"data")
    if kind == 3:
        return 1, IcmpError(chance.choice((3, 11)), chance.randrange(4), 0, Ip(HOSTS[0], HOSTS[1], 17, 1, payload=Udp(1, 2, b"")), 500)
    return chance.choice((2, 47, 132, 51)), bytes(chance.randrange(20))


def _packet(chance: random.Random) -> tuple[int, object]:
    kind = chance.randrange(6)
    if kind == 0:
        return 0x0806, Arp(chance.choice((1, 2)), MACS[0], chance.choice(HOSTS), MACS[1], chance.choice(HOSTS))
    if kind == 1:
        number, content = _transport(chance)
        if number == 1:
            number, content = 58, Icmp6Echo(128, 0, 1, 2, b"x")
        return 0x86DD, Ip6(chance.choice(HOSTS6), chance.choice(HOSTS6), number, 64, payload=content)
    if kind == 2:
        return chance.choice((0x0600, 0x9000, 0x88CC)), bytes(30)
    number, content = _transport(chance)
    offset = chance.choice((0, 0, 0, 64))
    options = chance.choice((b"", b"", b"\1\1\1\1"))
    return 0x0800, Ip(
        chance.choice(HOSTS), chance.choice(HOSTS), number, chance.randrange(1, 255), chance.randrange(256), 9, 0, offset, options, payload=content
    )


def draw(chance: random.Random) -> bytes:
    """One frame."""
    kind, packet = _packet(chance)
    if not chance.randrange(8):
        kind, packet = 0x8100, Dot1Q(chance.choice((5, 10)), 0, 0, kind, packet)
    data = bytearray(encode(Ethernet(chance.choice(MACS), chance.choice(MACS), kind, packet)))
    if not chance.randrange(6):
        data[chance.randrange(19, len(data))] ^= 1 << chance.randrange(8)
    return bytes(data) + bytes(64)
