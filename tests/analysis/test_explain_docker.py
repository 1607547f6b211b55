"""What people stumble over with Docker, explained."""

from __future__ import annotations

from pathlib import Path

import pytest

import netsim
from netsim.docker.settings import DaemonOptions

STACK = """
docker network create app
docker network create other
docker run -d --name web --network app -p 8080:80 ubuntu nc -lk -p 80
docker run -d --name db --network app ubuntu nc -lk -p 5432
docker run -d --name lone --network other busybox sleep 1d
docker run -d --name plain busybox sleep 1d
docker run -d --name plain2 ubuntu nc -lk -p 80
docker run -d --name local --network app -p 9000:9000 ubuntu nc -lk -s 127.0.0.1 -p 9000
"""


def stack(engine: str) -> netsim.World:
    world = netsim.World()
    host = world.host("h1")
    release, _, backend = engine.partition(" ")
    if backend:
        host.run("sysctl -qw net.ipv4.ip_forward=1")  # this backend leaves it to the owner
    host.docker(release, DaemonOptions(firewall_backend=backend) if backend else None)
    done = host.run_script(STACK)
    assert not done.status, done
    return world


def address(world: netsim.World, name: str) -> str:
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
    return world.host("h1").run(f"docker inspect -f '{form}' {name}").stdout.strip()


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29", "29 nftables"])
def test_containers_meet_by_name_on_one_network_and_not_across_networks(engine: str) -> None:
    world = stack(engine)
    near = netsim.explain(world, "web", "db:5432")
    assert near.is_reached, near
    assert near.resolution is not None and near.resolution.source == "127.0.0.11"
    far = netsim.explain(world, "lone", f"{address(world, 'db')}:5432")
    assert far.reason.code == "docker-isolated", far
    assert far.fix == "docker network connect app lone"
    assert world.host("h1").run(f"docker exec lone nc -w 5 {address(world, 'db')} 5432").status
    assert not world.host("h1").run(far.fix).status
    assert netsim.explain(world, "lone", "db:5432").is_reached


def test_names_do_not_work_on_the_default_bridge_but_addresses_do() -> None:
    world = stack("28")
    named = netsim.explain(world, "plain", "plain2:80")
    assert named.reason.code == "name-not-found", named
    assert "docker network create" in named.fix
    assert netsim.explain(world, "plain", f"{address(world, 'plain2')}:80").is_reached


def test_a_published_port_on_loopback_goes_by_docker_proxy_whose_second_connection_is_told() -> None:
    world = stack("28")
    answer = netsim.explain(world, "h1", "127.0.0.1:8080")
    assert answer.is_reached, answer
    assert [step.kind for step in answer.steps if step.way == "out"][-1] == "relay"
    last = [step for step in answer.steps if step.way == "relay"][-1]
    assert (last.place, last.kind) == ("web", "socket")


def test_a_relay_that_finds_nobody_inside_is_not_reached_though_it_answers() -> None:
    world = stack("28")
    answer = netsim.explain(world, "h1", "127.0.0.1:9000")
    assert answer.reason.code == "listener-elsewhere", answer
    assert answer.cause is not None and answer.cause.way == "relay" and answer.cause.place == "local"


def test_from_outside_only_published_ports_are_reached() -> None:
    world = stack("28")
    host = world.host("h1")
    done = host.run_script("""
ip netns add lan
ip link add eth0 type veth peer name eth0 netns lan
ip addr add 192.0.2.1/24 dev eth0
ip link set eth0 up
ip -n lan addr add 192.0.2.9/24 dev eth0
ip -n lan link set eth0 up
ip -n lan route add default via 192.0.2.1
""")
    assert not done.status, done
    published = netsim.explain(world, "lan", "192.0.2.1:8080")
    assert published.is_reached, published
    assert any(step.kind == "nat" and step.before and "192.0.2.1:8080" in step.before for step in published.steps)
    direct = netsim.explain(world, "lan", f"{address(world, 'db')}:5432")
    assert direct.reason.code == "docker-unpublished", direct


def test_what_a_world_is_asked_leaves_it_as_it_was(tmp_path: Path) -> None:
    world = stack("28")
    world.save(tmp_path / "before")
    netsim.explain(world, "web", "db:5432")
    netsim.explain(world, "lone", "db:5432")
    world.save(tmp_path / "after")
    assert (tmp_path / "before").read_bytes() == (tmp_path / "after").read_bytes()
