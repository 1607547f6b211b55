"""Packets cut at their source and put together again."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

import netsim
from netsim.addr import MAC, IPv6
from netsim.clock import SECOND
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6.fragment import Queue, insert, ipv6_frag_rcv, joined, split
from netsim.packet import DestOpts, HopByHop, Icmp6Echo, Ip6
from tests.ipv6.lab import ask, chain

SRC, DST = IPv6.parse("fd00::1"), IPv6.parse("fd00::2")


def echo(size: int) -> Ip6:
    """An echo request with counting bytes."""
    return Ip6(SRC, DST, 58, payload=Icmp6Echo(128, 0, 7, 1, bytes(place * 31 & 255 for place in range(size))))


@given(st.integers(0, 4000), st.integers(1280, 1500), st.data())
def test_pieces_in_any_order_and_repeated_make_the_packet_again(size: int, mtu: int, data: st.DataObject) -> None:
    packet = echo(size)
    pieces = split(packet, mtu, 99)
    assert all(piece.size <= mtu for piece in pieces)
    order = data.draw(st.permutations(pieces + data.draw(st.lists(st.sampled_from(pieces), max_size=3))))
    world = netsim.World(seed=0)
    netns = world.host("h").machine.kernel.init_net
    lo = netns.loopback
    wholes = []
    for piece in order:
        if len(wholes) == 0:
            whole = ipv6_frag_rcv(netns, SkBuff(lo, MAC(0), MAC(0), 0x86DD, piece))
            if whole is not None:
                wholes.append(whole.packet)
    assert wholes == [packet]
    assert not netns.inet6.fragments


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_a_piece_that_overlaps_another_is_refused_unless_it_repeats_it(start: int, first: int, second: int) -> None:
    queue = Queue()
    assert insert(queue, 8 * 30, bytes(8 * first), 1)
    low, high = 30, 30 + first
    accepted = insert(queue, 8 * start, bytes(8 * second), 1)
    disjoint = start + second <= low or start >= high
    repeated = low <= start and start + second <= high
    assert accepted == (disjoint or repeated)


def test_a_last_piece_that_ends_before_what_is_known_is_refused() -> None:
    queue = Queue()
    assert insert(queue, 800, bytes(80), 1)
    assert not insert(queue, 0, bytes(16), 0)
    assert joined(queue) is None


def test_headers_for_every_router_stand_on_each_piece_and_those_for_the_end_are_cut() -> None:
    inner = DestOpts(58, bytes(6), Icmp6Echo(128, 0, 1, 1, bytes(3000)))
    packet = Ip6(SRC, DST, 0, payload=HopByHop(60, b"\x05\x02\x00\x00\x01\x00", inner))
    for piece in split(packet, 1280, 5):
        assert isinstance(piece.payload, HopByHop)
        assert piece.payload.nexthdr == 44
        assert piece.payload.payload.nexthdr == 60  # type: ignore[union-attr]


def test_only_the_source_cuts_and_it_learns_the_size_from_the_router() -> None:
    host = chain()
    ask(host, "ip -n r2 link set eth1 mtu 1400")
    ask(host, "ip -n h2 link set eth0 mtu 1400")
    assert "Packet too big: mtu=1400" in ask(host, "ip netns exec h1 ping -c1 -W1 -s 1400 fd00:3::10")
    assert "1 received" in ask(host, "ip netns exec h1 ping -c1 -W1 -s 1400 fd00:3::10")
    assert "mtu 1400" in ask(host, "ip -n h1 -6 route get fd00:3::10")
    host.world.run_for(601 * SECOND)
    assert "mtu" not in ask(host, "ip -n h1 -6 route get fd00:3::10")


def test_the_sender_of_a_first_piece_hears_after_a_minute_that_the_rest_is_missing() -> None:
    host = chain()
    kernel = host.machine.kernel
    netns = next(
        ns
        for ns in kernel.namespaces
        if any(dev.inet6 and any(str(i.address) == "fd00:3::10" for i in dev.inet6.addresses) for dev in ns.devices.values())
    )
    dev = netns.device("eth0")
    assert dev is not None
    first = split(Ip6(IPv6.parse("fd00:3::1"), IPv6.parse("fd00:3::10"), 58, payload=echo(3000).payload), 1400, 3)[0]
    before = netns.mib["Icmp6OutTimeExcds"]
    dev.netns.kernel.packet_types[0x86DD](SkBuff(dev, MAC(1), dev.address, 0x86DD, first))
    host.world.run_for(59 * SECOND)
    assert netns.mib["Icmp6OutTimeExcds"] == before
    host.world.run_for(2 * SECOND)
    assert netns.mib["Icmp6OutTimeExcds"] == before + 1
