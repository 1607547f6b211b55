"""Kinds of sets as Linux 6.18 and ipset 7.17 have them: sessions recorded on the real kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recorded.sessions import differences, masked

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))


def _without_seeds(text: str) -> str:
    """Each set has a seed of its own; which entries of a hash share a bucket decides its size; seconds that are left depend on how fast a machine types."""
    text = re.sub(r"timeout \d+ (?=packets|nomatch)", "timeout N ", text)
    return re.sub(r"Size in memory: \d+", "Size in memory: N", re.sub(r"initval 0x[0-9a-f]+", "initval N", masked(text)))


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_linux(path: Path) -> None:
    assert not differences(path, {}, _without_seeds)
