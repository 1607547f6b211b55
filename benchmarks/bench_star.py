"""A star of hosts on one bridge: building it by calls and by command lines, one ping, all pairs."""

from __future__ import annotations

import os

from benchmarks.stopwatch import seconds
from benchmarks.workloads import star
from benchmarks.workloads.isolation import address
from netsim import Host, World
from netsim.clock import SECOND

HOSTS = int(os.environ.get("NETSIM_BENCH_HOSTS", "1000"))
PAIRS = 100


def by_commands(count: int) -> Host:
    """The star, typed."""
    host = World().host("h1")
    for line in star.script(count):
        done = host.run(line)
        assert done.status == 0, (line, done)
    return host


def ping(host: Host, source: int, target: int) -> None:
    """One echo, answered."""
    done = host.netns(f"h{source}").run(f"ping -c 1 -W 2 {address(target)}")
    assert done.status == 0, done


def all_pairs(host: Host, count: int) -> None:
    """Everybody pings everybody once."""
    for source in range(1, count + 1):
        for target in range(1, count + 1):
            if source != target:
                ping(host, source, target)


def run() -> dict[str, float]:
    """Seconds of CPU and ratios."""
    built: list[Host] = []
    calls = seconds(lambda: built.append(star.by_netsim(HOSTS)))
    big = built.pop()
    settle = seconds(lambda: big.world.run_for(5 * SECOND))
    one = seconds(lambda: ping(big, 1, HOSTS))
    again = seconds(lambda: ping(big, 1, HOSTS))
    commands = seconds(lambda: by_commands(PAIRS))
    small_calls = seconds(lambda: built.append(star.by_netsim(PAIRS)))
    small = built.pop()
    small.world.run_for(5 * SECOND)
    small_one = seconds(lambda: ping(small, 1, PAIRS))
    pairs = seconds(lambda: all_pairs(small, PAIRS))
    return {
        f"{HOSTS} hosts by calls (CPU s)": calls,
        f"{HOSTS} hosts: start-up chatter / building": settle / calls,
        f"{HOSTS} hosts: first ping / building": one / calls,
        f"{HOSTS} hosts: first ping / second ping": one / again,
        f"{PAIRS} hosts: by commands / by calls": commands / small_calls,
        f"{PAIRS} hosts: all {PAIRS * (PAIRS - 1)} pairs (CPU s)": pairs,
        f"{PAIRS} hosts: a ping of all pairs / the first ping": pairs / (PAIRS * (PAIRS - 1)) / small_one,
        f"first ping among {HOSTS} / among {PAIRS}": one / small_one,
    }
