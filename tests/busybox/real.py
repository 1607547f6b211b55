"""The same BusyBox command lines in a private network of this machine and in netsim."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from tests.real.machine import Answer, ask_netsim, ask_real, missing

SETUP = (
    "ip link set lo up; ip netns add b; ip netns exec b ip link set lo up",
    "ip link add v0 address 02:00:00:00:00:01 type veth peer name v1 address 02:00:00:00:00:02; ip link set v1 netns b",
    "ip addr add 10.1.0.1/24 brd + dev v0; ip link set v0 up; ip netns exec b ip addr add 10.1.0.2/24 dev v1; ip netns exec b ip link set v1 up",
    "ip -6 addr add fd00:1::1/64 dev v0 nodad; ip netns exec b ip -6 addr add fd00:1::2/64 dev v1 nodad",
    "ip route add 10.9.0.0/16 via 10.1.0.2",
    "ip netns exec b sysctl -qw net.ipv4.ip_forward=1",
    "sleep 2",
)
TIMES = re.compile(r"time=\S+|\d+\.\d{3}(?= ms|/)")


def why_not(*tools: str) -> str:
    """Why this machine cannot be compared with; empty when it can."""
    reason = missing("busybox", *tools)
    if reason:
        return reason
    told = subprocess.run(["busybox"], capture_output=True, text=True, check=False).stdout
    return "" if told.startswith("BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)") else "compares with Debian's BusyBox 1.35.0"


def told(answer: Answer) -> tuple[str, str, int]:
    """An answer without its times."""
    return TIMES.sub("T", answer.stdout), TIMES.sub("T", answer.stderr), answer.status


def differences(text: str) -> list[str]:
    """The lines that the two answer differently, with both answers; a line that begins with a space is only run, not compared."""
    lines = [line for line in text.splitlines() if line.strip()]
    every = [*SETUP, *(line if line.startswith(" ") else f"busybox {line}" for line in lines)]
    real = ask_real(every)
    ours = ask_netsim(every, real)
    return [
        f"{line}\n{told(right)}\n{told(mine)}"
        for line, right, mine in zip(every, real, ours, strict=True)
        if not line.startswith(" ") and told(right) != told(mine)
    ]


__all__: Sequence[str] = ("SETUP", "differences", "told", "why_not")
