"""The cases of config.json put to the real docker compose again, where its version 2.40.3 is installed."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

CASES = json.loads((Path(__file__).parent / "config.json").read_text(encoding="utf-8"))
BUDGET = 20
"""Seconds for all cases together."""
BY_CHANCE = ("s121",)


def is_there() -> bool:
    real = shutil.which("docker")
    if real is None:
        return False
    done = subprocess.run([real, "compose", "version", "--short"], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "2.40.3"


@pytest.mark.skipif(not is_there(), reason="needs docker compose 2.40.3, which is not installed")
def test_the_real_one_still_says_so(tmp_path: Path) -> None:
    until = time.monotonic() + BUDGET
    different = []
    for case in CASES:
        if time.monotonic() > until:
            break
        directory = tmp_path / case["name"]
        for name, text in case["files"].items():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_text(text)
        directory.mkdir(exist_ok=True)
        env = {
            "PATH": "/usr/local/bin:/usr/bin:/bin",
            "HOME": "/root",
            **{name: os.environ[name] for name in ("DOCKER_CONFIG",) if name in os.environ},
        }
        done = subprocess.run(
            ["sh", "-c", case["line"]], cwd=directory, env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
        )
        stdout, stderr = (text.replace(str(tmp_path), "/tmp/app") for text in (done.stdout, done.stderr))
        told = (stdout, re.sub(r'time="[^"]*"', 'time="T"', stderr), done.returncode)
        if case["name"] not in BY_CHANCE and told != (case["stdout"], case["stderr"], case["status"]):
            different.append(case["name"])
    assert not different
