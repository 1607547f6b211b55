"""What classes, filters and fair queues do to traffic."""

from __future__ import annotations

import netsim
from netsim.clock import SECOND

LAB = """
ip netns add n; ip link add v0 type veth peer name v1 netns n; ip link set v0 up; ip -n n link set v1 up
ip addr add 10.0.0.1/24 dev v0; ip -n n addr add 10.0.0.2/24 dev v1; ip addr add 10.0.0.3/24 dev v0
sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ip netns exec n sysctl -qw net.ipv6.conf.all.disable_ipv6=1; ping -c1 10.0.0.2
"""
HTB = ("tc qdisc add dev v0 root handle 1: htb default 20", "tc class add dev v0 parent 1: classid 1:1 htb rate 800kbit burst 1600 cburst 1600")


def lab(*lines: str) -> tuple[netsim.World, netsim.Host]:
    world = netsim.World(seed=0)
    host = world.host("h1")
    assert host.run("\n".join((LAB, *lines))).stderr == ""
    return world, host


def rates(host: netsim.Host, world: netsim.World, *senders: str) -> list[float]:
    """kbit a second that each of some floods gets through while all send for ten seconds."""
    for sender in senders:
        host.start(sender)
    world.clock.run_for(SECOND)
    before = sent(host)
    world.clock.run_for(10 * SECOND)
    return [(after - count) * 8 / 10_000 for after, count in zip(sent(host), before, strict=True)]


def sent(host: netsim.Host) -> list[int]:
    text = host.run("tc -s class show dev v0").stdout
    found = {block.split()[2]: int(block.split(" Sent ")[1].split()[0]) for block in text.split("\n\n") if block.strip()}
    return [found[name] for name in ("1:10", "1:20")]


FLOODS = ("ping -q -i 0.002 -s 400 -Q 0x10 10.0.0.2", "ping -q -i 0.002 -s 400 10.0.0.2")
FILTER = "tc filter add dev v0 parent 1: protocol ip u32 match ip tos 0x10 0xff flowid 1:10"


def test_classes_get_their_rates_and_share_the_rest_of_their_parent() -> None:
    world, host = lab(*HTB, "tc class add dev v0 parent 1:1 classid 1:10 htb rate 600kbit ceil 800kbit burst 1600 cburst 1600",
                      "tc class add dev v0 parent 1:1 classid 1:20 htb rate 100kbit ceil 800kbit burst 1600 cburst 1600", FILTER)  # fmt: skip
    first, second = rates(host, world, *FLOODS)
    assert 790 < first + second < 810
    assert first > 600 and second > 100


def test_a_class_that_may_not_borrow_stays_within_its_rate_and_one_of_better_priority_takes_what_is_left() -> None:
    world, host = lab(*HTB, "tc class add dev v0 parent 1:1 classid 1:10 htb rate 100kbit ceil 100kbit burst 1600 cburst 1600",
                      "tc class add dev v0 parent 1:1 classid 1:20 htb rate 100kbit ceil 800kbit burst 1600 cburst 1600", FILTER)  # fmt: skip
    first, second = rates(host, world, *FLOODS)
    assert 95 < first < 105 and 690 < second < 705


def test_fair_queues_let_a_slow_flow_through_beside_a_fast_one() -> None:
    lost = {}
    for kind in ("pfifo limit 60", "sfq", "fq_codel"):
        world, host = lab("tc qdisc add dev v0 root handle 1: htb default 10", "tc class add dev v0 parent 1: classid 1:10 htb rate 400kbit burst 1600 cburst 1600",
                          f"tc qdisc add dev v0 parent 1:10 handle 10: {kind}")  # fmt: skip
        host.start("ping -q -i 0.002 -s 1000 10.0.0.2")
        world.clock.run_for(5 * SECOND)
        lost[kind] = host.run("ping -c 20 -i 0.2 -W 1 -I 10.0.0.3 10.0.0.2").stdout.count("bytes from")
    assert lost["sfq"] >= 19 and lost["fq_codel"] >= 19 and lost["pfifo limit 60"] < 19


def test_codel_keeps_the_time_short_that_frames_wait() -> None:
    waits = {}
    for kind in ("pfifo limit 1000", "codel"):
        world, host = lab("tc qdisc add dev v0 root handle 1: htb default 10", "tc class add dev v0 parent 1: classid 1:10 htb rate 400kbit burst 1600 cburst 1600",
                          f"tc qdisc add dev v0 parent 1:10 handle 10: {kind}")  # fmt: skip
        host.start("ping -q -i 0.015 -s 1000 10.0.0.2")  # half as much again as there is room for
        world.clock.run_for(60 * SECOND)
        text = host.run("tc -s qdisc show dev v0 parent 1:10; tc -s qdisc show dev v0").stdout
        waits[kind] = int(text.split("backlog ")[-1].split()[1].removesuffix("p"))
    assert waits["codel"] < 100 < waits["pfifo limit 1000"]


def test_a_flow_of_fq_stays_within_its_rate() -> None:
    world, host = lab("tc qdisc add dev v0 root fq maxrate 80kbit")
    host.start("ping -q -i 0.01 -s 458 10.0.0.2")
    world.clock.run_for(2 * SECOND)
    before = int(host.run("cat /sys/class/net/v0/statistics/tx_bytes").stdout)
    world.clock.run_for(10 * SECOND)
    assert 98_000 < int(host.run("cat /sys/class/net/v0/statistics/tx_bytes").stdout) - before < 102_000


def test_explain_names_the_filter_that_drops_a_packet() -> None:
    world, host = lab("ip netns exec n tc qdisc add dev v1 ingress", "ip netns exec n tc filter add dev v1 ingress protocol ip matchall action drop")
    told = netsim.explain(world, host, "10.0.0.2/icmp")
    assert "tc-filter" in str(told.as_dict() if hasattr(told, "as_dict") else told) or "filter of tc" in str(told)


def test_forks_and_snapshots_keep_classes_filters_and_what_waits(tmp_path: object) -> None:
    world, host = lab(*HTB, "tc class add dev v0 parent 1:1 classid 1:10 htb rate 100kbit burst 1600 cburst 1600",
                      "tc class add dev v0 parent 1:1 classid 1:20 htb rate 100kbit burst 1600 cburst 1600", FILTER, "tc qdisc add dev v0 clsact",
                      "tc filter add dev v0 egress protocol ip matchall action mirred egress mirror dev v0 continue")  # fmt: skip
    world.save(f"{tmp_path}/w")
    copy, again = world.fork(), netsim.World.load(f"{tmp_path}/w")
    host.run("tc filter del dev v0 parent 1:; tc class del dev v0 classid 1:10")
    for other in (copy, again):
        told = other.host("h1").run("tc class show dev v0; tc filter show dev v0; tc filter show dev v0 egress").stdout
        assert "class htb 1:10" in told and "match 00100000/00ff0000 at 0" in told and "mirred" in told
    assert "1:10" not in host.run("tc class show dev v0; tc filter show dev v0").stdout


def test_a_device_takes_its_filters_with_it_and_a_target_that_is_gone_gets_nothing() -> None:
    world, host = lab("ip link add d0 type dummy", "ip link set d0 up", "tc qdisc add dev v0 clsact",
                      "tc filter add dev v0 egress protocol ip matchall action mirred egress redirect dev d0", "ip link del d0")  # fmt: skip
    assert host.run("ping -c1 -W1 10.0.0.2").status == 1
    host.run("tc qdisc del dev v0 clsact")
    assert host.run("ping -c1 -W1 10.0.0.2").status == 0
