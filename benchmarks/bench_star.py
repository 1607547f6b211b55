"""A star of hosts on one bridge: building it by calls and by command lines, one ping, all pairs."""

from __future__ import annotations

import os

from benchmarks.stopwatch import seconds
from netsim import Host, World
from netsim.clock import SECOND

HOSTS = int(os.environ.get("NETSIM_BENCH_HOSTS", "1000"))
PAIRS = 100


def address(number: int) -> str:
    """The address of a host, all in one /16."""
    return f"10.0.{number // 250}.{number % 250 + 1}"


def by_calls(count: int) -> Host:
    """The star, built through `Wiring`."""
    host = World().host("h1")
    switch = host.netns("sw").wiring
    switch.bridge("br0")
    for number in range(count):
        leaf = host.netns(f"n{number}")
        switch.veth(f"p{number}", "eth0", leaf.netns)
        switch.enslave(f"p{number}", "br0")
        switch.up(f"p{number}")
        leaf.wiring.address("eth0", f"{address(number)}/16")
        leaf.wiring.up("lo", "eth0")
    return host


def by_commands(count: int) -> Host:
    """The same star, typed."""
    host = World().host("h1")
    lines = ["ip netns add sw", "ip -n sw link add br0 type bridge", "ip -n sw link set br0 up"]
    for number in range(count):
        lines += [
            f"ip netns add n{number}",
            f"ip -n sw link add p{number} type veth peer name eth0 netns n{number}",
            f"ip -n sw link set p{number} master br0 up",
            f"ip -n n{number} addr add {address(number)}/16 dev eth0",
            f"ip -n n{number} link set lo up",
            f"ip -n n{number} link set eth0 up",
        ]
    for line in lines:
        done = host.run(line)
        assert done.status == 0, (line, done)
    return host


def ping(host: Host, source: int, target: int) -> None:
    """One echo, answered."""
    done = host.netns(f"n{source}").run(f"ping -c 1 -W 2 {address(target)}")
    assert done.status == 0, done


def all_pairs(host: Host, count: int) -> None:
    """Everybody pings everybody once."""
    for source in range(count):
        for target in range(count):
            if source != target:
                ping(host, source, target)


def run() -> dict[str, float]:
    """Seconds of CPU and ratios."""
    built: list[Host] = []
    calls = seconds(lambda: built.append(by_calls(HOSTS)))
    big = built.pop()
    settle = seconds(lambda: big.world.run_for(5 * SECOND))
    one = seconds(lambda: ping(big, 0, HOSTS - 1))
    again = seconds(lambda: ping(big, 0, HOSTS - 1))
    commands = seconds(lambda: by_commands(PAIRS))
    small_calls = seconds(lambda: built.append(by_calls(PAIRS)))
    small = built.pop()
    small.world.run_for(5 * SECOND)
    small_one = seconds(lambda: ping(small, 0, PAIRS - 1))
    pairs = seconds(lambda: all_pairs(small, PAIRS))
    return {
        f"{HOSTS} hosts by calls (CPU s)": calls,
        f"{HOSTS} hosts: start-up chatter / building": settle / calls,
        f"{HOSTS} hosts: first ping / building": one / calls,
        f"{HOSTS} hosts: first ping / second ping": one / again,
        f"{PAIRS} hosts: by commands / by calls": commands / small_calls,
        f"{PAIRS} hosts: all {PAIRS * (PAIRS - 1)} pairs (CPU s)": pairs,
        f"{PAIRS} hosts: a ping of all pairs / the first ping": pairs / (PAIRS * (PAIRS - 1)) / small_one,
        f"first ping among {HOSTS} / among {PAIRS}": one / small_one,
    }
