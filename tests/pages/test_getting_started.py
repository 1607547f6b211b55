"""The page "Getting started", walked from top to bottom in an empty folder: files are written, lines typed, and what comes is what the page shows."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from netsim.__main__ import main

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(bash|python|text)\n(.*?)^```", re.M | re.S)
DRAWN = re.compile(r"\b[0-9a-f]{64}\b|in [\d.]+s|\d+ of \S+ \(pid \d+\)")
SET_UP = ("make demo", ". .venv/bin/activate")


def shows(block: str, output: str) -> bool:
    """Whether every piece of a block between two `...` is in the output, one after the other."""
    place, wanted = 0, DRAWN.sub("~", output)
    for piece in re.split(r"^\.\.\.\n", DRAWN.sub("~", block), flags=re.M):
        found = wanted.find(piece, place)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def typed(line: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    words = shlex.split(line)
    if words[0] == "netsim":
        main(words[1:])
        return capsys.readouterr().out
    assert words[0] == "pytest"
    plugin = [] if entry_points(group="pytest11", name="netsim") else ["-p", "netsim.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", *words[1:], "-p", "no:cacheprovider", *plugin]
    return subprocess.run(command, cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True, check=False).stdout


def test_the_walk_from_nothing_to_a_test_that_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    tried = []
    for language, body in FENCE.findall((ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")):
        if language == "bash":
            with open("shop.sh", "a", encoding="utf-8") as script:
                script.write(body)
        elif language == "python":
            Path("test_shop.py").write_text(body, encoding="utf-8")
        else:
            line, _, shown = body.removeprefix("$ ").partition("\n")
            if line not in SET_UP:
                tried.append(line.split()[0])
                output = typed(line, tmp_path, capsys)
                assert shows(shown, output), f"{line}\n{output}"
    assert tried == ["netsim", "netsim", "netsim", "pytest", "pytest"]


def test_a_block_must_be_found_in_order() -> None:
    assert shows("a\n...\nc\n", "a\nb\nc\n")
    assert not shows("c\n...\na\n", "a\nb\nc\n")
    assert not shows("a\nc\n", "a\nb\nc\n")
