"""Run every benchmark in one process, one after the other, and print the ratios; `--json FILE` writes them too.

A benchmark is a module `bench_NAME.py` with `run() -> dict[str, float]`: what it measured, each a ratio of two sides taken in the same run or a
plain number whose name says its unit. Seconds differ between machines; ratios are what later work is held to.
"""

from __future__ import annotations

import argparse
import json
from importlib import import_module
from pathlib import Path

HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("names", nargs="*", help="which ones (default: all)")
    parser.add_argument("--json", type=Path, help="write the figures to this file")
    options = parser.parse_args()
    names = options.names or sorted(path.stem.removeprefix("bench_") for path in HERE.glob("bench_*.py"))
    figures: dict[str, dict[str, float]] = {}
    for name in names:
        figures[name] = import_module(f"benchmarks.bench_{name}").run()
        for what, value in figures[name].items():
            print(f"{name + ': ' + what:<82}{value:>14,.3f}", flush=True)
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(figures, indent=1) + "\n")


if __name__ == "__main__":
    main()
