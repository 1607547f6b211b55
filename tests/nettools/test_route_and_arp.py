"""route and arp."""

from __future__ import annotations

from netsim.api import Host
from tests.nettools.pair import host_with_pair


def _host() -> Host:
    host = host_with_pair()
    host.run("ifconfig eth0 10.0.0.1/24")
    return host


def test_routes_show_as_they_were_added() -> None:
    host = _host()
    for line in (
        "default gw 10.0.0.254",
        "-net 10.51.0.0 netmask 255.255.0.0 gw 10.0.0.252 metric 7",
        "-host 10.53.0.1 dev eth0",
        "-net 10.54.0.0/16 reject",
    ):
        assert host.run(f"route add {line}").status == 0
    assert host.run("route -n").stdout.splitlines()[2:] == [
        "0.0.0.0         10.0.0.254      0.0.0.0         UG    0      0        0 eth0",
        "10.0.0.0        0.0.0.0         255.255.255.0   U     0      0        0 eth0",
        "10.51.0.0       10.0.0.252      255.255.0.0     UG    7      0        0 eth0",
        "10.53.0.1       0.0.0.0         255.255.255.255 UH    0      0        0 eth0",
        "10.54.0.0       -               255.255.0.0     !     0      -        0 -",
    ]


def test_mss_window_and_rtt_are_metrics_of_the_route() -> None:
    host = _host()
    host.run("route add -net 10.1.0.0/16 dev eth0 mss 1300 window 4096 irtt 300")
    assert host.run("netstat -rn").stdout.splitlines()[-1] == "10.1.0.0        0.0.0.0         255.255.0.0     U      1300 4096     300 eth0"


def test_a_deletion_without_a_gateway_takes_the_first_that_fits() -> None:
    host = _host()
    host.run("route add default gw 10.0.0.2; route add default gw 10.0.0.3 metric 10")
    assert host.run("route del default gw 10.0.0.3").status == 0
    assert host.run("route del default").status == 0
    told = host.run("route del default")
    assert (told.stderr, told.status) == ("SIOCDELRT: No such process\n", 7)


def test_names_of_networks_and_hosts_are_shown_unless_numbers_are_wanted() -> None:
    host = _host()
    host.run("route add -net link-local netmask 255.255.0.0 dev eth0")
    assert "link-local" in host.run("route").stdout
    assert "169.254.0.0" in host.run("route -n").stdout


def test_an_entry_by_hand_is_permanent_and_can_be_deleted_once() -> None:
    host = _host()
    host.run("arp -s 10.0.0.77 02:00:00:00:00:77")
    assert host.run("arp -an").stdout == "? (10.0.0.77) at 02:00:00:00:00:77 [ether] PERM on eth0\n"
    assert host.run("arp -d 10.0.0.77").status == 0
    told = host.run("arp -d 10.0.0.77")
    assert (told.stdout, told.status) == ("No ARP entry for 10.0.0.77\n", 255)


def test_octets_left_out_of_an_address_come_from_the_hosts_address() -> None:
    host = _host()
    host.run("arp -s 10.0.0.15 02:00:00")
    assert "02:00:00:00:00:0f" in host.run("arp -n").stdout


def test_a_published_entry_answers_for_an_address_that_is_reached_by_another_device() -> None:
    host = _host()
    host.run("ip netns add x; ip link set px netns x; ip -n x addr add 10.0.0.2/24 dev px; ip -n x link set px up; sysctl -qw net.ipv4.ip_forward=1")
    host.run("ip link add d0 type veth peer name d1; ip link set d0 up; ip link set d1 up; route add -host 10.0.0.9 dev d0")
    ask = "ip netns exec x ping -c1 -W2 10.0.0.9 > /dev/null; ip netns exec x arp -n 10.0.0.9"
    assert "(incomplete)" in host.run(ask).stdout
    host.run("arp -i eth0 -Ds 10.0.0.9 eth0 pub; sleep 4")
    assert "10.0.0.9                 ether   02:00:00:00:00:01" in host.run(ask).stdout


def test_an_entry_needs_a_route_to_find_its_device() -> None:
    told = _host().run("arp -s 9.9.9.9 02:00:00:00:00:77")
    assert (told.stderr, told.status) == ("SIOCSARP: Network is unreachable\n", 255)
