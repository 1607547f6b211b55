"""What a replay that was killed may leave behind, and its removal."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

PREFIX = "netsim-replay-"
OWNER = "owner.json"
START_TIME = 19
"""Place of `starttime` behind the name in /proc/PID/stat (proc(5))."""


def remember(place: Path, namespaces: Iterable[str] = ()) -> None:
    """Write down what belongs to a directory: who waits for it, and names in /run/netns."""
    papers = {"waiting": os.getpid(), "since": started(os.getpid()), "namespaces": list(namespaces)}
    (place / OWNER).write_text(json.dumps(papers), encoding="utf-8")


def started(pid: int) -> str:
    """When a process began, so that another with its number is not mistaken for it; "" for none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[START_TIME]
    except (OSError, IndexError):
        return ""


def clean(where: Path) -> Iterator[str]:
    """Remove what nobody waits for any more; tells each removal in a line."""
    for place in sorted(where.glob(f"{PREFIX}*")):
        if not place.is_dir() or place.is_symlink() or place.stat().st_uid != os.geteuid():
            continue
        papers = _papers(place)
        if papers.get("since") and papers["since"] == started(int(papers.get("waiting", 0))):
            continue  # somebody is at work
        for pid in processes_of(place):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
                yield f"process {pid}"
        for name in papers.get("namespaces", ()):
            if subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False).returncode == 0:
                yield f"namespace {name}"
        shutil.rmtree(place, ignore_errors=True)
        yield f"directory {place}"


def processes_of(place: Path) -> list[int]:
    """Processes whose command line names a directory, as those of a replay do."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and int(entry.name) != os.getpid() and str(place).encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _papers(place: Path) -> dict[str, Any]:
    try:
        known = json.loads((place / OWNER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
