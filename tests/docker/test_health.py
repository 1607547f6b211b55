"""Health checks: tests executed in containers, one after the other on the world's clock (`daemon/health.go`)."""

from __future__ import annotations

import json

from netsim import World
from netsim.api import Host
from netsim.clock import SECOND


def host(engine: str = "28") -> Host:
    made = World().host("h1")
    made.docker(engine)
    return made


def status(host: Host, name: str = "box") -> str:
    return host.run(f"docker inspect -f '{{{{.State.Health.Status}}}} {{{{.State.Health.FailingStreak}}}}' {name}").stdout.strip()


def test_a_container_is_starting_until_its_first_test_has_passed() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd 'wget -qO- http://localhost/' --health-interval 5s nginx")
    assert status(h1) == "starting 0"
    assert "(health: starting)" in h1.run("docker ps").stdout
    h1.world.run_for(6 * SECOND)
    assert status(h1) == "healthy 0"
    assert "(healthy)" in h1.run("docker ps --filter health=healthy").stdout


def test_it_is_unhealthy_after_as_many_failures_as_it_may_have_and_healthy_after_one_success() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd 'test -e /tmp/ok' --health-interval 2s --health-retries 3 busybox sleep 1000")
    h1.world.run_for(5 * SECOND)
    assert status(h1) == "starting 2"
    h1.world.run_for(2 * SECOND)
    assert status(h1) == "unhealthy 3"
    h1.run("docker exec box touch /tmp/ok")
    h1.world.run_for(3 * SECOND)
    assert status(h1) == "healthy 0"


def test_failures_within_the_start_period_do_not_count() -> None:
    h1 = host("20.10")
    h1.run("docker run -d --name box --health-cmd false --health-interval 1s --health-retries 1 --health-start-period 10s busybox sleep 1000")
    h1.world.run_for(8 * SECOND)
    assert status(h1) == "starting 0"
    h1.world.run_for(4 * SECOND)
    assert status(h1).startswith("unhealthy")


def test_a_test_that_takes_too_long_has_failed() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd 'sleep 100' --health-interval 1s --health-timeout 2s --health-retries 1 busybox sleep 1000")
    h1.world.run_for(5 * SECOND)
    assert status(h1).startswith("unhealthy")


def test_inspect_tells_what_was_asked_for_and_none_switches_it_off() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd true --health-interval 1m30s busybox sleep 1000")
    config = json.loads(h1.run("docker inspect box").stdout)[0]["Config"]
    assert config["Healthcheck"] == {"Test": ["CMD-SHELL", "true"], "Interval": 90 * SECOND}
    h1.run("docker run -d --name none-of-it --no-healthcheck busybox sleep 1000")
    assert "(" not in h1.run("docker ps --filter name=none-of-it --format '{{.Status}}'").stdout


def test_a_world_with_tests_under_way_forks_and_goes_on() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd true --health-interval 5s busybox sleep 1000")
    with h1.world.fork() as trial:
        trial.run_for(6 * SECOND)
        assert status(trial.host("h1")) == "healthy 0"
    assert status(h1) == "starting 0"


def test_it_stops_with_its_container_and_begins_anew_with_its_start() -> None:
    h1 = host()
    h1.run("docker run -d --name box --health-cmd true --health-interval 5s busybox sleep 1000")
    h1.world.run_for(6 * SECOND)
    h1.run("docker stop -t 0 box")
    assert "Exited" in h1.run("docker ps -a").stdout
    h1.run("docker start box")
    assert status(h1) == "starting 0"
