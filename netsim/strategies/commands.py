"""Command lines and scripts, right in their grammar, over so few names that they often meet."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import strategies as st

NAMESPACES = ("a", "b", "c")
DEVICES = ("d0", "d1", "d2", "br0", "br1")
ADDRESSES = ("10.0.0.1", "10.0.0.2", "10.0.1.1", "10.0.1.2")
WORDS = {
    "ns": NAMESPACES,
    "dev": DEVICES,
    "new": ("d0", "d1", "d2"),
    "br": ("br0", "br1"),
    "addr": ADDRESSES,
    "net": ("10.0.0.0/24", "10.0.1.0/24", "default"),
    "len": ("24", "24", "16", "30"),
    "id": ("1", "2"),
    "onoff": ("on", "off"),
    "target": ("ACCEPT", "DROP", "REJECT"),
    "chain": ("INPUT", "OUTPUT", "FORWARD"),
}
EVERYWHERE = (
    "ip link add {new} type veth peer name {new} netns {ns}",
    "ip link add {new} type dummy",
    "ip link add {br} type bridge",
    "ip link add {new} link {dev} type vlan id {id}",
    "ip link add {new} link {dev} type macvlan mode bridge",
    "ip link set {dev} up",
    "ip link set {dev} up",
    "ip link set {dev} down",
    "ip link set {dev} master {br}",
    "ip link set {dev} nomaster",
    "ip link set {dev} netns {ns}",
    "ip link del {dev}",
    "ip addr add {addr}/{len} dev {dev}",
    "ip addr add {addr}/{len} dev {dev}",
    "ip addr del {addr}/{len} dev {dev}",
    "ip route add {net} via {addr}",
    "ip route add {net} dev {dev}",
    "ip route del {net}",
    "ip neigh flush dev {dev}",
    "bridge link set dev {dev} isolated {onoff}",
    "sysctl -qw net.ipv4.ip_forward=1",
    "iptables -A {chain} -s {addr} -j {target}",
    "iptables -A {chain} -p icmp -j {target}",
    "iptables -F",
    "ping -c 1 -W 1 {addr}",
)
MACHINE_ONLY = ("ip netns add {ns}", "ip netns add {ns}", "ip netns del {ns}", "sleep 1", "sleep 40")
DOCKER_NETWORKS, DOCKER_CONTAINERS = ("net0", "net1"), ("box0", "box1", "box2")
DOCKER = (
    "docker network create {network}",
    "docker network create --internal {network}",
    "docker network rm {network}",
    "docker run -d --name {box} --network {network} alpine sleep 1d",
    "docker run -d --name {box} -p 8080:80 training/webapp python -m http.server 80",
    "docker network connect {network} {box}",
    "docker network disconnect {network} {box}",
    "docker stop {box}",
    "docker start {box}",
    "docker rm -f {box}",
)
DOCKER_WORDS = {"network": DOCKER_NETWORKS, "box": DOCKER_CONTAINERS}


def _filled(templates: Sequence[str]) -> st.SearchStrategy[str]:
    """A template with a word drawn for each of its holes."""
    words = WORDS | DOCKER_WORDS
    filled = []
    for template in templates:
        parts = template.replace("}", "{").split("{")
        drawn = [st.just(part) if number % 2 == 0 else st.sampled_from(words[part]) for number, part in enumerate(parts)]
        filled.append(st.tuples(*drawn).map("".join))
    return st.one_of(*filled)


def command_lines() -> st.SearchStrategy[str]:
    """Command lines of `ip`, `bridge`, `iptables`, `sysctl`, `ping` on the machine, or in one of its namespaces; some fail, as commands do."""
    inside = st.tuples(st.sampled_from(NAMESPACES), _filled(EVERYWHERE)).map(lambda drawn: f"ip netns exec {drawn[0]} {drawn[1]}")
    return st.one_of(_filled(MACHINE_ONLY), _filled(EVERYWHERE), inside)


def docker_lines() -> st.SearchStrategy[str]:
    """Command lines of `docker` over a few networks and containers."""
    return _filled(DOCKER)


def scripts(most: int = 20) -> st.SearchStrategy[str]:
    """Scripts of up to `most` such lines; they go on when a line fails."""
    return st.lists(command_lines(), min_size=1, max_size=most).map(lambda lines: "".join(f"{line}\n" for line in lines))
