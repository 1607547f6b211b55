"""Hosts come, go and die; managers need more than half."""

from __future__ import annotations

import pytest

from netsim import World
from tests.swarm.hosts import SECOND, hosts, ok, swarm

STATES = "docker node ls --format '{{.Hostname}} {{.Status}} {{.ManagerStatus}}'"


def states(host: object) -> list[str]:
    return [line.strip() for line in ok(host, STATES).splitlines()]  # type: ignore[arg-type]


def test_a_rule_against_2377_keeps_a_host_out() -> None:
    _, (one, two) = hosts(2)
    ok(one, "docker swarm init --advertise-addr 10.0.9.1")
    token = ok(one, "docker swarm join-token -q worker").strip()
    ok(one, "iptables -I INPUT -p tcp --dport 2377 -j REJECT --reject-with tcp-reset")
    refused = two.run(f"docker swarm join --token {token} 10.0.9.1:2377")
    assert "connect: connection refused" in refused.stderr
    ok(one, "iptables -R INPUT 1 -p tcp --dport 2377 -j DROP")
    late = two.run(f"docker swarm join --token {token} 10.0.9.1:2377")
    assert "Timeout was reached before node joined" in late.stderr
    ok(one, "iptables -D INPUT 1")
    assert ok(two, f"docker swarm join --token {token} 10.0.9.1:2377") == "This node joined a swarm as a worker.\n"


def test_a_token_decides_what_a_host_becomes_and_a_rotated_one_is_worth_nothing() -> None:
    _, (one, two, three) = hosts(3)
    ok(one, "docker swarm init --advertise-addr 10.0.9.1")
    manager = ok(one, "docker swarm join-token -q manager").strip()
    worker = ok(one, "docker swarm join-token -q worker").strip()
    assert "as a manager" in ok(two, f"docker swarm join --token {manager} 10.0.9.1:2377")
    ok(one, "docker swarm join-token --rotate worker")
    assert "A valid join token is necessary" in three.run(f"docker swarm join --token {worker} 10.0.9.1:2377").stderr
    assert states(one) == ["h1 Ready Leader", "h2 Ready Reachable"]


def test_a_host_that_dies_is_down_after_its_heartbeats_stay_away() -> None:
    world, (one, two, three) = swarm(3)
    ok(three, "ip link set eth0 down")
    world.run_for(10 * SECOND)
    assert states(one) == ["h1 Ready Leader", "h2 Ready", "h3 Ready"]
    world.run_for(12 * SECOND)
    assert states(one) == ["h1 Ready Leader", "h2 Ready", "h3 Down"]
    ok(three, "ip link set eth0 up")
    world.run_for(15 * SECOND)
    assert states(one) == ["h1 Ready Leader", "h2 Ready", "h3 Ready"]
    assert two.run("docker node ls").status == 1


def test_without_its_leader_a_swarm_of_three_managers_chooses_another_and_one_alone_cannot_act() -> None:
    world, (one, two, three) = swarm(3)
    ok(one, "docker node promote h2 h3")
    world.run_for(3 * SECOND)
    ok(one, "ip link set eth0 down")
    world.run_for(50 * SECOND)
    assert "does not have a leader" in one.run("docker node ls").stderr
    found = states(two)
    assert found[0] == "h1 Down Unreachable"
    assert sorted(found[1:]) in (["h2 Ready Leader", "h3 Ready Reachable"], ["h2 Ready Reachable", "h3 Ready Leader"])
    assert states(three) == found
    ok(two, "docker network create -d overlay after")
    ok(one, "ip link set eth0 up")
    world.run_for(20 * SECOND)
    assert "after" in ok(one, "docker network ls")
    assert "Reachable" in states(one)[0]


def test_who_leaves_leaves_nothing_but_the_way_out_behind() -> None:
    world, (one, two) = swarm(2)
    ok(two, "docker run -d --name c2 --net front busybox sleep 1000")
    ok(two, "docker rm -f c2")
    ok(two, "docker swarm leave")
    world.run_for(61 * SECOND)
    assert ok(two, "ls /run/docker/netns") == ""
    assert ok(two, "docker network ls --format '{{.Name}}'").split() == ["bridge", "docker_gwbridge", "host", "none"]
    assert ok(two, "ss -ltunH") == ""
    assert "h2 Down" in states(one)
    assert ok(one, "docker node rm h2") == "h2\n"
    refused = one.run("docker swarm leave")
    assert "Removing the last manager erases all current state" in refused.stderr
    ok(one, "docker swarm leave --force")


@pytest.mark.parametrize("release", ["20.10", "27", "28", "29"])
def test_a_swarm_lives_on_in_a_copy_and_in_a_file(release: str, tmp_path: object) -> None:
    world, (one, two) = swarm(2, release)
    ok(one, "docker run -d --name c1 --net front busybox sleep 1000")
    path = f"{tmp_path}/world.json"
    world.save(path)
    for again in (world.fork(), World.load(path)):
        ok(again.hosts["h2"], "docker run -d --name c2 --net front busybox sleep 1000")
        ok(again.hosts["h2"], "docker exec c2 ping -c1 -W2 c1")
        again.run_for(30 * SECOND)
        assert states(again.hosts["h1"]) == ["h1 Ready Leader", "h2 Ready"]
    assert two.run("docker exec c2 true").status == 1
