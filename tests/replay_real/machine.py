"""What of this machine must stay as it is, and whether it can be asked at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from netsim.replay.backend.leavings import PREFIX
from netsim.replay.backend.room import lacking

TOOLS = ("ip", "bridge", "iptables-save", "iptables-restore", "ip6tables-save", "sysctl", "unshare")
VOLATILE = re.compile(r'"(?:valid|preferred)_life_time":\d+|"expires":\d+|\[\d+:\d+\]')


def missing() -> str:
    """Why worlds cannot be built here; empty when they can."""
    if not sys.platform.startswith("linux") or os.geteuid() != 0:
        return "needs root on Linux"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"needs {', '.join(absent)}"
    if not os.uname().release.startswith("6.18"):
        return "compares with Linux 6.18"
    return lacking()


def own_namespace() -> list[str]:
    """The machine's own network namespace, its names of namespaces, and mounts."""
    lines = []
    for command in (
        "ip -j addr",
        "ip -j route show table all",
        "ip -j rule",
        "ip netns",
        "iptables-save",
        "ip6tables-save",
        "sysctl -a --pattern forward",
    ):
        done = subprocess.run(command.split(), capture_output=True, text=True, check=False)
        lines += [VOLATILE.sub("", line) for line in done.stdout.splitlines() if not line.startswith("#")]
    with open("/proc/self/mounts") as mounts:
        lines += mounts.read().splitlines()
    return lines


def processes_of(place: Path) -> list[str]:
    """Processes that have to do with replays whose papers are below a directory."""
    found = subprocess.run(["ps", "-ww", "-eo", "user=,args="], capture_output=True, text=True, check=False).stdout
    return [line for line in found.splitlines() if f"{place}/{PREFIX}" in line]
