"""netsim against a User-Mode Linux with the real module and tool: the same lines, the same answers."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

import netsim
from netsim.clock import MS
from tests.ipvs import uml_lab as lab
from tests.real import uml
from tests.real.machine import Answer

REASON = uml.missing("ipvsadm", "nc", "traceroute", "conntrack", "iptables-legacy")
CONNECTION = re.compile(r"(TCP|UDP|IP ) (\d+):(\d+)  (.*)")
DRAWN = re.compile(r":[345]\d{4} +")
TIMES = re.compile(r" +[\d.]+ ms")


def without_chance(text: str) -> list[str]:
    """Lines without what no two runs share: the order of hashes, seconds, ports that clients draw, and times of travel."""
    plain, connections = [], []
    for line in text.splitlines():
        found = CONNECTION.match(line)
        if found is None:
            plain.append(TIMES.sub(" ms", line))
        else:
            minutes = -(-(60 * int(found[2]) + int(found[3])) // 60)
            connections.append(f"{found[1]} {minutes} {DRAWN.sub(': ', found[4])}")
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


@pytest.mark.skipif(bool(REASON), reason=REASON)
def test_lines_answer_as_in_a_user_mode_linux() -> None:
    lines = [lab.tool(), *lab.LAB, *lab.scheduling(), "ip netns exec d ipvsadm -C", *lab.NAT, *lab.WAYS, *lab.SIX]
    real = uml.ask_uml([lab.sender() if line == lab.SEND else line for line in lines], lab.MODULES, seconds=100)
    mine = ask_netsim(["; ".join(lab.sending()) if line == lab.SEND else line for line in lines])
    told = [(line, without_chance(answer.stdout), answer.stderr, answer.status) for line, answer in zip(lines, real, strict=True)]
    assert told == [(line, without_chance(answer.stdout), answer.stderr, answer.status) for line, answer in zip(lines, mine, strict=True)]
