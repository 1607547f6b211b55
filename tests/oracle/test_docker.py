"""Recordings of real Docker daemons, replayed: no scenario may agree less than it did; who reaches whom must agree wholly."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from netsim.transcript import replay
from tests.oracle import judge
from tests.oracle.score import DOCKER, ENGINES, FLOORS_OF, score, verdicts

ALL = os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
SAMPLE = {
    "01b-docker0-carrier", "03a-ip-order-reuse", "03j-pool-next-fit", "06e-default-route-choice", "08b-link-icc-false", "14a-lifecycle",
    "20.10.24--multi-net", "20.10.24--pools", "27.5.1--two-bridges", "27.5.1--usernet-portmap", "28.5.2--link-default", "28.5.2--macvlan",
    "29.7.2--usernet-portmap-noproxy", "29.7.2-nft--pools-hostroute",
}  # fmt: skip
"""What every run replays; the long runs replay all."""
CASES = [
    (folder, name, floor)
    for folder in (DOCKER, ENGINES)
    for name, floor in json.loads(FLOORS_OF[folder].read_text()).items()
    if ALL or name in SAMPLE
]
REACH = ["20.10.24--traffic", "28.5.2--traffic", "29.7.2-nft--traffic-noicc"]
ASKS = ("wget", "curl")


@pytest.mark.parametrize(("folder", "name", "floor"), CASES, ids=[name for _, name, _ in CASES])
def test_agrees_as_often_as_before(folder: Path, name: str, floor: int) -> None:
    right, telling = score(folder / f"{name}.json")
    assert right >= floor, f"{name}: {right} of {telling} agree, {floor} did"


def asked(path: Path) -> tuple[dict[int, bool], list[dict[str, Any]]]:
    """Which of the steps that ask a server agree, and the answers."""
    recorded = judge.steps_of(path)
    answers = replay(json.loads(path.read_text()))["steps"]
    found = verdicts(path.stem, recorded, answers)
    return {number: agrees for number, agrees in found.items() if any(word in recorded[number]["cmd"] for word in ASKS)}, answers


@pytest.mark.parametrize("name", REACH)
def test_who_reaches_whom_agrees_wholly(name: str) -> None:
    found, answers = asked(ENGINES / f"{name}.json")
    wrong = [answers[number]["cmd"] for number, agrees in found.items() if not agrees]
    assert found
    assert wrong == []
