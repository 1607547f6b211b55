"""A recording without its answers replays to the same bytes: only the inputs that its format names are read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netsim.transcript import FILE_KEYS, STEP_KEYS, replay_file
from tests.oracle.score import KERNEL

SHARED = Path(__file__).resolve().parents[3] / "shared" / "oracle"
INPUTS_OF_A_FILE = {"name", "kernel", "release", "engine", "dockerd_args", "ip_forward", "prepare", "hosts", "setup"}
INPUTS_OF_A_STEP = {"cmd", "env", "secs", "background", "output_of", "on", "daemon"}
SAMPLES = [
    KERNEL / f"{name}.json" for name in ("bridge-ageing-flood", "ipt-log", "netns-pid-symlink", "ping-options", "tutorial-bridge-typed", "vrf")
]
DOCKER = [path for folder in ("docker", "engines") for path in sorted((SHARED / folder).glob("*.json"))[::40]]


def stripped(scenario: dict[str, Any]) -> dict[str, Any]:
    bare = {key: value for key, value in scenario.items() if key in INPUTS_OF_A_FILE}
    bare["steps"] = [{key: value for key, value in step.items() if key in INPUTS_OF_A_STEP} for step in scenario["steps"]]
    return bare


def check(path: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare.json"
    bare.write_text(json.dumps(stripped(json.loads(path.read_text()))))
    replay_file(path, tmp_path / "whole-out.json")
    replay_file(bare, tmp_path / "bare-out.json")
    assert (tmp_path / "whole-out.json").read_bytes() == (tmp_path / "bare-out.json").read_bytes()
    assert any(
        step.get("stdout") or step.get("stderr") or step.get("output") for step in json.loads((tmp_path / "bare-out.json").read_text())["steps"]
    )


def test_the_replay_reads_what_the_format_allows() -> None:
    assert set(FILE_KEYS) <= INPUTS_OF_A_FILE
    assert set(STEP_KEYS) <= INPUTS_OF_A_STEP


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_recording_without_answers_replays_the_same(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path)


@pytest.mark.skipif(not DOCKER, reason="the recordings of Docker engines are not here")
@pytest.mark.parametrize("path", DOCKER, ids=lambda path: path.stem)
def test_a_recorded_engine_without_answers_replays_the_same(path: Path, tmp_path: Path) -> None:
    check(path, tmp_path)
