"""The daemon ends in good order: containers are asked to stop, and killed when their time is over."""

from __future__ import annotations

import pytest

from tests.docker.test_walkthroughs import host_of, ok

TRAP = "sh -c 'trap \"{}\" TERM; while :; do sleep 0.1; done'"


@pytest.mark.parametrize("engine", ["20.10", "28"])
def test_a_daemon_waits_for_its_containers_as_long_as_each_may_take(engine: str) -> None:
    host = host_of(engine)
    ok(host, f"docker run -d --name prompt busybox {TRAP.format('exit 3')}; docker run -d --name slow busybox {TRAP.format('sleep 1; exit 4')}")
    ok(host, "docker run -d --name deaf --stop-timeout 3 busybox sleep 1000; docker run -d --name init --init busybox sleep 1000; sleep 1")
    assert ok(host, "S=$SECONDS; systemctl restart docker; echo $((SECONDS-S))") == "3\n"
    ends = ok(host, "docker inspect -f '{{.Name}} {{.State.ExitCode}}' prompt slow deaf init")
    assert ends == "/prompt 3\n/slow 4\n/deaf 137\n/init 143\n"


def test_who_follows_events_sees_the_containers_go_and_then_the_daemon() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name deaf --stop-timeout 2 busybox sleep 1000; sleep 1")
    seen = host.run("docker events --format '{{.Action}} {{.Actor.Attributes.signal}}' & kill $(pgrep -x dockerd); docker ps; sleep 4; wait")
    assert seen.stdout == "kill 15\nkill 9\ndisconnect <no value>\nstop <no value>\ndie <no value>\n"
    assert seen.stderr == "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?\nEOF\n"


def test_at_the_third_signal_a_daemon_leaves_its_containers_alone() -> None:
    host = host_of("28")
    ok(host, "docker run -d --name deaf busybox sleep 1000; D=$(pgrep -x dockerd); for i in 1 2 3; do kill $D; sleep 0.1; done")
    assert ok(host, "pgrep -x dockerd | wc -l; pgrep -x sleep | wc -l") == "0\n1\n"


def test_only_unless_stopped_heeds_that_somebody_stopped_a_container() -> None:
    host = host_of("28")
    for policy in ("always", "unless-stopped", "on-failure"):
        ok(host, f"docker run -d --name {policy} --restart {policy} --stop-timeout 1 busybox sleep 1000")
    ok(host, "docker stop always unless-stopped; docker kill on-failure; systemctl restart docker")
    assert ok(host, "docker ps --format '{{.Names}}' | sort") == "always\non-failure\n"
