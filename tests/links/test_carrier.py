"""A change of carrier is heard of before the next command begins."""

from __future__ import annotations

import pytest

from netsim import World


@pytest.mark.parametrize("between", ["; ", "\n", " && "])
def test_a_script_finds_both_ends_of_a_pair_up_once_the_second_is(between: str) -> None:
    lines = ("ip link add v type veth peer name w", "ip link set v up", "ip link set w up", "ip -br link show v", "ip -6 -br addr show w")
    told = World().host("h").run(between.join(lines)).stdout.split()
    assert told[:2] == ["v@w", "UP"]
    assert told[4:6] == ["w@v", "UP"]
    assert told[6].startswith("fe80::")
