"""tc's words and listings, as iproute2 6.1 on Linux 6.1 (User-Mode Linux) answered the same lines."""

from __future__ import annotations

import json

import attrs
import pytest

from netsim import World
from netsim.api import Host
from netsim.kernel.profile import LINUX_6_1

SETUP = "ip link add v0 type veth peer name v1; ip link set v0 up; ip link set v1 up"


@pytest.fixture
def host() -> Host:
    made = World().host("h", attrs.evolve(LINUX_6_1, cpus=1))
    made.run_script(SETUP)
    return made


SHOWN = [
    ("netem", "limit 1000"),
    ("netem delay 100ms 10ms 25%", "limit 1000 delay 100ms  10ms 25%"),
    ("netem delay 1500us", "limit 1000 delay 1.5ms"),
    ("netem delay 10", "limit 1000 delay 9us"),
    ("netem loss 3% 25%", "limit 1000 loss 3% 25%"),
    ("netem loss 0.001%", "limit 1000 loss 0.00100001%"),
    ("netem loss state 1", "limit 1000 loss state p13 1% p31 99% p32 0% p23 100% p14 0%"),
    ("netem loss gemodel 1%", "limit 1000 loss gemodel p 1% r 99% 1-h 100% 1-k 0%"),
    ("netem loss 10% ecn", "limit 1000 loss 10% ecn "),
    ("netem duplicate 1% 5%", "limit 1000 duplicate 1%"),
    ("netem delay 10ms reorder 25% 50% gap 5", "limit 1000 delay 10ms reorder 25% 50% gap 5"),
    ("netem rate 1mbit 20 100 5", "limit 1000 rate 1Mbit packetoverhead 20 cellsize 100 celloverhead 5"),
    (
        "netem delay 10ms 1ms 5% distribution normal loss 1% 3% duplicate 2% 7% reorder 3% 8% gap 2 corrupt 4% 9% rate 1mbit ecn limit 50",
        "limit 50 delay 10ms  1ms 5% loss 1% 3% duplicate 2% 7% reorder 3% 8% corrupt 4% 9% rate 1Mbit ecn  gap 2",
    ),
    ("tbf rate 100kbit burst 2kb latency 50ms", "rate 100Kbit burst 2Kb lat 50ms "),
    ("tbf rate 1mbit burst 32kbit latency 400ms peakrate 2mbit mtu 1540", "rate 1Mbit burst 4Kb peakrate 2Mbit minburst 1540b lat 400ms "),
    ("tbf rate 1mbit burst 5kb limit 10kb overhead 10 mpu 64 linklayer atm", "rate 1Mbit burst 5671b lat 36.6ms overhead 10 linklayer atm "),
    ("tbf rate 1gbit burst 1mb latency 10ms", "rate 1Gbit burst 1048500b lat 10ms "),
    ("tbf rate 1mbit burst 10k limit 100", "rate 1Mbit burst 10Kb limit 100b "),
    ("pfifo", "limit 1000p"),
    ("bfifo", "limit 1514000b"),
    ("bfifo limit 10kb", "limit 10Kb"),
    ("prio bands 4 priomap 3 2 1", "bands 4 priomap 3 2 1 2 1 2 0 0 1 1 1 1 1 1 1 1"),
    ("noqueue", ""),
]


@pytest.mark.parametrize(("typed", "shown"), SHOWN)
def test_a_discipline_is_shown_as_tc_shows_it(host: Host, typed: str, shown: str) -> None:
    assert host.run(f"tc qdisc add dev v0 root {typed}").status == 0
    assert host.run("tc qdisc show dev v0").stdout == f"qdisc {typed.split()[0]} 8001: root refcnt 2 {shown}\n"
    assert host.run("ip -o link show v0").stdout.split(" qdisc ")[1].split()[0] == typed.split()[0]


REFUSED = [
    ("add dev v0 root netem delay foo", 1, 'Illegal "latency"'),
    ("add dev v0 root netem delay -1ms", 1, 'Illegal 4294966296 time (too large)\nIllegal "latency"'),
    ("add dev v0 root netem loss 101%", 1, 'Illegal "loss percent"'),
    ("add dev v0 root netem loss .5", 1, "Unknown loss parameter: .5"),
    ("add dev v0 root netem delay", 255, 'Command line is not complete. Try option "help"'),
    ("add dev v0 root netem delay 1ms 1ms distribution nosuch", 1,
     "No distribution data for nosuch (/usr/lib/x86_64-linux-gnu/tc//nosuch.dist: No such file or directory)"),
    ("add dev v0 root foo", 2, "Error: Specified qdisc kind is unknown."),
    ("add dev v0 root foo bar", 1, 'Unknown qdisc "foo", hence option "bar" is unparsable'),
    ("add dev nosuch root netem", 1, 'Cannot find device "nosuch"'),
    ("add root netem", 2, "RTNETLINK answers: No such device"),
    ("add dev v0 netem", 2, "Error: Handle cannot be zero."),
    ("change dev v0 root netem", 2, "Error: Qdisc not found. To create specify NLM_F_CREATE flag."),
    ("add dev v0 parent 2:1 pfifo", 2, "Error: Failed to find specified qdisc."),
    ("del dev v0 root", 2, "Error: Cannot delete qdisc with handle of zero."),
    ("del dev v0 parent 2:1", 2, "Error: Failed to find qdisc with specified classid."),
    ("add dev v0 root handle 12345: pfifo", 255, 'Error: argument "12345:" is wrong: invalid qdisc ID'),
    ("add dev v0 root parent 1:1 pfifo", 255, 'Error: duplicate "parent": "1:1" is the second value.'),
    ("add dev v0 root tbf rate 1mbit burst 10k latency 1ms limit 10", 1, 'tbf: specifying both "latency" and "limit" is not allowed'),
    ("add dev v0 root tbf rate 2mbit burst 10k latency 1ms peakrate 1mbit mtu 1500", 2, "RTNETLINK answers: Invalid argument"),
    ("add dev v0 root prio bands 1", 2, "RTNETLINK answers: Invalid argument"),
    ("add dev v0 root hfsc default 10", 1, 'netsim: "tc qdisc add hfsc" is not modelled'),
    ("add dev v0 root cake", 1, 'netsim: "tc qdisc add cake" is not modelled'),
    ("show foo", 255, 'What is "foo"? Try "tc qdisc help".'),
]  # fmt: skip


@pytest.mark.parametrize(("typed", "status", "complaint"), REFUSED)
def test_what_cannot_be_is_refused_as_tc_and_the_kernel_refuse_it(host: Host, typed: str, status: int, complaint: str) -> None:
    done = host.run(f"tc qdisc {typed}")
    assert (done.status, done.stderr, done.stdout) == (status, complaint + "\n", "")


def test_options_that_contradict_each_other_are_explained_with_the_usage(host: Host) -> None:
    for typed, complaint in (
        ("reorder 10%", "reordering not possible without specifying some delay"),
        ("gap 5 delay 10ms", "gap specified without reorder probability"),
        ("ecn", "ecn requested without loss model"),
        ("delay 1ms distribution normal", "distribution specified but no latency and jitter values"),
        ("bar", 'What is "bar"?'),
    ):
        done = host.run(f"tc qdisc add dev v0 root netem {typed}")
        assert done.status == 1
        assert done.stderr.startswith(f"{complaint}\nUsage: ... netem [ limit PACKETS ]\n")


def test_add_change_and_replace_differ_in_what_they_do_to_one_that_is_there(host: Host) -> None:
    run = host.run
    run("tc qdisc add dev v0 root netem loss 5%")
    assert run("tc qdisc add dev v0 root netem delay 1ms").stderr == "Error: Exclusivity flag on, cannot modify.\n"
    assert run("tc qdisc add dev v0 root pfifo").status == 0  # another kind may
    assert run("tc qdisc change dev v0 root netem delay 3ms").status == 0  # and so may a change
    assert run("tc qdisc show dev v0").stdout == "qdisc netem 8003: root refcnt 2 limit 1000 delay 3ms\n"
    run("tc qdisc replace dev v0 root netem loss 1%")
    assert run("tc qdisc show dev v0").stdout == "qdisc netem 8003: root refcnt 2 limit 1000 loss 1%\n"
    assert run("tc qdisc change dev v0 root handle 6: netem").stderr == "Error: NLM_F_REPLACE needed to override.\n"
    assert run("tc qdisc del dev v0 root pfifo").stderr == "Error: Invalid qdisc name.\n"
    assert run("tc qdisc del dev v0 root").status == 0
    assert run("tc qdisc show dev v0").stdout == "qdisc noqueue 0: root refcnt 2 \n"


def test_disciplines_nest_and_are_listed_by_the_hash_of_their_handles(host: Host) -> None:
    host.run_script("""
        tc qdisc add dev v1 root handle 1: prio bands 5
        tc qdisc add dev v1 parent 1:1 handle 7: prio
        tc qdisc add dev v1 parent 7:2 handle 9: netem delay 6ms
        tc qdisc add dev v1 parent 9:1 handle a: tbf rate 1mbit burst 10k limit 10k
    """)
    assert [line.split()[1:5] for line in host.run("tc qdisc show dev v1").stdout.splitlines()] == [
        ["prio", "1:", "root", "refcnt"], ["tbf", "a:", "parent", "9:1"], ["prio", "7:", "parent", "1:1"], ["netem", "9:", "parent", "7:2"],
    ]  # fmt: skip
    assert "class prio 7:2 parent 7: leaf 9: \n" in host.run("tc class show dev v1").stdout
    assert host.run("tc qdisc add dev v1 parent 1:4 handle 9: pfifo").stderr == "Error: Cannot move an existing qdisc to a different parent.\n"
    assert host.run("tc qdisc add dev v1 parent 1:9 pfifo").stderr == "Error: Specified class not found.\n"
    assert host.run("tc qdisc add dev v1 parent 1:2 noqueue").stderr == "Error: Cannot assign noqueue to a class.\n"
    host.run("tc qdisc del dev v1 parent 1:1")
    assert host.run("tc qdisc show dev v1").stdout.count("\n") == 1


def test_json_tells_what_the_text_tells(host: Host) -> None:
    host.run("tc qdisc add dev v0 root netem delay 1.5ms loss 1%")
    [item] = json.loads(host.run("tc -s -j qdisc show dev v0").stdout)
    assert item["options"] == {
        "limit": 1000, "delay": {"delay": 0.001499, "jitter": 0, "correlation": 0}, "loss-random": {"loss": 0.01, "correlation": 0},
        "ecn": False, "gap": 0,
    }  # fmt: skip
    assert (item["handle"], item["root"], item["refcnt"], item["drops"]) == ("8001:", True, 2, 0)


def test_a_device_that_was_never_up_has_no_discipline_to_show_and_one_that_moves_loses_its_own(host: Host) -> None:
    host.run_script("ip link add d0 type dummy; ip netns add far")
    assert host.run("tc qdisc show dev d0").stdout == ""
    host.run("tc qdisc add dev d0 root netem delay 1ms")
    assert host.run("ip -o link show d0").stdout.split(" qdisc ")[1].split()[0] == "netem"
    host.run("ip link set d0 netns far")
    assert host.run("tc -n far qdisc show dev d0").stdout == ""


def test_a_kernel_without_the_module_does_not_know_netem() -> None:
    host = World().host("h", attrs.evolve(LINUX_6_1, modules=LINUX_6_1.modules - {"netem"}))
    host.run_script(SETUP)
    assert host.run("tc qdisc add dev v0 root netem").stderr == "Error: Specified qdisc kind is unknown.\n"
