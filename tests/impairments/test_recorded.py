"""Classes, filters and their actions as the real kernels and iproute2 6.1 have them: sessions recorded on Linux 6.18, and on a User-Mode Linux 6.1."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recorded.sessions import differences, masked

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))
OTHERWISE = {
    "ping -c 10 -i 0.2 -s 400": "a policer counts in milliseconds, and the kernel's ping takes its time",
    "tc -s filter show dev v0 ingress": "how many of them it let pass",
    "tc -s class show dev v0": "whether the neighbour was asked for once more by then",
    "tc -s qdisc show dev v0": "the same",
}
"""What differs in the session about verdicts alone, and why."""


def without_time(text: str) -> str:
    """Without how old actions are and how full buckets, which follow from how fast the real machine was."""
    text = re.sub(r"time \d+ms|pipe \d+", "T", masked(text))
    return re.sub(r"(c?tokens:|installed|used|firstused) -?\d+", r"\1 N", text)


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_linux(path: Path) -> None:
    assert not differences(path, OTHERWISE if path.stem == "verdicts" else {}, without_time)
