"""One cycle of Docker: a network, two containers, a ping by name, and everything removed; by commands as they are typed."""

from __future__ import annotations

from benchmarks.stopwatch import best, seconds
from netsim import Host, World

CYCLE = (
    "docker network create lab",
    "docker run -d --name web --network lab busybox sleep 1d",
    "docker run -d --name db --network lab busybox sleep 1d",
    "docker exec web ping -c 1 db",
    "docker rm -f web db",
    "docker network rm lab",
)


def cycle(host: Host) -> None:
    """Once through."""
    for line in CYCLE:
        done = host.run(line)
        assert done.status == 0, (line, done)


def run() -> dict[str, float]:
    """The first cycle of a machine starts the daemon; later ones do not."""
    host = World().host("h1")
    first = seconds(lambda: cycle(host))
    again = best(lambda: cycle(host))
    return {"a cycle (CPU s)": again, "the first cycle, daemon included / a later one": first / again}
