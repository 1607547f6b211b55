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
CAUSES_OF = {KERNEL: HERE / "causes.json", DOCKER: HERE / "causes-docker.json", ENGINES: HERE / "causes-engines.json"}
"""Why steps disagree: lists of {cause, why, steps: {recording: [number ...]}}. A step that agrees may be named: what is chance may turn out so."""


def found(path: Path) -> dict[int, bool]:
    """Telling step of a recording -> whether its replay agrees; the first step is 0."""
    return verdicts(path.stem, judge.steps_of(path), replay(json.loads(path.read_text()))["steps"])


def score(path: Path) -> tuple[int, int]:
    """Telling steps that agree, and telling steps, of one recording."""
    verdict = found(path)
    return sum(verdict.values()), len(verdict)


def disagreements(path: Path) -> list[int]:
    """The numbers of the telling steps that disagree."""
    return [number for number, agrees in found(path).items() if not agrees]


def causes(folder: Path) -> list[dict[str, Any]]:
    """Why steps of the folder's recordings disagree."""
    known: list[dict[str, Any]] = json.loads(CAUSES_OF[folder].read_text())
    return known


def explained(path: Path) -> set[int]:
    """The steps of a recording whose disagreement has a cause."""
    return {step for cause in causes(path.parent) for step in cause["steps"].get(path.stem, ())}


def compare(name: str, recorded: list[dict[str, Any]], answers: list[dict[str, Any]]) -> tuple[int, int]:
    """The judge's count over recorded steps and their answers."""
    verdict = verdicts(name, recorded, answers)
    return sum(verdict.values()), len(verdict)


def verdicts(name: str, recorded: list[dict[str, Any]], answers: list[dict[str, Any]]) -> dict[int, bool]:
    """Which telling steps agree; steps that two recordings disagreed on are left out."""
    tokens = judge.Tokens(recorded)
    verdict: dict[int, bool] = {}
    for number, (step, answer) in enumerate(zip(recorded, answers, strict=True)):
        if step.get("unstable") or step.get("stable") is False:
            continue
        wrong = judge.agrees(tokens, step, answer, name.startswith(judge.EXACT_STATES))
        if step["rc"] or judge.printed(step, "output"):
            verdict[number] = not wrong
    return verdict
