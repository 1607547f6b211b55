"""Entries that a request puts into a tunnel's own table and its bridge's at once; macvlans on ports of VRFs, and what leaves a VRF for another host."""

from __future__ import annotations

import pytest

import netsim
from netsim import Host

MAC = "00:11:22:33:44:55"


@pytest.fixture
def host() -> Host:
    host = netsim.World().host()
    host.run("ip link add br0 type bridge vlan_filtering 1; ip link add vx0 type vxlan id 10 local 10.0.0.1 dstport 4789 nolearning")
    host.run("ip link set vx0 master br0; bridge vlan add vid 10 dev vx0")
    return host


def test_both_tables_get_it_and_lose_it(host: Host) -> None:
    assert host.run(f"bridge fdb add {MAC} dev vx0 self master extern_learn static dst 10.0.0.2 vlan 10").status == 0
    assert host.run(f"bridge fdb | grep {MAC}").stdout == (
        f"{MAC} dev vx0 vlan 10 extern_learn master br0 \n{MAC} dev vx0 dst 10.0.0.2 self extern_learn static\n"
    )
    assert host.run(f"bridge fdb del {MAC} dev vx0 self master dst 10.0.0.2").status == 0
    assert host.run(f"bridge fdb | grep {MAC}").stdout == ""


def test_a_vlan_that_the_port_is_not_in_is_refused(host: Host) -> None:
    done = host.run(f"bridge fdb add {MAC} dev vx0 self master extern_learn static dst 10.0.0.2 vlan 99")
    assert done.stderr == "RTNETLINK answers: Invalid argument\n"


def test_a_port_of_a_vrf_may_carry_others(host: Host) -> None:
    host.run("ip link add red type vrf table 9; ip link add dum type dummy; ip link set dum master red")
    assert host.run("ip link add mv link dum type macvlan").status == 0
    assert host.run("ip link add eth9 type dummy; ip link set eth9 master br0; ip link add mw link eth9 type macvlan").stderr == (
        "RTNETLINK answers: Device or resource busy\n"
    )


def test_what_a_vrf_forwards_is_an_ordinary_packet_for_the_next_host(host: Host) -> None:
    for name, number in (("h1", 1), ("h2", 2)):
        host.run(f"ip netns add {name}; ip link add p{number} type veth peer name eth0 netns {name}; ip -n {name} link set eth0 up")
        host.run(f"ip -n {name} addr add 10.{number}.0.2/24 dev eth0; ip -n {name} route add default via 10.{number}.0.1")
    host.run("ip link add red type vrf table 9; ip link set red up; sysctl -qw net.ipv4.ip_forward=1")
    host.run("for i in 1 2; do ip link set p$i master red up; ip addr add 10.$i.0.1/24 dev p$i; done")
    host.run("ip netns exec h2 socat UDP4-LISTEN:5000,fork ./got & sleep 0.1; echo hello | ip netns exec h1 socat - UDP4:10.2.0.2:5000; sleep 0.6")
    assert host.run("cat got").stdout == "hello\n"
