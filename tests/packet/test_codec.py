"""Values and bytes say the same."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim import packet as p
from netsim.addr import MAC, IPv4
from netsim.packet import dns, pcap
from netsim.packet import numbers as n
from netsim.packet.codec import Checksums, DecodeError, decode, decode_content, decode_ip, decode_ip6, encode, encode_content

from . import drawn

DATA = Path(__file__).parent / "data"
KNOWN_ENDS = (p.Arp, p.ConfigBpdu, p.IcmpEcho, p.IcmpError, p.Udp, p.Tcp, p.Igmpv3Report, p.Icmp6Echo, p.Icmp6Error, p.NeighSolicit, p.NeighAdvert)
KNOWN_ENDS += (p.RouterSolicit, p.Mldv2Report, p.Ip, p.Fragment)


@given(drawn.frames)
def test_any_frame_survives_the_wire(frame: p.Ethernet) -> None:
    assert decode(encode(frame)) == frame


@given(drawn.frames)
def test_a_frame_is_as_long_as_its_size_says(frame: p.Ethernet) -> None:
    assert len(encode(frame)) == frame.size


@given(drawn.frames)
def test_offloaded_checksums_change_no_length(frame: p.Ethernet) -> None:
    assert len(encode(frame, Checksums.OFFLOADED)) == frame.size


@given(drawn.frames, st.binary(max_size=20))
def test_a_trailer_is_trimmed(frame: p.Ethernet, trailer: bytes) -> None:
    assert decode(encode(frame) + trailer) == frame


@given(st.binary(max_size=120))
def test_any_bytes_are_a_frame_or_an_error(data: bytes) -> None:
    try:
        frame = decode(data)
    except DecodeError:
        return
    wire = encode(frame)
    assert data[: len(wire)] == wire


@given(drawn.frames, st.data())
def test_a_damaged_frame_keeps_its_bytes(frame: p.Ethernet, draws: st.DataObject) -> None:
    wire = bytearray(encode(frame))
    for _ in range(draws.draw(st.integers(1, 3))):
        wire[draws.draw(st.integers(12, len(wire) - 1))] = draws.draw(st.integers(0, 255))
    damaged = bytes(wire[: draws.draw(st.integers(14, len(wire)))])
    try:
        read = decode(damaged)
    except DecodeError:
        return
    again = [encode(read, checksums) for checksums in Checksums]
    assert damaged[: read.size] in again


def test_the_deepest_nesting_that_networks_make_is_read_to_its_end() -> None:
    inner = p.Ip(IPv4(1), IPv4(2), 17, payload=p.Udp(9, 9, b"x"))
    error = p.Ip(IPv4(2), IPv4(1), 1, payload=p.IcmpError(11, 0, 0, inner))
    tagged = p.Ethernet(MAC(1), MAC(2), n.ETH_P_8021Q, p.Dot1Q(5, 0, 0, n.ETH_P_IP, error))
    tunnel = p.Ip(IPv4(3), IPv4(4), 17, payload=p.Udp(50000, n.VXLAN_PORT, p.Vxlan(42, tagged)))
    frame = p.Ethernet(MAC(3), MAC(4), n.ETH_P_8021Q, p.Dot1Q(6, 0, 0, n.ETH_P_IP, tunnel))
    assert decode(encode(frame)) == frame


@pytest.mark.parametrize("size", [0, 1, 13])
def test_a_frame_shorter_than_its_header_is_refused(size: int) -> None:
    with pytest.raises(DecodeError, match="Ethernet header cut short"):
        decode(bytes(size))


def test_a_packet_with_a_wrong_header_checksum_is_refused() -> None:
    wire = bytearray(encode(p.Ip(IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), 17, payload=p.Udp(1, 2, b"hello"))))
    wire[8] ^= 1
    with pytest.raises(DecodeError):
        decode_ip(bytes(wire))


def test_a_datagram_with_a_wrong_checksum_stays_bytes() -> None:
    wire = bytearray(encode(p.Ip(IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), 17, payload=p.Udp(1, 2, b"hello"))))
    wire[-1] ^= 1
    assert decode_ip(bytes(wire)).payload == bytes(wire[20:])


@given(drawn.ips, drawn.ip6s)
def test_reassembled_content_is_read_like_whole_packets(ip: p.Ip, ip6: p.Ip6) -> None:
    assert decode_content(ip, encode_content(ip)) == ip.payload
    assert decode_content(ip6, encode_content(ip6)) == ip6.payload
    assert decode_ip(encode(ip)) == ip
    assert decode_ip6(encode(ip6)) == ip6


def test_frames_of_a_real_kernel_are_read_completely_and_written_back_the_same() -> None:
    """`data/veth.pcap`: ping, TCP, UDP, DNS, refusals, VXLAN, STP, IGMP, MLD, ND and fragments between two namespaces of Linux 6.18."""
    records = pcap.read((DATA / "veth.pcap").read_bytes()).records
    assert len(records) > 90
    for record in records:
        frame = decode(record.data)
        assert record.data in (encode(frame), encode(frame, Checksums.OFFLOADED))
        assert isinstance(innermost(frame), KNOWN_ENDS)


def innermost(value: p.Payload) -> p.Payload:
    while not isinstance(getattr(value, "payload", b""), bytes):
        value = value.payload
    return value


def test_checksums_left_to_hardware_are_those_of_a_real_capture() -> None:
    records = pcap.read((DATA / "veth.pcap").read_bytes()).records
    offloaded = [record.data for record in records if encode(decode(record.data)) != record.data]
    assert len(offloaded) >= 40
    for wire in offloaded:
        assert encode(decode(wire), Checksums.OFFLOADED) == wire


def test_an_error_quotes_no_more_than_its_room() -> None:
    big = p.Ip(IPv4(1), IPv4(2), 17, payload=p.Udp(1, 2, bytes(1400)))
    error = p.IcmpError(3, 4, 1400, big)
    assert error.size == 556
    assert encode(error)[8:] == encode(big)[:548]
    assert p.IcmpError(3, 4, 1400, big, 28).size == 36


def test_quoting_a_piece_of_a_packet_gives_bytes() -> None:
    big = p.Ip(IPv4(1), IPv4(2), 17, payload=p.Udp(1, 2, bytes(1400)))
    outer = p.Ip(IPv4(2), IPv4(1), 1, payload=p.IcmpError(11, 0, 0, big))
    read = decode_ip(encode(outer)).payload
    assert isinstance(read, p.IcmpError)
    assert read.inner == encode(big)[:548]


def test_packets_nested_without_end_stay_bytes_at_some_depth() -> None:
    ip = p.Ip(IPv4(1), IPv4(2), 17, payload=p.Udp(1, 2, b"x"))
    for _ in range(3000):
        ip = p.Ip(IPv4(1), IPv4(2), 4, payload=encode(ip))
    wire = encode(ip)
    assert encode(decode_ip(wire)) == wire


@given(drawn.dns_messages)
def test_any_dns_message_survives_the_wire(message: dns.Dns) -> None:
    assert dns.decode_dns(dns.encode_dns(message)) == message


@given(st.binary(max_size=100))
def test_any_bytes_are_a_dns_message_or_an_error(data: bytes) -> None:
    try:
        message = dns.decode_dns(bytes(4) + b"\0\1\0\1\0\0\0\0" + data)
    except DecodeError:
        return
    assert len(message.questions) == 1


@given(st.lists(st.binary(min_size=1, max_size=20), max_size=5).map(tuple))
def test_a_name_of_any_bytes_can_be_written_down(labels: tuple[bytes, ...]) -> None:
    assert dns.split_name(dns.join_name(labels)) == labels


def test_a_name_that_points_at_itself_is_refused() -> None:
    with pytest.raises(DecodeError, match="forward"):
        dns.decode_dns(bytes(4) + b"\0\1\0\0\0\0\0\0" + b"\xc0\x0c\0\1\0\1")


@pytest.mark.parametrize("name", ["a..b", "x" * 64, ".".join(["abcdefgh"] * 30), ".a"])
def test_a_name_with_empty_or_long_labels_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="empty label|label too long|ran out of space"):
        dns.split_name(name)
