"""A client, a router that translates, and a server, as one script."""

from __future__ import annotations

from netsim import World
from netsim.api import Host

THREE = """
for n in h1 r1 h2; do ip netns add $n; ip -n $n link set lo up; done
ip link add eth0 netns h1 type veth peer name eth0 netns r1
ip link add eth1 netns r1 type veth peer name eth0 netns h2
for x in h1:eth0 r1:eth0 r1:eth1 h2:eth0; do ip -n ${x%:*} link set ${x#*:} up; done
ip -n h1 addr add 10.1.0.10/24 dev eth0
ip -n r1 addr add 10.1.0.1/24 dev eth0
ip -n r1 addr add 10.2.0.1/24 dev eth1
ip -n h2 addr add 10.2.0.10/24 dev eth0
ip -n h1 route add default via 10.1.0.1
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
"""


def three(rules: str = "", *, seed: int = 0) -> tuple[World, Host]:
    """h1 - r1 - h2, where h2 knows no way back to h1's network; `rules` run in r1."""
    world = World(seed=seed)
    host = world.host("vm")
    told = host.run_script(THREE)
    assert told.status == 0, told
    for line in rules.strip().splitlines():
        told = host.run(f"ip netns exec r1 {line}")
        assert told.status == 0, told
    return world, host


def pings(host: Host, line: str) -> bool:
    """Whether a ping was answered."""
    return host.run(line).status == 0


def counters(host: Host, listing: str) -> list[tuple[int, str]]:
    """(packets, target) of each rule in a listing."""
    found = []
    for line in host.run(f"ip netns exec r1 iptables {listing} -n -v -x").stdout.splitlines():
        words = line.split()
        if words and words[0].isdigit():
            found.append((int(words[0]), words[2]))
    return found
