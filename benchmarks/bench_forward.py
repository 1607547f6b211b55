"""A router that masquerades: 64-byte datagrams over three namespaces, per datagram; plain forwarding beside it."""

from __future__ import annotations

from typing import Any

from benchmarks.stopwatch import best
from netsim import Host, World
from netsim.addr import IPv4
from netsim.clock import SECOND
from netsim.machine.sockets import make_socket

DATAGRAMS = 2_000
FAR = IPv4.parse("10.2.0.2")
PAYLOAD = bytes(36)
"""With 8 bytes of UDP and 20 of IP: 64 bytes."""


def routed() -> Host:
    """A client, a router and a server."""
    host = World().host("h1")
    client, router, server = (host.netns(name) for name in ("c", "r", "s"))
    client.wiring.veth("eth0", "left", router.netns)
    server.wiring.veth("eth0", "right", router.netns)
    addresses = ((client, "eth0", "10.1.0.2/24"), (router, "left", "10.1.0.1/24"), (router, "right", "10.2.0.1/24"), (server, "eth0", "10.2.0.2/24"))
    for node, device, address in addresses:
        node.wiring.address(device, address)
    for node, *devices in ((client, "lo", "eth0"), (router, "lo", "left", "right"), (server, "lo", "eth0")):
        node.wiring.up(*devices)
    client.wiring.route("default", via="10.1.0.1")
    server.wiring.route("default", via="10.2.0.1")
    router.run("sysctl -qw net.ipv4.ip_forward=1")
    host.world.run_for(5 * SECOND)
    return host


def masquerading() -> Host:
    """The same, behind one address."""
    host = routed()
    done = host.netns("r").run("iptables -t nat -A POSTROUTING -o right -j MASQUERADE")
    assert done.status == 0, done
    return host


def sockets(host: Host, near: str = "c", far: str = "s", target: IPv4 = FAR) -> tuple[Any, Any]:
    """A sender in one namespace connected to a receiver in another."""
    sender: Any = make_socket(host.netns(near).netns, 2, 2, 0)
    receiver: Any = make_socket(host.netns(far).netns, 2, 2, 0)
    receiver.bind(IPv4(0), 9)
    sender.connect(target, 9)
    return sender, receiver


def send(host: Host, sender: Any, receiver: Any, count: int = DATAGRAMS, payload: bytes = PAYLOAD) -> None:
    """Datagrams one after the other, each received."""
    clock = host.world.clock
    for _ in range(count):
        sender.send(payload)
        while clock.ready:
            clock.step()
        assert receiver.recv() is not None


def microseconds(host: Host) -> float:
    """CPU microseconds per datagram of a flow that is known."""
    pair = sockets(host)
    send(host, *pair, 10)
    return best(lambda: send(host, *pair), 3) / DATAGRAMS * 1e6


def run() -> dict[str, float]:
    """Microseconds per datagram, and what NAT costs."""
    plain, natted = microseconds(routed()), microseconds(masquerading())
    return {"forwarded (us per datagram)": plain, "forwarded and masqueraded (us per datagram)": natted, "masqueraded / forwarded": natted / plain}
