"""W4: R routers in a row with static routes: build it, and warm echoes over it."""

from __future__ import annotations

from benchmarks.workloads import chain, ns3
from benchmarks.workloads.isolation import cpu, sh
from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W4: echoes over a chain of R routers"
WARM = 100


def netsim(routers: int) -> Figures:
    before = cpu()
    host, target = chain.by_netsim(routers)
    built = cpu() - before
    near = host.netns("h1")
    assert near.run(f"ping -c1 -W9 -t255 -n {target}").status == 0
    before = cpu()
    assert near.run(f"ping -i 0.01 -q -c{WARM} -t255 -n {target}").status == 0
    return {"cpu_s": cpu() - before, "count": WARM, "build_cpu_s": built}


def kernel(routers: int) -> Figures:
    before = cpu()
    target = chain.by_kernel(routers)
    built = cpu() - before
    sh("ip", "netns", "exec", "h1", "ping", "-c1", "-W9", "-t255", "-n", target)
    before = cpu()
    sh("ip", "netns", "exec", "h1", "ping", "-f", "-q", f"-c{WARM}", "-t255", "-n", target)
    return {"cpu_s": cpu() - before, "count": WARM, "build_cpu_s": built}


def ns3_chain(routers: int) -> Figures:
    one, many = (ns3.run("chain", f"--routers={routers}", "--bridges=0", f"--ping={count}") for count in (1, 1 + WARM))
    return {"cpu_s": many["run_cpu_s"] - one["run_cpu_s"], "count": WARM, "build_cpu_s": one["build_s"]}


SIDES = {
    "netsim": Side(netsim),
    "the kernel": Side(kernel, ("ip", "ping"), isolated=True),
    "ns-3 (C++)": Side(ns3_chain, needs=ns3.missing),
}
CASES = (Case(10, tuple(SIDES), "10 routers", "echo"), Case(50, tuple(SIDES), "50 routers", "echo"))
