"""Private namespaces of this machine: started, watched, and gone with whoever asked for them."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import attrs

from netsim.replay.backend.leavings import PREFIX, remember
from netsim.replay.backend.problem import CannotReplay

AGENT = Path(__file__).with_name("agent.py")
PR_SET_PDEATHSIG = 1
LONGEST = 600
SHELL = ("bash", "--norc", "-i")
"""Somebody at a terminal."""
NEEDED = ("unshare", "ip", "mount", "sysctl")


def runtime_dir() -> Path:
    """Where rooms keep their papers."""
    return Path(tempfile.gettempdir())


def interpreter() -> str:
    """The Python outside of any environment."""
    return os.path.realpath(sys.executable)


def lacking() -> str:
    """Why this machine cannot have private namespaces; empty when it can."""
    if not sys.platform.startswith("linux"):
        return "needs Linux"
    absent = [tool for tool in NEEDED if shutil.which(tool, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin") is None]
    if absent:
        return f"needs {', '.join(absent)}"
    done = subprocess.run([*unshare(), "true"], capture_output=True, text=True, check=False)
    return f"may not make private namespaces: {done.stderr.strip()}" if done.returncode else ""


def unshare() -> list[str]:
    """The command in front of what shall run alone; without root in a user namespace of its own."""
    mine = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", *mine, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]


@attrs.frozen
class Room:
    """Where an agent runs: private namespaces."""

    def ask(self, request: dict[str, Any], then: Sequence[str] = ()) -> dict[str, Any]:
        """Do what a request says; its result. CannotReplay."""
        why = lacking()
        if why:
            raise CannotReplay(why)
        with tempfile.TemporaryDirectory(prefix=PREFIX, dir=runtime_dir()) as name:
            return self._ask(Path(name), {**request, "own_run": 1, "then": list(then)})

    def _ask(self, place: Path, request: dict[str, Any]) -> dict[str, Any]:
        remember(place)
        (place / "request.json").write_text(json.dumps(request), encoding="utf-8")
        result = place / "result.json"
        watched, held = os.pipe()
        argv = [*unshare(), interpreter(), "-I", "-S", str(AGENT), str(place / "request.json"), str(result), str(watched)]
        process = subprocess.Popen(argv, pass_fds=(watched,), preexec_fn=last_breath, stdin=None if request["then"] else subprocess.DEVNULL)
        os.close(watched)
        try:
            process.wait(timeout=None if request["then"] else LONGEST)
        except subprocess.TimeoutExpired:
            raise CannotReplay(f"no answer for {LONGEST} s") from None
        finally:
            os.close(held)
            process.kill()
            process.wait()
        return read_result(result)


def read_result(path: Path) -> dict[str, Any]:
    """What the agent wrote; CannotReplay when it came to nothing."""
    try:
        answer: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise CannotReplay("it ended before it was done") from None
    return answer


def last_breath() -> None:
    """Have the kernel kill a child when its parent ends, however that ends (prctl(2))."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
