"""What the guards of recorders cost while nobody records: the kernel as it is against the same source without them, and with a recorder."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib.abc import SourceLoader
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ROUNDS = 5
AS_IS, BARE, RECORDED = "as it is", "bare", "recorded"


class Unguarded(ast.NodeTransformer):
    """Takes out every `if ... trace is not None: ...`."""

    def visit_If(self, node: ast.If) -> Any:
        self.generic_visit(node)
        if _asks_for_recorder(node.test):
            return node.orelse or ast.copy_location(ast.Pass(), node)
        return node


def _asks_for_recorder(test: ast.expr) -> bool:
    parts = test.values if isinstance(test, ast.BoolOp) else [test]
    return any(isinstance(part, ast.Compare) and isinstance(part.ops[0], ast.IsNot) and _is_trace(part.left) for part in parts)


def _is_trace(value: ast.expr) -> bool:
    return (isinstance(value, ast.Attribute) and value.attr == "trace") or (isinstance(value, ast.Name) and value.id == "trace")


class BareLoader(SourceFileLoader):
    """Compiles a module without its guards, and never from a cache."""

    def get_code(self, fullname: str) -> Any:
        return SourceLoader.source_to_code(self, ast.unparse(Unguarded().visit(ast.parse(self.get_data(self.path)))), self.path)


class BareFinder(PathFinder):
    """Finds the kernel's modules for `BareLoader`."""

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
        spec = super().find_spec(fullname, path, target)
        if spec is not None and fullname.startswith("netsim.kernel") and isinstance(spec.loader, SourceFileLoader):
            spec.loader = BareLoader(fullname, spec.loader.path)
        return spec


def work(kind: str) -> float:
    """CPU seconds of 2,000 echoes over three routers with rules, tracking and translation, a bridge at the end."""
    if kind == BARE:
        sys.meta_path.insert(0, BareFinder)
    from benchmarks.bench_chain import chain
    from benchmarks.stopwatch import best

    host = chain(3)
    for number in (1, 2, 3):
        host.netns(f"n{number}").run("iptables -A FORWARD -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT")
    host.netns("n2").run("iptables -t nat -A POSTROUTING -o right -j MASQUERADE")
    if kind == RECORDED:
        from netsim.analysis.recording import Recording

        for netns in host.machine.kernel.namespaces:
            netns.trace = Recording()
    red = host.netns("n0")
    red.run("ping -c 20 -i 0.01 10.0.3.2")
    return best(lambda: red.run("ping -q -c 2000 -i 0.002 10.0.3.2"), 3)


def run() -> dict[str, float]:
    """Ratios of the least CPU time of alternating processes."""
    least = dict.fromkeys((AS_IS, BARE, RECORDED), float("inf"))
    for _ in range(ROUNDS):
        for kind in least:
            command = [sys.executable, "-c", f"from benchmarks.bench_tracing import work; print(work({kind!r}))"]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
            least[kind] = min(least[kind], float(done.stdout))
    return {
        "guards of recorders, nobody recording / source without them": least[AS_IS] / least[BARE],
        "a recorder in every namespace / nobody recording": least[RECORDED] / least[AS_IS],
    }
