"""W8: what importing costs: a fresh interpreter less an empty one."""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
from collections.abc import Callable

from benchmarks.workloads.side import Case, Figures, Side

TITLE = "W8: import"


def once(python: str, statement: str) -> float:
    """CPU seconds of a fresh interpreter with one statement."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([python, "-c", statement], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def of(statement: str, python: str = "") -> Callable[[int], Figures]:
    """The median of several."""

    def run(rounds: int) -> Figures:
        interpreter = python or sys.executable
        once(interpreter, statement)
        took = statistics.median(once(interpreter, statement) - once(interpreter, "pass") for _ in range(rounds))
        return {"cpu_s": took, "count": 1}

    return run


SIDES = {
    "netsim": Side(of("import netsim")),
    "netsim, World": Side(of("from netsim import World")),
    "netsim, a machine": Side(of("from netsim import World; World().host('h')")),
    "pyroute2": Side(of("import pyroute2"), modules=("pyroute2",)),
    "scapy": Side(of("import scapy.all"), modules=("scapy",)),
    "networkx": Side(of("import networkx"), modules=("networkx",)),
    "Mininet": Side(of("import mininet.net", "/usr/bin/python3"), ("mn",)),
}
CASES = (Case(15, tuple(SIDES), "a fresh interpreter less an empty one", "import"),)
