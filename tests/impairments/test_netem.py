"""What impairments do to traffic; the figures are those of Linux 6.1 where chance has no part in them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netsim import World
from netsim.api import Host
from netsim.kernel.sched.netem import Netem
from netsim.kernel.sched.noise import Correlated, distribution, tabledist

SETUP = """
ip netns add far
sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip netns exec far sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
ip link add v0 type veth peer name v1 netns far
ip link set lo up; ip link set v0 up; ip -n far link set v1 up
ip addr add 10.0.0.1/24 dev v0; ip -n far addr add 10.0.0.2/24 dev v1
ping -c1 10.0.0.2
"""


@pytest.fixture
def host() -> Host:
    made = World(seed=3).host("h", "6.1")
    made.run_script(SETUP)
    return made


def netem_of(host: Host) -> Netem:
    found = host.wiring.device("v0").root_qdisc
    assert isinstance(found, Netem)
    return found


def times(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"time=([\d.]+) ms", text)]


def test_a_delay_holds_frames_back_in_one_direction_and_shows_them_in_the_backlog(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem delay 200ms")
    job = host.start("ping -c1 -W1 10.0.0.2")
    host.world.run_for(100_000_000)
    assert " backlog 98b 1p requeues 0\n" in host.run("tc -s qdisc show dev v0").stdout
    host.world.run_for(500_000_000)
    assert times(job.result().stdout)[0] == pytest.approx(200, abs=0.5)
    assert "Sent 98 bytes 1 pkt" in host.run("tc -s qdisc show dev v0").stdout
    assert netem_of(host).touched.delayed == 1


def test_every_loss_is_counted_and_the_sender_does_not_hear_of_it(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem loss 30%")
    out = host.run("ping -q -c200 -i0.005 -W1 10.0.0.2").stdout
    [sent, received] = map(int, re.findall(r"(\d+) packets transmitted, (\d+) received", out)[0])
    assert sent == 200
    assert 110 <= received <= 170
    assert f"(dropped {sent - received}," in host.run("tc -s qdisc show dev v0").stdout
    assert netem_of(host).touched.lost == sent - received


def test_a_full_queue_is_told_to_ping_which_tries_again(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem delay 100ms limit 3")
    out = host.run("ping -q -c50 -i0.01 -W1 10.0.0.2").stdout
    assert "50 packets transmitted, 50 received" in out
    assert netem_of(host).touched.overflowed > 20


def test_duplicates_arrive_twice_and_are_not_duplicated_again(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem duplicate 100%")
    out = host.run("ping -c2 -i0.3 -W1 10.0.0.2").stdout
    assert out.count("(DUP!)") == 1
    assert "2 packets transmitted, 2 received, +1 duplicates" in out
    assert "Sent 392 bytes 4 pkt" in host.run("tc -s qdisc show dev v0").stdout


def test_damaged_packets_die_of_their_checksums(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem corrupt 100%")
    out = host.run("ping -q -c60 -i0.005 -W1 10.0.0.2").stdout
    received = int(re.findall(r"(\d+) received", out)[0])
    assert received < 20  # a bit in the sender's MAC does no harm
    assert netem_of(host).touched.corrupted >= 60
    far = host.netns("far").netns.mib
    assert far["IcmpInCsumErrors"] > 20
    assert far["IpExtInCsumErrors"] > 2


def test_frames_that_jump_the_queue_count_as_requeues(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem delay 10ms reorder 50%")
    out = host.run("ping -c40 -i0.02 -W1 10.0.0.2").stdout
    early = sum(1 for time in times(out) if time < 1)
    assert 8 <= early <= 32
    assert f"requeues {early}) \n" in host.run("tc -s qdisc show dev v0").stdout
    assert netem_of(host).touched.reordered == early


def test_a_rate_spaces_frames_by_their_length(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem rate 80kbit")
    assert times(host.run("ping -c1 -s 972 -W1 10.0.0.2").stdout)[0] == pytest.approx(101.4, abs=0.5)


def test_a_bucket_lets_a_burst_pass_and_then_holds_to_its_rate(host: Host) -> None:
    host.run("tc qdisc add dev v0 root tbf rate 80kbit burst 2000 latency 100ms")
    out = host.run("ping -c20 -i0.02 -s 972 -W1 10.0.0.2").stdout
    found = times(out)
    assert "20 packets transmitted, 20 received, 0% packet loss, time 164" in out  # 1639 to 1641 ms on Linux 6.1
    assert max(found[:2]) < 1
    assert found[2] == pytest.approx(62, abs=3)
    assert found[3] == pytest.approx(140, abs=10)
    assert all(time == pytest.approx(192, abs=12) for time in found[4:])
    text = host.run("tc -s qdisc show dev v0").stdout
    assert "Sent 20280 bytes 20 pkt" in text
    assert "overlimits 0" not in text


def test_a_frame_longer_than_the_bucket_never_passes(host: Host) -> None:
    host.run("tc qdisc add dev v0 root tbf rate 80kbit burst 500 limit 3000")
    assert "0 received" in host.run("ping -q -c2 -i0.02 -s 972 -W1 10.0.0.2").stdout
    assert "Sent 0 bytes 0 pkt" in host.run("tc -s qdisc show dev v0").stdout


def test_bands_follow_the_type_of_service(host: Host) -> None:
    host.run_script("tc qdisc add dev v0 root handle 1: prio; tc qdisc add dev v0 parent 1:1 handle 10: netem delay 20ms")
    assert times(host.run("ping -c1 10.0.0.2").stdout)[0] < 1
    assert times(host.run("ping -Q 0x10 -c1 10.0.0.2").stdout)[0] == pytest.approx(20, abs=0.5)
    assert "class prio 1:1 parent 1: leaf 10: \n Sent 98 bytes 1 pkt" in host.run("tc -s class show dev v0").stdout


def test_a_bucket_inside_a_delay_and_a_delay_inside_a_bucket_both_work(host: Host) -> None:
    host.run_script(
        "tc qdisc add dev v0 root handle 1: tbf rate 1mbit burst 5k latency 20ms; tc qdisc add dev v0 parent 1:1 handle 10: netem delay 30ms"
    )
    assert times(host.run("ping -c1 10.0.0.2").stdout)[0] == pytest.approx(30, abs=0.5)
    host.run_script("tc qdisc del dev v0 root; tc qdisc add dev v0 root handle 1: netem delay 30ms")
    host.run("tc qdisc add dev v0 parent 1:1 handle 10: tbf rate 100kbit burst 2k latency 100ms")
    out = host.run("ping -c3 -s 500 -i0.02 -W1 10.0.0.2").stdout
    assert min(times(out)) == pytest.approx(30, abs=0.5)
    host.run("ping -q -c10 -s 500 -i0.01 -W1 10.0.0.2")
    host.world.run_for(2_000_000_000)
    rows = host.run("tc -s qdisc show dev v0").stdout.splitlines()
    assert rows[1].split("(")[0] == rows[4].split("(")[0]  # what the delay let go, the bucket let go
    assert int(rows[4].split("overlimits ")[1].split()[0]) > 0


def test_loopback_can_be_slow_too(host: Host) -> None:
    host.run("tc qdisc add dev lo root netem delay 10ms")
    assert times(host.run("ping -c1 127.0.0.1").stdout)[0] == pytest.approx(20, abs=0.5)


def test_setting_a_device_down_loses_what_was_queued(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem delay 500ms")
    job = host.start("ping -c1 -W1 10.0.0.2")
    host.world.run_for(50_000_000)
    host.run("ip link set v0 down; ip link set v0 up")
    host.world.run_for(2_000_000_000)
    assert "0 received" in job.result().stdout
    assert " backlog 0b 0p" in host.run("tc -s qdisc show dev v0").stdout


def test_the_same_seed_loses_the_same_frames_and_a_fork_goes_on_alike(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem loss 40% delay 5ms 2ms distribution normal")
    trial = host.world.fork()
    line = "ping -c20 -i0.01 -W1 10.0.0.2"
    assert trial.hosts["h"].run(line) == host.run(line)


def test_a_world_with_frames_on_their_way_can_be_saved(host: Host, tmp_path: object) -> None:
    host.run("tc qdisc add dev v0 root netem delay 300ms")
    host.start("ping -c1 -W1 10.0.0.2")
    host.world.run_for(50_000_000)
    path = f"{tmp_path}/w.json"
    host.world.save(path)
    again = World.load(path).hosts["h"]
    again.world.run_for(1_000_000_000)
    assert "Sent 98 bytes 1 pkt" in again.run("tc -s qdisc show dev v0").stdout


@given(st.sampled_from(["normal", "pareto", "paretonormal"]))
def test_tables_have_the_moments_of_their_laws(name: str) -> None:
    table = distribution(name)
    assert table is not None
    assert len(table) == 4096
    assert abs(sum(table) / len(table)) < 0.05 * 8192
    assert min(table) >= -32768
    assert max(table) <= 32767


@given(st.integers(0, 10**9), st.integers(0, 10**8), st.integers(0))
def test_an_even_spread_stays_within_its_jitter(mu: int, sigma: int, seed: int) -> None:
    world = World(seed=seed)
    assert mu - sigma <= tabledist(mu, sigma, Correlated(), None, world.rng) <= mu + sigma


def test_full_correlation_repeats_the_value_before() -> None:
    rng = World(seed=1).rng
    noise = Correlated(0xFFFFFFFF)
    assert len({noise.draw(rng) for _ in range(5)}) == 1
