"""Two hosts without a network stack of their own on either side of a router or bridge: every frame they see or send is the test's."""

from __future__ import annotations

ROUTER = "r"
PLACES = ("h1", "h2")
MACS = {"h1": "02:00:00:00:01:10", "h2": "02:00:00:00:02:10"}
GATEWAYS = {"h1": "02:00:00:00:01:01", "h2": "02:00:00:00:02:01"}
BRIDGE = "02:00:00:00:00:01"
STRANGER = "02:00:00:00:00:ff"
HOSTS = {"h1": ("10.1.0.10", "10.1.0.11"), "h2": ("10.2.0.10", "10.2.0.11", "10.2.0.12")}
OURS = ("10.1.0.1", "10.2.0.1")
SERVED = "10.9.0.1"
"""An address behind h2, and the one that rules like to translate."""
UDP_PORTS = (53, 2000)
TCP_PORT = 80

QUIET = (
    "for n in h1 r h2; do ip netns add $n; ip netns exec $n sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1; done"
)
CABLES = [
    "ip link add eth0 netns h1 address 02:00:00:00:01:10 type veth peer name eth0 netns r address 02:00:00:00:01:01",
    "ip link add eth1 netns r address 02:00:00:00:02:01 type veth peer name eth0 netns h2 address 02:00:00:00:02:10",
]
FORWARDING = (
    "ip netns exec r sysctl -qw net.ipv4.ip_forward=1 net.ipv4.icmp_ratelimit=0 net.ipv4.icmp_msgs_per_sec=1000000"
    " net.ipv4.conf.all.send_redirects=0 net.ipv4.conf.default.send_redirects=0 net.ipv4.conf.eth0.send_redirects=0"
    " net.ipv4.conf.eth1.send_redirects=0"
)
UP = "for x in h1:eth0 r:lo r:eth0 r:eth1 h2:eth0; do ip -n ${x%:*} link set ${x#*:} up; done"
SETS = [
    "ip netns exec r ipset create hosts hash:ip",
    "ip netns exec r ipset add hosts 10.1.0.10",
    "ip netns exec r ipset add hosts 10.2.0.10",
    "ip netns exec r ipset create nets hash:net",
    "ip netns exec r ipset add nets 10.9.0.0/24",
    "ip netns exec r ipset add nets 10.2.0.0/25",
    "ip netns exec r ipset add nets 10.2.0.11 nomatch",
]
WIRES = [
    QUIET,
    *CABLES,
    FORWARDING,
    UP,
    "ip -n r addr add 10.1.0.1/24 dev eth0",
    "ip -n r addr add 10.2.0.1/24 dev eth1",
    "ip -n r route add 10.9.0.0/24 via 10.2.0.10",
    (
        "for a in 10 11 12 77; do ip -n r neigh add 10.1.0.$a lladdr 02:00:00:00:01:10 dev eth0;"
        " ip -n r neigh add 10.2.0.$a lladdr 02:00:00:00:02:10 dev eth1; done"
    ),
    *SETS,
]
WIRES6 = [
    QUIET,
    *CABLES,
    (
        "ip netns exec r sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.icmp.ratelimit=0"
        " net.ipv6.conf.all.forwarding=1 net.ipv6.conf.eth0.addr_gen_mode=1 net.ipv6.conf.eth1.addr_gen_mode=1"
    ),
    UP,
    "ip -n r addr add fd01::1/120 dev eth0 nodad",
    "ip -n r addr add fd02::1/120 dev eth1 nodad",
    (
        "for a in 10 11 12 77; do ip -n r neigh add fd01::$a lladdr 02:00:00:00:01:10 dev eth0 nud permanent;"
        " ip -n r neigh add fd02::$a lladdr 02:00:00:00:02:10 dev eth1 nud permanent; done"
    ),
    "ip -n r route add fd09::/120 via fd02::10",
    "ip netns exec r ipset create hosts hash:ip family inet6",
    "ip netns exec r ipset add hosts fd01::10",
    "ip netns exec r ipset add hosts fd02::10",
    "ip netns exec r ipset create nets hash:net family inet6",
    "ip netns exec r ipset add nets fd09::/120",
    "ip netns exec r ipset add nets fd02::/121",
    "ip netns exec r ipset add nets fd02::11 nomatch",
]
BRIDGED = [
    QUIET,
    *CABLES,
    "modprobe br_netfilter 2> /dev/null || true",
    "ip -n r link add br0 address 02:00:00:00:00:01 type bridge forward_delay 0 mcast_snooping 0",
    "ip -n r link set eth0 master br0",
    "ip -n r link set eth1 master br0",
    "ip netns exec r sysctl -qw net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=0 net.bridge.bridge-nf-call-arptables=0",
    FORWARDING + " net.ipv4.conf.br0.send_redirects=0",
    UP,
    "ip -n r link set br0 up",
    'until [ "$(bridge -n r link | grep -c "state forwarding")" = 2 ]; do sleep 0.1; done',
    "ip -n r addr add 10.1.0.1/24 dev br0",
    "ip -n r route add 10.9.0.0/24 via 10.1.0.20",
    "for a in 10 11; do ip -n r neigh add 10.1.0.$a lladdr 02:00:00:00:01:10 dev br0; done",
    "for a in 20 21 22 26 27 77; do ip -n r neigh add 10.1.0.$a lladdr 02:00:00:00:02:10 dev br0; done",
    "bridge -n r fdb add 02:00:00:00:01:10 dev eth0 master static",
    "bridge -n r fdb add 02:00:00:00:02:10 dev eth1 master static",
    *[line.replace("10.2.0.10", "10.1.0.20").replace("10.2.0.0/25", "10.1.0.16/29").replace("10.2.0.11", "10.1.0.21") for line in SETS],
]
