"""How many telling steps of a recorded scenario netsim answers as the real machine did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netsim.transcript import replay
from tests.oracle import judge

KERNEL = Path(__file__).parent / "kernel"
FLOORS = Path(__file__).parent / "floors.json"


def score(path: Path) -> tuple[int, int]:
    """Telling steps that agree, and telling steps, of one recording."""
    recorded = judge.steps_of(path)
    return compare(path.stem, recorded, replay(json.loads(path.read_text()))["steps"])


def compare(name: str, recorded: list[dict[str, Any]], answers: list[dict[str, Any]]) -> tuple[int, int]:
    """The judge's count over recorded steps and their answers."""
    tokens = judge.Tokens(recorded)
    right = telling = 0
    for step, answer in zip(recorded, answers, strict=True):
        if step.get("unstable") or step.get("stable") is False:
            continue
        wrong = judge.agrees(tokens, step, answer, name.startswith(judge.EXACT_STATES))
        loud = bool(step["rc"] or judge.printed(step, "output"))
        telling += loud
        right += loud and not wrong
    return right, telling
