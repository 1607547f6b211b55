"""Devices share settings and routes until one of them has its own: nobody else may notice."""

from __future__ import annotations

import pytest

from netsim import World
from netsim.api import Host


def value(host: Host, name: str) -> str:
    return host.run(f"sysctl -n {name}").stdout.strip()


@pytest.fixture
def host() -> Host:
    host = World().host("h1")
    for name in ("d1", "d2"):
        host.wiring.link(name, "dummy")
    return host


@pytest.mark.parametrize(
    "setting", ["ipv4.conf.{}.arp_ignore", "ipv6.conf.{}.hop_limit", "ipv4.neigh.{}.gc_stale_time", "ipv6.neigh.{}.gc_stale_time"]
)
def test_a_device_that_changes_a_setting_changes_it_for_itself(host: Host, setting: str) -> None:
    before = value(host, "net." + setting.format("d1"))
    host.run(f"sysctl -w net.{setting.format('d1')}=7")
    assert value(host, "net." + setting.format("d1")) == "7"
    assert value(host, "net." + setting.format("d2")) == value(host, "net." + setting.format("default")) == before
    assert value(World().host("h1"), "net." + setting.format("default")) == before


@pytest.mark.parametrize("setting", ["ipv6.conf.{}.hop_limit", "ipv4.neigh.{}.gc_stale_time", "ipv6.neigh.{}.gc_stale_time"])
def test_a_new_default_reaches_new_devices_only(host: Host, setting: str) -> None:
    before = value(host, "net." + setting.format("d1"))
    host.run(f"sysctl -w net.{setting.format('default')}=7")
    host.wiring.link("d3", "dummy")
    assert [value(host, "net." + setting.format(name)) for name in ("d1", "d2", "d3")] == [before, before, "7"]


def test_in_ipv4_it_reaches_those_that_nobody_set_by_hand(host: Host) -> None:
    host.run("sysctl -w net.ipv4.conf.d1.arp_ignore=1")
    host.run("sysctl -w net.ipv4.conf.default.arp_ignore=2")
    assert [value(host, f"net.ipv4.conf.{name}.arp_ignore") for name in ("d1", "d2")] == ["1", "2"]


def test_worlds_share_nothing_that_one_of_them_changes(host: Host) -> None:
    trial = host.world.fork().host("h1")
    trial.run("sysctl -w net.ipv4.conf.d1.arp_ignore=1 net.ipv6.conf.d1.hop_limit=9")
    trial.wiring.up("lo")
    assert value(host, "net.ipv4.conf.d1.arp_ignore") == "0"
    assert value(host, "net.ipv6.conf.d1.hop_limit") == "64"
    assert "127.0.0.1" in trial.run("ip route show table local").stdout
    assert host.run("ip route show table local").stdout == ""


def test_a_device_has_the_mtu_of_ipv6_for_itself(host: Host) -> None:
    host.run("ip link set d1 mtu 1400")
    host.run("sysctl -w net.ipv6.conf.d2.mtu=1300")
    assert [value(host, f"net.ipv6.conf.{name}.mtu") for name in ("d1", "d2", "default")] == ["1400", "1300", "1280"]


def test_loopback_routes_taken_out_of_one_namespace_stay_in_the_others() -> None:
    host = World().host("h1")
    one, other = host.netns("one"), host.netns("other")
    one.wiring.up("lo")
    other.wiring.up("lo")
    before = other.run("ip route show table local").stdout
    assert before and one.run("ip route show table local").stdout == before
    assert one.run("ip addr del 127.0.0.1/8 dev lo").status == 0
    assert one.run("ip route show table local").stdout == ""
    assert other.run("ip route show table local").stdout == before


def test_the_lowest_id_that_a_namespace_left_is_given_first() -> None:
    host = World().host("h1")
    for number in range(4):
        host.wiring.veth(f"v{number}", "eth0", host.netns(f"n{number}").netns)
    host.run("ip netns del n1; sleep 1; ip netns set n3 20")  # n3 has an id, so this is refused
    for number in (4, 5):
        host.wiring.veth(f"v{number}", "eth0", host.netns(f"n{number}").netns)
    ids = host.machine.kernel.init_net.nsids
    assert [ids[host.netns(f"n{number}").netns.cookie] for number in (0, 2, 3, 4, 5)] == [0, 2, 3, 1, 4]
