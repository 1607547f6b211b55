"""Replay the recordings of real kernels and rewrite the figures of docs/fidelity.md and the floors of the tests.

usage: python -m tests.oracle.fidelity
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.oracle.score import FLOORS, KERNEL, score

PAGE = Path("docs/fidelity.md")
START, END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Score the scenarios that have a floor and write both files."""
    scores = {name: score(KERNEL / f"{name}.json") for name in sorted(json.loads(FLOORS.read_text()))}
    FLOORS.write_text(json.dumps({name: right for name, (right, _) in scores.items()}, indent=1) + "\n")
    right, telling = (sum(pair[side] for pair in scores.values()) for side in (0, 1))
    lines = [f"{right} of {telling} telling steps agree ({100 * right / telling:.1f} %).", "", "| scenario | agree | telling |", "|---|---:|---:|"]
    lines += [f"| {name} | {agree} | {of} |" for name, (agree, of) in scores.items()]
    before, rest = PAGE.read_text().split(START)
    PAGE.write_text(before + START + "\n" + "\n".join(lines) + "\n" + END + rest.split(END)[1])
    print(lines[0])


if __name__ == "__main__":
    main()
