"""Sessions typed into a real Linux, step by step as the recordings in `tests/oracle` are, and judged by the same judge.

Each file of `recorded/` holds what kernel 6.18 ("host") or User-Mode Linux 6.1 ("uml") answered. A step that hangs on chance is marked `unstable`.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from netsim.transcript import kernel
from tests.oracle import judge

SESSIONS = sorted((Path(__file__).parent / "recorded").glob("*.json"))
INPUTS = ("cmd", "env", "secs", "background", "output_of")


@pytest.mark.parametrize("path", SESSIONS, ids=[path.stem for path in SESSIONS])
def test_a_session_reads_as_on_the_real_kernel(path: Path) -> None:
    session = json.loads(path.read_text())
    steps = session["steps"]
    replayed = kernel.replay({**session, "steps": [{key: step[key] for key in INPUTS if key in step} for step in steps]})["steps"]
    tokens = judge.Tokens(steps)
    found = []
    for step, answer in zip(steps, replayed, strict=True):
        if not step.get("unstable") and judge.agrees(tokens, step, answer, path.stem.startswith(judge.EXACT_STATES)):
            found.append(
                f"{step['cmd']}\n  real: {step['rc']} {step['stdout']}{step['stderr']}\n  ours: {answer['rc']} {answer['stdout']}{answer['stderr']}"
            )
    assert not found, "\n".join(found)
