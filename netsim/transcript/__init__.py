"""Replaying recordings: the inputs of a scenario typed into simulated machines, the answers written in the same format."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from netsim.transcript import docker, engines, kernel
from netsim.transcript.kernel import profile_of

__all__ = ["profile_of", "replay", "replay_all", "replay_file"]

FILE_KEYS = ("name", "kernel", "release", "engine", "dockerd_args", "ip_forward", "prepare", "hosts", "setup")
STEP_KEYS = ("cmd", "env", "secs", "background", "output_of", "on", "daemon")


def replay(scenario: dict[str, Any]) -> dict[str, Any]:
    """Run one scenario of any of the three kinds; of the file only inputs are read, never answers."""
    inputs = {key: scenario[key] for key in FILE_KEYS if key in scenario}
    inputs["steps"] = [{key: step[key] for key in STEP_KEYS if key in step} for step in scenario["steps"]]
    if "engine" in inputs:
        return engines.replay(inputs)
    if "hosts" in inputs:
        return docker.replay(inputs)
    return kernel.replay(inputs)


def replay_file(source: Path, target: Path) -> str:
    """Replay one file into another; returns the scenario's name."""
    answers = replay(json.loads(source.read_text()))
    target.write_text(json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    return source.stem


def replay_all(source: Path, out: Path, jobs: int = 1) -> list[str]:
    """Replay a file or every file of a directory; returns the names."""
    files = [source] if source.is_file() else sorted(source.glob("*.json"))
    out.mkdir(parents=True, exist_ok=True)
    targets = [out / file.name for file in files]
    if jobs <= 1 or len(files) <= 1:
        return [replay_file(file, target) for file, target in zip(files, targets, strict=True)]
    with ProcessPoolExecutor(jobs) as pool:
        return list(pool.map(replay_file, files, targets))
