"""Translated connections as a user sees them."""

from __future__ import annotations

import re

from tests.conntrack.lab import counters, pings, three

MASQUERADE = "iptables -t nat -A POSTROUTING -o eth1 -j MASQUERADE"
OUT = "ip netns exec h1 ping -c1 -W1 10.2.0.10"


def test_a_host_behind_masquerade_is_answered_although_nobody_knows_its_network() -> None:
    _, host = three()
    assert not pings(host, OUT)
    host.run(f"ip netns exec r1 {MASQUERADE}")
    assert pings(host, OUT)


def test_nat_rules_count_the_first_packet_of_a_connection_only() -> None:
    _, host = three(MASQUERADE)
    assert host.run("ip netns exec h1 ping -c3 -i0.2 -W1 10.2.0.10").status == 0
    assert counters(host, "-t nat -L POSTROUTING") == [(1, "MASQUERADE")]


def test_nat_chains_sleep_until_a_rule_needs_connections() -> None:
    _, host = three("iptables -t nat -A PREROUTING -i eth0")
    pings(host, OUT)
    assert counters(host, "-t nat -L PREROUTING")[0][0] == 0
    host.run("ip netns exec r1 iptables -A FORWARD -m conntrack --ctstate NEW")
    pings(host, OUT)
    assert counters(host, "-t nat -L PREROUTING")[0][0] == 1
    host.run("ip netns exec r1 iptables -F FORWARD")
    pings(host, OUT)
    assert counters(host, "-t nat -L PREROUTING")[0][0] == 1


def test_untracked_packets_escape_translation() -> None:
    _, host = three(f"{MASQUERADE}\niptables -t raw -A PREROUTING -p icmp -j CT --notrack")
    assert not pings(host, OUT)
    host.run("ip netns exec r1 iptables -t raw -F")
    assert pings(host, OUT)


def test_an_error_about_a_translated_packet_reaches_who_sent_it() -> None:
    _, host = three(f"{MASQUERADE}\niptables -A FORWARD -m conntrack --ctstate RELATED\niptables -A FORWARD -m conntrack --ctstate INVALID")
    host.run("ip -n h2 link add dummy0 type dummy")
    host.run("ip -n h2 link set dummy0 up")
    host.run("ip netns exec h2 sysctl -qw net.ipv4.ip_forward=1")
    host.run("ip -n h2 route add unreachable 10.3.0.0/24")
    host.run("ip -n r1 route add 10.3.0.0/24 via 10.2.0.10")
    told = host.run("ip netns exec h1 ping -c1 -W1 10.3.0.5")
    assert "From 10.2.0.10 icmp_seq=1 Destination Host Unreachable" in told.stdout
    assert [count for count, _ in counters(host, "-L FORWARD")] == [1, 0]


def test_a_destination_is_mapped_to_the_same_host_of_another_network() -> None:
    _, host = three(f"{MASQUERADE}\niptables -t nat -A PREROUTING -d 10.99.0.0/24 -j NETMAP --to 10.2.0.0/24")
    assert pings(host, "ip netns exec h1 ping -c1 -W1 10.99.0.10")
    assert not pings(host, "ip netns exec h1 ping -c1 -W1 10.99.0.11")


def test_a_source_may_be_translated_where_a_packet_is_delivered() -> None:
    _, host = three("iptables -t nat -A INPUT -j SNAT --to-source 10.1.0.99\niptables -t mangle -A OUTPUT -d 10.1.0.99")
    assert pings(host, "ip netns exec h1 ping -c1 -W1 10.1.0.1")
    assert counters(host, "-t mangle -L OUTPUT")[0][0] == 1


def test_the_routers_own_packets_are_sent_to_where_they_are_translated() -> None:
    _, host = three("iptables -t nat -A OUTPUT -d 10.77.0.1 -j DNAT --to-destination 10.2.0.10")
    host.run("ip -n r1 route add default via 10.1.0.10")
    host.run("ip -n h2 route add default via 10.2.0.1")
    assert pings(host, "ip netns exec r1 ping -c1 -W1 10.77.0.1")


def test_masqueraded_flows_die_with_their_device_and_plain_ones_live() -> None:
    _, host = three("iptables -t nat -A POSTROUTING -o eth1 -s 10.1.0.10 -j MASQUERADE")
    pings(host, OUT)
    pings(host, "ip netns exec h1 ping -c1 -W1 10.1.0.1")
    host.run("ip -n r1 link set eth1 down")
    assert "dst=10.2.0.10" not in host.run("ip netns exec r1 cat /proc/net/nf_conntrack").stdout
    assert "dst=10.1.0.1 " in host.run("ip netns exec r1 cat /proc/net/nf_conntrack").stdout


def test_events_tell_of_a_connection_from_its_first_packet_to_its_deletion() -> None:
    world, host = three(MASQUERADE)
    told = host.start("ip netns exec r1 conntrack -E")
    world.run_for(400_000_000)
    pings(host, OUT)
    host.run("ip netns exec r1 conntrack -F")
    host.run(f"kill -INT {told.pid}")
    world.run_for(100_000_000)
    kinds = [line.split("]")[0].strip(" [") for line in told.result().stdout.splitlines() if "icmp" in line]
    assert kinds == ["NEW", "UPDATE", "DESTROY"]


def test_a_full_table_drops_new_connections_and_says_so() -> None:
    _, host = three(MASQUERADE)
    host.run("sysctl -qw net.netfilter.nf_conntrack_max=1")
    assert pings(host, OUT)
    assert not pings(host, OUT)
    assert re.search(r"nf_conntrack: table full in netns \d+, dropping packet", host.run("dmesg").stdout)
    host.run("ip netns exec r1 conntrack -F")
    assert pings(host, OUT)


def test_a_table_that_was_full_is_thinned_out_to_95_of_100() -> None:
    """Datagrams without an answer are not assured: the collector gives them up within a minute of the drop, though they have not timed out."""
    _, host = three(MASQUERADE)
    host.run(
        "sysctl -qw net.netfilter.nf_conntrack_max=100 net.netfilter.nf_conntrack_udp_timeout=600; ip netns exec r1 sysctl -qw net.netfilter.nf_conntrack_udp_timeout=600"
    )
    host.run_script("for i in $(seq 110); do echo x | ip netns exec h1 nc -u -q0 -w0 -p $((5000 + i)) 10.2.0.10 9; done")
    assert host.run("ip netns exec r1 conntrack -C").stdout == "100\n"
    host.run("sleep 60")
    assert host.run("ip netns exec r1 conntrack -C").stdout == "94\n"


def test_two_flows_that_may_only_use_one_port_do_not_share_it() -> None:
    _, host = three("iptables -t nat -A POSTROUTING -o eth1 -p udp -j MASQUERADE --to-ports 7000")
    for port in (4000, 4001):
        host.run(f"echo x | ip netns exec h1 nc -u -w1 -p {port} 10.2.0.10 53")
    assert host.run("ip netns exec r1 conntrack -L -p udp").stdout.count("dport=7000") == 1
