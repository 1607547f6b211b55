"""Hosts in a row, joined by veth pairs, with routers between the two ends; addresses without duplicate detection."""

from __future__ import annotations

import netsim
from netsim.api import Host
from netsim.clock import SECOND

CHAIN = """
ip netns add h1; ip netns add r1; ip netns add r2; ip netns add h2
ip link add eth0 netns h1 address 02:00:00:00:00:01 type veth peer name eth0 netns r1 address 02:00:00:00:00:02
ip link add eth1 netns r1 address 02:00:00:00:00:03 type veth peer name eth0 netns r2 address 02:00:00:00:00:04
ip link add eth1 netns r2 address 02:00:00:00:00:05 type veth peer name eth0 netns h2 address 02:00:00:00:00:06
for n in h1 r1 r2 h2; do ip netns exec $n sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.icmp.ratelimit=0; ip -n $n link set lo up; done
ip -n h1 link set eth0 up; ip -n h2 link set eth0 up
for n in r1 r2; do ip netns exec $n sysctl -qw net.ipv6.conf.all.forwarding=1; ip -n $n link set eth0 up; ip -n $n link set eth1 up; done
ip -n h1 addr add fd00:1::10/64 dev eth0; ip -n r1 addr add fd00:1::1/64 dev eth0
ip -n r1 addr add fd00:2::1/64 dev eth1; ip -n r2 addr add fd00:2::2/64 dev eth0
ip -n r2 addr add fd00:3::1/64 dev eth1; ip -n h2 addr add fd00:3::10/64 dev eth0
ip -n h1 route add default via fd00:1::1; ip -n h2 route add default via fd00:3::1
ip -n r1 route add fd00:3::/64 via fd00:2::2; ip -n r2 route add fd00:1::/64 via fd00:2::1
"""
"""h1 - r1 - r2 - h2, prefixes fd00:1::/64, fd00:2::/64 and fd00:3::/64."""


def chain() -> Host:
    """A machine with the chain in its namespaces, after a moment to settle."""
    world = netsim.World(seed=0)
    host = world.host("vm")
    told = host.run_script(CHAIN)
    assert (told.stderr, told.status) == ("", 0)
    world.run_for(2 * SECOND)
    return host


def ask(host: Host, line: str) -> str:
    """Everything a command printed."""
    told = host.run(line)
    return told.stdout + told.stderr
