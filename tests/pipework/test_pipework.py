"""pipework: what it makes, what it refuses, and what it leaves behind."""

from __future__ import annotations

import hashlib

import pytest

import netsim


@pytest.fixture
def host() -> netsim.Host:
    world = netsim.World(seed=0)
    host = world.host("h1")
    for line in ("docker run -d --name c1 --net=none busybox sleep 1000", "docker run -d --name c2 --net=none busybox sleep 1000"):
        assert host.run(line).status == 0
    return host


def good(host: netsim.Host, line: str) -> str:
    done = host.run(line)
    assert (done.status, done.stderr) == (0, ""), line
    return done.stdout


def test_a_bridge_that_is_not_there_is_made(host: netsim.Host) -> None:
    good(host, "pipework br7 c1 10.0.0.2/24")
    assert "state UP" in good(host, "ip link show br7")
    assert "10.0.0.2/24" in good(host, "docker exec c1 ip -4 addr show eth1")


def test_the_namespace_is_named_by_its_pid_only_while_it_works(host: netsim.Host) -> None:
    good(host, "pipework br7 c1 10.0.0.2/24")
    assert good(host, "ip netns") == ""


def test_names_of_ports_carry_interface_and_pid(host: netsim.Host) -> None:
    pid = good(host, "docker inspect -f '{{.State.Pid}}' c1").strip()
    good(host, "pipework br7 c1 10.0.0.2/24")
    assert f"veth1pl{pid}" in good(host, "brctl show br7")


def test_a_mac_can_be_drawn_from_a_word(host: netsim.Host) -> None:
    good(host, "pipework br7 c1 10.0.0.2/24 U:sesame")
    digest = hashlib.md5(b"sesame\n").hexdigest()
    expected = "02:" + ":".join(digest[at : at + 2] for at in range(0, 10, 2))
    assert good(host, "docker exec c1 cat /sys/class/net/eth1/address").strip() == expected


def test_a_gateway_outside_of_the_subnet_gets_a_route_of_its_own(host: netsim.Host) -> None:
    good(host, "pipework br7 c1 10.0.0.2/32@10.0.0.1")
    routes = good(host, "docker exec c1 ip route")
    assert "default via 10.0.0.1 dev eth1" in routes
    assert "10.0.0.1 dev eth1" in routes


def test_the_family_can_be_chosen(host: netsim.Host) -> None:
    good(host, "pipework br7 -a 6 c1 fd00::2/64")
    assert "fd00::2/64" in good(host, "docker exec c1 ip -6 addr show eth1")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pipework br7 c1 10.0.0.2", "The IP address should include a netmask.\nMaybe you meant 10.0.0.2/24 ?\n"),
        ("pipework br7 nobody 10.0.0.2/24", "Error: No such object: nobody\n"),
        ("pipework wan7 c1 10.0.0.2/24", "I do not know how to setup interface wan7.\n"),
        ("pipework br7 c1 10.0.0.2/24 @5", "VLAN configuration currently unsupported for Linux bridge.\n"),
        ("pipework br7 c1 dhcpcd", "You asked for DHCP client dhcpcd, but I can't find it.\n"),
        ("pipework br7 c1 300.0.0.1/24", 'Error: inet prefix is expected rather than "300.0.0.1/24".\n'),
    ],
)
def test_mistakes_are_named(host: netsim.Host, line: str, said: str) -> None:
    done = host.run(line)
    assert (done.status != 0, done.stderr) == (True, said)


def test_without_an_address_it_prints_its_forms(host: netsim.Host) -> None:
    done = host.run("pipework br7 c1")
    assert (done.status, done.stderr) == (1, "")
    assert done.stdout.startswith("Syntax:\npipework <hostinterface> [-i containerinterface]")


def test_a_container_that_does_not_run_is_waited_for_three_seconds(host: netsim.Host) -> None:
    good(host, "docker stop -t0 c2")
    start = host.world.clock.now
    done = host.run("pipework br7 c2 10.0.0.2/24")
    assert (done.status, done.stderr) == (1, "Docker inspect returned invalid PID 0\n")
    assert host.world.clock.now - start >= 3_000_000_000


def test_the_same_interface_twice_is_refused(host: netsim.Host) -> None:
    good(host, "pipework br7 -l mine c1 10.0.0.2/24")
    assert host.run("pipework br7 -l mine c1 10.0.0.3/24").stdout == "Link mine exists and is up\n"


def test_wait_waits_until_the_interface_is_there(host: netsim.Host) -> None:
    job = host.start("pipework --wait -i lo5")
    host.world.run_for(3_000_000_000)
    assert job.is_running
    host.run("ip link add lo5 type dummy; ip link set lo5 up")
    host.world.run_for(2_000_000_000)
    assert not job.is_running


def test_a_background_command_whose_file_is_not_there_fails_like_any_other(host: netsim.Host) -> None:
    done = host.run("cat </nope & wait $!; echo $?")
    assert (done.stdout, "/nope: No such file or directory" in done.stderr) == ("1\n", True)
