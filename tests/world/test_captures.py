"""Captures are read by tcpdump and tshark as they are by netsim, and can be sent again."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from netsim import World
from netsim.__main__ import main
from netsim.clock import SECOND
from netsim.packet import pcap
from netsim.world.capture import Capture, Format
from netsim.world.inject import Way

TCPDUMP = shutil.which("tcpdump")
TSHARK = shutil.which("tshark")
LIMIT = 30  # seconds for one run of a real tool
CLEAN = ("malformed", "truncated", "bad cksum", "incorrect", "checksum incorrect", "bad length")
SITES = """
ip addr add 10.0.0.{own}/24 dev eth0; ip link set lo up; ip link set eth0 up
ip link add gre1 type gre local 10.0.0.{own} remote 10.0.0.{peer} ttl 64 key 7; ip addr add 10.1.0.{own}/24 dev gre1; ip link set gre1 up
ip link add vx1 type vxlan id 42 local 10.0.0.{own} remote 10.0.0.{peer} dstport 4789; ip addr add 10.2.0.{own}/24 dev vx1; ip link set vx1 up
ip link add link eth0 name eth0.9 type vlan id 9; ip addr add 10.3.0.{own}/24 dev eth0.9; ip link set eth0.9 up
ip addr add fd00::{own}/64 dev eth0 nodad
"""


def sites() -> World:
    world = World(seed=4)
    hosts = [world.host("h1"), world.host("h2")]
    world.cable(*hosts, macs=("02:00:00:00:00:01", "02:00:00:00:00:02"))
    for own, host in enumerate(hosts, 1):
        host.run_script(SITES.format(own=own, peer=3 - own))
    world.run_for(2 * SECOND)
    return world


@lru_cache
def traffic() -> Capture:
    """All kinds of packets between two machines, on all devices."""
    world = sites()
    captured = world.capture()
    h1, h2 = world.hosts.values()
    h2.start("nc -l 8000")
    h1.run("ip neigh flush all")
    for target in ("10.0.0.2", "10.1.0.2", "10.2.0.2", "10.3.0.2"):
        h1.run(f"ping -c2 -i0.2 {target}")
    h1.run(
        "ping -6 -c1 fd00::2; ping -c1 -s 3000 10.0.0.2; echo hello | nc -N -w2 10.0.0.2 8000; echo lost | nc -u -w1 10.0.0.2 9999; nc -w1 10.0.0.2 7"
    )
    h1.run("traceroute -n -q1 -w1 10.0.0.2")
    return captured.stop()


def frames_of(device: str) -> pcap.Capture:
    """Those of one device of one machine, as a file of their own."""
    captured = traffic()
    number = captured.interfaces[device]
    chosen = Capture(described=[captured.described[number]], interfaces={device: 0})
    chosen.frames = [type(frame)(0, frame.seen) for frame in captured.frames if frame.interface == number]
    return chosen.value()


def real(*argv: str, data: bytes) -> str:
    done = subprocess.run(argv, input=data, capture_output=True, timeout=LIMIT, check=False, env={**os.environ, "TZ": "UTC"})
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def written() -> Iterator[tuple[str, bytes]]:
    """Every kind of file."""
    yield "whole world, pcapng", traffic().to_bytes()
    yield "whole world, pcap", traffic().to_bytes(Format.PCAP)
    for device in ("h1/eth0", "h1/vx1", "h2/gre1"):
        yield f"{device}, pcapng", pcap.write_pcapng(frames_of(device))
        yield f"{device}, pcap", pcap.write_pcap(frames_of(device))


@pytest.mark.skipif(TCPDUMP is None, reason="tcpdump is not installed")
@pytest.mark.parametrize(("what", "data"), list(written()))
def test_tcpdump_finds_nothing_wrong_with_any_capture(what: str, data: bytes) -> None:
    text = real(TCPDUMP or "", "-nvvv", "-r", "-", data=data)
    assert not [line for line in text.splitlines() if any(word in line.lower() for word in CLEAN)]
    assert text.count("\n") > 5


@pytest.mark.skipif(TSHARK is None, reason="tshark is not installed")
@pytest.mark.parametrize(("what", "data"), list(written())[:4])
def test_tshark_finds_nothing_wrong_with_any_capture(what: str, data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "x"
    file.write_bytes(data)
    checks = [word for layer in ("ip", "tcp", "udp") for word in ("-o", f"{layer}.check_checksum:TRUE")]
    bad = "_ws.malformed || _ws.short || ip.checksum.status == 0 || tcp.checksum.status == 0 || udp.checksum.status == 0 || icmp.checksum.status == 0"
    bad += " || icmpv6.checksum.status == 0"
    assert real(TSHARK or "", "-r", str(file), *checks, "-Y", bad, data=b"") == ""
    assert real(TSHARK or "", "-r", str(file), data=b"").count("\n") > 10


@pytest.mark.skipif(TCPDUMP is None, reason="tcpdump is not installed")
@pytest.mark.parametrize("device", ["h1/eth0", "h2/vx1", "h1/gre1", "h2/eth0.9"])
def test_tcpdump_and_netsim_print_the_same_lines(device: str) -> None:
    data = pcap.write_pcap(frames_of(device))
    host = World().host("reader")
    host.machine.files.write(None, "/root/x.pcap", data)
    for options in ("-n", "-nev"):
        assert host.run(f"tcpdump {options} -r x.pcap").stdout == real(TCPDUMP or "", options, "-r", "-", data=data)


def test_every_kind_of_packet_is_among_them() -> None:
    text = World().host("reader")
    text.machine.files.write(None, "/root/x.pcap", pcap.write_pcap(frames_of("h1/eth0")))
    lines = text.run("tcpdump -ne -r x.pcap").stdout
    for word in (
        "ethertype ARP",
        "ICMP echo request",
        "UDP, length",
        "Flags [S]",
        "GREv0, key=0x7",
        "VXLAN, flags [I]",
        "vlan 9",
        "neighbor solicitation",
    ):
        assert word in lines


def test_devices_have_their_names_and_every_machine_its_own() -> None:
    read = pcap.read(traffic().to_bytes())
    assert {interface.name for interface in read.interfaces} >= {"h1/eth0", "h2/eth0", "h1/gre1", "h2/vx1", "h1/eth0.9"}
    assert {interface.linktype for interface in read.interfaces} == {276}  # a tunnel without Ethernet header is among them
    assert {interface.linktype for interface in frames_of("h1/eth0").interfaces} == {1}


def test_a_frame_that_dies_carries_the_reason() -> None:
    world = World()
    host = world.host("h")
    host.run_script(
        "ip netns add a; ip link add v type veth peer name w netns a; ip addr add 10.0.0.1/24 dev v; ip link set v up; ip -n a link set w up\n"
        "ip -n a addr add 10.0.0.2/24 dev w; ip netns exec a iptables -A INPUT -p icmp -j DROP\n"
    )
    world.run_for(SECOND)  # until then the devices are not ready, and frames die of that
    captured = world.capture()
    host.run("ping -c1 -W1 10.0.0.2")
    read = pcap.read(captured.stop().to_bytes())
    dead = [record for record in read.records if record.comment]
    assert captured.drops >= 1
    assert [(read.interfaces[record.interface].name, record.comment) for record in dead] == [("h/a/w", "dropped: NETFILTER_DROP")]


def test_a_capture_hears_namespaces_and_machines_that_come_later_and_can_be_narrowed() -> None:
    world = World()
    everything, narrow = world.capture(), world.capture(device="w", host="late")
    late = world.host("late")
    late.run_script(
        "ip netns add a; ip link add v type veth peer name w netns a; ip addr add 10.0.0.1/24 dev v; ip link set v up; ip -n a link set w up\n"
        "ip -n a addr add 10.0.0.2/24 dev w; ping -c1 10.0.0.2\n"
    )
    assert set(narrow.interfaces) == {"late/a/w"}
    assert set(everything.interfaces) >= {"late/a/w", "late/v"}
    before = len(everything.stop().frames)
    late.run("ping -c1 10.0.0.2")
    assert len(everything.frames) == before
    assert late.run("cat /proc/net/packet").stdout.count("\n") == 1  # nobody on the machine knows of it


def test_a_capture_read_back_and_sent_again_makes_the_same_answers() -> None:
    world = World()
    h1, h2 = world.host("h1"), world.host("h2")
    world.cable(h1, h2, macs=("02:00:00:00:00:01", "02:00:00:00:00:02"))
    for own, host in enumerate((h1, h2), 1):
        host.run(f"ip addr add 10.0.0.{own}/24 dev eth0; ip link set eth0 up")
    captured = world.capture(device="eth0", host="h1")
    h1.run("ping -c2 10.0.0.2")
    data = captured.stop().to_bytes(Format.PCAP)
    other = World()
    alone = other.host("alone")
    other.cable(alone, other.host("peer"), macs=("02:00:00:00:00:02", "02:00:00:00:00:03"))
    alone.run("ip addr add 10.0.0.2/24 dev eth0; ip link set eth0 up")
    heard = other.capture(device="eth0", host="alone")
    injection = other.inject(data, alone, "eth0")
    other.run_for(3 * SECOND)
    assert injection.injected == injection.total > 4
    answers = [frame for frame in heard.stop().frames if frame.seen.pkt_type == 4 and getattr(frame.seen.packet, "protocol", 0) == 1]
    assert len(answers) == 2


def test_frames_can_be_sent_out_of_a_device_and_what_makes_no_frame_is_counted() -> None:
    world = World()
    a, b = world.host("a"), world.host("b")
    world.cable(a, b)
    for own, host in enumerate((a, b), 1):
        host.run(f"ip addr add 10.0.0.{own}/24 dev eth0; ip link set eth0 up; ip link set lo up")
    captured = world.capture(device="eth0", host="a")
    a.run("ping -c1 10.0.0.2")
    records = pcap.read(captured.stop().to_bytes())
    broken = pcap.Capture(records.interfaces, (*records.records, pcap.Record(records.records[-1].time, b"\x00" * 5, 5)))
    before = b.wiring.device("eth0").stats.rx_packets
    injection = world.inject(pcap.write_pcapng(broken), a, "eth0", Way.SENT)
    world.run_for(SECOND)
    assert (injection.injected, injection.refused) == (len(records.records), 1)
    assert b.wiring.device("eth0").stats.rx_packets >= before + len(records.records)
    with pytest.raises(pcap.PcapError):
        world.inject(b"no capture at all, this one", a, "eth0")


def test_the_command_writes_the_capture_of_a_lab(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lab, out = tmp_path / "lab.sh", tmp_path / "out.pcapng"
    lab.write_text("# netsim: cable h1 h2\n# netsim: host h1\nip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up; ping -c1 -W1 10.0.0.2\n")
    assert main(["pcap", str(lab), "-o", str(out), "--host", "h1", "--device", "eth0"]) == 1
    read = pcap.read(out.read_bytes())
    assert [interface.name for interface in read.interfaces] == ["h1/eth0"]
    assert len(read.records) > 0
    assert "frames of 1 devices" in capsys.readouterr().err
    assert main(["pcap", str(lab), "-o", str(out), "--host", "h9"]) == 64
    assert main(["pcap", str(lab), "-o", str(tmp_path / "no" / "dir.pcap")]) == 73
    assert main(["pcap", str(tmp_path / "none.sh"), "-o", str(out)]) == 66


def test_a_capture_going_on_is_forked_and_saved_with_its_world(tmp_path: Path) -> None:
    world = World()
    a, b = world.host("a"), world.host("b")
    world.cable(a, b)
    for own, host in enumerate((a, b), 1):
        host.run(f"ip addr add 10.0.0.{own}/24 dev eth0; ip link set eth0 up")
    captured = world.capture(host="a")
    a.run("ping -c1 10.0.0.2")
    trial = world.fork()
    world.save(tmp_path / "w.json")
    again = World.load(tmp_path / "w.json")
    for each in (world, trial, again):
        each.hosts["a"].run("ping -c1 10.0.0.2")
    frames = [len(each.captures[0].stop().frames) for each in (world, trial, again)]
    assert frames[0] == frames[1] == frames[2] > 4
    assert trial.captures[0] is not captured
    assert trial.captures[0].to_bytes() == again.captures[0].to_bytes() == captured.to_bytes()
