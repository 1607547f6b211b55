"""`docker compose up` and its neighbours, worded as docker/compose 2.40.3 words them to what is no terminal."""

from __future__ import annotations

import json

from tests.compose.conftest import Desk

TWO = """
services:
  web:
    image: nginx
    ports: ["8080:80"]
    depends_on: [db]
    networks: [front, back]
  db:
    image: redis
    networks: {back: {aliases: [data]}}
networks:
  front:
  back: {internal: true}
"""


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines()]


def test_networks_then_containers_come_up_in_the_order_of_their_dependencies_and_go_in_the_other(desk: Desk) -> None:
    desk.files(compose=TWO)
    up = desk.compose("up -d")
    assert up.status == 0
    assert up.stdout == ""
    assert lines(up.stderr) == [
        "Network app_back  Creating", "Network app_back  Created", "Network app_front  Creating", "Network app_front  Created",
        "Container app-db-1  Creating", "Container app-db-1  Created", "Container app-web-1  Creating", "Container app-web-1  Created",
        "Container app-db-1  Starting", "Container app-db-1  Started", "Container app-web-1  Starting", "Container app-web-1  Started",
    ]  # fmt: skip
    assert lines(desk.compose("up -d").stderr) == ["Container app-db-1  Running", "Container app-web-1  Running"]
    assert lines(desk.compose("down").stderr) == [
        "Container app-web-1  Stopping", "Container app-web-1  Stopped", "Container app-web-1  Removing", "Container app-web-1  Removed",
        "Container app-db-1  Stopping", "Container app-db-1  Stopped", "Container app-db-1  Removing", "Container app-db-1  Removed",
        "Network app_back  Removing", "Network app_front  Removing", "Network app_back  Removed", "Network app_front  Removed",
    ]  # fmt: skip
    assert desk.docker.containers == []
    assert [one.name for one in desk.docker.networks] == ["none", "host", "bridge"]


def test_services_find_each_other_by_service_alias_and_container_name(desk: Desk) -> None:
    desk.files(compose=TWO).compose("up -d")
    for name in ("db", "data", "app-db-1"):
        assert desk.compose(f"exec -T web ping -c1 {name}").status == 0, name
    assert desk.compose("exec -T db ping -c1 -W1 192.0.2.1").status == 2
    assert "Welcome to nginx" in desk.type("curl -s http://localhost:8080/").stdout


def test_the_daemon_sees_the_labels_that_compose_finds_its_things_by(desk: Desk) -> None:
    desk.files(compose=TWO).compose("up -d")
    labels = desk.docker.container("app-web-1").inspect()["Config"]["Labels"]
    assert labels["com.docker.compose.project"] == "app"
    assert labels["com.docker.compose.service"] == "web"
    assert labels["com.docker.compose.depends_on"] == "db:service_started:false"
    assert labels["com.docker.compose.project.config_files"] == "/root/app/compose.yaml"
    assert labels["com.docker.compose.config-hash"] == desk.compose("config --hash web").stdout.split()[1]
    assert json.loads(desk.type("docker network inspect app_back").stdout)[0]["Labels"]["com.docker.compose.network"] == "back"


def test_scaling_up_counts_on_and_scaling_down_takes_the_highest(desk: Desk) -> None:
    desk.files(compose="services: {w: {image: nginx, stop_grace_period: 0s}}")
    desk.compose("up -d --scale w=3")
    assert desk.compose("ps --format '{{.Name}}'").stdout.split() == ["app-w-1", "app-w-2", "app-w-3"]
    desk.compose("up -d --scale w=2")
    assert desk.compose("ps --format '{{.Name}}'").stdout.split() == ["app-w-1", "app-w-2"]


def test_a_service_that_changed_is_made_again_and_the_others_stay(desk: Desk) -> None:
    desk.files(compose=TWO).compose("up -d")
    before = {one.name: one.id for one in desk.docker.containers}
    desk.files(compose=TWO.replace("8080:80", "8081:80"))
    assert lines(desk.compose("up -d").stderr) == [
        "Container app-db-1  Running", "Container app-web-1  Recreate", "Container app-web-1  Recreated", "Container app-web-1  Starting",
        "Container app-web-1  Started",
    ]  # fmt: skip
    after = {one.name: one.id for one in desk.docker.containers}
    assert after["app-db-1"] == before["app-db-1"]
    assert after["app-web-1"] != before["app-web-1"]


def test_what_the_daemon_refuses_ends_the_command_with_its_words(desk: Desk) -> None:
    desk.files(compose="services: {a: {image: nginx, ports: ['80:80']}, b: {image: nginx, ports: ['80:80'], depends_on: [a]}}")
    done = desk.compose("up -d")
    assert done.status == 1
    assert done.stderr.splitlines()[-1].endswith("Bind for 0.0.0.0:80 failed: port is already allocated")


def test_a_service_waits_until_the_one_it_needs_is_healthy(desk: Desk) -> None:
    desk.files(
        compose="""
services:
  web: {image: nginx, depends_on: {db: {condition: service_healthy}, init: {condition: service_completed_successfully}}}
  init: {image: busybox, command: "true"}
  db: {image: redis, healthcheck: {test: [CMD, redis-cli, ping], interval: 2s}}
"""
    )
    done = desk.compose("up -d")
    assert done.status == 0
    told = lines(done.stderr)
    assert told.index("Container app-db-1  Healthy") < told.index("Container app-web-1  Starting")
    assert "Container app-init-1  Exited" in told
    assert "(healthy)" in desk.compose("ps db").stdout


def test_an_unhealthy_dependency_keeps_a_service_from_starting(desk: Desk) -> None:
    desk.files(
        compose="""
services:
  web: {image: nginx, depends_on: {db: {condition: service_healthy}}}
  db: {image: redis, healthcheck: {test: "false", interval: 1s, retries: 2}}
"""
    )
    done = desk.compose("up -d")
    assert (done.status, lines(done.stderr)[-2:]) == (1, ["Container app-db-1  Error", "dependency failed to start: container app-db-1 is unhealthy"])
    assert desk.docker.container("app-web-1").status == "created"


def test_an_external_network_has_to_be_there(desk: Desk) -> None:
    desk.files(compose="services: {a: {image: nginx, networks: [n]}}\nnetworks: {n: {external: true, name: lan}}")
    assert desk.compose("up -d").stderr == "network lan declared as external, but could not be found\n"
    desk.type("docker network create lan")
    assert desk.compose("up -d").status == 0
    assert desk.compose("down").status == 0
    assert desk.type("docker network inspect lan").status == 0


def test_a_foreground_up_shows_what_its_containers_print_and_ends_with_them(desk: Desk) -> None:
    desk.files(compose="services: {a: {image: busybox, command: sh -c 'echo one; exit 3'}, bb: {image: busybox, command: echo two}}")
    done = desk.compose("up")
    assert done.status == 0
    assert "Attaching to a-1, bb-1\n" in done.stdout
    assert "a-1   | one\n" in done.stdout
    assert "a-1 exited with code 3" in done.stdout
    assert desk.compose("up --exit-code-from a").status == 3
    assert desk.compose("logs bb --no-log-prefix --tail 1").stdout == "two\n"
