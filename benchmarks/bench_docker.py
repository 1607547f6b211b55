"""One cycle of Docker: a network, two containers, a ping by name, and everything removed; by commands as they are typed."""

from __future__ import annotations

from benchmarks.stopwatch import best, seconds
from benchmarks.workloads.w7_docker import CYCLE
from netsim import Host, World


def cycle(host: Host) -> None:
    """Once through."""
    for line in CYCLE:
        done = host.run(line.format(image="busybox"))
        assert done.status == 0, (line, done)


def run() -> dict[str, float]:
    """The first cycle of a machine starts the daemon; later ones do not."""
    host = World().host("h1")
    first = seconds(lambda: cycle(host))
    again = best(lambda: cycle(host))
    return {"a cycle (CPU s)": again, "the first cycle, daemon included / a later one": first / again}
