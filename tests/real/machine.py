"""Types the same lines into this machine's kernel (in namespaces of its own) and into netsim."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

import netsim
from netsim.clock import MS, SECOND
from netsim.transcript import profile_of

RUNNER = """
import json, subprocess, sys, time
told = []
for line in json.load(sys.stdin):
    start = time.monotonic()
    done = subprocess.run(["bash", "-c", line], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
    told.append([done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace"), done.returncode, time.monotonic() - start])
print(json.dumps(told))
"""
INTERPRETER = os.path.realpath(sys.executable)  # outside of an environment that may lie below /tmp
FRESH = f'mount -t sysfs s /sys; mount -t tmpfs t /run; mount -t tmpfs t /tmp; cd /; exec {INTERPRETER} -c "$0"'


class Answer(NamedTuple):
    """What one line printed, its status, and how long it took in seconds of wall time."""

    stdout: str
    stderr: str
    status: int
    seconds: float = 0.0


def missing(*tools: str) -> str:
    """Why this machine cannot be compared with; empty when it can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs root on Linux"
    absent = [tool for tool in ("unshare", *tools) if shutil.which(tool) is None]
    if absent:
        return f"needs {', '.join(absent)}"
    if not os.uname().release.startswith("6.18"):
        return "compares with Linux 6.18"
    if subprocess.run(["unshare", "-n", "-m", "true"], capture_output=True, check=False).returncode:
        return "may not make a private network"
    version = subprocess.run(["ip", "-V"], capture_output=True, check=False).stdout
    return "" if b"iproute2-6.1.0" in version else "compares with iproute2 6.1.0"


def ask_real(lines: Sequence[str], seconds: float = 120) -> list[Answer]:
    """The answers of the real tools, each line as `bash -c LINE`, in a fresh network and mount namespace."""
    done = subprocess.run(
        ["unshare", "-n", "-m", "bash", "-c", FRESH, RUNNER],
        input=json.dumps(list(lines)),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=True,
    )
    return [Answer(*told) for told in json.loads(done.stdout)]


def ask_netsim(lines: Sequence[str], real: Sequence[Answer] = ()) -> list[Answer]:
    """netsim's answers; the virtual clock gets at least as far with each line as the wall clock did with the real one."""
    world = netsim.World(seed=0)
    host = world.host("vm", profile_of({"kernel": "host"}))
    host.machine.kernel.inherits_devconf = 0  # the other side's namespace is not the first
    host.machine.next_pid = 100_000
    answers = []
    for number, line in enumerate(lines):
        start = world.clock.now
        done = host.run(line)
        least = int(real[number].seconds * SECOND) if number < len(real) else 30 * MS
        world.clock.run_until(max(world.clock.now, start + least))
        answers.append(Answer(done.stdout, done.stderr, done.status))
    return answers
