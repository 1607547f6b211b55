"""Hosts of one swarm on one LAN."""

from __future__ import annotations

from netsim import Host, World

SECOND = 1_000_000_000


def hosts(count: int, release: str = "28") -> tuple[World, list[Host]]:
    """Hosts h1, h2 ... with 10.0.9.1, 10.0.9.2 ... on one LAN, and an outside machine `lan` with 10.0.9.100."""
    world = World(seed=0)
    made = [world.host(f"h{number}") for number in range(1, count + 1)]
    lan = world.host("lan")
    world.lan("office", *made, lan)
    for number, host in [*enumerate(made, 1), (100, lan)]:
        host.run(f"ip link set lo up; ip link set eth0 up; ip addr add 10.0.9.{number}/24 dev eth0")
    for host in made:
        host.docker(release)
    return world, made


def ok(host: Host, line: str) -> str:
    """What a command prints that must succeed."""
    done = host.run(line)
    status = done.status
    assert status == 0, (line, done.stdout, done.stderr)
    return done.stdout


def swarm(count: int, release: str = "28") -> tuple[World, list[Host]]:
    """A swarm of that many hosts, the first of them the manager, with an attachable network `front`."""
    world, made = hosts(count, release)
    ok(made[0], "docker swarm init --advertise-addr 10.0.9.1")
    token = ok(made[0], "docker swarm join-token -q worker").strip()
    for host in made[1:]:
        ok(host, f"docker swarm join --token {token} 10.0.9.1:2377")
    world.run_for(SECOND)
    ok(made[0], "docker network create -d overlay --attachable front")
    return world, made


def addresses(host: Host, container: str, name: str) -> list[str]:
    """The addresses a name has for a container."""
    printed = host.run(f"docker exec {container} nslookup {name}").stdout
    return sorted(line.split()[1] for line in printed.split("answer:\n", 1)[-1].splitlines() if line.startswith("Address: "))
