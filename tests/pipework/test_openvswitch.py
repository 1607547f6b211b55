"""ovs-vsctl and the switch behind it: texts as a real database's, frames by VLAN."""

from __future__ import annotations

import pytest

import netsim


@pytest.fixture
def host() -> netsim.Host:
    host = netsim.World(seed=0).host("h1")
    for name, number in (("a1", 1), ("a2", 2), ("b1", 3)):
        host.run(f"ip netns add n{number}; ip link add {name} type veth peer name eth0 netns n{number}; ip link set {name} up")
        host.run(f"ip -n n{number} addr add 10.0.0.{number}/24 dev eth0; ip -n n{number} link set eth0 up")
    return host


def pings(host: netsim.Host, source: int, target: int) -> bool:
    return host.run(f"ip netns exec n{source} ping -c1 -W1 10.0.0.{target}").status == 0


def wired(host: netsim.Host, *words: str) -> None:
    host.run("ovs-vsctl add-br ovs0")
    for name, tag in zip(("a1", "a2", "b1"), words, strict=True):
        done = host.run(f"ovs-vsctl add-port ovs0 {name} {tag}")
        assert (done.status, done.stderr) == (0, "")


def test_access_ports_of_one_vlan_hear_each_other_and_no_others(host: netsim.Host) -> None:
    wired(host, "tag=10", "tag=10", "tag=20")
    assert (pings(host, 1, 2), pings(host, 1, 3)) == (True, False)
    assert host.run("ovs-vsctl set port b1 tag=10").status == 0
    assert pings(host, 1, 3)


def test_a_trunk_carries_tagged_frames_of_the_vlans_it_lists(host: netsim.Host) -> None:
    wired(host, "tag=10", "tag=20", "trunks=10,30")
    for vlan in (10, 20):
        host.run(f"ip -n n3 link add link eth0 name eth0.{vlan} type vlan id {vlan}; ip -n n3 link set eth0.{vlan} up")
    host.run("ip -n n3 addr flush dev eth0; ip -n n3 addr add 10.0.0.3/24 dev eth0.10")
    assert pings(host, 1, 3)
    host.run("ip -n n3 addr flush dev eth0.10; ip -n n3 addr add 10.0.0.3/24 dev eth0.20")
    assert not pings(host, 2, 3)


def test_stations_are_learnt_so_that_others_do_not_hear(host: netsim.Host) -> None:
    wired(host, "", "", "")
    assert pings(host, 1, 2)
    before = host.run("ip -n n3 -s link show eth0").stdout
    assert pings(host, 1, 2)
    assert host.run("ip -n n3 -s link show eth0").stdout == before


def test_internal_ports_are_devices_of_the_host_that_go_with_the_bridge(host: netsim.Host) -> None:
    wired(host, "tag=10", "", "")
    host.run("ovs-vsctl add-port ovs0 in10 tag=10 -- set Interface in10 type=internal; ip addr add 10.0.0.9/24 dev in10; ip link set in10 up")
    assert host.run("ping -c1 -W1 10.0.0.1").status == 0
    assert "master ovs-system" in host.run("ip link show a1").stdout
    host.run("ovs-vsctl del-br ovs0")
    assert host.run("ip link show in10").status == 1
    assert "ovs-system" not in host.run("ip link show a1").stdout


def test_commands_of_one_line_are_done_together_or_not_at_all(host: netsim.Host) -> None:
    host.run("ovs-vsctl add-br ovs0")
    done = host.run("ovs-vsctl add-port ovs0 a1 -- add-port nope a2")
    assert (done.status, done.stderr) == (1, "ovs-vsctl: no bridge named nope\n")
    assert host.run("ovs-vsctl list-ports ovs0").stdout == ""


def test_a_port_without_a_device_is_kept_and_named(host: netsim.Host) -> None:
    host.run("ovs-vsctl add-br ovs0")
    done = host.run("ovs-vsctl add-port ovs0 ghost")
    assert done.status == 0
    assert "could not open network device ghost (No such device)" in done.stderr
    host.run("ip link add ghost type dummy")
    assert "error" not in host.run("ovs-vsctl show").stdout


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        ("add-br ovs0", 1, "cannot create a bridge named ovs0 because a bridge named ovs0 already exists"),
        ("add-port ovs0 a1", 1, "cannot create a port named a1 because a port named a1 already exists on bridge ovs0"),
        ("add-port nope x", 1, "no bridge named nope"),
        ("del-port nope", 1, "no port named nope"),
        ("port-to-br nope", 1, "no port named nope"),
        ("iface-to-br nope", 1, "no interface named nope"),
        ("br-exists nope", 2, ""),
        ("set port a1 tag=5000", 1, "constraint violation: 5000 is not in the valid range 0 to 4095 (inclusive)"),
        ("set port a1 foo=1", 1, 'Port does not contain a column whose name matches "foo"'),
        ("set port nope tag=5", 1, 'no row "nope" in table Port'),
        ("add-port ovs0 q tag=abc", 1, '"abc" is not a valid integer or range'),
        ("add-br", 1, "'add-br' command requires at least 1 arguments"),
        ("add-br a b", 1, "'add-br' command takes exactly 1 or 3 arguments"),
        ("foo", 1, "unknown command 'foo'; use --help for help"),
        ("", 1, "missing command name (use --help for help)"),
        ("--foo show", 1, "unrecognized option '--foo'"),
    ],
)
def test_mistakes_are_worded_as_the_real_tool_words_them(host: netsim.Host, words: str, status: int, said: str) -> None:
    wired(host, "tag=10", "", "")
    done = host.run(f"ovs-vsctl {words}")
    assert (done.status, done.stdout, done.stderr) == (status, "", f"ovs-vsctl: {said}\n" if said else "")
