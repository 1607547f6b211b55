"""A fork of a world of 1,000 hosts on one bridge, against `copy.deepcopy` of the same world."""

from __future__ import annotations

import copy
import gc
import sys
from collections.abc import Callable
from time import perf_counter

from netsim import World, snapshot

HOSTS = 1000


def star(hosts: int) -> World:
    """A bridge and `hosts` namespaces, each joined to it by a veth pair, with an address and up."""
    world = World()
    lines = ["ip link add br0 type bridge", "ip addr add 10.0.0.1/16 dev br0"]
    for number in range(hosts):
        address = f"10.0.{number // 250 + 1}.{number % 250 + 1}/16"
        lines += [
            f"ip netns add n{number}",
            f"ip link add v{number} type veth peer name eth0 netns n{number}",
            f"ip link set v{number} master br0 up",
            f"ip -n n{number} addr add {address} dev eth0",
            f"ip -n n{number} link set eth0 up",
        ]
    for line in [*lines, "ip link set br0 up"]:  # the bridge last: what floods meanwhile would be most of the work
        done = world.host().run(line)
        assert not done.status, done
    return world


def best(work: Callable[[], object], rounds: int) -> float:
    """The shortest of several runs, in seconds."""
    found = []
    for _ in range(rounds):
        gc.collect()
        started = perf_counter()
        work()
        found.append(perf_counter() - started)
    return min(found)


def run() -> dict[str, float]:
    """How many times longer than a fork other ways of copying the same world take."""
    world = star(HOSTS)
    fork = best(world.fork, 5)
    sys.setrecursionlimit(max(100_000, sys.getrecursionlimit()))
    return {
        "deepcopy of 1,000 hosts / fork": best(lambda: copy.deepcopy(world), 1) / fork,
        "snapshot written and read, 1,000 hosts / fork": best(lambda: World.from_snapshot(snapshot.to_text(world, "bench")), 1) / fork,
    }


if __name__ == "__main__":
    for name, ratio in run().items():
        print(f"{ratio:8.1f}  {name}")
