"""VXLAN and macvlan on the kernel of this machine, and on ours."""

from __future__ import annotations

import re

import pytest

from tests.links.lines import LOCAL, MACVLAN, VXLAN
from tests.real.machine import Answer, ask_netsim, ask_real, missing

TOOLS = ("ip", "bridge", "ping")
pytestmark = pytest.mark.skipif(bool(missing(*TOOLS)), reason=missing(*TOOLS) or "runs")


def masked(answer: Answer) -> tuple[list[str], str, int]:
    """Without times, with hardware addresses drawn by chance alike, and tables in any order."""
    text = re.sub(r"time[= ][\d.]+ ?ms|rtt .*", "T", answer.stdout)
    text = re.sub(r"\b(?!02:00:00|00:00:00|ff:ff)([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC", text)
    return sorted(text.split("\n")), answer.stderr, answer.status


def differences(lines: list[str]) -> list[str]:
    """The lines that were answered differently."""
    real = ask_real(lines)
    return [
        f"{line}\n  real: {known}\n  ours: {ours}"
        for line, known, ours in zip(lines, real, ask_netsim(lines, real), strict=True)
        if masked(known) != masked(ours)
    ]


@pytest.mark.parametrize("lines", [VXLAN, LOCAL, MACVLAN], ids=["vxlan", "vxlan as a port and as a proxy", "macvlan"])
def test_devices_behave_and_are_listed_as_on_linux(lines: list[str]) -> None:
    assert not differences(lines)


def test_a_command_sees_the_carrier_that_the_one_before_it_in_a_script_brought() -> None:
    script = "ip link add br0 type bridge; ip link add v type veth peer name w; ip link set v master br0; ip link set br0 up; ip link set v up; ip link set w up"
    lines = [f"{script}; ip -br link; ip -br -6 addr | grep -c fe80", "ip link set w down; ip -br link show v; ip link set w up; ip -br link | cat"]
    found = [[""]]
    while found[-1] and len(found) < 6:  # a worker of a loaded machine may come after the next process
        found.append(differences(lines))
    assert not found[-1], found
