"""Lines with builtins, expansions, conditions and redirections do in netsim's shells what they do in the real ones."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from netsim import World
from netsim.clock import SECOND
from tests.console.drawn import Drawn

LINES = Path(__file__).with_name("lines")
SHELLS = {"bash": ("bash", "-c"), "ash": ("busybox", "sh", "-c"), "dash": ("dash", "-c")}
VERSIONS = {"bash": ("bash", "--version", "GNU bash, version 5.2."), "ash": ("busybox", "--help", "BusyBox v1.35.0 "), "dash": ("dash", "-c :", "")}
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"}
NUMBER = re.compile(r"\b\d{4,7}\b")


def missing(kind: str) -> str:
    """Why the real shell cannot be compared with; empty when it can."""
    tool, option, begins = VERSIONS[kind]
    if shutil.which(tool) is None:
        return f"there is no {tool} to compare with"
    if os.geteuid() != 0:
        return "compares with a root's shell"
    told = subprocess.run([tool, *option.split(" ", 1)], capture_output=True, text=True, check=False).stdout
    return "" if told.startswith(begins) else f"compares with {begins.strip()}"


def asked(kind: str, line: str) -> tuple[int, str, str]:
    """What the real shell answers."""
    done = subprocess.run([*SHELLS[kind], line], cwd="/root", env=ENVIRONMENT, stdin=subprocess.DEVNULL, capture_output=True, timeout=20, check=False)
    status = done.returncode if done.returncode >= 0 else 128 - done.returncode
    return status, NUMBER.sub("N", done.stdout.decode("utf-8", "replace")), NUMBER.sub("N", done.stderr.decode("utf-8", "replace"))


def told(kind: str, line: str) -> tuple[int, str, str]:
    """What netsim's answers."""
    command = line if kind == "bash" else f"{shlex.join(SHELLS[kind])} {shlex.quote(line)}"
    done = World().host("h").run(command, limit=60 * SECOND)
    return done.status, NUMBER.sub("N", done.stdout), NUMBER.sub("N", done.stderr)


@pytest.mark.parametrize("path", sorted(LINES.glob("*.txt")), ids=lambda path: path.stem)
def test_a_line_does_in_the_real_shell_what_it_does_here(path: Path) -> None:
    kind = path.stem.partition("-")[0]
    if reason := missing(kind):
        pytest.skip(reason)
    own = f"bi{os.getpid()}x"
    lines = [line.replace("⏎", "\n").replace("bi_", f"{own}{place}_") for place, line in enumerate(path.read_text().splitlines())]
    with ThreadPoolExecutor(16) as pool:  # the real ones sleep in real time
        answers = list(pool.map(partial(asked, kind), lines))
    different = {line: (real, ours) for line, real in zip(lines, answers, strict=True) if real != (ours := told(kind, line))}
    for line, (_, ours) in list(different.items()):  # many at once may be late: a line is asked again alone
        if asked(kind, line) == ours:
            del different[line]
    for left in Path("/tmp").glob(f"{own}*"):
        left.unlink()
    assert not different, "\n".join(f"{line}\n  real {real}\n  ours {ours}" for line, (real, ours) in different.items())


SEED, LINES_DRAWN = 11, 400


def test_drawn_lines_do_in_bash_what_they_do_here() -> None:
    if reason := missing("bash"):
        pytest.skip(reason)
    drawn = Drawn(SEED)
    lines = [drawn.line() for _ in range(LINES_DRAWN)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(partial(asked, "bash"), lines))
    different = {line: (real, ours) for line, real in zip(lines, answers, strict=True) if real != (ours := told("bash", line))}
    assert not different, "\n".join(f"{line}\n  real {real}\n  ours {ours}" for line, (real, ours) in different.items())
