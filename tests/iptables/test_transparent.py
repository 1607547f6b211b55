"""Transparent proxies: TPROXY gives packets for others to a socket of this host, `-m socket` knows those it has."""

from __future__ import annotations

import pytest

import netsim
from netsim.api import Host

LAB = """
for n in cl px sv; do ip netns add $n; ip -n $n link set lo up; done
ip link add c0 netns cl type veth peer name p0 netns px
ip link add s0 netns sv type veth peer name p1 netns px
ip -n cl addr add 10.1.0.2/24 dev c0; ip -n px addr add 10.1.0.1/24 dev p0
ip -n sv addr add 10.2.0.2/24 dev s0; ip -n px addr add 10.2.0.1/24 dev p1
ip -n cl addr add fd00:1::2/64 dev c0 nodad; ip -n px addr add fd00:1::1/64 dev p0 nodad
ip -n cl link set c0 up; ip -n px link set p0 up; ip -n px link set p1 up; ip -n sv link set s0 up
ip -n cl route add default via 10.1.0.1; ip -n sv route add default via 10.2.0.1; ip -n cl route add default via fd00:1::1
ip netns exec px sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
ip -n px rule add fwmark 1 lookup 100; ip -n px route add local 0.0.0.0/0 dev lo table 100
ip -n px -6 rule add fwmark 1 lookup 100; ip -n px -6 route add local ::/0 dev lo table 100
ip netns exec px iptables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --tproxy-mark 0x1/0x1 --on-port 50080
sleep 1
"""
CAUGHT = "ip netns exec px socat TCP-LISTEN:50080{},fork,reuseaddr SYSTEM:'echo caught $SOCAT_SOCKADDR $SOCAT_SOCKPORT from $SOCAT_PEERADDR; cat' &"
ASK = "echo hello | ip netns exec cl socat -t2 - TCP:{},connect-timeout=2"


@pytest.fixture
def host() -> Host:
    """A client, a proxy between, and a server that does not listen."""
    host = netsim.World(seed=0).host("h")
    assert host.run(LAB).status == 0
    return host


@pytest.mark.parametrize("place", ["10.2.0.2:80", "203.0.113.9:80"])
def test_the_proxy_answers_in_the_name_of_anybody(host: Host, place: str) -> None:
    host.run(CAUGHT.format(",ip-transparent"))
    address = place.partition(":")[0]
    assert host.run(ASK.format(place)).stdout == f"caught {address} 80 from 10.1.0.2\nhello\n"


@pytest.mark.parametrize("option", ["", None])
def test_without_a_transparent_listener_nothing_comes_through(host: Host, option: str | None) -> None:
    if option is not None:
        host.run(CAUGHT.format(option))
    told = host.run(ASK.format("10.2.0.2:80"))
    assert "connecting to AF=2 10.2.0.2:80: Connection timed out" in told.stderr


def test_packets_of_known_connections_are_diverted_before(host: Host) -> None:
    host.run("ip netns exec px iptables -t mangle -I PREROUTING -p tcp -m socket --transparent -j MARK --set-mark 1")
    host.run(CAUGHT.format(",transparent"))
    assert host.run(ASK.format("10.2.0.2:80")).stdout.endswith("hello\n")
    counted = host.run("ip netns exec px iptables -t mangle -nvxL PREROUTING").stdout.splitlines()[2]
    assert int(counted.split()[0]) > 2


def test_ipv6_is_caught_too(host: Host) -> None:
    host.run("ip netns exec px ip6tables -t mangle -A PREROUTING -p tcp --dport 80 -j TPROXY --tproxy-mark 1 --on-port 50080")
    host.run("ip netns exec px socat TCP6-LISTEN:50080,transparent,fork SYSTEM:'echo caught; cat' &")
    assert host.run("echo hello | ip netns exec cl socat -t2 - 'TCP6:[2001:db8::7]:80,connect-timeout=2'").stdout == "caught\nhello\n"


def test_datagrams_are_caught_too(host: Host) -> None:
    host.run("ip netns exec px iptables -t mangle -A PREROUTING -p udp --dport 53 -j TPROXY --tproxy-mark 1 --on-port 5353 --on-ip 127.0.0.1")
    host.run("ip netns exec px socat -u UDP-RECV:5353,bind=127.0.0.1,ip-transparent OPEN:/tmp/heard,creat,append &")
    host.run("echo query | ip netns exec cl nc -u -w1 9.9.9.9 53; sleep 1")
    assert host.run("cat /tmp/heard").stdout == "query\n"


def test_a_foreign_address_may_be_bound_only_by_the_transparent(host: Host) -> None:
    refused = host.run("ip netns exec px socat - TCP:10.2.0.2:81,bind=10.9.9.9,connect-timeout=1 </dev/null")
    assert "Cannot assign requested address" in refused.stderr
    host.run("ip netns exec sv tcpdump -nlc1 -i s0 tcp > seen 2>/dev/null &")
    host.run("ip netns exec px socat - TCP:10.2.0.2:81,bind=10.9.9.9,transparent,connect-timeout=1 </dev/null")
    assert "IP 10.9.9.9." in host.run("cat seen").stdout


def test_a_listener_on_every_address_is_no_socket_unless_asked_for(host: Host) -> None:
    for rule in ("-m socket --nowildcard -j ACCEPT", "-j REJECT --reject-with tcp-reset"):
        host.run(f"ip netns exec px iptables -A INPUT -p tcp {rule}")
    host.run("ip netns exec px nc -lk 9001 &")
    assert host.run("ip netns exec cl nc -zw1 10.1.0.1 9001").status == 0
    host.run("ip netns exec px iptables -R INPUT 1 -p tcp -m socket -j ACCEPT")
    assert host.run("ip netns exec cl nc -zw1 10.1.0.1 9001").status == 1


@pytest.mark.parametrize(
    "line",
    [
        "-t mangle -A PREROUTING -j TPROXY --on-port 80",
        "-t mangle -A PREROUTING -p icmp -j TPROXY --on-port 80",
        "-t mangle -A PREROUTING ! -p tcp -j TPROXY --on-port 80",
        "-t mangle -A INPUT -p tcp -j TPROXY --on-port 80",
        "-t nat -A PREROUTING -p tcp -j TPROXY --on-port 80",
        "-t mangle -A OUTPUT -m socket -j ACCEPT",
        "-t mangle -A POSTROUTING -m socket -j ACCEPT",
    ],
)
def test_where_they_have_no_place_they_are_refused(host: Host, line: str) -> None:
    told = host.run(f"iptables {line}")
    assert told.stderr == f"iptables v1.8.9 (nf_tables):  RULE_APPEND failed (Invalid argument): rule in chain {line.split()[3]}\n"
    assert told.status == 4
