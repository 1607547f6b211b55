"""Sessions with the real daemon of 20.10.24 on hosts of one LAN, in the form of the oracle's recordings, replayed.

`recorded/` holds what was answered; steps that are chance or were waited for otherwise are marked unstable there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.oracle.score import disagreements

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_with_the_real_daemon(path: Path) -> None:
    assert disagreements(path) == []
