"""A thousand containers on fifty networks, each with a published port: time and memory for each of them, and whether the last one is reached."""

from __future__ import annotations

import gc
import os
import resource

from benchmarks.stopwatch import seconds
from netsim import Host, World
from netsim.docker_api import Docker

NETWORKS = int(os.environ.get("NETSIM_BENCH_NETWORKS", "50"))
EACH = 20
FIRST_PORT = 10_000


def build(docker: Docker) -> None:
    """Network by network."""
    for number in range(NETWORKS):
        docker.network(f"n{number}", subnet=f"10.{number}.0.0/24")
        for place in range(EACH):
            count = number * EACH + place
            docker.run("nginx", name=f"c{count}", network=f"n{number}", publish=[f"{FIRST_PORT + count}:80"])


def reach(host: Host) -> None:
    """The last one by its name from its neighbour, and by its port from the host."""
    last = NETWORKS * EACH - 1
    assert host.run(f"docker exec c{last - 1} ping -c1 -W1 c{last}").status == 0
    assert host.run(f"curl -s -o /dev/null http://127.0.0.1:{FIRST_PORT + last}/").status == 0


def run() -> dict[str, float]:
    """By calls, with the release that writes most rules for each port (28)."""
    host = World().host("h1")
    docker = host.docker("28")
    docker.run("nginx", name="first").remove()
    count = NETWORKS * EACH
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    built = seconds(lambda: build(docker))
    gc.collect()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
    return {
        f"{count} containers on {NETWORKS} networks (CPU s)": built,
        "a container (CPU ms)": built / count * 1000,
        "a container (KiB of peak memory)": grown / count,
        "the last one reached by name and port (CPU ms)": seconds(lambda: reach(host)) * 1000,
    }
