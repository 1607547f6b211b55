"""IPv6 in VRFs against a User-Mode Linux: the same lines, the same answers."""

from __future__ import annotations

import re
import subprocess

import pytest

import netsim
from netsim.clock import MS
from tests.links.vrf6_lab import CHANGES, LAB, PACKETS, TABLES
from tests.real import uml

BUDGET = 60
REASON = uml.missing("ping", "traceroute")
CHANCE = (
    (re.compile(r"time=[\d.]+ ms|time \d+ms|[\d.]+ ms"), "time"),
    (re.compile(r"rtt .*"), "rtt"),
    (re.compile(r"fe80::[0-9a-f:]+"), "fe80::X"),
)


def without_chance(text: str) -> list[str]:
    """Lines without times and drawn hardware addresses, whose order they decide too."""
    for pattern, word in CHANCE:
        text = pattern.sub(word, text)
    return sorted(text.splitlines())


@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_ipv6_in_vrfs_answers_as_in_a_user_mode_linux() -> None:
    lines = [*LAB, *TABLES, *PACKETS, *CHANGES]
    try:
        real = uml.ask_uml(lines, ("vrf", "veth"), seconds=BUDGET)
    except subprocess.TimeoutExpired:
        pytest.skip(f"User-Mode Linux is slower here than {BUDGET} s")
    world = netsim.World(seed=0)
    host = world.host("vm", kernel="6.1")
    for line, theirs in zip(lines, real, strict=True):
        ours = host.run(line)
        world.clock.run_for(30 * MS)
        told = (without_chance(ours.stdout), without_chance(ours.stderr), ours.status)
        assert told == (without_chance(theirs.stdout), without_chance(theirs.stderr), theirs.status), line
