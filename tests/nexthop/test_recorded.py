"""Nexthop objects as Linux 6.18 and iproute2 6.1 have them: sessions recorded on the real kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.recorded.sessions import differences

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))
OTHERWISE = {
    "ip route get 20.2.0.1": "which of two ways a flow takes depends on a seed drawn at boot",
    "ip route get 2001:2::1": "the same",
}


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_linux(path: Path) -> None:
    assert not differences(path, OTHERWISE)
