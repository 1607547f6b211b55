"""IPv6 in VRFs: tables, rules, packets, sockets, and devices that come and go."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host
from tests.links.vrf6_lab import LAB


@pytest.fixture(scope="module")
def grown() -> netsim.World:
    world = netsim.World(seed=0)
    host = world.host("vm")
    for line in LAB:
        told = host.run(line)
        assert (told.stderr, told.status) == ("", 0), line
    return world


@pytest.fixture
def host(grown: netsim.World) -> Host:
    return grown.fork().hosts["vm"]


def routes(host: Host, table: str) -> list[str]:
    """The routes of a table but those that are of one link."""
    return [line.split(" proto")[0] for line in host.run(f"ip -6 route show table {table}").stdout.splitlines() if "fe80" not in line]


def test_the_first_vrf_brings_a_rule_for_each_protocol_and_an_empty_table() -> None:
    host = netsim.World(seed=0).host("vm")
    host.run("ip link add red type vrf table 10")
    assert [line.split(":")[0] for line in host.run("ip -6 rule").stdout.splitlines()] == ["0", "1000", "32766"]
    told = host.run("ip -6 route show table 10")
    assert (told.stdout, told.stderr, told.status) == ("", "", 0)
    host.run("ip -6 rule del pref 1000; ip link add blue type vrf table 20")
    assert "l3mdev" not in host.run("ip -6 rule").stdout


def test_the_routes_of_ports_are_in_the_table_of_their_vrf(host: Host) -> None:
    assert routes(host, "main") == [] and routes(host, "local") == ["local ::1 dev lo"]
    assert "local fd00:1::1 dev va" in routes(host, "10") and "fd00:1::/64 dev vc" in routes(host, "20")
    assert "multicast ff00::/8 dev va" in routes(host, "10") and "anycast fd00:1:: dev va" in routes(host, "10")


def test_a_vrf_has_no_link_of_its_own(host: Host) -> None:
    assert "inet6" not in host.run("ip -6 addr show red").stdout
    assert not any("dev red" in route for route in routes(host, "10"))
    told = host.run("ping -c1 -W1 -I red ff02::1")
    assert told.status == 1 and "0 received, 100% packet loss" in told.stdout


@pytest.mark.parametrize("sender", ["ip netns exec a", "ip netns exec c", "ip vrf exec red", "ip vrf exec blue"])
def test_vrfs_with_the_same_addresses_reach_each_their_own(host: Host, sender: str) -> None:
    assert host.run(f"{sender} ping -c1 -W1 fd00:2::2").status == 0
    seen = {name: host.run(f"ip -n {name} -s -j link show e0").stdout for name in "bd"}
    host.run(f"{sender} ping -c3 -i 0.2 -W1 fd00:2::2")
    passed = {name for name in "bd" if host.run(f"ip -n {name} -s -j link show e0").stdout != seen[name]}
    assert passed == ({"b"} if sender.endswith((" a", "red")) else {"d"})


def test_who_is_outside_reaches_nothing_inside(host: Host) -> None:
    for target in ("fd00:1::1", "fd00:1::2"):
        assert "Network is unreachable" in host.run(f"ping -c1 -W1 {target}").stderr
    assert host.run("ping -c1 -W1 -I fd00:1::1 fd00:1::2").status


def test_a_route_by_a_gateway_is_added_where_the_gateway_is(host: Host) -> None:
    assert host.run("ip -6 route add fd00:5::/64 via fd00:2::2 vrf red").status == 0
    assert host.run("ip -6 route add fd00:5::/64 via fd00:2::2").status == 2
    assert "dev vb" in host.run("ip -6 route get fd00:5::9 vrf red").stdout


def test_a_port_that_moves_loses_its_addresses_and_takes_its_link_along(host: Host) -> None:
    host.run("ip link set va nomaster; sleep 2")
    assert "fd00" not in host.run("ip -6 addr show va").stdout
    assert not any("dev va" in route for route in routes(host, "10")) and "multicast ff00::/8 dev va" in routes(host, "local")
    host.run("sysctl -qw net.ipv6.conf.va.keep_addr_on_down=1; ip -6 addr add fd00:1::1/64 dev va nodad; ip link set va master blue; sleep 2")
    assert "local fd00:1::1 dev va" in routes(host, "20") and routes(host, "main") == []


def test_a_vrf_that_goes_leaves_its_ports_outside(host: Host) -> None:
    host.run("ip link del red; ip link del blue; sleep 2")
    assert {"multicast ff00::/8 dev va", "multicast ff00::/8 dev vd"} <= set(routes(host, "local")) and routes(host, "10") == []
