"""Worlds that hypothesis draws: routed namespaces and bridges, and on top of them filters, tunnels, policy, settings and servers."""

from __future__ import annotations

from typing import Any

import attrs
from hypothesis import strategies as st

import netsim
from netsim.strategies import Ruleset, Topology, rulesets, topologies


@attrs.frozen
class Drawn:
    """A script for one machine, and the names of what it is made of."""

    script: str
    parts: tuple[str, ...]

    def build(self) -> netsim.World:
        """The world; a line that fails is part of it."""
        world = netsim.World()
        world.host().run_script(self.script)
        world.run_for(2_000_000_000)
        return world


def servers(draw: Any, places: list[str]) -> list[str]:
    lines = []
    for place in draw(st.lists(st.sampled_from(places), min_size=1, max_size=3, unique=True)):
        protocol, port = draw(st.sampled_from([("", 80), ("", 22), ("-u", 53)]))
        lines.append(f"ip netns exec {place} nc {protocol} -l{'' if protocol else 'k'} -p {port} > /dev/null &")
    return lines


def vxlan(draw: Any, topology: Topology) -> list[str]:
    """A tunnel between two hosts, with a bridge and a container behind each end."""
    ends = draw(st.permutations(sorted(topology.addresses)))[:2]
    if len(ends) < 2:
        return []
    lines = []
    learns = draw(st.sampled_from(["", "nolearning "]))
    for number, (here, there) in enumerate((tuple(ends), tuple(reversed(ends))), 1):
        lines += [
            f"ip -n {here} link add vx0 type vxlan id 42 {learns}local {topology.addresses[here]} remote {topology.addresses[there]} dstport 4789",
            f"ip -n {here} link add vbr type bridge", f"ip -n {here} link set vx0 master vbr up", f"ip -n {here} link set vbr up",
            f"ip netns add v{number}", f"ip -n {here} link add to-v{number} type veth peer name eth0 netns v{number}",
            f"ip -n {here} link set to-v{number} master vbr up", f"ip -n v{number} addr add 172.20.0.{number}/24 dev eth0",
            f"ip -n v{number} link set eth0 mtu 1450 up", f"ip -n v{number} link set lo up",
        ]  # fmt: skip
    return lines


def policy(draw: Any, router: str) -> list[str]:
    net = draw(st.sampled_from(["10.0.0.0/24", "10.1.0.0/24", "10.200.0.0/16"]))
    action = draw(st.sampled_from(["lookup 77", "unreachable", "prohibit", "blackhole", "lookup main suppress_prefixlength 0"]))
    return [
        f"ip -n {router} rule add {draw(st.sampled_from(['from', 'to']))} {net} {action} pref {draw(st.integers(10, 900))}",
        f"ip -n {router} route add default dev lo table 77", f"ip -n {router} route add unreachable 10.9.0.0/16 metric 5",
        f"ip -n {router} route add blackhole 10.8.0.0/16",
    ]  # fmt: skip


def knobs(draw: Any, places: list[str]) -> list[str]:
    settings = (
        "net.ipv4.ip_forward=0", "net.ipv4.conf.all.rp_filter=1", "net.ipv4.icmp_echo_ignore_all=1", "net.ipv4.conf.all.arp_ignore=1",
        "net.ipv4.conf.default.arp_announce=2", "net.ipv6.conf.all.disable_ipv6=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.ip_default_ttl=3",
        "net.ipv4.conf.all.accept_redirects=0", "net.ipv4.conf.all.send_redirects=0", "net.bridge.bridge-nf-call-iptables=0",
    )  # fmt: skip
    chosen = draw(st.lists(st.tuples(st.sampled_from(places), st.sampled_from(settings)), min_size=1, max_size=3))
    return [f"ip netns exec {place} sysctl -qw {setting}" for place, setting in chosen]


def links(draw: Any, topology: Topology) -> list[str]:
    router = f"r{draw(st.integers(0, len(topology.hosts) - 1))}"
    return [draw(st.sampled_from((
        f"ip -n {router} link set p0 down", f"ip -n {router} link set br0 type bridge ageing_time 6000 priority 4096",
        f"ip -n {router} link set p0 type bridge_slave isolated on", f"ip -n {router} link set p0 type bridge_slave hairpin on cost 9",
        f"ip -n {router} link set br0 mtu 1400", f"bridge -n {router} fdb add 02:00:00:00:00:77 dev p0 master static", f"ip -n {router} link set br0 down",
        f"ip -n {router} addr add 10.77.0.1/24 dev br0 label br0:1", f"ip -n {router} link set p0 alias uplink", f"ip -n {router} link set lo down",
        f"ip -n {router} addr del 10.{router[1:]}.0.1/24 dev br0",
    )))]  # fmt: skip


def inet6(draw: Any, topology: Topology) -> list[str]:
    router = draw(st.integers(0, len(topology.hosts) - 1))
    lines = [f"ip -n r{router} -6 addr add fd00:{router}::1/64 dev br0", f"ip netns exec r{router} sysctl -qw net.ipv6.conf.all.forwarding=1"]
    for host in range(topology.hosts[router]):
        lines += [
            f"ip -n h{router}x{host} -6 addr add fd00:{router}::{host + 2}/64 dev eth0",
            f"ip -n h{router}x{host} -6 route add default via fd00:{router}::1",
        ]
    return lines


def neighbours(draw: Any, topology: Topology) -> list[str]:
    host = draw(st.sampled_from(sorted(topology.addresses)))
    router = host[1 : host.index("x")]
    return [
        f"ip -n {host} neigh replace 10.{router}.0.1 lladdr {draw(st.sampled_from(['02:00:00:00:00:09', '02:00:00:00:00:0a']))} nud permanent dev eth0"
    ]


def filters(draw: Any, places: list[str]) -> list[str]:
    place = draw(st.sampled_from(places))
    drawn: Ruleset = draw(rulesets(6))
    return [f"ip netns exec {place} iptables {rule}" for rule in drawn.rules]


def nat(draw: Any, topology: Topology) -> list[str]:
    router = f"r{draw(st.integers(0, len(topology.hosts) - 1))}"
    inside = draw(st.sampled_from(sorted(topology.addresses.values())))
    return [
        draw(st.sampled_from((
            f"ip netns exec {router} iptables -t nat -A POSTROUTING -s 10.{router[1:]}.0.0/24 ! -o br0 -j MASQUERADE",
            f"ip netns exec {router} iptables -t nat -A PREROUTING -p tcp --dport 80 -j DNAT --to-destination {inside}:80",
            f"ip netns exec {router} iptables -t nat -A PREROUTING -p icmp -j DNAT --to-destination {inside}",
            f"ip netns exec {router} iptables -t mangle -A PREROUTING -i br0 -j TTL --ttl-set 2",
        )))
    ]  # fmt: skip


@st.composite
def worlds(draw: st.DrawFn) -> Drawn:
    """A topology and up to four further parts."""
    topology: Topology = draw(topologies(3, 3))
    routers = [f"r{number}" for number in range(len(topology.hosts))]
    hosts = sorted(topology.addresses)
    lines, parts = [], []
    makers = {
        "filters": lambda: filters(draw, [*routers, *hosts]), "vxlan": lambda: vxlan(draw, topology), "policy": lambda: policy(draw, draw(st.sampled_from(routers))),
        "settings": lambda: knobs(draw, [*routers, *hosts]), "links": lambda: links(draw, topology), "IPv6": lambda: inet6(draw, topology),
        "neighbours": lambda: neighbours(draw, topology), "nat": lambda: nat(draw, topology), "servers": lambda: servers(draw, hosts),
    }  # fmt: skip
    for part in draw(st.lists(st.sampled_from(sorted(makers)), min_size=1, max_size=4, unique=True)):
        made = makers[part]()
        lines += made
        parts += [part] if made else []
    return Drawn(topology.script + "".join(f"{line}\n" for line in lines), tuple(parts))
