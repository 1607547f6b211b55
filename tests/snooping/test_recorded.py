"""Groups of bridges as Linux 6.18 and iproute2 6.1 have them: sessions recorded on the real kernel."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.recorded.sessions import differences, masked

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))


def in_any_order(text: str) -> str:
    """Without how long entries last, and with ports of one group in any order: the kernel's is that of their places in memory."""
    text = re.sub(r" +\d+\.\d\d\b", " T", masked(text))
    text = re.sub(r'\{"index".*?"flags":\[\][^}]*\}(?=[,\]])', "", text) if text.startswith('[{"mdb"') else text
    return "\n".join(sorted(text.split("\n")))


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_linux(path: Path) -> None:
    assert not differences(path, {}, in_any_order)
