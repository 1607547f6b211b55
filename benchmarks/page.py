"""Run every workload, netsim beside each peer that is installed, and write the figures into docs/performance.md."""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import ModuleType

from benchmarks.workloads.side import Case, Side

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "performance.md"
FIRST, LAST = "<!-- figures: written by `make bench` -->", "<!-- end of figures -->"
NAMES = tuple(sorted(path.stem for path in (Path(__file__).parent / "workloads").glob("w[0-9]_*.py")))
LIMIT = 900


def once(name: str, side_name: str, side: Side, size: int) -> dict[str, float] | str:
    """One run in a process of its own: its figures, or why there are none."""
    argv = [side.python or sys.executable, "-m", "benchmarks.workloads", name, side_name, str(size)]
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        done = subprocess.run(argv, cwd=ROOT, env=env, text=True, capture_output=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"not done after {LIMIT} s"
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode or not lines:
        return (done.stderr.strip().splitlines() or ["no answer"])[-1][:80]
    figures: dict[str, float] = json.loads(lines[-1])
    return figures


def measured(name: str, module: ModuleType, case: Case) -> dict[str, list[dict[str, float]] | str]:
    """Every side of a case, the sides taking turns."""
    found: dict[str, list[dict[str, float]] | str] = {}
    sides: dict[str, Side] = module.SIDES
    for number in range(case.rounds):
        for side_name in case.sides:
            gone = sides[side_name].missing()
            if gone or isinstance(found.get(side_name), str):
                found.setdefault(side_name, f"not installed: {gone}")
                continue
            figures = once(name, side_name, sides[side_name], case.size)
            runs = found.setdefault(side_name, [])
            if isinstance(figures, str):
                found[side_name] = figures
            elif isinstance(runs, list):
                runs.append(figures)
            print(f"{name} {case.size} {side_name} ({number + 1}/{case.rounds}): {figures}", file=sys.stderr, flush=True)
    return found


def each(runs: list[dict[str, float]]) -> list[float]:
    """CPU seconds per thing done, of every run."""
    return [run["cpu_s"] / max(run["count"], 1) for run in runs]


def multiple(ratio: float) -> str:
    """Two digits that mean something, and no exponents."""
    return f"{ratio:.0f}" if ratio >= 10 else f"{ratio:.2g}"


def duration(seconds: float) -> str:
    """With a unit that leaves three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e6:.3g} us"


def rows(case: Case, found: dict[str, list[dict[str, float]] | str]) -> list[str]:
    """The table of a case."""
    ours = found.get(case.baseline)
    base = statistics.median(each(ours)) if isinstance(ours, list) and ours else None
    lines = [f"| {case.what} | CPU per {case.unit} | spread | against netsim |", "|---|---|---|---|"]
    for side_name, runs in found.items():
        if isinstance(runs, str):
            lines.append(f"| {side_name} | {runs} | | |")
            continue
        times = each(runs)
        middle = statistics.median(times)
        spread = f"{duration(min(times))} to {duration(max(times))}" if len(times) > 1 else "1 run"
        ratio = "" if base is None or side_name == case.baseline else multiple(middle / base)
        lines.append(f"| {side_name} | {duration(middle)} | {spread} | {ratio} |")
    return lines


def page(names: list[str]) -> str:
    """The generated part."""
    lines = [FIRST, "", f"Measured on Linux {platform.release().split('-')[0]}, Python {platform.python_version()}, {os.cpu_count()} cores."]
    for name in names:
        module = import_module(f"benchmarks.workloads.{name}")
        lines += ["", f"### {module.TITLE}"]
        for case in module.CASES:
            lines += ["", *rows(case, measured(name, module, case))]
    return "\n".join([*lines, "", LAST])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.page")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], help="only these workloads, to the screen (default: all, into the page)")
    names = parser.parse_args().names
    text = page(names or list(NAMES))
    if names:
        print(text)
        return
    old = PAGE.read_text()
    head, _, rest = old.partition(FIRST)
    _, _, tail = rest.partition(LAST)
    PAGE.write_text(f"{head}{text}{tail}")


if __name__ == "__main__":
    main()
