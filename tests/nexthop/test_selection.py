"""Which way of a nexthop group a flow takes, and what becomes of worlds that have nexthop objects."""

from __future__ import annotations

import pytest

import netsim

LAB = """
ip link set lo up
for n in 1 2; do ip link add v$n type veth peer name w$n; ip link set v$n up; ip link set w$n up
  ip addr add 10.0.$n.1/24 dev v$n; ip -6 addr add fd0$n::1/64 dev v$n nodad
  ip neigh add 10.0.$n.2 lladdr 02:00:00:00:00:0$n dev v$n; ip neigh add fd0$n::2 lladdr 02:00:00:00:00:0$n dev v$n
  ip nexthop add id $n via 10.0.$n.2 dev v$n; ip nexthop add id 1$n via fd0$n::2 dev v$n; done
ip nexthop add id 9 group 1,3/2; ip route add 10.99.0.0/16 nhid 9
ip nexthop add id 19 group 11,3/12; ip -6 route add fd99::/64 nhid 19
"""


def lab() -> tuple[netsim.World, netsim.Host]:
    world = netsim.World(seed=0)
    host = world.host("h1")
    assert host.run(LAB).stderr == ""
    return world, host


def ways(host: netsim.Host, prefix: str) -> list[str]:
    """The device each of many destinations is sent by."""
    answers = [host.run(f"ip route get {prefix}{number:x}" if ":" in prefix else f"ip route get {prefix}{number}").stdout for number in range(1, 201)]
    return [answer.split(" dev ")[1].split()[0] for answer in answers]


@pytest.mark.parametrize("prefix", ["10.99.0.", "fd99::"])
def test_flows_spread_by_the_weights_of_a_group(prefix: str) -> None:
    _, host = lab()
    taken = ways(host, prefix)
    assert 125 < taken.count("v1") < 175  # three quarters of 200
    assert ways(host, prefix) == taken


@pytest.mark.parametrize("prefix", ["10.99.0.", "fd99::"])
def test_a_group_passes_over_a_gateway_that_is_known_to_be_dead(prefix: str) -> None:
    _, host = lab()
    dead = "10.0.1.2" if prefix == "10.99.0." else "fd01::2"
    host.run(f"ip neigh replace {dead} dev v1 nud failed")
    assert set(ways(host, prefix)) == {"v2"}


def test_a_gateway_at_the_end_of_a_group_that_is_dead_is_used_all_the_same() -> None:
    _, host = lab()
    host.run("ip neigh replace 10.0.2.2 dev v2 nud failed")
    assert set(ways(host, "10.99.0.")) == {"v1", "v2"}  # those behind a hash are asked, never those before it


def test_forks_and_snapshots_keep_objects_and_go_their_own_ways(tmp_path: object) -> None:
    world, host = lab()
    copy = world.fork()
    host.run("ip nexthop del id 1")
    other = copy.host("h1")
    assert "nhid 9 \n" in other.run("ip route").stdout and "nhid 9 via 10.0.2.2 dev v2" in host.run("ip route").stdout
    world.save(f"{tmp_path}/w")
    again = netsim.World.load(f"{tmp_path}/w").host("h1")
    assert again.run("ip -d nexthop; ip -d route; ip -d -6 route").stdout == host.run("ip -d nexthop; ip -d route; ip -d -6 route").stdout
    assert again.run("ip nexthop del id 2; ip route show 10.99.0.0/16").stdout == ""


def test_a_namespace_takes_its_objects_with_it() -> None:
    world = netsim.World(seed=0)
    host = world.host("h1")
    lines = (
        "ip netns add n; ip -n n link set lo up; ip -n n nexthop add id 1 blackhole; ip -n n nexthop; ip netns del n; ip netns add n; ip -n n nexthop"
    )
    assert host.run(lines).stdout == "id 1 blackhole \n"
