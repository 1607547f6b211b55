"""Two hosts without a network stack of their own on either side of a router: every frame they see or send is the test's."""

from __future__ import annotations

ROUTER = "r"
PLACES = ("h1", "h2")
MACS = {"h1": "02:00:00:00:01:10", "h2": "02:00:00:00:02:10"}
GATEWAYS = {"h1": "02:00:00:00:01:01", "h2": "02:00:00:00:02:01"}
HOSTS = {"h1": ("10.1.0.10", "10.1.0.11"), "h2": ("10.2.0.10", "10.2.0.11", "10.2.0.12")}
OURS = ("10.1.0.1", "10.2.0.1")
SERVED = "10.9.0.1"
"""An address behind h2, and the one that rules like to translate."""
UDP_PORTS = (53, 2000)
TCP_PORT = 80

WIRES = [
    "for n in h1 r h2; do ip netns add $n; ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done",
    "ip link add eth0 netns h1 address 02:00:00:00:01:10 type veth peer name eth0 netns r address 02:00:00:00:01:01",
    "ip link add eth1 netns r address 02:00:00:00:02:01 type veth peer name eth0 netns h2 address 02:00:00:00:02:10",
    (
        "ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000"
        " net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0"
        " net.ipv4.conf.eth1.send_redirects=0"
    ),
    "for x in h1:eth0 r:lo r:eth0 r:eth1 h2:eth0; do ip -n ${x%:*} link set ${x#*:} up; done",
    "ip -n r addr add 10.1.0.1/24 dev eth0",
    "ip -n r addr add 10.2.0.1/24 dev eth1",
    "ip -n r route add 10.9.0.0/24 via 10.2.0.10",
    (
        "for a in 10 11 12; do ip -n r neigh add 10.1.0.$a lladdr 02:00:00:00:01:10 dev eth0;"
        " ip -n r neigh add 10.2.0.$a lladdr 02:00:00:00:02:10 dev eth1; done"
    ),
    "ip netns exec r ipset create hosts hash:ip",
    "ip netns exec r ipset add hosts 10.1.0.10",
    "ip netns exec r ipset add hosts 10.2.0.10",
    "ip netns exec r ipset create nets hash:net",
    "ip netns exec r ipset add nets 10.9.0.0/24",
    "ip netns exec r ipset add nets 10.2.0.0/25",
    "ip netns exec r ipset add nets 10.2.0.11 nomatch",
]
