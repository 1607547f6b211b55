"""The matrix of who reaches whom, whose attempts share copies of the world, is what one attempt in a copy of its own finds in each cell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

import netsim
from netsim.analysis.places import places
from netsim.analysis.reach import best_answer
from netsim.analysis.services import services
from netsim.analysis.target import Target
from netsim.analysis.trials import is_steady, trials
from netsim.labs import open_lab
from netsim.strategies import DockerHost, Ruleset, Topology, docker_worlds, rulesets, topologies

ROOT = Path(__file__).parents[2]
STEPS = (
    "company/stack.sh",
    "cross-host/vxlan.sh",
    "cross-host/gre.sh",
    "problems/03-published-port-passes-ufw/lab.sh",
    "problems/13-mtu-black-hole/lab.sh",
)


def differing(world: netsim.World, every: int = 1) -> list[str]:
    """Cells (each, or every n-th) whose answer is another one when they are the only one tried."""
    matrix = netsim.reach(world)
    pairs = [(place.name, service) for service in services(world) for place in places(world) if place.name != service.place]
    assert len(pairs) == len(matrix.cells)
    found = []
    for (source, service), cell in list(zip(pairs, matrix.cells, strict=True))[::every]:
        alone = best_answer(world, source, service)
        if (alone.verdict, alone.reason.code, alone.address) != (cell.verdict, cell.reason, cell.address):
            found.append(f"{source} -> {service}: {cell.verdict} ({cell.reason}), alone {alone.verdict} ({alone.reason.code})")
    return found


@pytest.mark.parametrize("example", STEPS)
def test_examples_have_in_every_cell_what_one_attempt_finds(example: str) -> None:
    assert differing(open_lab(str(ROOT / "examples" / example)), every=23 if "company" in example else 1) == []


@settings(max_examples=6, deadline=None)
@given(topology=topologies(3, 2), filters=rulesets(6))
def test_drawn_networks_have_in_every_cell_what_one_attempt_finds(topology: Topology, filters: Ruleset) -> None:
    world = topology.build()
    for rule in filters.rules:
        world.host().run(f"ip netns exec r0 iptables {rule}")
    world.host().run("ip netns exec h0x0 nc -lk -p 80 & ip netns exec r0 nc -luk -p 53 &")
    assert differing(world) == []


@settings(max_examples=4, deadline=None)
@given(drawn=docker_worlds())
def test_drawn_docker_hosts_have_in_every_cell_what_one_attempt_finds(drawn: DockerHost) -> None:
    assert differing(drawn.build(), every=2) == []


SERVER = "ip netns add red; ip link add v0 type veth peer name eth0 netns red; ip addr add 10.0.0.1/24 dev v0; ip link set v0 up; ip -n red addr add 10.0.0.2/24 dev eth0; "
SERVER += "ip -n red link set eth0 up; ip netns add blue; ip link add v1 type veth peer name eth0 netns blue; ip link add br0 type bridge; "


@pytest.mark.parametrize(
    ("line", "steady"),
    [
        ("iptables -A INPUT -p icmp -m limit --limit 1/minute --limit-burst 1 -j ACCEPT; iptables -A INPUT -p icmp -j DROP", False),
        ("iptables -A INPUT -p icmp -m statistic --mode nth --every 2 --packet 0 -j DROP", False),
        ("tc qdisc add dev v0 root netem loss 50%", False),
        ("ip netns exec red nc -l -p 80 &", True),  # serves the first client only
        ("ip neigh replace 10.0.0.2 lladdr 02:00:00:00:00:99 dev v0 nud stale", True),
        ("iptables -A INPUT -p icmp -j DROP", True),
    ],
)
def test_what_one_attempt_leaves_behind_is_not_met_by_another(line: str, steady: Any) -> None:
    world = netsim.World()
    assert world.host().run_script(SERVER + "\n" + line).status == 0
    world.host().run("ip netns exec red nc -lk -p 81 &")
    world.run_for(1_000_000_000)
    assert is_steady(world) is steady
    assert differing(world) == []


def test_a_relay_serves_one_attempt_after_the_other() -> None:
    world = netsim.World()
    world.host().docker()
    for name in ("box0 -p 8000:80", "box1"):
        assert world.host().run(f"docker run -d --name {name} training/webapp python -m http.server 80").status == 0
    tries = trials(world)
    assert [tries.outcome("box1", Target("172.17.0.1", "tcp", 8000)).cause.code for _ in range(3)] == ["reached-by-relay"] * 3
