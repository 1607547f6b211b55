"""grep and head as GNU's answer, the real ones asked where they are."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import netsim
from netsim.clock import SECOND

LINES = "a\nb\nc\nd\ne\nb\nbb\n"
GREPS = [
    "-A1 b", "-B1 d", "-C1 d", "-1 d", "-n -B 1 -A1 b", "-m1 b", "-m 2 -A1 b", "-c b", "-c -A1 b", "-o b", "-no b", "-v b", "-x b", "-w b", "-i B", "-q b", "-q z", "z",
    "-E 'b|d'", "'b\\|d'", "-F b.", "-e a -e e", "-H -n b", "-L b", "-l b", "-Y b", "-A x b", "--count b", "--max-count=1 b", "--after-context 1 d", "--foo b", "",
]  # fmt: skip
PIPES = [
    "printf 'x\\ny\\nz\\n' | head -2",
    "while true; do echo x; sleep 1; done | head -2",
    "while true; do echo x; sleep 1; done | head -c 3",
    "docker run --rm busybox sh -c 'while true; do echo x; sleep 1; done' | head -2",
    "docker run --rm busybox sh -c 'while true; do echo x; sleep 1; done | head -n 2'",
    "docker compose -f /root/loop.yaml up 2>/dev/null | head -n 3 | tail -n 1; docker ps -q | wc -l",
    "docker run --rm busybox echo x | cat",
    "docker run --rm busybox sh -c 'echo out; echo err >&2' 2>/dev/null | cat",
]
LOOP = "services: {w: {image: busybox, command: [sh, -c, 'while true; do echo x; sleep 1; done']}}\n"
SHOWN = ["x\ny\n", "x\nx\n", "x\nx", "x\nx\n", "x\nx\n", "w-1  | x\n1\n", "x\n", "out\n"]


@pytest.mark.parametrize("words", GREPS)
@pytest.mark.skipif(shutil.which("grep") is None, reason="needs grep")
def test_grep_answers_as_the_real_one(words: str) -> None:
    line = f"printf '{LINES}' | grep {words}".replace("\n", "\\n")
    real = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", "LC_ALL": "C"})
    ours = netsim.World().host("h1").run(line)
    assert (ours.stdout, ours.stderr, ours.status) == (real.stdout, real.stderr, real.returncode)


@pytest.mark.parametrize(("line", "shown"), list(zip(PIPES, SHOWN, strict=True)))
def test_a_pipe_ends_when_its_reader_or_its_writers_do(line: str, shown: str) -> None:
    world = netsim.World()
    host = world.host("h1")
    host.docker()
    host.machine.files.write(None, "/root/loop.yaml", LOOP.encode())
    done = host.run_script(f"{line}\necho after\n", limit=60 * SECOND)
    assert (done.stdout, done.status) == (f"{shown}after\n", 0)
    assert world.clock.now < 60 * SECOND
