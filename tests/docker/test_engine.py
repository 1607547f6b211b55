"""Containers and networks as a user types them."""

from __future__ import annotations

import re

import attrs
import pytest

from netsim import Host, World
from netsim.addr import MAC
from netsim.docker.settings import ContainerSpec, DaemonOptions, EndpointSettings, HealthCheck, HostConfig, Port

WITHOUT_RULES = DaemonOptions(iptables=0)


@pytest.fixture(params=["20.10", "28"])
def host(request: pytest.FixtureRequest) -> Host:
    made = World().host("h1")
    made.docker(request.param, WITHOUT_RULES)
    return made


def ok(host: Host, line: str) -> str:
    done = host.run(line)
    assert done.status == 0, (line, done)
    return done.stdout


def test_a_container_has_an_address_a_route_and_a_name(host: Host) -> None:
    assert re.fullmatch(r"[0-9a-f]{64}\n", ok(host, "docker run -d --name c1 busybox sleep 1000"))
    assert "inet 172.17.0.2/16 brd 172.17.255.255 scope global eth0" in ok(host, "docker exec c1 ip addr")
    assert "default via 172.17.0.1 dev eth0" in ok(host, "docker exec c1 ip route")
    assert ok(host, "docker exec c1 hostname") == ok(host, "docker inspect -f '{{.Config.Hostname}}' c1")
    assert "1 packets received" in ok(host, "docker exec c1 ping -c1 172.17.0.1")


def test_networks_are_apart_until_a_container_is_on_both(host: Host) -> None:
    ok(host, "docker network create n1")
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    ok(host, "docker run -d --name c2 --network n1 busybox sleep 1000")
    ok(host, "docker network connect n1 c1")
    assert "1 packets received" in ok(host, "docker exec c2 ping -c1 172.18.0.3")
    ok(host, "docker network disconnect n1 c1")
    assert host.run("docker exec c2 ping -c1 -W1 172.18.0.3").status == 1


def test_what_is_removed_leaves_nothing_behind(host: Host) -> None:
    host.world.run_for(62_000_000_000)
    before = [ok(host, line) for line in ("ip -br link", "ip route", "docker network ls", "ls /run/docker/netns 2>&1 | grep -v '^ls: ' | cat")]
    ok(host, "docker network create n1")
    ok(host, "docker run -d --name c1 --network n1 busybox sleep 1000")
    ok(host, "docker rm -f c1")
    ok(host, "docker network rm n1")
    host.world.run_for(61_000_000_000)  # files of namespaces go once a minute
    assert [
        ok(host, line) for line in ("ip -br link", "ip route", "docker network ls", "ls /run/docker/netns 2>&1 | grep -v '^ls: ' | cat")
    ] == before


def test_a_foreground_container_prints_and_gives_its_status(host: Host) -> None:
    assert ok(host, "docker run --rm --hostname box busybox hostname") == "box\n"
    assert host.run("docker run --rm busybox sh -c 'exit 3'").status == 3
    assert host.run("docker run --rm busybox nosuch").status == 127


def test_stop_waits_for_what_ignores_it(host: Host) -> None:
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    started = host.world.clock.now
    assert ok(host, "docker stop c1") == "c1\n"
    assert 10 <= (host.world.clock.now - started) / 1e9 < 11
    assert ok(host, "docker inspect -f '{{.State.Status}} {{.State.ExitCode}}' c1") == "exited 137\n"


def test_containers_share_a_namespace(host: Host) -> None:
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    assert ok(host, "docker run --rm --network container:c1 busybox hostname") == ok(host, "docker exec c1 hostname")
    assert "172.17.0.2/16" in ok(host, "docker run --rm --network container:c1 busybox ip addr")


def test_the_first_command_starts_the_daemon() -> None:
    host = World().host("h1")
    host.machine.docker_release = "20.10"
    assert "docker0" not in host.run("ip -br link").stdout


def test_a_world_with_containers_forks(host: Host) -> None:
    ok(host, "docker run -d --name c1 busybox sleep 1000")
    trial = host.world.fork()
    other = trial.hosts["h1"]
    ok(other, "docker rm -f c1")
    assert "1 packets received" in ok(host, "docker exec c1 ping -c1 172.17.0.1")
    assert host.run("docker inspect -f '{{.Name}}' c1").stdout == "/c1\n"
    assert other.run("docker inspect c1").status == 1


def test_containers_are_pruned_the_newest_first(host: Host) -> None:
    for name in ("c1", "c2", "c3"):
        ok(host, f"docker create --name {name} busybox true")
    ids = ok(host, "docker inspect -f '{{.Id}}' c1 c2 c3").split()
    assert ok(host, "docker container prune -f").split()[2:] == [*reversed(ids), "Total", "reclaimed", "space:", "0B"]


def test_what_the_daemon_fills_in_leaves_the_rest_of_a_request_as_it_was() -> None:
    asked = ContainerSpec(
        "i", "n", ("c",), None, "h", "d", ("e=1",), (Port(1),), {"a": "b"}, MAC(5), "/w", "u", 1, 1, "INT", 3, ("stdin",), HealthCheck(("NONE",)),
        HostConfig("m"), {"x": EndpointSettings("10.0.0.1")},
    )  # fmt: skip
    assert asked.filled_in("web", ("sh",), ("init",)) == attrs.evolve(asked, name="web", command=("sh",), entrypoint=("init",))


def test_a_line_typed_again_means_what_the_first_one_meant(host: Host) -> None:
    line = "docker run -d --name c1 --label a=b -e X=1 --add-host other:10.9.9.9 --device-read-bps /dev/sda:1mb busybox sleep 1000"
    first = ok(host, line) and ok(host, "docker inspect -f '{{.Config.Labels}} {{.Config.Env}} {{.HostConfig.ExtraHosts}}' c1")
    ok(host, "docker rm -f c1")
    again = ok(host, line) and ok(host, "docker inspect -f '{{.Config.Labels}} {{.Config.Env}} {{.HostConfig.ExtraHosts}}' c1")
    assert first == again
    assert [text for text in host.machine.kernel.unmodelled if "device-read-bps" in text] == ["docker run --device-read-bps /dev/sda:1mb"] * 2
