"""What public walkthroughs type; the answers are those of dockerd 20.10.24 with docker 28.2.2 where nothing else is said."""

from __future__ import annotations

import pytest

from netsim import World
from tests.docker.hosts import host_of, ok


@pytest.fixture(scope="module")
def exposed() -> object:
    host = host_of("20.10")
    ok(host, "docker run -d --expose 8080 --name ex busybox sleep 100")
    return host


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("{{.Config.ExposedPorts}}", "map[8080/tcp:{}]"),
        ("{{range $p, $nothing := .Config.ExposedPorts}}{{$p}} {{$nothing}}{{end}}", "8080/tcp {}"),
        ("{{.NetworkSettings.Ports}}", "map[8080/tcp:[]]"),
        ("{{range $p, $c := .NetworkSettings.Ports}}{{$p}} {{$c}} {{with $c}}{{.}}{{else}}none{{end}}{{end}}", "8080/tcp [] none"),
        ("{{json .NetworkSettings.Ports}}", '{"8080/tcp":null}'),
        ("{{range .NetworkSettings.Networks}}{{.IPAMConfig}}{{end}} {{.State.Health}} {{.Config.Healthcheck}}", "<nil> <nil> <nil>"),
        ("{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}", "none"),
    ],
)
def test_empty_values_print_as_their_go_types_do(exposed: object, template: str, text: str) -> None:
    assert ok(exposed, f"docker inspect -f '{template}' ex") == text + "\n"  # type: ignore[arg-type]


def test_what_a_map_points_to_prints_as_an_address_and_by_itself_as_what_it_is(exposed: object) -> None:
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings.Networks}}' ex").startswith("map[bridge:0xc000")  # type: ignore[arg-type]
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings.Networks.bridge}}' ex").startswith("{<nil> [] [] ")  # type: ignore[arg-type]
    assert ok(exposed, "docker inspect -f '{{.NetworkSettings}}' ex").startswith("{{ ")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("template", "problem"),
    [
        (
            '{{(index (index .NetworkSettings.Ports "80/tcp") 0).HostPort}}',
            ':1:3: executing "" at <index (index .NetworkSettings.Ports "80/tcp") 0>: error calling index: index of untyped nil',
        ),
        ('{{(index .NetworkSettings.Networks "zz").IPAddress}}', ':1:35: executing "" at <"zz">: nil data; no entry for key "IPAddress"'),
        ("{{join .Args}}", ':1:2: executing "" at <join>: wrong number of args for join: want 2 got 1'),
        ("{{.Args | index 7}}", ":1:10: executing \"\" at <index 7>: error calling index: can't index item of type int"),
    ],
)
def test_a_template_that_fails_names_the_whole_command(exposed: object, template: str, problem: str) -> None:
    done = exposed.run(f"docker inspect -f '{template}' ex")  # type: ignore[attr-defined]
    assert done.stderr == f"template parsing error: template: {problem}\n"


def test_a_container_that_ends_leaves_its_networks_with_an_event() -> None:
    host = host_of("20.10")
    ok(host, "docker network create n1 && docker run -d --name c1 --network n1 busybox sleep 100 && docker stop -t 1 c1")
    told = ok(host, "docker events --since 1h --until 0s --format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'").splitlines()
    assert told[0] == "network create n1"  # none of the daemon's own
    assert told[-3:] == ["container die c1", "network disconnect n1", "container stop c1"]


def test_a_container_that_always_fails_starts_again_after_twice_as_long_each_time() -> None:
    host = host_of("20.10")
    ok(host, "docker run -d --restart=always --name rr busybox false; sleep 2.5")
    assert ok(host, "docker inspect -f '{{.RestartCount}}' rr") == "5\n"  # 0.1 + 0.2 + 0.4 + 0.8 s have passed, 1.6 s are under way
    ok(host, "docker stop rr; docker start rr; sleep 0.5")
    assert ok(host, "docker inspect -f '{{.RestartCount}}' rr") == "8\n"


def test_busybox_runs_an_applet_by_name_in_its_images() -> None:
    host = host_of("28")
    assert ok(host, "docker run --rm busybox busybox echo hi") == "hi\n"
    assert "1 packets received" in ok(host, "docker run --rm alpine busybox ping -c1 127.0.0.1")


def test_a_port_that_is_not_published_is_named_as_it_was_asked_for() -> None:
    host = host_of("28")
    ok(host, "docker run -d --expose 8080 --name ex busybox sleep 100")
    assert host.run("docker port ex 8080").stderr == "Error: No public port '8080' published for ex\n"


def test_a_ping_whose_reader_is_gone_ends() -> None:
    host = World().host("h1")
    ok(host, "ip link set lo up; ip link add v0 type veth peer name v1; ip addr add 10.0.0.1/24 dev v0; ip link set v0 up; ip link set v1 up")
    assert ok(host, "ping 10.0.0.9 | head -3").count("\n") == 3
