"""Plays a recorded session into netsim and tells where the answers differ."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import netsim
from netsim.clock import MS, SECOND
from netsim.transcript import profile_of


def masked(text: str) -> str:
    """Without times and with hardware addresses drawn by chance alike."""
    text = re.sub(r"time[= ][\d.]+ ?ms|rtt .*", "T", text)
    text = re.sub(r"\b(?!02:|00:00:00|33:33|01:|ff:ff:ff)([0-9a-f]{2}:){5}[0-9a-f]{2}\b", "MAC", text)
    text = re.sub(r"fe80::[0-9a-f:]*:[0-9a-f:]+", "fe80::X", text)
    return re.sub(r"(valid_lft|preferred_lft|expires) \d+sec", r"\1 Nsec", text)


def differences(path: Path, otherwise: dict[str, str], mask: Callable[[str], str] = masked) -> list[str]:
    """The steps netsim answers differently; `otherwise` names those that may, by how they begin, and why."""
    told = json.loads(path.read_text())
    world = netsim.World(seed=0)
    host = world.host("vm", profile_of(told))
    found = []
    for step in told["steps"]:
        start = world.clock.now
        answer = host.run(step["cmd"])
        world.clock.run_until(max(world.clock.now, start + max(30 * MS, int(step["secs"] * SECOND))))
        same = (mask(answer.stdout), mask(answer.stderr), answer.status) == (mask(step["stdout"]), mask(step["stderr"]), step["rc"])
        if not same and not any(step["cmd"].startswith(line) for line in otherwise):
            found.append(
                f"{step['cmd']}\n  real: {step['rc']} {step['stdout']}{step['stderr']}\n  ours: {answer.status} {answer.stdout}{answer.stderr}"
            )
    return found
