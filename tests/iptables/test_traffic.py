"""Packets through rules of iptables and nft between namespaces."""

from __future__ import annotations

import re

from netsim import Host, World
from netsim.clock import SECOND

WIRES = """
ip netns add a; ip netns add r; ip netns add b
ip link add va type veth peer name ra; ip link add vb type veth peer name rb
ip link set va netns a; ip link set vb netns b; ip link set ra netns r; ip link set rb netns r
for n in a r b; do ip -n $n link set lo up; done
ip -n a addr add 10.0.0.2/24 dev va; ip -n a link set va up; ip -n b addr add 10.1.0.2/24 dev vb; ip -n b link set vb up
ip -n r addr add 10.0.0.1/24 dev ra; ip -n r link set ra up; ip -n r addr add 10.1.0.1/24 dev rb; ip -n r link set rb up
ip -n a route add default via 10.0.0.1; ip -n b route add default via 10.1.0.1
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
"""
RULES = """
table ip t {
	map to {
		type inet_service : verdict
		elements = { 81 : jump deny }
	}
	chain deny { counter reject with tcp reset; }
	chain post { type nat hook postrouting priority srcnat; oifname "rb" counter masquerade; }
	chain pre { type nat hook prerouting priority dstnat; ip daddr 10.9.9.9 counter dnat to 10.1.0.2; }
	chain fw {
		type filter hook forward priority filter; policy drop;
		ct state established,related counter accept
		tcp dport vmap @to
		ip protocol icmp iifname "ra" limit rate 2/second burst 3 packets counter accept
	}
}
"""


def network() -> Host:
    host = World().host("h")
    host.run_script(WIRES)
    host.world.run_for(2 * SECOND)
    return host


def answers(host: Host, netns: str, target: str, count: int = 1) -> int:
    """How many echoes came back."""
    done = host.run(f"ip netns exec {netns} ping -c{count} -i0.2 -W1 {target}")
    found = re.search(r"(\d+) received", done.stdout)
    return int(found[1]) if found else 0


def test_a_ruleset_of_nft_translates_limits_refuses_and_counts() -> None:
    host = network()
    host.machine.files.write(host.machine.init, "/rules.nft", RULES.encode())
    assert host.run("ip netns exec r nft -f /rules.nft").stderr == ""
    assert answers(host, "a", "10.1.0.2") == 1
    assert answers(host, "a", "10.9.9.9") == 1
    assert answers(host, "b", "10.0.0.2") == 0
    assert "Connection refused" in host.run("ip netns exec a nc -z -v -w1 10.1.0.2 81").stderr
    assert "timed out" in host.run("ip netns exec a nc -z -v -w1 10.1.0.2 82").stderr
    listing = host.run("ip netns exec r nft list ruleset").stdout
    assert 'oifname "rb" counter packets 2 bytes 168 masquerade' in listing
    assert "ip daddr 10.9.9.9 counter packets 1 bytes 84 dnat to 10.1.0.2" in listing
    assert "counter packets 1 bytes 60 reject with tcp reset" in listing
    host.run("ip netns exec r nft flush ruleset")
    assert answers(host, "b", "10.0.0.2") == 1


def test_a_policy_counts_only_once_it_has_been_set_in_the_nf_tables_build_and_forgets_at_each_change_in_the_legacy_build() -> None:
    host = network()
    policy = "ip netns exec r {} -L INPUT -v | head -1"
    host.run("ip netns exec r iptables-nft -A INPUT -p udp")
    host.run("ip netns exec r iptables-legacy -L INPUT")
    assert answers(host, "a", "10.0.0.1") == 1
    assert "0 packets" in host.run(policy.format("iptables-nft")).stdout
    assert "1 packets" in host.run(policy.format("iptables-legacy")).stdout
    host.run("ip netns exec r iptables-nft -P INPUT ACCEPT; ip netns exec r iptables-legacy -A INPUT -p udp")
    assert "0 packets" in host.run(policy.format("iptables-legacy")).stdout
    assert answers(host, "a", "10.0.0.1") == 1
    assert "1 packets" in host.run(policy.format("iptables-nft")).stdout


def test_a_traced_packet_is_told_of_at_every_rule_it_meets() -> None:
    host = network()
    script = """
iptables -t raw -A PREROUTING -p icmp -j TRACE
iptables -N foo
iptables -A INPUT -p icmp -j foo
iptables -A foo -j RETURN
xtables-monitor --trace > /trace &
sleep 1
ip netns exec z ping -c1 10.5.0.1 > /dev/null
kill %1
cat /trace
"""
    wires = "ip netns add z; ip link add v0 type veth peer name v1 netns z; ip addr add 10.5.0.1/24 dev v0; ip link set v0 up; ip link set lo up"
    host.run_script(wires + "; ip -n z addr add 10.5.0.2/24 dev v1; ip -n z link set v1 up")
    host.world.run_for(2 * SECOND)
    lines = host.run_script(script).stdout.splitlines()
    told = [re.sub(r"2 \w{8} ", "", line) for line in lines if line.startswith(" TRACE")]
    assert told == [
        " TRACE: raw:PREROUTING:rule:0x2:CONTINUE  -4 -t raw -A PREROUTING -p icmp -j TRACE",
        " TRACE: raw:PREROUTING:policy:ACCEPT ",
        " TRACE: filter:INPUT:rule:0x3:JUMP:foo  -4 -t filter -A INPUT -p icmp -j foo",
        " TRACE: filter:foo:rule:0x4:0xfffffffb  -4 -t filter -A foo -j RETURN",
        " TRACE: filter:INPUT:policy:ACCEPT ",
    ]
    assert re.match(
        r"PACKET: 2 \w{8} IN=v0 MACSRC=\S+ MACDST=\S+ MACPROTO=0800 SRC=10.5.0.2 DST=10.5.0.1 LEN=84 TOS=0x0 TTL=64 ID=\d+ DF $", lines[0]
    )


def test_more_connections_than_allowed_are_refused_until_some_are_over() -> None:
    host = network()
    host.run("ip netns exec a iptables -A INPUT -p tcp --syn -m connlimit --connlimit-above 1 -j REJECT --reject-with tcp-reset")
    script = """
ip netns exec a nc -lk -p 90 > /dev/null &
sleep 0.5
sleep 20 | ip netns exec b nc 10.0.0.2 90 > /dev/null &
sleep 0.5
ip netns exec b nc -z -v -w1 10.0.0.2 90
"""
    assert "Connection refused" in host.run_script(script).stderr
