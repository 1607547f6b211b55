"""DHCP: clients and the server exchange real datagrams."""

from __future__ import annotations

import pytest

import netsim

CONFIG = "start 10.5.0.20\nend 10.5.0.30\ninterface v0\noption subnet 255.255.255.0\noption router 10.5.0.1\noption dns 10.5.0.1\noption lease 600\n"


@pytest.fixture
def host() -> netsim.Host:
    host = netsim.World(seed=0).host("h1")
    host.run("ip link set lo up; ip netns add c; ip link add v0 type veth peer name eth0 netns c; ip addr add 10.5.0.1/24 dev v0; ip link set v0 up")
    host.run("ip -n c link set eth0 address 7e:3e:8b:49:b9:10 up")
    host.machine.files.write(None, "/u.conf", CONFIG.encode())
    host.run("udhcpd /u.conf")
    return host


def lease(host: netsim.Host) -> netsim.Result:
    return host.run("ip netns exec c udhcpc -nqi eth0")


def test_the_address_is_the_one_the_real_server_gives_this_mac(host: netsim.Host) -> None:
    done = lease(host)
    assert done.status == 0
    assert done.stderr.splitlines() == [
        "udhcpc: started, v1.35.0", "udhcpc: broadcasting discover", "udhcpc: broadcasting select for 10.5.0.24, server 10.5.0.1",
        "udhcpc: lease of 10.5.0.24 obtained from 10.5.0.1, lease time 600",
    ]  # fmt: skip
    assert "10.5.0.24/24" in host.run("ip -n c addr show eth0").stdout
    assert "default via 10.5.0.1 dev eth0" in host.run("ip -n c route").stdout


def test_it_is_asked_for_by_arp_for_two_seconds_first_and_not_the_second_time(host: netsim.Host) -> None:
    spans = []
    for _ in range(2):
        start = host.world.clock.now
        lease(host)
        spans.append(host.world.clock.now - start)
    assert spans[0] >= 2_000_000_000 > spans[1]


def test_an_address_that_somebody_has_is_passed_over(host: netsim.Host) -> None:
    host.run("ip netns add d; ip link add v1 type veth peer name eth0 netns d; ip link add br0 type bridge; ip link set br0 up")
    host.run("ip addr flush dev v0; ip link set v0 master br0; ip link set v1 master br0 up; ip addr add 10.5.0.1/24 dev br0")
    host.run("ip -n d addr add 10.5.0.24/24 dev eth0; ip -n d link set eth0 up; pkill udhcpd")
    host.machine.files.write(None, "/u.conf", CONFIG.replace("v0", "br0").encode())
    host.run("udhcpd /u.conf")
    lease(host)
    assert "10.5.0.25/24" in host.run("ip -n c addr show eth0").stdout


def test_without_a_server_it_fails_after_three_times_three_seconds(host: netsim.Host) -> None:
    host.run("pkill udhcpd")
    start = host.world.clock.now
    done = lease(host)
    assert (done.status, done.stderr.splitlines()[-1]) == (1, "udhcpc: no lease, failing")
    assert 9_000_000_000 <= host.world.clock.now - start < 9_100_000_000


def test_a_lease_is_renewed_halfway_by_a_client_that_stays(host: netsim.Host) -> None:
    host.run("ip netns exec c udhcpc -i eth0")
    host.run("tcpdump -nli v0 -c2 -w /t.pcap udp port 67 & sleep 302")
    seen = host.run("tcpdump -nr /t.pcap").stdout
    assert "10.5.0.24.68 > 10.5.0.1.67: BOOTP/DHCP, Request from 7e:3e:8b:49:b9:10, length 300" in seen


def test_dhclient_is_quiet_and_leaves_a_process_to_be_killed(host: netsim.Host) -> None:
    done = host.run("ip netns exec c dhclient eth0 -pf /run/d.pid")
    assert done == netsim.Result("", "", 0)
    assert host.run("kill $(cat /run/d.pid)").status == 0
    assert "10.5.0.24/24" in host.run("ip -n c addr show eth0").stdout


def test_servers_refuse_configurations_that_cannot_be(host: netsim.Host) -> None:
    assert host.run("udhcpd /nope").stderr == "udhcpd: /nope: No such file or directory\n"
    host.machine.files.write(None, "/bad", b"interface nope\n")
    assert host.run("udhcpd -f /bad").status == 1
