"""`docker compose config` beside docker compose 2.40.3: what it printed for files of ours lies in config.json."""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path
from typing import Any

import pytest

from netsim import World
from netsim.api import Host

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "config.json").read_text(encoding="utf-8"))
DIFFERENT = {
    "s121": "which of two services the real one names is chance",
    "s134": "develop.watch is shown as it was written",
    "t27": "the place of an alias within itself is told by the shortest path",
    "m9": "the real one keeps a published port that two files write in different forms twice",
    "m16": "a wrong type in a later file is told by the schema's words",
    "i2": "a project_directory that is not there counts as one",
}


@pytest.fixture(scope="module")
def host() -> Host:
    host = World().host("h1")
    host.docker("28")
    return host


def test_there_are_enough_of_them() -> None:
    assert len(CASES) > 280
    assert set(DIFFERENT) <= {case["name"] for case in CASES}


@pytest.mark.parametrize(
    "case", [case for case in CASES if not DIFFERENT.get(case["name"])], ids=[case["name"] for case in CASES if not DIFFERENT.get(case["name"])]
)
def test_the_project_in_its_long_form_or_what_is_wrong_with_it(host: Host, case: dict[str, Any]) -> None:
    directory = f"/tmp/app/{case['name']}"
    files, init = host.machine.files, host.machine.init
    files.makedirs(init, directory)
    for name, text in case["files"].items():
        files.makedirs(init, posixpath.dirname(f"{directory}/{name}"))
        files.write(init, f"{directory}/{name}", text.encode())
    done = host.run(f"cd {directory} && {case['line']}")
    stderr = re.sub(r'time="[^"]*"', 'time="T"', done.stderr)
    assert (done.stdout, stderr, done.status) == (case["stdout"], case["stderr"], case["status"])
