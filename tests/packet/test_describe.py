"""Our lines are tcpdump's lines."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from netsim import packet as p
from netsim.addr import MAC, IPv4, IPv6
from netsim.packet import dns, pcap
from netsim.packet import numbers as n
from netsim.packet.codec import Checksums, encode
from netsim.packet.describe import Names, Options, Printer, describe
from netsim.packet.describe.vendors import VENDORS

from . import drawn

DATA = Path(__file__).parent / "data"
START = 1_700_000_000_000_000_000
STEP = 1_500_000_000

needs_tcpdump = pytest.mark.skipif(shutil.which("tcpdump") is None, reason="needs tcpdump")
slow = settings(
    max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]
)

FLAGS = [
    "n",
    "ntt",
    "nttt",
    "ntttt",
    "nt",
    "nte",
    "ntv",
    "ntvv",
    "ntvvv",
    "ntev",
    "ntq",
    "nteq",
    "ntx",
    "ntxx",
    "ntX",
    "ntXX",
    "ntA",
    "ntS",
    "ntvS",
    "ntvK",
]


def options(flags: str) -> Options:
    return Options(**{letter: flags.count(letter) for letter in set(flags)})


def ours(records: list[pcap.Record], flags: str) -> str:
    printer = Printer(options(flags))
    return "".join(f"{printer.describe(record.time, record.data, record.length)}\n" for record in records)


def theirs(records: list[pcap.Record], flags: str) -> str:
    capture = pcap.write_pcap(pcap.Capture((pcap.Interface(),), tuple(records)))
    command = ["tcpdump", "-r", "-", f"-{flags}"]
    done = subprocess.run(command, input=capture, capture_output=True, env={**os.environ, "TZ": "UTC"}, check=True)
    return done.stdout.decode("latin-1")


def records_of(frames: list[bytes], snaplen: int = pcap.SNAPLEN) -> list[pcap.Record]:
    return [pcap.record(START + index * STEP, frame, snaplen) for index, frame in enumerate(frames)]


@needs_tcpdump
@pytest.mark.parametrize("flags", FLAGS)
def test_a_capture_of_a_real_kernel_reads_as_in_tcpdump(flags: str) -> None:
    records = list(pcap.read((DATA / "veth.pcap").read_bytes()).records)
    assert ours(records, flags) == theirs(records, flags)


@needs_tcpdump
@slow
@given(st.lists(drawn.frames, min_size=10, max_size=30), st.sampled_from(FLAGS), st.sampled_from(Checksums))
def test_any_packets_read_as_in_tcpdump(frames: list[p.Ethernet], flags: str, checksums: Checksums) -> None:
    records = records_of([encode(frame, checksums) for frame in frames])
    assert ours(records, flags) == theirs(records, flags)


@needs_tcpdump
def test_addresses_are_told_with_the_vendors_tcpdump_knows() -> None:
    prefixes = [*VENDORS, b"\x02\x42\xac", b"\xff\xff\xff"]
    frames = [prefix + b"\xff\xff\xff" + prefix + b"\0\0\1" + b"\x13\x00" for prefix in prefixes]
    assert ours(records_of(frames), "te") == theirs(records_of(frames), "te")


@needs_tcpdump
@slow
@given(st.lists(drawn.dns_messages, min_size=10, max_size=30), st.sampled_from(["nt", "ntv", "ntvv", "ntvvv"]), st.sampled_from([17, 6]))
def test_any_dns_messages_read_as_in_tcpdump(messages: list[dns.Dns], flags: str, protocol: int) -> None:
    frames = []
    for message in messages:
        data = dns.encode_dns(message)
        carried: p.Payload = p.Udp(53, 40000, data)
        if protocol == n.IPPROTO_TCP:
            carried = p.Tcp(53, 40000, 1, 1, n.TCP_PSH | n.TCP_ACK, 100, payload=len(data).to_bytes(2, "big") + data)
        frames.append(encode(p.Ethernet(MAC(1), MAC(2), n.ETH_P_IP, p.Ip(IPv4(1), IPv4(2), protocol, payload=carried))))
    records = records_of(frames)
    assert ours(records, flags) == theirs(records, flags)


@needs_tcpdump
@pytest.mark.parametrize("flags", ["nt", "ntv", "nte"])
@pytest.mark.parametrize(
    "content",
    [
        b"GET /index.html HTTP/1.1\r\nHost: web\r\n\r\n", b"HTTP/1.1 404 Not Found\r\n\r\n<html>\n", b"\x00\x01\x02", b"half a line",
        b"POST / HTTP/1.0", b"hello\n", b"\r\n", b"220 ready\r\n",
    ],
)  # fmt: skip
@pytest.mark.parametrize("port", [80, 8080, 21, 25, 443])
def test_text_in_tcp_reads_as_in_tcpdump(port: int, content: bytes, flags: str) -> None:
    tcp = p.Tcp(port, 40000, 5, 7, n.TCP_PSH | n.TCP_ACK, 100, payload=content)
    records = records_of([encode(p.Ethernet(MAC(1), MAC(2), n.ETH_P_IP, p.Ip(IPv4(1), IPv4(2), 6, payload=tcp)))])
    assert ours(records, flags) == theirs(records, flags)


@needs_tcpdump
@pytest.mark.parametrize("snaplen", [10, 14, 20, 34, 36, 40, 48, 60, 68])
@pytest.mark.parametrize("flags", ["nt", "nte", "ntv", "ntX"])
def test_packets_cut_short_read_as_in_tcpdump(snaplen: int, flags: str) -> None:
    records = [pcap.record(r.time, r.data, snaplen) for r in pcap.read((DATA / "veth.pcap").read_bytes()).records]
    assert ours(records, flags) == theirs(records, flags)


@given(drawn.frames, st.data(), st.sampled_from(FLAGS))
def test_any_damaged_packet_has_a_description(frame: p.Ethernet, draws: st.DataObject, flags: str) -> None:
    wire = bytearray(encode(frame))
    for _ in range(draws.draw(st.integers(0, 4))):
        wire[draws.draw(st.integers(0, len(wire) - 1))] = draws.draw(st.integers(0, 255))
    damaged = bytes(wire[: draws.draw(st.integers(0, len(wire)))])
    assert Printer(options(flags)).describe(START, damaged, len(wire))


def echo(ident: int = 1) -> p.Ip:
    return p.Ip(IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), 1, ident=ident, payload=p.IcmpEcho(8, 0, 7, 1, bytes(56)))


def test_a_ping_in_one_line() -> None:
    wire = encode(p.Ethernet(MAC(1), MAC(2), n.ETH_P_IP, echo()))
    assert describe(wire) == "IP 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 1, length 64"


def test_names_stand_for_numbers_only_without_n() -> None:
    names = Names(hosts4={IPv4.parse("10.0.0.2"): "web"}, tcp={80: "http"})
    tcp = p.Tcp(40000, 80, flags=n.TCP_SYN, window=10)
    wire = encode(p.Ethernet(MAC(1), MAC(2), n.ETH_P_IP, p.Ip(IPv4.parse("10.0.0.1"), IPv4.parse("10.0.0.2"), 6, payload=tcp)))
    assert describe(wire, Options(t=1), names) == "IP 10.0.0.1.40000 > web.http: Flags [S], seq 0, win 10, length 0"
    assert describe(wire, Options(t=1, n=1), names) == "IP 10.0.0.1.40000 > 10.0.0.2.80: Flags [S], seq 0, win 10, length 0"


def test_tunnels_nested_without_end_are_described_to_some_depth() -> None:
    ip6 = p.Ip6(IPv6(1), IPv6(2), 17, payload=p.Udp(1, 2))
    wire = encode(ip6)
    for _ in range(1500):
        wire = encode(p.Ip6(IPv6(1), IPv6(2), 41, payload=wire))
    assert describe(encode(p.Ethernet(MAC(1), MAC(2), n.ETH_P_IPV6, wire))).startswith("IP6 ::1 > ::2: IP6 ::1 > ::2: ")
