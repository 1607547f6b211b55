"""Virtual services without a real kernel beside: timeouts, draining, counters, persistence, explanations, snapshots."""

from __future__ import annotations

import pytest

import netsim
from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.errors import EEXIST, EINVAL, ENOENT, ERANGE, ESRCH, NetError
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter.ipvs import ctl
from netsim.kernel.netfilter.ipvs.ctl import DestinationWish, ServiceName, ServiceWish
from netsim.kernel.tables.ipvs import MASQ, TUNNEL
from tests.ipvs.uml_lab import LAB

BY_MARK = ServiceName(PF_INET, fwmark=256)


@pytest.fixture
def world() -> netsim.World:
    world = netsim.World(seed=0)
    host = world.host("h")
    for line in LAB:
        assert host.run(line).status == 0, line
    return world


def director(world: netsim.World, line: str) -> str:
    done = world.hosts["h"].run(f"ip netns exec d {line}")
    assert done.stderr == "", line
    return done.stdout


def client(world: netsim.World, line: str) -> netsim.Result:
    return world.hosts["h"].run(f"ip netns exec c {line}")


def balanced(world: netsim.World, options: str = "-s rr") -> None:
    director(world, f"ipvsadm -A -t 10.0.0.100:80 {options}")
    for number in (1, 2):
        director(world, f"ipvsadm -a -t 10.0.0.100:80 -r 192.168.{number}.1:8080 -m")


def connections(world: netsim.World) -> list[list[str]]:
    return [line.split() for line in director(world, "ipvsadm -Lnc").splitlines()[2:]]


def test_a_closed_connection_is_forgotten_after_two_minutes(world: netsim.World) -> None:
    balanced(world)
    assert client(world, "nc -z 10.0.0.100 80").status == 0
    assert [row[2] for row in connections(world)] == ["TIME_WAIT"]
    world.clock.run_for(119 * SECOND)
    assert len(connections(world)) == 1
    world.clock.run_for(2 * SECOND)
    assert connections(world) == []
    assert director(world, "ipvsadm -Ln").splitlines()[-1].split()[-2:] == ["0", "0"]


def test_a_destination_of_weight_0_keeps_its_connections_and_gets_no_new_ones(world: netsim.World) -> None:
    balanced(world)
    host = world.hosts["h"]
    host.run("sleep 50 | ip netns exec c nc 10.0.0.100 80 >/dev/null & sleep 0.1")
    held = next(row[5] for row in connections(world) if row[2] == "ESTABLISHED")
    director(world, f"ipvsadm -e -t 10.0.0.100:80 -r {held} -m -w 0")
    for _ in range(4):
        assert client(world, "nc -z 10.0.0.100 80").status == 0
    rows = connections(world)
    assert [row[5] for row in rows if row[2] == "ESTABLISHED"] == [held]
    assert {row[5] for row in rows if row[2] != "ESTABLISHED"}.isdisjoint({held})


def test_packets_for_a_destination_that_was_taken_out_die_unless_the_setting_says_otherwise(world: netsim.World) -> None:
    director(world, "ipvsadm -A -u 10.0.0.100:53 -s rr")
    for number in (1, 2):
        director(world, f"ipvsadm -a -u 10.0.0.100:53 -r 192.168.{number}.1:53 -m")

    def used_by_another_datagram() -> str:
        client(world, "bash -c 'echo x | nc -u -q0 -p 5000 10.0.0.100 53'")
        return connections(world)[0][5]

    first = used_by_another_datagram()
    director(world, f"ipvsadm -d -u 10.0.0.100:53 -r {first}")
    assert used_by_another_datagram() == first
    director(world, "sysctl -qw net.ipv4.vs.expire_nodest_conn=1")
    assert used_by_another_datagram() != first


def test_the_client_stays_with_its_server_while_the_service_is_persistent(world: netsim.World) -> None:
    balanced(world, "-s rr -p 60")
    for _ in range(3):
        client(world, "nc -z 10.0.0.100 80")
    rows = connections(world)
    assert len({row[5] for row in rows}) == 1
    assert next(row for row in rows if row[3].endswith(":0"))[2] == "ASSURED"


def test_counters_are_shown_as_the_estimator_read_them_last(world: netsim.World) -> None:
    balanced(world)
    client(world, "nc -z 10.0.0.100 80")
    assert director(world, "ipvsadm -Ln --stats").splitlines()[3].split()[2] == "0"
    world.clock.run_for(2 * SECOND)
    assert director(world, "ipvsadm -Ln --stats").splitlines()[3].split()[2] == "1"
    assert "       1" in director(world, "cat /proc/net/ip_vs_stats")


def test_rates_fade_to_nothing(world: netsim.World) -> None:
    balanced(world)
    for _ in range(20):
        client(world, "nc -z 10.0.0.100 80")
    world.clock.run_for(2 * SECOND)
    assert int(director(world, "ipvsadm -Ln --rate").splitlines()[3].split()[2]) > 0
    world.clock.run_for(120 * SECOND)
    assert director(world, "ipvsadm -Ln --rate").splitlines()[3].split()[2:] == ["0"] * 5


def test_a_saved_world_goes_on_with_its_connections(world: netsim.World) -> None:
    balanced(world)
    client(world, "nc -z 10.0.0.100 80")
    twin = world.fork()
    assert client(twin, "nc -z 10.0.0.100 80").status == 0
    assert (len(connections(world)), len(connections(twin))) == (1, 2)


def test_the_module_brings_its_settings_and_files(world: netsim.World) -> None:
    host = world.hosts["h"]
    assert host.run("sysctl net.ipv4.vs.conntrack").status == 1
    assert host.run("ls /proc/net/ip_vs").status != 0
    host.run("modprobe ip_vs")
    assert (
        host.run("sysctl net.ipv4.vs.conntrack net.ipv4.vs.sync_threshold").stdout
        == "net.ipv4.vs.conntrack = 0\nnet.ipv4.vs.sync_threshold = 3\t50\n"
    )
    assert host.run("cat /proc/net/ip_vs").stdout.startswith("IP Virtual Server version 1.2.1 (size=4096)\n")


def test_rules_are_restored_from_what_was_saved(world: netsim.World) -> None:
    balanced(world, "-s sh -b sh-port -p 30 -M 255.255.255.0")
    saved = director(world, "ipvsadm -Sn")
    director(world, "ipvsadm -C")
    world.hosts["h"].run(f"ip netns exec d ipvsadm -R <<'EOF'\n{saved}EOF")
    assert director(world, "ipvsadm -Sn") == saved


def test_what_is_not_modelled_is_refused_by_name(world: netsim.World) -> None:
    host = world.hosts["h"]
    for words in ("-A --sctp-service 10.0.0.100:80", "-A -t 10.0.0.100:80 -s mh", "--start-daemon master", "-A -t 10.0.0.100:80 --pe sip"):
        done = host.run(f"ipvsadm {words}")
        assert (done.status, "is not modelled" in done.stderr) == (1, True), words


def test_the_engine_makes_services_by_mark(world: netsim.World) -> None:
    netns = world.hosts["h"].machine.kernel.init_net
    ctl.add_service(netns, BY_MARK, ServiceWish("rr"))
    ctl.add_destination(netns, BY_MARK, DestinationWish(PF_INET, int(IPv4.parse("10.0.1.3")), 0, 1, MASQ))
    text = world.hosts["h"].run("ipvsadm -Ln").stdout
    assert text.splitlines()[3:] == ["FWM  256 rr", "  -> 10.0.1.3:0                   Masq    1      0          0         "]
    ctl.edit_destination(netns, BY_MARK, DestinationWish(PF_INET, int(IPv4.parse("10.0.1.3")), 0, 0, MASQ))
    ctl.delete_destination(netns, BY_MARK, DestinationWish(PF_INET, int(IPv4.parse("10.0.1.3")), 0))
    ctl.delete_service(netns, BY_MARK)
    assert ctl.services_of(netns) == []


def test_the_kernel_refuses_with_its_numbers(world: netsim.World) -> None:
    netns = world.hosts["h"].machine.kernel.init_net
    server = DestinationWish(PF_INET, 0x0A000103, 0, 1, MASQ)
    for number, act in (
        (ESRCH, lambda: ctl.add_destination(netns, BY_MARK, server)),
        (ENOENT, lambda: ctl.add_service(netns, BY_MARK, ServiceWish("foo"))),
        (ESRCH, lambda: ctl.delete_service(netns, BY_MARK)),
    ):
        with pytest.raises(NetError) as refused:
            act()
        assert refused.value.errno == number
    ctl.add_service(netns, BY_MARK, ServiceWish("rr"))
    ctl.add_destination(netns, BY_MARK, server)
    for number, act in (
        (EEXIST, lambda: ctl.add_service(netns, BY_MARK, ServiceWish("rr"))),
        (EEXIST, lambda: ctl.add_destination(netns, BY_MARK, server)),
        (ERANGE, lambda: ctl.edit_destination(netns, BY_MARK, DestinationWish(PF_INET, 0x0A000103, 0, 1, MASQ, upper=1, lower=2))),
        (EINVAL, lambda: ctl.add_destination(netns, BY_MARK, DestinationWish(10, 1, 0, 1, MASQ))),
        (EINVAL, lambda: ctl.add_destination(netns, BY_MARK, DestinationWish(PF_INET, 0xFFFFFFFF, 0, 1, TUNNEL))),
        (ENOENT, lambda: ctl.delete_destination(netns, BY_MARK, DestinationWish(PF_INET, 1, 1))),
    ):
        with pytest.raises(NetError) as refused:
            act()
        assert refused.value.errno == number


def test_explain_names_the_destination(world: netsim.World) -> None:
    balanced(world)
    told = netsim.explain(world, "h/c", "10.0.0.100:80/tcp")
    text = str(told)
    assert "virtual service 10.0.0.100:80 (rr)" in text
    assert "masquerading" in text
