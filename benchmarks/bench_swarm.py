"""A swarm of 100 hosts and a service of 1,000 tasks with an address each on one overlay network, all of them told of each other."""

from __future__ import annotations

from benchmarks.stopwatch import seconds
from netsim import Host, World

HOSTS, TASKS = 100, 1_000
SECOND = 1_000_000_000


def typed(host: Host, line: str) -> str:
    """What a command prints that must succeed."""
    done = host.run(line)
    assert done.status == 0, (line, done)
    return done.stdout


def joined(world: World, count: int) -> list[Host]:
    """Hosts of one LAN in one swarm, the first of them its manager."""
    hosts = [world.host(f"h{number}") for number in range(1, count + 1)]
    world.lan("dc", *hosts)
    for number, host in enumerate(hosts, 1):
        typed(host, f"ip link set lo up; ip addr add 10.9.0.{number}/24 dev eth0; ip link set eth0 up")
    typed(hosts[0], "docker swarm init --advertise-addr 10.9.0.1")
    token = typed(hosts[0], "docker swarm join-token -q worker").strip()
    for host in hosts[1:]:
        typed(host, f"docker swarm join --token {token} 10.9.0.1:2377")
    typed(hosts[0], "docker network create -d overlay --attachable --subnet 10.100.0.0/16 front")
    return hosts


def served(world: World, manager: Host, tasks: int) -> None:
    """A service whose tasks all run; the manager knows where those of other hosts are."""
    typed(manager, f"docker service create -d --name web --network front --replicas {tasks} busybox sleep 1d")
    for _ in range(60):
        world.run_for(SECOND)
        if typed(manager, "docker service ls --format '{{.Replicas}}'").strip() == f"{tasks}/{tasks}":
            break
    world.run_for(SECOND)
    spaces = typed(manager, "for space in /run/docker/netns/1-*; do nsenter --net=$space ip neigh; done")
    own = len(typed(manager, "docker ps -q").split())
    assert spaces.count("PERMANENT") >= tasks - own


def run(hosts: int = HOSTS, tasks: int = TASKS) -> dict[str, float]:
    """In CPU seconds; a minute of rest costs heartbeats, probes and comparing tables."""
    world = World()
    made: list[Host] = []
    joining = seconds(lambda: made.extend(joined(world, hosts)))
    starting = seconds(lambda: served(world, made[0], tasks))
    resting = seconds(lambda: world.run_for(60 * SECOND))
    return {f"{hosts} hosts join (CPU s)": joining, f"{tasks} tasks start (CPU s)": starting, "a minute of rest (CPU s)": resting}
