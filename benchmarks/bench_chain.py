"""A chain of routers: an echo across all of them, cold (neighbours unknown) and warm."""

from __future__ import annotations

from itertools import pairwise

from benchmarks.stopwatch import best, seconds
from netsim import Host, World
from netsim.clock import SECOND

ROUTERS = 200


def chain(routers: int) -> Host:
    """Namespaces n0 ... nROUTERS+1 in a row; each link a /30 of 10.0.0.0/8."""
    host = World().host("h1")
    nodes = [host.netns(f"n{number}") for number in range(routers + 2)]
    for number, (left, right) in enumerate(pairwise(nodes)):
        left.wiring.veth("right", "left", right.netns)
        left.wiring.address("right", f"10.{number >> 8}.{number & 255}.1/30")
        right.wiring.address("left", f"10.{number >> 8}.{number & 255}.2/30")
        left.wiring.up("lo", "right")
        right.wiring.up("lo", "left")
    first, last = ("10.0.0.0/30", f"10.{routers >> 8}.{routers & 255}.0/30")
    for number, node in enumerate(nodes):
        node.run("sysctl -qw net.ipv4.ip_forward=1 net.ipv4.ip_default_ttl=255")
        if number < routers:
            node.wiring.route(last, via=f"10.{number >> 8}.{number & 255}.2")
        if number > 1:
            before = number - 1
            node.wiring.route(first, via=f"10.{before >> 8}.{before & 255}.1")
    host.world.run_for(5 * SECOND)
    return host


def ping(host: Host, routers: int) -> None:
    """One echo to the far end."""
    done = host.netns("n0").run(f"ping -c 1 -W 60 10.{routers >> 8}.{routers & 255}.2")
    assert done.status == 0, done


def run() -> dict[str, float]:
    """Ratios of a long chain to a short one, and of cold to warm."""
    built: list[Host] = []
    build = seconds(lambda: built.append(chain(ROUTERS)))
    host = built.pop()
    cold = seconds(lambda: ping(host, ROUTERS))
    warm = best(lambda: ping(host, ROUTERS))
    short = chain(2)
    ping(short, 2)
    short_warm = best(lambda: ping(short, 2))
    return {
        f"{ROUTERS} routers: build (CPU s)": build,
        f"{ROUTERS} routers: cold / warm echo": cold / warm,
        f"warm echo over {ROUTERS} / over 2 routers": warm / short_warm,
        f"{ROUTERS} routers: microseconds a router, there and back": warm / ROUTERS * 1e6,
    }
