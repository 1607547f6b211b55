"""A datagram through a router with 1,000 and 10,000 rules in FORWARD, against the kernel of this machine in the same run."""

from __future__ import annotations

import sys
from functools import partial

from benchmarks.stopwatch import best
from tests.netfilter_real.frames import Spec, made
from tests.netfilter_real.run import TOOLS
from tests.netfilter_real.scenes import SCENES
from tests.netfilter_real.sides import Ours, Real
from tests.real.machine import missing

COUNTS = (0, 1_000, 10_000)
PACKETS = 200
BUILDS = ("legacy", "nft")
DATAGRAM = made(Spec("h1", "udp", "10.1.0.10", "10.2.0.10"), 1)


def listing(rules: int) -> str:
    """Rules for as many hosts, none of which the datagram is for."""
    lines = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]"]
    lines += [f"-A FORWARD -d 10.{100 + (number >> 8)}.{number & 255}.7/32 -p tcp -m tcp --dport 80 -j ACCEPT" for number in range(rules)]
    return "\n".join([*lines, "COMMIT", ""])


def flood(side: Ours) -> None:
    """Send datagrams through."""
    for _ in range(PACKETS):
        side.send("h1", DATAGRAM)


def run() -> dict[str, float]:
    """Microseconds per datagram from one host to the other, and how many times the kernel's that is."""
    figures: dict[str, float] = {}
    mine: dict[tuple[str, int], float] = {}
    for build in BUILDS:
        ours = Ours(SCENES[build])
        for rules in COUNTS:
            assert not ours.load(listing(rules))
            ours.send("h1", DATAGRAM)
            mine[build, rules] = best(partial(flood, ours), 3) / PACKETS * 1e6
            figures[f"us through {rules:,} {build} rules, netsim"] = mine[build, rules]
    reason = missing(*TOOLS)
    if reason:
        sys.stdout.write(f"rules: the kernel's side is skipped: {reason}\n")
        return figures
    real = {build: Real(SCENES[build]) for build in BUILDS}
    for (build, rules), value in mine.items():
        assert not real[build].load(listing(rules))
        took = min(real[build].timed("h1", DATAGRAM, PACKETS * 5) for _ in range(3)) * 1e6
        figures[f"us through {rules:,} {build} rules, the kernel"] = took
        figures[f"netsim against the kernel, {rules:,} {build} rules"] = value / took
    for side in real.values():
        side.close()
    return figures
