"""u32, rpfilter, NFQUEUE, TEE and SET as Linux 6.18 and iptables 1.8.9 have them: sessions recorded on the real kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import netsim
from netsim.analysis.explain import explain
from tests.recorded.sessions import differences, masked

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("extension-*.json"))


def _without_seeds(text: str) -> str:
    """Each set has a seed of its own; which entries share a bucket decides its size; seconds that are left depend on how fast a machine types."""
    text = re.sub(r"timeout \d+ (?=packets)", "timeout N ", re.sub(r"Size in memory: \d+", "Size in memory: N", text))
    return re.sub(r"initval 0x[0-9a-f]+", "initval N", masked(text))


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_linux(path: Path) -> None:
    assert not differences(path, {}, _without_seeds)


def _lab(*lines: str) -> tuple[netsim.World, netsim.Host]:
    world = netsim.World(seed=0)
    host = world.host("h1")
    made = "ip netns add p; ip link add v0 type veth peer name v1 netns p; ip link set v0 up; ip addr add 10.0.0.1/24 dev v0"
    assert host.run("\n".join((made, "ip -n p link set v1 up; ip -n p addr add 10.0.0.2/24 dev v1", *lines))).stderr == ""
    return world, host


def test_what_waits_for_a_program_that_is_not_there_is_lost_by_the_rule() -> None:
    world, host = _lab("iptables -A INPUT -p icmp -j NFQUEUE --queue-num 3")
    found = explain(world, "p", "10.0.0.1")
    assert (found.reason.code, "NFQUEUE --queue-num 3" in str(found)) == ("rule-drop", True)
    host.run("iptables -R INPUT 1 -p icmp -j NFQUEUE --queue-num 3 --queue-bypass")
    assert explain(world, "p", "10.0.0.1").is_reached


def test_a_list_of_places_that_knock_is_kept_in_copies_and_saved_worlds(tmp_path: Path) -> None:
    world, host = _lab("ipset create seen hash:ip timeout 60", "iptables -A INPUT -p udp --dport 7 -j SET --add-set seen src",
                       "iptables -A INPUT -m set ! --match-set seen src -j DROP")  # fmt: skip
    world.save(f"{tmp_path}/w")
    for other in (world.fork(), netsim.World.load(f"{tmp_path}/w")):
        copied = other.host("h1")
        assert copied.run("ip netns exec p ping -c1 -W1 10.0.0.1").status == 1
        copied.run("echo knock | ip netns exec p nc -u -w1 10.0.0.1 7")
        assert copied.run("ip netns exec p ping -c1 -W1 10.0.0.1").status == 0
    assert "Number of entries: 0" in host.run("ipset list seen").stdout
    assert host.run("ipset destroy seen").stderr.endswith("it is in use by a kernel component\n")
