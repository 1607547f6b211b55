"""Run one side of one workload and print its figures as JSON: `python -m benchmarks.workloads w1_build "ip -batch" 100`."""

from __future__ import annotations

import json
import sys
from importlib import import_module

from benchmarks.workloads.isolation import isolate


def main() -> None:
    name, side_name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    side = import_module(f"benchmarks.workloads.{name}").SIDES[side_name]
    if side.isolated:
        isolate()
    print(json.dumps(side.run(size)))


if __name__ == "__main__":
    main()
