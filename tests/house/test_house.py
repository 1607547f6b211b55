"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "netsim"
FILES = sorted(PACKAGE.rglob("*.py"))
MOST_LINES = 500
FORBIDDEN = ("utils", "util", "helpers", "common", "base", "misc", "manager", "tools")
CLOCKS_AND_CHANCE = {"time", "random", "logging", "threading", "asyncio", "socket", "subprocess"}
DOORSTEP = {"__main__.py", "session.py", "doorstep.py"}
MIRRORED = ("core", "ipv4", "ipv6", "bridge", "netfilter", "drivers")


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def inside(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_files_stay_small() -> None:
    long = {inside(path): lines for path in FILES if (lines := len(path.read_text().splitlines())) > MOST_LINES}
    assert not long


def test_no_file_is_named_for_leftovers() -> None:
    assert not [inside(path) for path in FILES if path.stem in FORBIDDEN or path.stem.endswith(("_utils", "_helpers", "_manager"))]


@pytest.mark.parametrize("path", [path for path in FILES if path.name not in DOORSTEP], ids=inside)
def test_no_room_reaches_the_real_world(path: Path) -> None:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names = [alias.name.split(".")[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names = [(node.module or "").split(".")[0]]
        else:
            continue
        allowed = next((words for place, words in ALLOWED.items() if f"{inside(path)}/".startswith(f"{place}/")), set())
        reached = CLOCKS_AND_CHANCE.intersection(names) - allowed
        assert not reached, f"line {node.lineno} imports {', '.join(reached)}"


ALLOWED: dict[str, set[str]] = {
    "api.py": {"random"},  # the world's one seeded generator is made here
    "state": {"random"},  # and copied here
    "docker": {"random"},  # as here
    "kernel": {"random"},  # the type of what is handed down
    "machine": {"random"},
    "programs": {"random"},
    "commands": {"random"},
    "shell": {"random"},
    "world": {"random"},
    "plugins": {"socket", "time"},  # real sockets of plugins, and the wall time they take
    "diagram": {"subprocess"},  # `dot` makes the pictures
    "replay/backend": {"subprocess", "socket", "time"},  # the machine itself
}


def calls_on_the_module(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "random" and node.attr != "Random":
            yield f"{inside(path)}:{node.lineno} random.{node.attr}"


def test_chance_comes_only_from_a_seeded_generator() -> None:
    assert not [found for path in FILES for found in calls_on_the_module(path)]


def test_nothing_prints_but_the_doorstep() -> None:
    for path in FILES:
        if path.name in DOORSTEP:
            continue
        for node in ast.walk(tree(path)):
            assert not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")), inside(path)


def test_the_project_speaks_of_itself_alone() -> None:
    words = re.compile(
        r"\b(" + "|".join(("cla" + "ude", "chat" + "gpt", "open" + "ai", "an" + "thropic", "co" + "pilot", "l" + "lm")) + r")\b", re.IGNORECASE
    )
    for path in [*FILES, *ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*"), *(ROOT / "tests").rglob("*.py")]:
        if path.is_file() and path.suffix in (".py", ".md", ".sh", ".yaml"):
            found = words.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path}: {found}"


def test_most_steps_of_the_kernel_say_what_they_mirror() -> None:
    """A public function of a path names a kernel function, file, RFC or man page in its docstring; the share may only grow."""
    public = named = 0
    for room in MIRRORED:
        for path in sorted((PACKAGE / "kernel" / room).rglob("*.py")):
            for node in tree(path).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    public += 1
                    named += bool(re.search(r"`|RFC|\(\d\)", ast.get_docstring(node) or ""))
    assert named / public >= 0.7, f"{named} of {public}"
