"""W1: N hosts, each a veth into one bridge, addressed and up."""

from __future__ import annotations

import gc
from collections.abc import Callable

from benchmarks.workloads import ns3, star
from benchmarks.workloads.isolation import address, cpu, sh
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W1: build a star of N hosts on one bridge"


def kernel(build: Callable[[int], None]) -> Callable[[int], Figures]:
    """A way to build it on the kernel, made sure of by a ping."""

    def run(count: int) -> Figures:
        before = cpu()
        build(count)
        took = cpu() - before
        assert "1 received" in sh("ip", "netns", "exec", "h1", "ping", "-c1", "-W2", address(count))
        return {"cpu_s": took, "count": count}

    return run


def mininet(count: int) -> Figures:
    before = cpu()
    net = star.by_mininet(count)
    took = cpu() - before
    net.stop()
    return {"cpu_s": took, "count": count}


def netsim(count: int) -> Figures:
    star.by_netsim(2)  # what is imported at first use is W8's business
    before = cpu()
    host = star.by_netsim(count)
    took = cpu() - before
    assert host.netns("h1").run(f"ping -c1 -W2 {address(count)}").status == 0
    return {"cpu_s": took, "count": count}


def typed(count: int) -> Figures:
    from netsim import World

    host = World().host("h1")
    before = cpu()
    for line in star.script(count):
        assert host.run(line).status == 0
    return {"cpu_s": cpu() - before, "count": count}


def fork(count: int) -> Figures:
    world = star.by_netsim(count).world
    world.fork()
    gc.collect()  # its turn comes by what was built, and is no part of a fork
    before = cpu()
    world.fork()
    return {"cpu_s": cpu() - before, "count": count}


def fork_read(count: int) -> Figures:
    """A fork copies what is touched: here that is every namespace and every device."""
    world = star.by_netsim(count).world
    world.fork()
    gc.collect()
    before = cpu()
    trial = world.fork()
    for netns in trial.host("h1").machine.kernel.namespaces:
        for dev in netns.devices.values():
            assert dev.netns is netns
    return {"cpu_s": cpu() - before, "count": count}


def ns3_star(count: int) -> Figures:
    return {"cpu_s": ns3.run("star", f"--n={count}", "--pairs=0")["build_cpu_s"], "count": count}


SIDES = {
    "netsim": Side(netsim),
    "netsim, commands typed": Side(typed),
    "netsim, a fork of it": Side(fork),
    "netsim, a fork of it, all read": Side(fork_read),
    "ip, a process a command": Side(kernel(star.by_ip), ("ip",), isolated=True),
    "ip -batch": Side(kernel(star.by_batch), ("ip",), isolated=True),
    "pyroute2": Side(kernel(star.by_pyroute2), modules=("pyroute2",), isolated=True),
    "Mininet": Side(mininet, ("mn", "brctl"), isolated=True, python="/usr/bin/python3"),
    "ns-3 (C++)": Side(ns3_star, needs=ns3.missing),
}
CASES = (
    Case(100, tuple(SIDES), "100 hosts", "host"),
    Case(
        1000,
        ("netsim", "netsim, commands typed", "netsim, a fork of it", "netsim, a fork of it, all read", "ip -batch", "ns-3 (C++)"),
        "1,000 hosts",
        "host",
        rounds=1,
    ),
)
