"""Recordings of real kernels, replayed: no scenario may agree less than it did."""

from __future__ import annotations

import json

import pytest

from netsim.transcript import replay
from tests.oracle.score import FLOORS, KERNEL, compare, explained, found

FLOOR = json.loads(FLOORS.read_text())


@pytest.mark.parametrize("name", sorted(FLOOR))
def test_agrees_as_often_as_before(name: str) -> None:
    path = KERNEL / f"{name}.json"
    verdict = found(path)
    right, wrong = sum(verdict.values()), {number for number, agrees in verdict.items() if not agrees}
    assert right >= FLOOR[name], f"{name}: {right} of {len(verdict)} agree, {FLOOR[name]} did"
    assert wrong <= explained(path), "steps disagree and no cause is known"


def test_the_answers_do_not_come_from_the_recording() -> None:
    scenario = json.loads((KERNEL / "netns-basics.json").read_text())
    recorded = [dict(step) for step in scenario["steps"]]
    for step in scenario["steps"]:
        step.update(rc=77, stdout="not this", stderr="nor this")
    right, telling = compare("netns-basics", recorded, replay(scenario)["steps"])
    assert right == telling


def test_the_judge_sees_a_wrong_answer() -> None:
    recorded = json.loads((KERNEL / "netns-basics.json").read_text())["steps"]
    right, _ = compare("netns-basics", recorded, [{**step, "rc": 77} for step in recorded])
    assert right == 0
