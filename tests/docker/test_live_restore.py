"""Containers that outlive their daemon."""

from __future__ import annotations

import pytest

from netsim import Host, World
from tests.docker.hosts import ok

ENGINES = ("20.10", "27", "28", "29")


def served(engine: str, options: str) -> Host:
    """A published container and one beside it, started by a daemon with these options."""
    host = World().host("h1")
    host.machine.docker_release = engine
    ok(host, "ip link set lo up")
    _start(host, options)
    ok(host, "docker network create un")
    ok(host, "docker run -d --name web --network un -p 8080:80 nginx")
    ok(host, "docker run -d --name cli --network un busybox sleep 1000")
    return host


def _start(host: Host, options: str) -> None:
    host.start(f"dockerd {options}")
    host.world.run_for(2_000_000_000)


def states(host: Host) -> list[str]:
    return [line.split()[0] for line in ok(host, "docker ps -a --format '{{.Status}}'").splitlines()]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("end", ["pkill dockerd", "pkill -9 dockerd"])
def test_they_run_on_and_are_served_by_the_next_one(engine: str, end: str) -> None:
    host = served(engine, "--live-restore")
    ok(host, end)
    host.world.run_for(1_000_000_000)
    assert host.run("docker ps").status == 1
    assert host.run("pgrep docker-proxy").status == 1
    _start(host, "--live-restore")
    assert states(host) == ["Up", "Up"]
    assert "1 packets received" in ok(host, "docker exec cli ping -c1 web")
    assert host.run("curl -s -m 2 http://127.0.0.1:8080/").status == 0
    ok(host, "docker stop -t 0 web")
    ok(host, "docker start web")
    assert "1 packets received" in ok(host, "docker exec cli ping -c1 web")
    ok(host, "docker rm -f web cli")
    ok(host, "docker network rm un")
    assert "br-" not in ok(host, "ip -br link")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_daemon_without_the_option_stops_what_it_finds_running(engine: str) -> None:
    host = served(engine, "--live-restore")
    ok(host, "pkill dockerd")
    _start(host, "")
    assert states(host) == ["Exited", "Exited"]
    ok(host, "docker start web cli")
    assert "1 packets received" in ok(host, "docker exec cli ping -c1 web")


@pytest.mark.parametrize("engine", ENGINES)
def test_a_bridge_that_a_daemon_made_goes_with_its_network_under_the_next_one(engine: str) -> None:
    host = served(engine, "")
    ok(host, "ip link add br-mine type bridge")
    ok(host, "docker network create -o com.docker.network.bridge.name=br-mine mine")
    ok(host, "pkill dockerd")
    host.world.run_for(1_000_000_000)
    _start(host, "")
    ok(host, "docker rm -f web cli")
    ok(host, "docker network rm un mine")
    assert [line.split()[0] for line in ok(host, "ip -br link").splitlines()] == ["lo", "docker0", "br-mine"]
