"""/proc/net and /sys/class/net."""

from __future__ import annotations

import pytest

from tests.nettools.pair import host_with_pair


def test_each_namespace_reads_its_own_devices() -> None:
    host = host_with_pair()
    host.run("ip netns add x")
    assert "eth0:" in host.run("cat /proc/net/dev").stdout
    assert "eth0:" not in host.run("ip netns exec x cat /proc/net/dev").stdout
    assert host.run("ip netns exec x ls /sys/class/net").stdout == "lo\n"


def test_another_processs_files_show_that_processs_namespace() -> None:
    host = host_with_pair()
    host.run("ip netns add x")
    job = host.start("ip netns exec x sleep 100")
    assert "eth0:" not in host.run(f"cat /proc/{job.pid}/net/dev").stdout


def test_routes_are_numbers_as_a_little_endian_machine_prints_them() -> None:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1/24")
    assert host.run("cat /proc/net/route").stdout.splitlines()[1].split() == [
        "eth0",
        "0000000A",
        "00000000",
        "0001",
        "0",
        "0",
        "0",
        "00FFFFFF",
        "0",
        "0",
        "0",
    ]


@pytest.mark.parametrize(
    ("written", "where", "complaint", "value"),
    [
        ("1400", "eth0/mtu", "", "1400"),
        ("10", "eth0/mtu", "bash: line 1: echo: write error: Invalid argument\n", "1500"),
        ("5", "eth0/ifindex", "bash: line 1: /sys/class/net/eth0/ifindex: Permission denied\n", "3"),
        ("200", "br0/bridge/ageing_time", "", "200"),
        ("1x", "br0/bridge/ageing_time", "bash: line 1: echo: write error: Invalid argument\n", "30000"),
        ("1", "br0/bridge/forward_delay", "bash: line 1: echo: write error: Numerical result out of range\n", "1500"),
        ("7", "br0/bridge/group_fwd_mask", "bash: line 1: echo: write error: Invalid argument\n", "0x0"),
        ("01:80:c2:00:00:0b", "br0/bridge/group_addr", "", "01:80:c2:00:00:0b"),
        ("1", "br0/brif/px/hairpin_mode", "", "1"),
        ("70000", "px/brport/path_cost", "bash: line 1: echo: write error: Numerical result out of range\n", "2"),
    ],
)
def test_settings_are_written_or_refused(written: str, where: str, complaint: str, value: str) -> None:
    host = host_with_pair()
    host.run("ip link add br0 type bridge stp_state 1; ip link set px master br0; ip link set br0 up")
    assert host.run(f"echo {written} > /sys/class/net/{where}").stderr == complaint
    assert host.run(f"cat /sys/class/net/{where}").stdout == f"{value}\n"


def test_carrier_and_speed_mean_nothing_while_a_device_is_down() -> None:
    host = host_with_pair()
    assert host.run("cat /sys/class/net/eth0/carrier").stderr == "cat: /sys/class/net/eth0/carrier: Invalid argument\n"
    host.run("ip link set eth0 up; sleep 1")
    assert host.run("cat /sys/class/net/eth0/carrier /sys/class/net/eth0/speed /sys/class/net/eth0/duplex").stdout == "1\n10000\nfull\n"


def test_a_port_and_its_bridge_point_at_each_other() -> None:
    host = host_with_pair()
    host.run("ip link add br0 type bridge; ip link set px master br0")
    assert (
        host.run("cat /sys/class/net/px/master/ifindex /sys/class/net/br0/lower_px/ifindex /sys/class/net/br0/brif/px/port_no").stdout
        == "4\n2\n0x1\n"
    )


def test_nothing_can_be_made_or_removed_there() -> None:
    host = host_with_pair()
    assert "Operation not permitted" in host.run("mkdir /sys/class/net/foo").stderr
    assert "Permission denied" in host.run("touch /sys/class/net/foo").stderr
    assert "Operation not permitted" in host.run("rm /sys/class/net/eth0/mtu").stderr


def test_the_trie_of_routes_has_the_kernels_levels() -> None:
    host = host_with_pair()
    host.run("ip addr add 10.0.0.1/24 dev eth0; ip link set eth0 up")
    assert host.run("cat /proc/net/fib_trie").stdout.splitlines()[:11] == [
        "Main:",
        "  +-- 0.0.0.0/1 2 0 2",
        "     +-- 10.0.0.0/24 2 0 2",
        "        +-- 10.0.0.0/31 1 0 0",
        "           |-- 10.0.0.0",
        "              /24 link UNICAST",
        "           |-- 10.0.0.1",
        "              /32 host LOCAL",
        "        |-- 10.0.0.255",
        "           /32 link BROADCAST",
        "     +-- 127.0.0.0/8 2 0 2",
    ]
