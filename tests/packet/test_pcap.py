"""Capture files are read as they were written, by us and by the real tools."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim.packet import pcap

DATA = Path(__file__).parent / "data"

STARTS = [
    b"",
    b"\xd4\xc3\xb2\xa1" + bytes(20),
    b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0" + b"\xff" * 8 + b"\x1c\0\0\0",
]

frames = st.binary(max_size=60)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


def records(interfaces: int, unit: int) -> st.SearchStrategy[tuple[pcap.Record, ...]]:
    times = st.integers(0, 0xFFFFFFFF * 1_000_000_000 // unit).map(lambda ticks: ticks * unit)
    one = st.builds(
        lambda time, data, extra, interface, comment: pcap.Record(time, data, len(data) + extra, interface, comment),
        times, frames, st.integers(0, 9), st.integers(0, interfaces - 1), texts,
    )  # fmt: skip
    return st.lists(one, max_size=5).map(tuple)


@st.composite
def captures(draw: st.DrawFn) -> pcap.Capture:
    count = draw(st.integers(1, 3))
    names = draw(st.lists(texts, min_size=count, max_size=count))
    return pcap.Capture(tuple(pcap.Interface(name) for name in names), draw(records(count, 1)))


@given(captures())
def test_a_pcapng_file_keeps_devices_times_and_comments(capture: pcap.Capture) -> None:
    assert pcap.read(pcap.write_pcapng(capture)) == capture


@given(st.sampled_from(pcap.Resolution).flatmap(lambda unit: st.tuples(st.just(unit), records(1, unit.value))))
def test_a_pcap_file_keeps_times_to_its_resolution(drawn: tuple[pcap.Resolution, tuple[pcap.Record, ...]]) -> None:
    resolution, kept = drawn
    read = pcap.read(pcap.write_pcap(pcap.Capture((pcap.Interface(),), kept), resolution))
    assert read.records == tuple(pcap.Record(record.time, record.data, record.length) for record in kept)


@given(st.binary(max_size=200), st.sampled_from(STARTS))
def test_any_bytes_are_a_capture_or_an_error(data: bytes, start: bytes) -> None:
    try:
        capture = pcap.read(start + data)
    except pcap.PcapError:
        return
    assert all(len(record.data) <= len(data) for record in capture.records)


@given(captures(), st.data())
def test_a_capture_cut_off_is_shorter_or_an_error(capture: pcap.Capture, draws: st.DataObject) -> None:
    wire = pcap.write_pcapng(capture)
    cut = wire[: draws.draw(st.integers(0, len(wire) - 1))]
    try:
        read = pcap.read(cut)
    except pcap.PcapError:
        return
    assert (len(read.interfaces), len(read.records)) < (len(capture.interfaces), len(capture.records) + 1)


def test_big_endian_files_are_read() -> None:
    frame = b"x" * 14
    header = bytes.fromhex("a1b2c3d40002000400000000000000000004000000000001")
    packet = (7).to_bytes(4, "big") + (5).to_bytes(4, "big") + (14).to_bytes(4, "big") * 2
    assert pcap.read(header + packet + frame).records == (pcap.Record(7_000_005_000, frame, 14),)


def test_a_pcap_file_of_the_real_tcpdump_is_written_back_the_same() -> None:
    data = (DATA / "veth.pcap").read_bytes()
    assert pcap.write_pcap(pcap.read(data)) == data


@pytest.mark.skipif(shutil.which("tshark") is None, reason="needs tshark")
def test_tshark_reads_devices_and_comments_of_our_pcapng(tmp_path: Path) -> None:
    capture = pcap.Capture(
        (pcap.Interface("veth0"), pcap.Interface("br0")),
        (pcap.record(1_000_000_007, bytes(60)), pcap.record(2_000_000_000, bytes(60), interface=1, comment="dropped: no route")),
    )
    path = tmp_path / "x.pcapng"
    path.write_bytes(pcap.write_pcapng(capture))
    fields = ["frame.interface_name", "frame.time_epoch", "frame.comment"]
    command = ["tshark", "-r", str(path), "-T", "fields", *[word for field in fields for word in ("-e", field)]]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert out.splitlines() == ["veth0\t1.000000007\t", "br0\t2.000000000\tdropped: no route"]
