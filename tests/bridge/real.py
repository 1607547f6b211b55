"""Type the same lines into this machine's kernel (a private namespace) and into netsim."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from netsim import World
from netsim.clock import MS
from netsim.transcript import profile_of

MARK = "@@netsim-test@@"
TOOLS = ("ip", "bridge", "brctl", "unshare")


class Answer(NamedTuple):
    """What one line printed and its status."""

    stdout: str
    stderr: str
    status: int


def can_use_a_real_kernel() -> bool:
    """Root on a Linux with the tools; decides whether the comparison is possible here."""
    if os.name != "posix" or os.geteuid() != 0 or not all(map(shutil.which, TOOLS)):
        return False
    done = subprocess.run(["unshare", "-n", "-m", "ip", "link", "add", "type", "bridge"], capture_output=True, timeout=20, check=False)
    return done.returncode == 0


def ask_real(lines: Sequence[str], directory: Path, seconds: float = 60) -> list[Answer]:
    """The answers of the real tools, in a network and mount namespace of their own."""
    script = [f"exec 3>{directory}/out"]
    for line in lines:
        script.append(f"{{ {line}\n}} >{directory}/o 2>{directory}/e </dev/null; s=$?")
        script.append(f'printf "%s\\n" "{MARK}$s" >&3; cat {directory}/o >&3; printf "%s\\n" "{MARK}e" >&3; cat {directory}/e >&3')
    path = directory / "script.sh"
    path.write_text("\n".join(script) + "\n")
    subprocess.run(["unshare", "-n", "-m", "bash", str(path)], timeout=seconds, check=True, stdin=subprocess.DEVNULL)
    parts = re.split(rf"^{MARK}(\w+)\n", (directory / "out").read_text(), flags=re.M)[1:]
    answers = [Answer(parts[at + 1], parts[at + 3], int(parts[at])) for at in range(0, len(parts), 4)]
    assert len(answers) == len(lines), f"{len(answers)} answers to {len(lines)} lines"
    return answers


def ask_netsim(lines: Sequence[str]) -> list[Answer]:
    """netsim's answers, on a profile with this machine's features."""
    world = World()
    host = world.host("vm", profile_of({"kernel": "host"}))
    answers = []
    for line in lines:
        done = host.run(line)
        answers.append(Answer(done.stdout, done.stderr, done.status))
        world.run_for(5 * MS)
    return answers


TIMERS = re.compile(r"(?<=timer)(\t+ +)\d+\.\d\d|\d+\.\d\d$|used \d+/\d+ |(?<=gc timer\t\t)....\.\d\d|qlen \d+", re.M)


def plain(answer: Answer, line: str) -> Answer:
    """What may be compared: running timers blanked; listings of hash tables sorted."""
    text = answer.stdout
    if "fdb" in line or "showmacs" in line or "-s" in line.split():
        text = TIMERS.sub("~", text)
        text = re.sub(r'"(used|updated)":\d+', r'"\1":~', text)
        if '"mac"' in text:
            text = "\n".join(sorted(re.findall(r"\{[^}]*\}", text)))
        text = "\n".join(sorted(text.splitlines()))
    if "showstp" in line:
        text = re.sub(r"(timer\t+ *)\d+\.\d\d", r"\1~", text)
    return Answer(text, answer.stderr, answer.status)


def differences(lines: Sequence[str], real: Sequence[Answer], ours: Sequence[Answer]) -> list[str]:
    """One text per line that was answered differently."""
    found = []
    for number, (line, theirs, mine) in enumerate(zip(lines, real, ours, strict=True)):
        a, b = plain(theirs, line), plain(mine, line)
        if a != b:
            found.append(f"line {number}: {line}\n  real: {a}\n  ours: {b}")
    return found
