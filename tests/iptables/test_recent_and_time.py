"""Rules that remember addresses (`recent`, `hashlimit`), and rules that hold at certain times."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host


@pytest.fixture
def host() -> Host:
    """A host with its loopback up."""
    host = netsim.World(seed=0).host("h")
    host.run("ip link set lo up")
    return host


def answered(host: Host, words: str) -> list[int]:
    """Which probes of a ping came back."""
    told = host.run(f"ping -W 1 {words} 127.0.0.1").stdout
    return [int(line.partition("icmp_seq=")[2].split()[0]) for line in told.splitlines() if "icmp_seq=" in line]


def test_the_fourth_knock_within_the_time_is_dropped(host: Host) -> None:
    host.run("iptables -A INPUT -p icmp --icmp-type 8 -m recent --name ping --rcheck --seconds 10 --hitcount 3 -j DROP")
    host.run("iptables -A INPUT -p icmp --icmp-type 8 -m recent --name ping --set")
    assert answered(host, "-c 5 -i 0.3") == [1, 2, 3]
    assert host.run("cut -d' ' -f1-3 /proc/net/xt_recent/ping").stdout == "src=127.0.0.1 ttl: 64\n"
    host.world.run_for(11 * 10**9)
    assert answered(host, "-c 1") == [1]


def test_update_keeps_somebody_out_as_long_as_he_knocks(host: Host) -> None:
    host.run("iptables -A INPUT -p icmp --icmp-type 8 -m recent --update --seconds 2 -j DROP")
    host.run("iptables -A INPUT -p icmp --icmp-type 8 -m recent --set")
    assert answered(host, "-c 6 -i 1") == [1]


def test_a_knock_opens_the_door_once(host: Host) -> None:
    host.run("iptables -A INPUT -p icmp --icmp-type 8 -m recent --name in --remove -j ACCEPT; iptables -A INPUT -p icmp --icmp-type 8 -j DROP")
    host.run("iptables -I INPUT -p udp --dport 7000 -m recent --name in --set -j DROP")
    assert answered(host, "-c 1") == []
    host.run("echo x > /dev/udp/127.0.0.1/7000")
    assert answered(host, "-c 2 -i 0.2") == [1]


def test_lists_are_read_and_written_by_hand_and_go_with_their_rules(host: Host) -> None:
    host.run("iptables -A INPUT -s 10.0.0.0/8 -m recent --rcheck --name bad -j DROP; echo +10.0.0.9 > /proc/net/xt_recent/bad")
    assert host.run("cut -d' ' -f1-3 /proc/net/xt_recent/bad").stdout == "src=10.0.0.9 ttl: 0\n"
    assert "Invalid argument" in host.run("echo 10.0.0.9 > /proc/net/xt_recent/bad").stderr
    host.run("echo -10.0.0.9 > /proc/net/xt_recent/bad")
    assert host.run("cat /proc/net/xt_recent/bad").stdout == ""
    host.run("echo +10.0.0.9 > /proc/net/xt_recent/bad; iptables -F; iptables -A INPUT -m recent --rcheck --name bad -j DROP")
    assert host.run("cat /proc/net/xt_recent/bad").stdout == ""


def test_each_sender_has_a_bucket_of_its_own(host: Host) -> None:
    host.run(
        "iptables -A INPUT -p icmp --icmp-type 8 -m hashlimit --hashlimit-above 2/sec --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name p -j DROP"
    )
    assert answered(host, "-c 8 -i 0.1") == [1, 2, 3, 6]
    assert answered(host, "-c 3 -i 0.1 -I 127.0.0.2") == [1, 2, 3]
    host.world.run_for(10**10)
    assert answered(host, "-c 4 -i 0.1") == [1, 2, 3]


def test_rules_with_one_name_take_from_the_same_buckets(host: Host) -> None:
    for chain in ("INPUT", "OUTPUT"):
        host.run(f"iptables -A {chain} -p icmp --icmp-type 8 -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 4 --hashlimit-name one -j ACCEPT")
        host.run(f"iptables -A {chain} -p icmp --icmp-type 8 -j DROP")
    assert answered(host, "-c 4 -i 0.1") == [1, 2]


RULES = [
    "-m hashlimit --hashlimit-above 3/min --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name ssh",
    "-m hashlimit --hashlimit-upto 10/sec --hashlimit-burst 5 --hashlimit-mode srcip,dstport --hashlimit-name b --hashlimit-htable-expire 10000",
    "-m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 5 --hashlimit-mode srcip --hashlimit-name c --hashlimit-srcmask 24",
    "-m recent --set --name a --mask 255.255.255.255 --rsource",
    "-m recent --update --seconds 60 --reap --hitcount 4 --rttl --name DEFAULT --mask 255.255.0.0 --rdest -j DROP",
    "-m recent ! --rcheck --name c --mask 255.255.255.0 --rsource",
    "-m time --timestart 22:00:00 --timestop 06:00:00 --weekdays Mon,Sun --datestop 2038-01-19T03:14:07 --contiguous",
    "-m time --monthdays 1,31 --datestart 2024-03-01T00:00:00 --datestop 2030-05-01T10:00:00 --kerneltz",
]


@pytest.mark.parametrize("rule", RULES)
def test_a_saved_rule_is_read_back_as_itself(host: Host, rule: str) -> None:
    host.run(f"iptables -A INPUT {rule}")
    assert f"-A INPUT {rule}\n" in host.run("iptables -S").stdout
    assert host.run(f"iptables -D INPUT {rule}").status == 0


REFUSED = [
    ("hashlimit --hashlimit-name f", "You have to specify --hashlimit"),
    ("hashlimit --hashlimit-upto 5/sec", 'hashlimit: option "--hashlimit-name" must be specified'),
    ("hashlimit --hashlimit-upto 5/foo --hashlimit-name g", 'hashlimit: Bad value for "--hashlimit-upto" option: "5/foo"'),
    ("hashlimit --hashlimit-upto 5/sec --hashlimit-name g --hashlimit-dstmask 33", " RULE_APPEND failed (Invalid argument): rule in chain INPUT"),
    ("hashlimit --hashlimit-above 1mb/s --hashlimit-name g", "hashlimit: rates in bytes are not modelled by netsim"),
    ("recent --seconds 5", "recent: you must specify one of `--set', `--rcheck' `--update' or `--remove'"),
    ("recent --set --rcheck", 'recent: option "--set" cannot be used together with "--rcheck".'),
    ("recent --rcheck --reap", 'recent: option "--reap" also requires "--seconds".'),
    ("recent --set --seconds 5", " RULE_APPEND failed (Invalid argument): rule in chain INPUT"),
    ("recent --set --name a/b", " RULE_APPEND failed (Invalid argument): rule in chain INPUT"),
    ("time --timestart 25:00", 'invalid time "25:00" specified, should be hh:mm[:ss] format and within the boundaries'),
    ("time --weekdays Xyz", "Xyz is not a valid day specifier"),
    ("time --weekdays 0", "No, the week does NOT begin with Sunday."),
    ("time --contiguous", "time: --contiguous only makes sense when stoptime is smaller than starttime"),
    ("time --datestart 2024-13", 'Invalid date "2024-13" specified. Should be YYYY[-MM[-DD[Thh[:mm[:ss]]]]]'),
]


@pytest.mark.parametrize("words, complaint", REFUSED)
def test_what_makes_no_sense_is_refused(host: Host, words: str, complaint: str) -> None:
    told = host.run(f"iptables -A INPUT -m {words}")
    assert told.stderr.splitlines()[0] == f"iptables v1.8.9 (nf_tables): {complaint}"
    assert host.run("iptables -S INPUT").stdout == "-P INPUT ACCEPT\n"


@pytest.mark.parametrize(
    "words, holds",
    [
        ("--weekdays Thu", True),  # 1 January 2026 is a Thursday
        ("--weekdays Fri", False),
        ("--monthdays 1", True),
        ("! --monthdays 1", False),
        ("--timestop 00:30", True),
        ("--timestart 00:30", False),
        ("--timestart 22:00 --timestop 06:00", True),
        ("--timestart 22:00 --timestop 06:00 --weekdays Thu --contiguous", False),
        ("--timestart 22:00 --timestop 06:00 --weekdays Wed --contiguous", True),
        ("--datestart 2026-01-02", False),
        ("--datestop 2026", False),
    ],
)
def test_a_rule_holds_at_its_time(host: Host, words: str, holds: bool) -> None:  # noqa: FBT001
    host.run("sleep 1")
    assert host.run("date +%FT%T").stdout.startswith("2026-01-01T00:00:0")
    host.run(f"iptables -A INPUT -p icmp -m time {words} -j DROP")
    assert answered(host, "-c 1") == ([] if holds else [1])
