"""The benchmark of a large swarm, small: many tasks that start at once all hear of each other."""

from __future__ import annotations

from benchmarks.bench_swarm import SECOND, joined, run, served, typed
from netsim import World


def test_tasks_that_start_at_once_hear_of_each_other_everywhere() -> None:
    world = World()
    hosts = joined(world, 5)
    served(world, hosts[0], 20)
    world.run_for(SECOND)
    for host in hosts:
        listed = typed(host, "for space in /run/docker/netns/1-*; do nsenter --net=$space ip neigh; done")
        assert sum(line.startswith("10.100.") for line in listed.splitlines()) == 16 + 4, "tasks and load balancers of the other hosts"


def test_the_benchmark_runs() -> None:
    assert len(run(3, 6)) == 3
