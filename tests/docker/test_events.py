"""Events: their order and attributes by release, and which of them filters take."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from netsim import Host
from netsim.transcript import replay
from tests.docker.hosts import host_of, ok

RECORDED = sorted((Path(__file__).parents[1] / "oracle" / "engines").glob("*--events.json"))
DRAWN = ("container", "execID", "execDuration")
SHOWN = "--format '{{.Type}} {{.Action}} {{.Actor.Attributes.name}}'"


def told(output: str) -> list[tuple[str, str, dict[str, str]]]:
    """Type, action and attributes of each event that was printed as JSON, without what is drawn or measured."""
    events: list[dict[str, Any]] = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [(one["Type"], one["Action"], {name: value for name, value in one["Actor"]["Attributes"].items() if name not in DRAWN}) for one in events]


@pytest.mark.parametrize("path", RECORDED, ids=[path.stem for path in RECORDED])
def test_each_release_tells_the_same_in_the_same_order(path: Path) -> None:
    """Times make the whole step unlike itself, so what it tells besides is compared here (`handleContainerExit`, `Daemon.Cleanup`)."""
    scenario = json.loads(path.read_text())
    first = scenario["steps"][0]
    ours = replay({**scenario, "steps": [{"cmd": first["cmd"]}]})["steps"][0]["output"]
    assert told(ours) == told(first.get("output") or first["stdout"])


@pytest.fixture
def host() -> Host:
    made = host_of("20.10")
    for line in (
        "docker network create n1", "docker volume create vv", "docker run -d --name c1 --label k=v --network n1 -v vv:/data busybox sleep 1000",
        "docker exec c1 true", "docker stop -t0 c1",
    ):  # fmt: skip
        ok(made, line)
    return made


@pytest.mark.parametrize(
    ("filters", "taken"),
    [
        ("-f container=c", ["container create c1", "container start c1", "container exec_create: true  c1", "container exec_start: true  c1",
                            "container exec_die c1", "container kill c1", "container kill c1", "container die c1", "container stop c1"]),
        ("-f container=n1", ["network create n1", "network connect n1", "network disconnect n1"]),
        ("-f network=n -f event=create", ["network create n1"]),
        ("-f volume=v -f event=mount -f event=unmount", ["volume mount <no value>", "volume unmount <no value>"]),
        ("-f event=exec_create", ["container exec_create: true  c1"]),
        ("-f event=exec_create -f event=st", ["container start c1", "container exec_create: true  c1", "container stop c1"]),
        ("-f event=exec_d", []),
        ("-f label=k=v -f event=die", ["container die c1"]),
        ("-f label=k=w", []),
        ("-f image=busybox:latest -f event=start", []),
        ("-f image=busybox -f event=start", ["container start c1"]),
        ("-f scope=swarm", []),
        ("-f nosuch=x -f event=die", ["container die c1"]),
        ("-f daemon=x", []),
    ],
)  # fmt: skip
def test_a_filter_means_the_beginning_of_an_id_or_a_name(host: Host, filters: str, taken: list[str]) -> None:
    """`Filter.Include`; each answer is that of dockerd 20.10.24, whose filters the later releases have unchanged."""
    assert host.run(f"timeout 1 docker events --since 1h {filters} {SHOWN}").stdout.splitlines() == taken


@pytest.mark.parametrize(("engine", "first"), [("20.10", ["network", "volume"]), ("27", ["network", "volume"]), ("28", ["volume", "network"])])
def test_volumes_are_mounted_before_the_network_is_there_from_28_on(engine: str, first: list[str]) -> None:
    """`containerStart`: 28 joins networks when the runtime has made the namespace."""
    host = host_of(engine)
    ok(host, "docker run -d --name c1 -v vv:/data busybox sleep 1000")
    lines = host.run("timeout 1 docker events --since 1h -f event=mount -f event=connect --format '{{.Type}}'").stdout
    assert lines.split() == first


@pytest.mark.parametrize("engine", ["20.10", "27", "28", "29"])
def test_a_container_that_could_not_start_leaves_the_networks_that_it_was_to_join(engine: str) -> None:
    """`containerStart` cleans up (`Daemon.Cleanup`, `releaseNetwork`)."""
    host = host_of(engine)
    ok(host, "docker network create n1")
    host.run("docker run -d --name c1 --network n1 busybox nosuch")
    lines = host.run("timeout 1 docker events --since 1h -f type=network --format '{{.Action}}'").stdout.split()
    assert lines == ["create", *(["connect"] if engine in ("20.10", "27") else []), "disconnect"]
