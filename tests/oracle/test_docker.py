"""Recordings of real Docker daemons, replayed: no scenario may agree less than it did; who reaches whom must agree wholly."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from netsim.transcript import replay
from tests.oracle import judge
from tests.oracle.reach import sources, table
from tests.oracle.score import DOCKER, ENGINES, FLOORS_OF, KERNEL, causes, explained, found

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
TABLES = sorted(
    [*ENGINES.glob("*traffic*.json"), *(DOCKER / f"{name}.json" for name in ("02b-bridge-reachability", "02d-outside-direct", "06g-isolation",
                                                                               "09a-publish-basic", "09b-publish-no-proxy", "12a-cross-host-routing"))]
)  # fmt: skip
"""Recordings in which many ask many others; every run replays half of them, each engine's among them."""
if not ALL:
    TABLES = [path for path in TABLES if "noicc" not in path.stem or path.stem.startswith("29.7.2-nft")]
ROUTED = sorted(ENGINES.glob("*direct-routing*.json"))


@pytest.mark.parametrize(("folder", "name", "floor"), CASES, ids=[name for _, name, _ in CASES])
def test_agrees_as_often_as_before(folder: Path, name: str, floor: int) -> None:
    path = folder / f"{name}.json"
    verdict = found(path)
    right, wrong = sum(verdict.values()), {number for number, agrees in verdict.items() if not agrees}
    assert right >= floor, f"{name}: {right} of {len(verdict)} agree, {floor} did"
    assert wrong <= explained(path), "steps disagree and no cause is known"


@pytest.mark.parametrize("folder", [KERNEL, DOCKER, ENGINES], ids=["kernel", "docker", "engines"])
def test_causes_name_recorded_steps_and_none_explains_much(folder: Path) -> None:
    for cause in causes(folder):
        assert cause["cause"]
        assert cause["why"]
        for name, steps in cause["steps"].items():
            assert max(steps) < len(judge.steps_of(folder / f"{name}.json")), name


@pytest.mark.parametrize("path", TABLES, ids=[path.stem for path in TABLES])
def test_who_reaches_whom_and_from_which_address_agrees_wholly(path: Path) -> None:
    recorded = judge.steps_of(path)
    answers = replay(json.loads(path.read_text()))["steps"]
    assert len(table(recorded, recorded)) >= 7
    assert table(answers, recorded) == table(recorded, recorded)
    assert sources(answers) == sources(recorded)


@pytest.mark.parametrize("path", ROUTED, ids=[path.stem for path in ROUTED])
def test_what_lets_peers_route_to_containers_agrees_wholly(path: Path) -> None:
    assert all(found(path).values())


def test_a_table_tells_apart_how_attempts_went() -> None:
    step = {"cmd": "docker exec c1 timeout 2 wget -q -O- http://10.0.0.1:80/", "rc": 0, "stdout": "served\n"}
    assert table([step], [step])[0][1:] == ("c1", "10.0.0.1:80", "served")
    assert table([{**step, "rc": 143, "stdout": ""}], [step])[0].how == "silence"
    assert table([{**step, "rc": 1, "stdout": "", "stderr": "wget: can't connect to remote host: Connection refused"}], [step])[0].how == "refused"
