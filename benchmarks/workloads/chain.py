"""host - [bridge] - routers - [bridge] - host, by the kernel's own tools and by netsim."""

from __future__ import annotations

from typing import Any

from benchmarks.workloads.isolation import batch, cpu, sh
from benchmarks.workloads.side import Figures


def plan(routers: int, *, bridges: bool) -> tuple[list[str], list[str], dict[str, list[str]], str]:
    """Names of the namespaces, lines for the outer `ip`, lines in each namespace, the far host's address."""
    nodes = ["h1", *(f"r{number}" for number in range(1, routers + 1)), "h2"]
    names, outer = list(nodes), []
    inner: dict[str, list[str]] = {name: ["link set lo up"] for name in nodes}
    links = [f"10.{number >> 8}.{number & 255}" for number in range(len(nodes) - 1)]
    for number, net in enumerate(links):
        left, right = nodes[number], nodes[number + 1]
        if bridges and number in (0, len(links) - 1):
            switch = f"s{number}"
            names.append(switch)
            inner[switch] = ["link add br0 type bridge", "link set br0 up"]
            for port, (end, device) in enumerate(((left, "right"), (right, "left"))):
                outer.append(f"link add {device} netns {end} type veth peer name p{port} netns {switch}")
                inner[switch].append(f"link set p{port} master br0 up")
        else:
            outer.append(f"link add right netns {left} type veth peer name left netns {right}")
        inner[left] += [f"addr add {net}.1/24 dev right", "link set right up"]
        inner[right] += [f"addr add {net}.2/24 dev left", "link set left up"]
    for number, name in enumerate(nodes):
        if number < len(links) - 1:
            inner[name].append(f"route add {links[-1]}.0/24 via {links[number]}.2")
        if number > 1:
            inner[name].append(f"route add {links[0]}.0/24 via {links[number - 1]}.1")
    return names, outer, inner, f"{links[-1]}.2"


SETTINGS = "net.ipv4.ip_forward=1 net.ipv4.ip_default_ttl=255"
"""An echo reply starts with the answering host's default TTL."""


def by_kernel(routers: int, *, bridges: bool = False, masquerade: bool = False) -> str:
    """Build it in this namespace; the far host's address."""
    names, outer, inner, target = plan(routers, bridges=bridges)
    batch([f"netns add {name}" for name in names])
    batch(outer)
    for name, lines in inner.items():
        batch(lines, name)
    for name in names:
        sh("ip", "netns", "exec", name, "sysctl", "-qw", *SETTINGS.split())
    if masquerade:
        sh("ip", "netns", "exec", "r1", "iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "right", "-j", "MASQUERADE")
    return target


def by_netsim(routers: int, *, bridges: bool = False, masquerade: bool = False) -> tuple[Any, str]:
    """The same commands typed; the host and the far address."""
    from netsim import World
    from netsim.clock import SECOND

    names, outer, inner, target = plan(routers, bridges=bridges)
    host = World().host("m")
    lines = [f"ip netns add {name}" for name in names] + [f"ip {line}" for line in outer]
    lines += [f"ip -n {name} {line}" for name, some in inner.items() for line in some]
    lines += [f"ip netns exec {name} sysctl -qw {SETTINGS}" for name in names]
    if masquerade:
        lines.append("ip netns exec r1 iptables -t nat -A POSTROUTING -o right -j MASQUERADE")
    for line in lines:
        done = host.run(line)
        assert done.status == 0, (line, done)
    host.world.run_for(5 * SECOND)
    return host, target


def received(netns: str, device: str) -> int:
    """Packets a device of the kernel has received."""
    return int(sh("ip", "netns", "exec", netns, "cat", f"/sys/class/net/{device}/statistics/rx_packets"))


def stream(host: Any, target: str, count: int) -> Figures:
    """Datagrams of 64 bytes from h1 to h2 over netsim, each received before the next is sent."""
    from benchmarks.bench_forward import send, sockets
    from netsim.addr import IPv4

    pair = sockets(host, "h1", "h2", IPv4.parse(target))
    before = cpu()
    send(host, *pair, count, bytes(64))
    return {"cpu_s": cpu() - before, "count": count}
