"""netsim against a User-Mode Linux with the real module and tool: the same lines, the same answers."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence

import pytest

import netsim
from netsim.clock import MS
from tests.ipvs import uml_lab as lab
from tests.real import uml
from tests.real.machine import Answer

IS_LONG = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SHARE = 1 if IS_LONG else 4
"""Every so-manyth command line of the tool's."""
BUDGET = 100 if IS_LONG else 45
REASON = uml.missing("ipvsadm", "nc", "traceroute", "conntrack", "iptables-legacy")
CONNECTION = re.compile(r"(TCP|UDP|IP ) (\d+):(\d+)  (.*)")
DRAWN = re.compile(r":[345]\d{4} +")
TIMES = re.compile(r" +[\d.]+ ms")


def without_chance(text: str) -> list[str]:
    """Lines without what no two runs share: the order of hashes, what is left of timeouts, ports that clients draw, and times of travel."""
    plain, connections = [], []
    for line in text.splitlines():
        found = CONNECTION.match(line)
        if found is None:
            plain.append(TIMES.sub(" ms", line))
        else:
            connections.append(f"{found[1]} {DRAWN.sub(': ', found[4])}")
    return plain + sorted(connections)


def ask_netsim(lines: Sequence[str]) -> list[Answer]:
    """The answers of a simulated machine of the same kernel."""
    world = netsim.World(seed=0)
    host = world.host("vm", kernel="6.1")
    answers = []
    for line in lines:
        done = host.run(line)
        world.clock.run_for(30 * MS)
        answers.append(Answer(done.stdout, done.stderr, done.status))
    return answers


PARTS = {
    "the tool": [lab.tool(SHARE)],
    "masquerading": [*lab.LAB, *lab.NAT],
    "schedulers": [*lab.LAB[:8], *lab.scheduling()],
    "other ways": [*lab.LAB, *lab.WAYS, *lab.SIX],
}
"""What is compared each time, and nightly the rest of it."""


@pytest.mark.skipif(bool(REASON), reason=REASON)
@pytest.mark.parametrize("part", PARTS if IS_LONG else list(PARTS)[:2])
def test_lines_answer_as_in_a_user_mode_linux(part: str) -> None:
    lines = PARTS[part]
    try:
        real = uml.ask_uml([lab.sender() if line == lab.SEND else line for line in lines], lab.MODULES, seconds=BUDGET)
    except subprocess.TimeoutExpired:
        pytest.skip(f"User-Mode Linux is slower here than {BUDGET} s")
    mine = ask_netsim(["; ".join(lab.sending()) if line == lab.SEND else line for line in lines])
    told = [(line, without_chance(answer.stdout), answer.stderr, answer.status) for line, answer in zip(lines, real, strict=True)]
    assert told == [(line, without_chance(answer.stdout), answer.stderr, answer.status) for line, answer in zip(lines, mine, strict=True)]
