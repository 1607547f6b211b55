"""Services: virtual addresses, the routing mesh, scaling, failure, updates."""

from __future__ import annotations

import pytest

from netsim import Host
from tests.swarm.hosts import SECOND, addresses, ok, swarm

CREATE = "docker service create --quiet --name web --network front"
WEB = "busybox httpd -f -p 80 -h /etc"


def tasks(host: Host, name: str = "web") -> list[str]:
    return [line.strip() for line in ok(host, f"docker service ps {name} --format '{{{{.Name}}}} {{{{.Node}}}} {{{{.DesiredState}}}}'").splitlines()]


def client(host: Host) -> None:
    ok(host, "docker run -d --name cl --net front busybox sleep 100000")


def served(host: Host, url: str, times: int) -> set[str]:
    return {ok(host, f"docker exec cl wget -q -O- -T 2 {url}") for _ in range(times)}


@pytest.mark.parametrize("release", ["20.10", "27", "28", "29"])
def test_every_host_answers_on_the_published_port(release: str) -> None:
    world, (one, _, three) = swarm(3, release)
    ok(one, f"{CREATE} -p 8080:80 --replicas 2 {WEB}")
    lan = world.hosts["lan"]
    found = {ok(lan, f"curl -s -m 3 http://10.0.9.{number}:8080/hostname") for number in (1, 2, 3) for _ in range(2)}
    assert len(found) == 2
    assert ok(three, "curl -s -m 3 http://127.0.0.1:8080/hostname") in found
    assert "*:8080->80/tcp" in ok(one, "docker service ls")


def test_a_name_means_one_address_behind_which_all_tasks_take_turns() -> None:
    _, (one, _) = swarm(2)
    ok(one, f"{CREATE} --replicas 3 {WEB}")
    client(one)
    assert addresses(one, "cl", "web") == ["10.0.1.2"]
    assert len(addresses(one, "cl", "tasks.web")) == 3
    assert len(served(one, "http://web/hostname", 3)) == 3
    listed = ok(one, "nsenter --net=$(ls -d /run/docker/netns/lb_*) ipvsadm -Ln")
    assert listed.count("Masq    1 ") == 3
    assert "FWM  256 rr" in listed


def test_dns_round_robin_has_no_virtual_address() -> None:
    _, (one, _) = swarm(2)
    ok(one, f"{CREATE} --endpoint-mode dnsrr --replicas 3 {WEB}")
    client(one)
    assert len(addresses(one, "cl", "web")) == 3
    assert "VirtualIPs" not in ok(one, "docker service inspect web")


def test_a_port_in_host_mode_is_published_where_the_tasks_are() -> None:
    world, (one, _, _) = swarm(3)
    ok(one, f"{CREATE} --publish mode=host,published=81,target=80 --constraint node.hostname==h2 {WEB}")
    lan = world.hosts["lan"]
    assert lan.run("curl -s -m 3 http://10.0.9.2:81/hostname").status == 0
    assert lan.run("curl -s -m 3 http://10.0.9.1:81/hostname").status == 7


def test_tasks_spread_and_follow_the_number_asked_for() -> None:
    world, (one, _, _) = swarm(3)
    ok(one, f"{CREATE} --replicas 4 {WEB}")
    assert tasks(one) == ["web.1 h1 Running", "web.2 h2 Running", "web.3 h3 Running", "web.4 h1 Running"]
    ok(one, "docker service scale web=2")
    world.run_for(15 * SECOND)
    assert len(tasks(one)) == 2
    ok(one, "docker service rm web")
    assert "no such service: web" in one.run("docker service ps web").stderr


def test_when_a_host_dies_names_forget_it_within_seconds_and_its_tasks_move_within_half_a_minute() -> None:
    world, (one, two, _) = swarm(3)
    ok(one, f"{CREATE} --replicas 3 {WEB}")
    client(one)
    before = addresses(one, "cl", "tasks.web")
    ok(two, "ip link set eth0 down")
    world.run_for(10 * SECOND)
    assert len(addresses(one, "cl", "tasks.web")) == 2
    assert set(addresses(one, "cl", "tasks.web")) < set(before)
    assert len(served(one, "http://web/hostname", 4)) == 2
    world.run_for(20 * SECOND)
    assert len(addresses(one, "cl", "tasks.web")) == 3
    assert len(served(one, "http://web/hostname", 6)) == 3
    assert "web.2 h2 Shutdown" in "\n".join(tasks(one)).replace("\\_ ", "")
    ok(two, "ip link set eth0 up")
    world.run_for(30 * SECOND)
    assert ok(two, "docker ps -q") == ""


def test_a_drained_host_gives_its_tasks_away_and_a_global_service_has_one_on_each() -> None:
    world, (one, _, three) = swarm(3)
    ok(one, f"{CREATE} --mode global {WEB}")
    assert len(ok(one, "docker service ps web -q").splitlines()) == 3
    ok(one, "docker node update --availability drain h3")
    world.run_for(15 * SECOND)
    assert ok(three, "docker ps -q") == ""
    assert "Drain" in ok(one, "docker node ls")


def test_an_update_replaces_tasks_one_by_one_and_a_bad_one_stops() -> None:
    world, (one, _) = swarm(2)
    ok(one, f"{CREATE} --replicas 2 {WEB}")
    ok(one, "docker service update --quiet --env-add A=b web")
    assert ok(one, "docker exec $(docker ps -qf name=web | head -1) env").count("A=b") == 1
    assert sum(line.endswith("Running") for line in tasks(one)) == 2
    failed = one.run("docker service update --image nosuch:1 web")
    assert "update paused due to failure or early termination of task" in failed.stdout + failed.stderr
    assert failed.status == 1
    ok(one, "docker service rollback --quiet web")
    world.run_for(10 * SECOND)
    assert ok(one, "docker service ls --format '{{.Replicas}} {{.Image}}'") == "2/2 busybox:latest\n"


def test_a_task_that_ends_is_started_again_after_five_seconds() -> None:
    world, (one,) = swarm(1)
    ok(one, f"{CREATE} -d busybox sleep 3")
    world.run_for(20 * SECOND)
    shown = ok(one, "docker service ps web --format '{{.Name}} {{.CurrentState}}'")
    assert shown.count("Complete") >= 1
    ok(one, "docker service create -d --name once --restart-condition none busybox true")
    world.run_for(10 * SECOND)
    assert len(ok(one, "docker service ps once -q").splitlines()) == 1


REFUSED = {
    "docker service create --name web busybox": "name conflicts with an existing object: service web already exists",
    "docker service create --name two -p 8080:81 busybox": "port '8080' is already in use by service 'web'",
    "docker service create --name two --endpoint-mode dnsrr -p 81:81 busybox": "port published with ingress mode can't be used with dnsrr mode",
    "docker service create --name no! busybox": "name must be valid as a DNS name component",
    "docker service create --name two --network nosuch busybox": "network nosuch not found",
    "docker service create --name two --network ingress busybox": 'Service cannot be explicitly attached to the ingress network "ingress"',
    "docker service create --name two --mode global --replicas 2 busybox": "replicas can only be used with replicated or replicated-job mode",
    "docker service scale web=x": 'web: invalid replicas value x: strconv.ParseUint: parsing "x": invalid syntax',
    "docker service rm nosuch": "service nosuch not found",
    "docker network rm front": "is in use by service",
    "docker node rm h1": "It must be demoted to worker before removal",
    "docker node demote h1": "attempting to demote the last manager of the swarm",
    "docker swarm init": "This node is already part of a swarm",
    "docker stack deploy -c x.yml s": "not modelled",
    "docker service create --name j --mode global-job busybox": "services of mode global-job are not modelled",
}


def test_what_cannot_be_is_refused_in_the_real_words() -> None:
    _, (one,) = swarm(1)
    ok(one, f"{CREATE} -p 8080:80 {WEB}")
    for line, text in REFUSED.items():
        done = one.run(line)
        assert done.status, line
        assert text in done.stderr, (line, done.stderr)
