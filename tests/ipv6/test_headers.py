"""Extension headers as hosts and routers treat them (RFC 8200, RFC 4443)."""

from __future__ import annotations

from typing import Any

import pytest

from netsim.addr import IPv6
from netsim.clock import SECOND
from netsim.packet import DestOpts, HopByHop, Icmp6Echo, Icmp6Error, Ip6, Routing
from tests.ipv6.lab import chain

SRC, DST = IPv6.parse("fd00:1::10"), IPv6.parse("fd00:3::10")
ECHO = Icmp6Echo(128, 0, 7, 1, bytes(8))
SKIP, DROP, TELL, TELL_UNLESS_GROUP = 0x1E, 0x5E, 0x9E, 0xDE


def option(kind: int) -> bytes:
    """An option nobody knows, alone in a header."""
    return bytes((kind, 4)) + bytes(4)


def heard(packet: Ip6) -> list[tuple[Any, ...]]:
    """What comes back to a raw socket on h1 for a packet it sends: replies, and errors with their pointers."""
    host = chain()
    kernel = host.machine.kernel
    netns = next(
        ns for ns in kernel.namespaces if any(str(ifa.address) == str(SRC) for dev in ns.devices.values() if dev.inet6 for ifa in dev.inet6.addresses)
    )
    from netsim.kernel.ipv6.raw import Raw6Socket

    sock = Raw6Socket(netns, 10, 3, 58)
    sock.recverr, sock.hdrincl = 1, 1
    if packet.dst.is_multicast:
        sock.multicast_if = 2
    sock.sendto(packet, packet.dst)
    host.world.run_for(2 * SECOND)
    told: list[tuple[Any, ...]] = []
    while (received := sock.queue.pop(0) if sock.queue else None) is not None:
        message = received.data
        if isinstance(message, Icmp6Echo) and message.type == 129:
            told.append(("reply", str(received.src)))
        elif isinstance(message, Icmp6Error):
            told.append((message.type, message.code, message.rest, str(received.src)))
    return told


@pytest.mark.parametrize(
    ("nexthdr", "payload", "answer"),
    [
        (60, DestOpts(58, option(SKIP), ECHO), [("reply", "fd00:3::10")]),
        (60, DestOpts(58, option(DROP), ECHO), []),
        (60, DestOpts(58, option(TELL), ECHO), [(4, 2, 42, "fd00:3::10")]),
        (60, DestOpts(58, option(TELL_UNLESS_GROUP), ECHO), [(4, 2, 42, "fd00:3::10")]),
        (0, HopByHop(58, option(SKIP), ECHO), [("reply", "fd00:3::10")]),
        (0, HopByHop(58, option(DROP), ECHO), []),
        (0, HopByHop(58, option(TELL), ECHO), [(4, 2, 42, "fd00:1::1")]),
        (0, HopByHop(60, option(SKIP), DestOpts(58, option(TELL), ECHO)), [(4, 2, 50, "fd00:3::10")]),
        (43, Routing(58, 0, 0, bytes(4), ECHO), [("reply", "fd00:3::10")]),
        (43, Routing(58, 0, 1, bytes(20), ECHO), [(4, 0, 42, "fd00:3::10")]),
        (43, Routing(58, 4, 1, bytes(20), ECHO), []),
        (253, bytes(8), [(4, 1, 6, "fd00:3::10")]),
        (60, DestOpts(253, option(SKIP), bytes(8)), [(4, 1, 40, "fd00:3::10")]),
        (59, b"", []),
    ],
)  # fmt: skip
def test_what_a_host_says_to_headers_and_options(nexthdr: int, payload: Any, answer: list[tuple[Any, ...]]) -> None:
    assert heard(Ip6(SRC, DST, nexthdr, 64, payload=payload)) == answer


def test_about_a_packet_to_a_group_only_one_kind_of_option_is_told() -> None:
    group = IPv6.parse("ff02::1")
    told = heard(Ip6(SRC, group, 60, 1, payload=DestOpts(58, option(TELL), ECHO)))
    assert (4, 2, 42, "fd00:1::1") in told
    assert not [entry for entry in heard(Ip6(SRC, group, 60, 1, payload=DestOpts(58, option(TELL_UNLESS_GROUP), ECHO))) if entry[0] == 4]


def test_the_hop_limit_ends_a_packets_way_and_its_sender_hears_where() -> None:
    assert heard(Ip6(SRC, DST, 58, 1, payload=ECHO)) == [(3, 0, 0, "fd00:1::1")]
    assert heard(Ip6(SRC, DST, 58, 2, payload=ECHO)) == [(3, 0, 0, "fd00:2::2")]
    assert heard(Ip6(SRC, DST, 58, 3, payload=ECHO)) == [("reply", "fd00:3::10")]


def test_no_error_is_made_about_an_error_nor_about_a_source_that_is_nobody() -> None:
    error = Icmp6Error(1, 4, 0, Ip6(DST, SRC, 17, payload=bytes(8)))
    assert heard(Ip6(SRC, DST, 58, 1, payload=error)) == []
    assert heard(Ip6(IPv6(0), DST, 58, 1, payload=ECHO)) == []
