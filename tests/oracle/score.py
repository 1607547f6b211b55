"""How many telling steps of a recorded scenario netsim answers as the real machine did."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from netsim.transcript import replay
from tests.oracle import judge

HERE = Path(__file__).parent
KERNEL, DOCKER, ENGINES = (HERE / kind for kind in ("kernel", "docker", "engines"))
FLOORS = HERE / "floors.json"
FLOORS_OF = {KERNEL: FLOORS, DOCKER: HERE / "floors-docker.json", ENGINES: HERE / "floors-engines.json"}
"""How many telling steps of each recording must agree, by the folder of recordings."""


def score(path: Path) -> tuple[int, int]:
    """Telling steps that agree, and telling steps, of one recording."""
    recorded = judge.steps_of(path)
    return compare(path.stem, recorded, replay(json.loads(path.read_text()))["steps"])


def disagreements(path: Path) -> list[int]:
    """The numbers of the telling steps that disagree, the first step being 0."""
    recorded = judge.steps_of(path)
    answers = replay(json.loads(path.read_text()))["steps"]
    return [number for number, agrees in verdicts(path.stem, recorded, answers).items() if not agrees]


def compare(name: str, recorded: list[dict[str, Any]], answers: list[dict[str, Any]]) -> tuple[int, int]:
    """The judge's count over recorded steps and their answers."""
    found = verdicts(name, recorded, answers)
    return sum(found.values()), len(found)


def verdicts(name: str, recorded: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[int, bool]:
    """Which telling steps agree; steps that two recordings disagreed on are left out."""
    tokens = judge.Tokens(recorded)
    found: dict[int, bool] = {}
    for number, (step, answer) in enumerate(zip(recorded, answers, strict=True)):
        if step.get("unstable") or step.get("stable") is False:
            continue
        wrong = judge.agrees(tokens, step, answer, name.startswith(judge.EXACT_STATES))
        if step["rc"] or judge.printed(step, "output"):
            found[number] = not wrong
    return found
