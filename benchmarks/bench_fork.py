"""A fork of a world of 1,000 hosts on one bridge, against `copy.deepcopy` of the same world."""

from __future__ import annotations

import copy
import gc
import sys

from benchmarks.bench_star import HOSTS
from benchmarks.stopwatch import best, seconds
from benchmarks.workloads.star import by_netsim
from netsim import World, snapshot


def run() -> dict[str, float]:
    """How many times longer than a fork other ways of copying the same world take."""
    world = by_netsim(HOSTS).world
    gc.collect()
    fork = best(world.fork)
    sys.setrecursionlimit(max(100_000, sys.getrecursionlimit()))  # deepcopy needs it for what hangs together
    return {
        f"deepcopy of {HOSTS:,} hosts / fork": seconds(lambda: copy.deepcopy(world)) / fork,
        f"snapshot of {HOSTS:,} hosts written and read / fork": seconds(lambda: World.from_snapshot(snapshot.to_text(world, "bench"))) / fork,
    }
