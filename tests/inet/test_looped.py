"""Routes over lo that are no own address's: what is sent there is delivered here; what is forwarded there goes round."""

from __future__ import annotations

import netsim
from netsim.kernel.core.netns import snmp_fold

HERE = """
ip netns add here
ip netns add there
ip -n here link set lo up
ip link add e0 netns here type veth peer name e0 netns there
ip -n here addr add 10.1.0.1/24 dev e0
ip -n there addr add 10.1.0.2/24 dev e0
ip -n here link set e0 up
ip -n there link set e0 up
ip -n there route add default via 10.1.0.1
ip netns exec here sysctl -qw net.ipv4.ip_forward=1
ip -n here route add 10.9.0.0/24 dev lo src 10.1.0.1
"""


def lab() -> netsim.Host:
    host = netsim.World().host("h1")
    assert host.run_script(HERE).status == 0
    return host


def counter(host: netsim.Host, name: str) -> int:
    return snmp_fold(host.netns("here").netns)[name]


def test_a_datagram_over_lo_is_taken_whatever_address_it_is_for() -> None:
    host = lab()
    host.run("ip netns exec here nc -u -l -p 53 > /tmp/taken &")
    host.run("echo hello | ip netns exec here nc -u -w1 10.9.0.1 53")
    assert host.run("cat /tmp/taken").stdout == "hello\n"
    assert counter(host, "IpInAddrErrors") == 0


def test_nobody_answers_from_an_address_that_is_not_ours() -> None:
    host = lab()
    assert "0 received" in host.run("ip netns exec here ping -c1 -W1 10.9.0.1").stdout
    assert (counter(host, "IcmpInEchos"), counter(host, "IcmpOutEchoReps")) == (1, 0)
    host.run("echo hello | ip netns exec here nc -u -w1 10.9.0.1 54")
    assert counter(host, "IcmpOutDestUnreachs") == 0


def test_an_answer_that_a_rule_sends_to_lo_never_leaves() -> None:
    host = lab()
    host.run("ip -n here rule add from 10.1.0.1 lookup 77 pref 10; ip -n here route add default dev lo table 77")
    assert "0 received" in host.run("ip netns exec there ping -c1 -W1 10.1.0.1").stdout
    assert counter(host, "IcmpInEchoReps") == 1
    assert "1 received" in host.run("ip netns exec here ping -c1 -W1 10.1.0.2").stdout


def test_what_is_forwarded_to_lo_goes_round_by_the_route_it_has_until_its_time_is_over() -> None:
    host = lab()
    host.run("ip netns exec here sysctl -qw net.ipv4.conf.lo.rp_filter=1 net.ipv4.conf.all.rp_filter=1")
    told = host.run("ip netns exec there ping -c1 -W1 -t 5 10.9.0.1").stdout
    assert "From 10.1.0.1 icmp_seq=1 Time to live exceeded" in told
    assert counter(host, "IpForwDatagrams") == 4


def test_ipv6_discards_what_is_sent_over_lo_and_tells_the_sender() -> None:
    host = lab()
    host.run("ip -n here -6 route add fd09::/64 dev lo; ip -n here -6 addr add fd01::1/128 dev lo nodad")
    told = host.run("ip netns exec here ping -c1 -W1 fd09::1").stdout
    assert "From fd01::1 icmp_seq=1 Destination unreachable: No route" in told
    assert counter(host, "Ip6OutNoRoutes") == 1
    assert host.run("ip -n here route get fd09::1").stdout.split()[:5] == ["fd09::1", "from", "::", "dev", "lo"]
