"""W3: a stream of 64-byte UDP datagrams: host, bridge, router with masquerade, router, bridge, host."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from benchmarks.workloads import chain, ns3
from benchmarks.workloads.isolation import cpu, sh
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W3: forward and masquerade 64-byte datagrams"
FLOOD = Path(__file__).parents[2] / "build" / "flood"


def netsim(count: int) -> Figures:
    return chain.stream(*chain.by_netsim(2, bridges=True, masquerade=True), count)


def netsim_plain(count: int) -> Figures:
    return chain.stream(*chain.by_netsim(2, bridges=True), count)


def flood_program() -> str:
    """The sender in C, compiled once."""
    if not FLOOD.exists():
        FLOOD.parent.mkdir(parents=True, exist_ok=True)
        sh("gcc", "-O2", "-o", str(FLOOD), str(Path(__file__).parent / "flood.c"))
    return str(FLOOD)


def kernel(count: int) -> Figures:
    """A sender in C with sendmmsg, so that the path is measured and not the sender."""
    target = chain.by_kernel(2, bridges=True, masquerade=True)
    listener = 'import socket,time;s=socket.socket(2,2);s.bind(("",9));time.sleep(9999)'
    sink = subprocess.Popen(["ip", "netns", "exec", "h2", sys.executable, "-c", listener])
    time.sleep(0.5)
    program, seen = flood_program(), chain.received("h2", "left")
    before = cpu()
    sh("ip", "netns", "exec", "h1", program, target, "9", str(count), "64")
    took = cpu() - before
    time.sleep(0.2)
    arrived = chain.received("h2", "left") - seen
    sink.kill()
    return {"cpu_s": took, "count": arrived}


def ns3_chain(count: int) -> Figures:
    figures = ns3.run("chain", "--routers=2", "--bridges=1", f"--udp={count}")
    return {"cpu_s": figures["run_cpu_s"], "count": figures.get("received", count)}


SIDES = {
    "netsim": Side(netsim),
    "netsim, without masquerade": Side(netsim_plain),
    "the kernel": Side(kernel, ("ip", "iptables", "gcc"), isolated=True),
    "ns-3 (C++), which has no NAT": Side(ns3_chain, needs=ns3.missing),
}
CASES = (Case(20_000, tuple(SIDES), "20,000 datagrams", "datagram"),)
