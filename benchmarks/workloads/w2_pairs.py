"""W2: every ordered pair of N hosts on one bridge exchanges one ICMP echo; ARP is real unless a side says static.

The kernel's default limit of 1,024 ARP entries is one for all namespaces: 100 hosts overflow it, so that its sides are given their neighbours there.
"""

from __future__ import annotations

import subprocess

from benchmarks.workloads import ns3, star
from benchmarks.workloads.isolation import address, cpu
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W2: all pairs of N hosts ping each other"


def netsim(count: int) -> Figures:
    """`ping -c 1` typed for each pair."""
    from netsim.clock import SECOND

    host = star.by_netsim(count)
    host.world.run_for(5 * SECOND)
    leaves = [host.netns(f"h{number}") for number in range(1, count + 1)]
    before = cpu()
    for source, leaf in enumerate(leaves, 1):
        for target in range(1, count + 1):
            if source != target:
                assert leaf.run(f"ping -c 1 -n -q -W 2 {address(target)}").status == 0
    return {"cpu_s": cpu() - before, "count": count * (count - 1)}


def ping(count: int) -> Figures:
    """`ip netns exec hN ping` for each pair."""
    star.by_batch(count)
    numbers = range(1, count + 1)
    text = "\n".join(
        f'ip netns exec h{source} ping -c1 -n -q -W2 {address(target)} | grep -c "1 received"'
        for source in numbers
        for target in numbers
        if source != target
    )
    before = cpu()
    out = subprocess.run(["sh"], input=text + "\n", text=True, stdout=subprocess.PIPE, check=False).stdout
    return {"cpu_s": cpu() - before, "count": out.split().count("1")}


def fping(count: int) -> Figures:
    """One fping a host."""
    star.by_batch(count)
    targets = "\n".join(address(number) for number in range(1, count + 1))
    answered = 0
    before = cpu()
    for number in range(1, count + 1):
        argv = ["ip", "netns", "exec", f"h{number}", "fping", "-q", "-a", "-i1", "-r1", "-t500"]
        done = subprocess.run(argv, input=targets, text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
        answered += len(done.stdout.split()) - 1  # itself answers too
    return {"cpu_s": cpu() - before, "count": answered}


def _mininet(count: int, *, static: bool) -> Figures:
    net = star.by_mininet(count, static=static)
    before = cpu()
    lost = net.pingAll()
    took = cpu() - before
    net.stop()
    return {"cpu_s": took, "count": round(count * (count - 1) * (1 - lost / 100))}


def mininet(count: int) -> Figures:
    return _mininet(count, static=False)


def mininet_static(count: int) -> Figures:
    return _mininet(count, static=True)


def ns3_star(count: int) -> Figures:
    figures = ns3.run("star", f"--n={count}", "--pairs=1")
    return {"cpu_s": figures["ping_cpu_s"], "count": count * (count - 1)}


SIDES = {
    "netsim": Side(netsim),
    "ping, a process a pair": Side(ping, ("ip", "ping"), isolated=True),
    "fping, a process a host": Side(fping, ("ip", "fping"), isolated=True),
    "Mininet": Side(mininet, ("mn", "brctl"), isolated=True, python="/usr/bin/python3"),
    "Mininet, static ARP": Side(mininet_static, ("mn", "brctl"), isolated=True, python="/usr/bin/python3"),
    "ns-3 (C++)": Side(ns3_star, needs=ns3.missing),
}
CASES = (
    Case(30, ("netsim", "ping, a process a pair", "fping, a process a host", "Mininet", "ns-3 (C++)"), "30 hosts, 870 pairs", "ping"),
    Case(100, ("netsim", "Mininet, static ARP", "ns-3 (C++)"), "100 hosts, 9,900 pairs", "ping", rounds=1),
)
