"""ifconfig and the ioctls behind it."""

from __future__ import annotations

import pytest

from tests.nettools.pair import host_with_pair


def test_an_address_brings_the_interface_up_with_the_mask_of_its_class() -> None:
    host = host_with_pair()
    assert host.run("ifconfig eth0 172.31.0.1").status == 0
    assert host.run("ifconfig eth0").stdout.splitlines()[:2] == [
        "eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500",
        "        inet 172.31.0.1  netmask 255.255.0.0  broadcast 172.31.255.255",
    ]


def test_a_mask_that_follows_the_address_moves_the_broadcast_address_along() -> None:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1 netmask 255.255.255.0")
    assert "inet 10.0.0.1/24 brd 10.0.0.255 scope global eth0" in host.run("ip -4 addr show eth0").stdout


@pytest.mark.parametrize(("length", "becomes"), [("33", "1"), ("32", "0"), ("-1", "31"), ("0x18", "24")])
def test_prefix_lengths_count_modulo_32(length: str, becomes: str) -> None:
    host = host_with_pair()
    host.run(f"ifconfig eth0 10.0.0.5/{length}")
    assert f"inet 10.0.0.5/{becomes} " in host.run("ip -4 addr show eth0").stdout


def test_an_alias_goes_when_it_is_taken_down_and_its_device_stays_up() -> None:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1/24; ifconfig eth0:1 10.0.0.2/24")
    assert "eth0:1: flags" in host.run("ifconfig").stdout
    assert host.run("ifconfig eth0:1 down").status == 0
    shown = host.run("ifconfig").stdout
    assert "eth0:1" not in shown
    assert "eth0: flags=4163<UP" in shown


def test_add_makes_the_lowest_free_alias_with_the_parents_mask() -> None:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1/24; ifconfig eth0 add 10.0.0.7; ifconfig eth0 add 10.0.0.8; ifconfig eth0 del 10.0.0.7")
    listed = host.run("ip -4 addr show eth0").stdout
    assert "10.0.0.8/24 brd 10.0.0.255 scope global secondary eth0:1" in listed
    assert "10.0.0.7" not in listed


def test_what_fails_is_said_and_the_rest_is_done() -> None:
    host = host_with_pair()
    told = host.run("ifconfig eth0 mtu 50 mtu 1400 netmask 255.0.255.0")
    assert told.stderr == "SIOCSIFMTU: Invalid argument\nSIOCSIFNETMASK: Cannot assign requested address\n"
    assert told.status == 1
    assert host.run("cat /sys/class/net/eth0/mtu").stdout == "1400\n"


def test_flags_of_a_device_that_is_not_there_end_with_status_255() -> None:
    told = host_with_pair().run("ifconfig nosuch up")
    assert (told.stderr, told.status) == ("nosuch: ERROR while getting interface flags: No such device\n", 255)


def test_multicast_addresses_are_refused_and_class_e_is_a_host() -> None:
    host = host_with_pair()
    assert host.run("ifconfig eth0 224.0.0.1").stderr == "SIOCSIFADDR: Invalid argument\n"
    host.run("ifconfig eth0 240.0.0.1")
    assert "inet 240.0.0.1/32 scope global eth0" in host.run("ip -4 addr show eth0").stdout


def test_names_sort_by_the_numbers_at_their_ends() -> None:
    host = host_with_pair()
    host.run("ip link add eth10 type veth peer name eth2")
    names = [line.split(":")[0] for line in host.run("ifconfig -a").stdout.splitlines() if line and not line.startswith(" ")]
    assert names == ["eth0", "eth2", "eth10", "lo", "px"]


def test_a_hardware_address_cut_short_may_be_a_groups() -> None:
    assert host_with_pair().run("ifconfig eth0 hw ether 01:02").stderr == "SIOCSIFHWADDR: Cannot assign requested address\n"
