"""What nobody may write, tables that are not there, and numbers in place of names (compared by hand with Linux 6.18, iproute2 6.1 and procps 4.0.2)."""

from __future__ import annotations

from netsim import World


def test_a_setting_that_only_the_kernel_writes_cannot_be_opened_for_writing() -> None:
    host = World(seed=0).host("h")
    done = host.run("echo 1 > /proc/sys/net/ipv4/conf/lo/mc_forwarding")
    assert (done.stderr, done.status) == ("bash: line 1: /proc/sys/net/ipv4/conf/lo/mc_forwarding: Permission denied\n", 1)
    done = host.run("sysctl -w net.ipv4.conf.lo.mc_forwarding=1")
    assert (done.stderr, done.status) == ('sysctl: setting key "net.ipv4.conf.lo.mc_forwarding": Invalid argument\n', 0)


def test_a_table_that_is_not_there_is_told_apart_from_a_route_that_is_not() -> None:
    host = World(seed=0).host("h")
    fresh = host.netns("n")
    missing, unknown = "Error: FIB table does not exist.\n", "RTNETLINK answers: No such process\n"
    assert fresh.run("ip route del 10.0.0.0/8").stderr == missing
    fresh.run("ip link set lo up")
    assert fresh.run("ip route del 10.0.0.0/8").stderr == unknown
    assert fresh.run("ip route del 10.0.0.0/8 table 7").stderr == missing


def test_rules_are_told_in_numbers_on_request() -> None:
    host = World(seed=0).host("h")
    host.run("ip rule add from 10.0.0.1 ipproto gre blackhole pref 5")
    assert host.run("ip -N rule show pref 5").stdout == "5:\tfrom 10.0.0.1 ipproto ipproto-47 6\n"
    assert host.run("ip rule show pref 5").stdout == "5:\tfrom 10.0.0.1 ipproto gre blackhole\n"


def test_addresses_of_one_protocol_come_without_the_link_but_in_detail() -> None:
    host = World(seed=0).host("h")
    host.run("ip link set lo up")
    assert "link/loopback" not in host.run("ip -4 addr show lo").stdout
    assert "link/loopback" in host.run("ip -4 -d addr show lo").stdout
