"""What the docker command prints, by release."""

from __future__ import annotations

import json
import re

import pytest

from netsim import Host, World
from netsim.docker.settings import DaemonOptions


def host_with(engine: str, command: str) -> Host:
    host = World().host("h1")
    host.docker(engine, DaemonOptions(iptables=0))
    host.machine.docker_cli = command
    return host


@pytest.fixture(scope="module")
def new() -> Host:
    return host_with("28", "28.2.2")


@pytest.fixture(scope="module")
def old() -> Host:
    return host_with("20.10", "20.10.24")


def ok(host: Host, line: str) -> str:
    done = host.run(line)
    assert done.status == 0, (line, done)
    return done.stdout


WRONG = [
    ("docker netwrok ls", 1, "docker: 'netwrok' is not a docker command.\nSee 'docker --help'\n",
     "docker: unknown command: docker netwrok\n\nRun 'docker --help' for more information\n"),
    ("docker network create --subent x n", 125, "unknown flag: --subent\nSee 'docker network create --help'.\n",
     "unknown flag: --subent\n\nUsage:  docker network create [OPTIONS] NETWORK\n\nRun 'docker network create --help' for more information\n"),
    ("docker network connect n1", 1,
     ("\"docker network connect\" requires exactly 2 arguments.\nSee 'docker network connect --help'.\n\nUsage:  docker network connect [OPTIONS] NETWORK CONTAINER"
     "\n\nConnect a container to a network\n"),
     ("docker: 'docker network connect' requires 2 arguments\n\nUsage:  docker network connect [OPTIONS] NETWORK CONTAINER\n\n"
     "Run 'docker network connect --help' for more information\n")),
    ("docker container rm", 1,
     ("\"docker container rm\" requires at least 1 argument.\nSee 'docker container rm --help'.\n\nUsage:  docker container rm [OPTIONS] CONTAINER [CONTAINER...]\n\n"
     "Remove one or more containers\n"),
     ("docker: 'docker container rm' requires at least 1 argument\n\nUsage:  docker container rm [OPTIONS] CONTAINER [CONTAINER...]\n\n"
     "See 'docker container rm --help' for more information\n")),
    ("docker run -p 80:abc busybox", 125, "docker: Invalid containerPort: abc.\nSee 'docker run --help'.\n",
     "docker: invalid containerPort: abc\n\nRun 'docker run --help' for more information\n"),
    ("docker run --dns x busybox", 125, 'invalid argument "x" for "--dns" flag: x is not an ip address\nSee \'docker run --help\'.\n',
     ('invalid argument "x" for "--dns" flag: IP address is not correctly formatted: x\n\nUsage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n\n'
     "Run 'docker run --help' for more information\n")),
    ("docker stop -t x c", 125, 'invalid argument "x" for "-t, --time" flag: strconv.ParseInt: parsing "x": invalid syntax\nSee \'docker stop --help\'.\n',
     ('invalid argument "x" for "-t, --timeout" flag: strconv.ParseInt: parsing "x": invalid syntax\n\nUsage:  docker stop [OPTIONS] CONTAINER [CONTAINER...]\n\n'
     "Run 'docker stop --help' for more information\n")),
    ("docker network rm nosuch", 1, "Error: No such network: nosuch\n", "Error response from daemon: network nosuch not found\nexit status 1\n"),
    ("docker exec nosuch true", 1, "Error: No such container: nosuch\n", "Error response from daemon: No such container: nosuch\n"),
    ("docker ps --filter foo=bar", 1, "Error response from daemon: Invalid filter 'foo'\n", "Error response from daemon: invalid filter 'foo'\n"),
    ("docker -H tcp://127.0.0.1:1 ps", 1, "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?\n",
     "Cannot connect to the Docker daemon at tcp://127.0.0.1:1. Is the docker daemon running?\n"),
    ("docker node ls", 1, *((("Error response from daemon: This node is not a swarm manager. Use \"docker swarm init\" or \"docker swarm join\" to connect this "
                             "node to swarm and try again.\n"),) * 2)),
]  # fmt: skip


@pytest.mark.parametrize(("line", "status", "before", "now"), WRONG, ids=[line for line, *_ in WRONG])
def test_each_release_complains_in_its_own_words(old: Host, new: Host, line: str, status: int, before: str, now: str) -> None:
    for host, text in ((old, before), (new, now)):
        done = host.run(line)
        assert (done.stdout, done.stderr, done.status) == ("", text, status)


def test_a_group_without_a_command_tells_its_commands(new: Host, old: Host) -> None:
    done = new.run("docker network")
    assert (done.stdout, done.status) == ("", 0)
    assert "  disconnect  Disconnect a container from a network\n" in done.stderr
    assert new.run("docker network --help").stdout == done.stderr
    assert old.run("docker network lst").stderr == "\n" + done.stderr
    assert "docker: unknown command: docker network lst" in new.run("docker network lst").stderr


def test_every_command_has_help() -> None:
    from netsim.commands.docker.rooms import COMMANDS

    host = host_with("28", "28.2.2")
    for path in COMMANDS:
        assert ok(host, f"docker {path} --help").startswith(f"Usage:  docker {path}"), path


def test_consecutive_ports_stand_together() -> None:
    for engine, command, second in (("28", "28.2.2", "[::]"), ("20.10", "20.10.24", "::")):
        host = host_with(engine, command)
        ok(host, "docker run -d --name c1 -p 5000-5002:5000-5002 -p 8080:80 -p 127.0.0.1:5353:53/udp busybox sleep 1000")
        shown = f"0.0.0.0:5000-5002->5000-5002/tcp, {second}:5000-5002->5000-5002/tcp, 127.0.0.1:5353->53/udp, 0.0.0.0:8080->80/tcp, {second}:8080->80/tcp"
        assert ok(host, "docker ps --format '{{.Ports}}'") == shown + "\n"
        assert ok(host, "docker port c1 80") == f"0.0.0.0:8080\n{second}:8080\n"


def test_lists_take_templates_filters_and_json(new: Host) -> None:
    ok(new, "docker network create --label env=test net10")
    ok(new, "docker network create net9")
    ok(new, "docker run -d --name f1 --network net9 --label k=v busybox sleep 1000")
    assert ok(new, "docker network ls --filter type=custom --format '{{.Name}}'") == "net9\nnet10\n"
    assert ok(new, "docker network ls -f label=env --format 'table {{.Name}}\t{{.Driver}}'") == "NAME      DRIVER\nnet10     bridge\n"
    assert json.loads(ok(new, "docker network ls -f name=net10 --format json"))["Labels"] == "env=test"
    assert ok(new, "docker ps -a --filter network=net9 --filter label=k --format '{{.Names}} {{.Networks}}'") == "f1 net9\n"
    assert ok(new, "docker ps -aq --no-trunc -f status=exited -f status=created") == ""
    assert re.fullmatch(r"Up .* seconds?\n|Up Less than a second\n", ok(new, "docker ps -f name=f1 --format '{{.Status}}'"))
    done = new.run("docker ps --format '{{.Nope}}'")
    assert done.stderr == (
        'failed to execute template: template: :1:2: executing "" at <.Nope>: can\'t evaluate field Nope in type *formatter.ContainerContext\n'
    )
    ok(new, "docker rm -f f1")
    ok(new, "docker network rm net9 net10")


def test_a_container_is_shown_as_the_commands_own_structure_first(new: Host) -> None:
    ok(new, "docker run -d --name i1 -p 8081:80 busybox sleep 1000")
    assert ok(new, "docker inspect -f '{{.HostConfig.Links}} {{.NetworkSettings.Ports}}' i1") == "[] map[80/tcp:[{0.0.0.0 8081} {:: 8081}]]\n"
    assert ok(new, "docker inspect -f '{{.Id}}' i1") == ok(new, "docker inspect -f '{{.ID}}' i1")  # one is JSON's name, the other Go's
    assert ok(new, "docker inspect -f '{{.NetworkSettings.Networks.nosuch.IPAddress}}' i1") == "<no value>\n"
    done = new.run("docker inspect -f '{{.Nope}}' i1")
    assert done.stderr == 'template parsing error: template: :1:2: executing "" at <.Nope>: map has no entry for key "Nope"\n'
    assert new.run("docker inspect -f '{{nope}}' i1").status == 64
    view = json.loads(ok(new, "docker inspect i1"))[0]
    assert list(view["NetworkSettings"]) == list(json.loads(ok(new, "docker inspect -f '{{json .NetworkSettings}}' i1")))
    assert view["Config"]["ExposedPorts"] == {"80/tcp": {}}
    ok(new, "docker rm -f i1")


def test_fields_are_those_of_the_release() -> None:
    before, now = host_with("20.10", "20.10.24"), host_with("28", "28.2.2")
    for host in (before, now):
        ok(host, "docker network create n1")
        ok(host, "docker run -d --name c1 --network n1 --network-alias al busybox sleep 1000")
    short = ok(before, "docker ps -q").strip()
    endpoint = json.loads(ok(before, "docker inspect -f '{{json .NetworkSettings.Networks.n1}}' c1"))
    assert endpoint["Aliases"] == ["al", short]
    assert list(endpoint)[-2:] == ["MacAddress", "DriverOpts"]
    endpoint = json.loads(ok(now, "docker inspect -f '{{json .NetworkSettings.Networks.n1}}' c1"))
    assert endpoint["Aliases"] == ["al"]
    assert endpoint["DNSNames"] == ["c1", "al", ok(now, "docker ps -q").strip()]
    assert ok(before, "docker inspect -f '{{.HostConfig.NetworkMode}}' $(docker create busybox)") == "default\n"
    assert ok(now, "docker inspect -f '{{.HostConfig.NetworkMode}}' $(docker create busybox)") == "bridge\n"


def test_limits_are_reported_and_told(new: Host) -> None:
    ok(new, "docker create --name m1 --memory 1g --cpus 1.5 -v data:/data busybox")
    assert (
        ok(new, "docker inspect -f '{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{json .HostConfig.Binds}}' m1")
        == '1073741824 1500000000 ["data:/data"]\n'
    )
    assert "h1: docker create --memory 1g" in new.world.unmodelled
    ok(new, "docker rm m1")


def test_logs_are_lines_with_their_times(new: Host) -> None:
    ok(new, "docker run --name l1 busybox sh -c 'echo one; echo two >&2; echo three'")
    assert ok(new, "docker logs l1") == "one\nthree\n"
    assert new.run("docker logs l1").stderr == "two\n"
    assert ok(new, "docker logs --tail 1 l1") == "three\n"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z three\n", ok(new, "docker logs -t -n 1 l1"))
    ok(new, "docker rm l1")


def test_following_a_log_ends_with_the_container(new: Host) -> None:
    ok(new, "docker run -d --name l2 busybox sh -c 'sleep 1; echo late'")
    assert ok(new, "docker logs -f l2") == "late\n"
    assert ok(new, "docker wait l2") == "0\n"
    ok(new, "docker rm l2")


def test_events_tell_what_happened_in_order(new: Host) -> None:
    watch = new.start("docker events --format '{{.Type}} {{.Action}}' --filter type=network")
    ok(new, "docker network create e1")
    ok(new, "docker run -d --name v1 --network e1 busybox sleep 1000")
    ok(new, "docker rm -f v1")
    ok(new, "docker network rm e1")
    assert watch.result().stdout.split("\n")[:2] == ["network create", "network connect"]
    assert watch.result().stdout.split("\n")[-2] == "network destroy"
    past = ok(new, "docker events --since 10m --until 0s --filter container=v1")
    assert re.search(r"^\S+Z container create [0-9a-f]{64} \(image=busybox, name=v1\)$", past, re.MULTILINE)


def test_a_daemon_remembers_its_last_events(new: Host) -> None:
    watch = new.start("docker events --format '{{.Actor.Attributes.name}}' --filter event=rename")
    ok(new, "docker run -d --name n0 busybox sleep 1000")
    for number in range(300):
        ok(new, f"docker rename n{number} n{number + 1}")
    past = ok(new, "docker events --since 10h --until 0s --format '{{.Actor.Attributes.name}}'").split()
    assert past == [f"n{number}" for number in range(45, 301)]
    ok(new, "docker rename n300 last")
    assert watch.result().stdout.split() == [*(f"n{number}" for number in range(1, 301)), "last"]


def test_pruning_asks_first(new: Host) -> None:
    ok(new, "docker network create p1")
    done = new.run("docker network prune")
    assert (
        done.stdout == "WARNING! This will remove all custom networks not used by at least one container.\nAre you sure you want to continue? [y/N] "
    )
    assert ok(new, "echo y | docker network prune").endswith("Deleted Networks:\np1\n\n")
    assert ok(new, "docker network prune -f") == ""


def test_a_detached_shell_keeps_waiting_for_input(new: Host) -> None:
    ok(new, "docker run -itd --name s1 busybox")
    assert ok(new, "docker inspect -f '{{.State.Status}}' s1") == "running\n"
    assert new.run("echo | docker exec -it s1 true").stderr == "the input device is not a TTY\n"
    ok(new, "docker exec -it s1 true")
    ok(new, "docker rm -f s1")


def test_a_fork_takes_watchers_along() -> None:
    host = host_with("28", "28.2.2")
    host.start("docker events")
    ok(host, "docker run -d --name c1 -i busybox cat")
    host.start("docker logs -f c1")
    trial = host.world.fork().hosts["h1"]
    assert ok(trial, "docker stop -t 0 c1") == "c1\n"
    assert ok(host, "docker ps -q") != ""


def test_every_room_has_the_subcommands_it_is_known_for() -> None:
    from importlib import import_module
    from pkgutil import walk_packages

    import netsim.commands.docker as docker
    from netsim.commands.docker.rooms import ROOMS
    from netsim.commands.docker.session import Subcommand

    there = {}
    for room in walk_packages(docker.__path__, "netsim.commands.docker."):
        for name, value in vars(import_module(room.name)).items():
            if name.endswith("_COMMANDS") and isinstance(value, tuple) and all(type(one) is Subcommand for one in value):
                there[f"{room.name.removeprefix('netsim.commands.docker.')}:{name}"] = tuple(one.path for one in value)
    assert there == dict(ROOMS)


def test_what_is_not_typed_is_not_loaded() -> None:
    import subprocess
    import sys

    script = "import sys; from netsim import World; World().host('h').run('docker network create lab'); print(*(m for m in sys.modules if '.swarm' in m or '.builder' in m))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
