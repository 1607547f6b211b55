"""Sessions typed into a Linux 6.1 that has the kinds most machines lack, and into ours.

`recorded/` holds what the real kernel and iproute2 answered; each file is one session in a machine whose tunnel modules were loaded.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import attrs
import pytest

import netsim
from netsim.clock import MS
from netsim.kernel.profile import LINUX_6_1

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))
UML = attrs.evolve(LINUX_6_1, cpus=1, iptables="legacy", release="6.1.176", loaded=("ip_gre", "ipip", "sit"))
OTHERWISE = {
    "ip -n b -s link show": "how many neighbour solicitations and group reports passed by then",
    "ip -n r -s link show red": "the same",
    "ip -n c1 -s link show": "the same",
    "ip netns exec s bridge fdb show br br0": "groups that multicast snooping joins",
}
"""Lines that are answered otherwise, and why."""


def masked(text: str) -> list[str]:
    """Without times and with hardware addresses drawn by chance alike; tables of neighbours and addresses have no order."""
    text = re.sub(r"time[= ][\d.]+ ?ms|rtt .*", "T", text)
    text = re.sub(r"\b(?!02:00:00|00:00:00|ff:ff:ff)([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC", text)
    text = re.sub(r"fe80::(?!ff:fe00|200:5efe|5efe)[0-9a-f:]+", "fe80::X", text)
    return sorted(line.rstrip() for line in re.sub(r"gc_timer +[\d.]+", "gc_timer", text).rstrip().split("\n"))


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_the_kernel_that_has_the_kinds(path: Path) -> None:
    world = netsim.World(seed=0)
    host = world.host("vm", UML)
    host.run("sysctl -qw net.ipv4.icmp_ratelimit=0")
    found = []
    for step in json.loads(path.read_text())["steps"]:
        answer = host.run(step["cmd"])
        world.clock.run_for(100 * MS)
        same = (masked(answer.stdout), masked(answer.stderr), answer.status) == (masked(step["stdout"]), masked(step["stderr"]), step["rc"])
        if not same and not any(step["cmd"].startswith(line) for line in OTHERWISE):
            found.append(
                f"{step['cmd']}\n  real: {step['rc']} {step['stdout']}{step['stderr']}\n  ours: {answer.status} {answer.stdout}{answer.stderr}"
            )
    assert not found
