"""Replay the recordings of real kernels and daemons and rewrite the figures of docs/fidelity.md and the floors of the tests.

usage: python -m tests.oracle.fidelity
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.oracle.score import FLOORS_OF, causes, disagreements, score

TITLES = {"kernel": "kernels", "docker": "Docker 20.10 on hosts of a LAN", "engines": "five engines on a bare host"}
PAGE = Path("docs/fidelity.md")
START, END = "<!-- figures -->", "<!-- end of figures -->"


def main() -> None:
    """Score every scenario of the three kinds and write page and floors."""
    lines: list[str] = []
    for folder, floors in FLOORS_OF.items():
        scores = {path.stem: score(path) for path in sorted(folder.glob("*.json"))}
        floors.write_text(json.dumps({name: right for name, (right, _) in scores.items()}, indent=1) + "\n")
        lines += [f"### Recordings of {TITLES[folder.name]}", "", *figures(scores)]
        lines += ["", *reasons(folder, {name for name, (right, of) in scores.items() if right != of}), ""]
    before, rest = PAGE.read_text().split(START)
    PAGE.write_text(before + START + "\n" + "\n".join(lines).rstrip() + "\n" + END + rest.split(END)[1])


def figures(scores: dict[str, tuple[int, int]]) -> list[str]:
    """The sum, and every scenario that does not agree whole."""
    right, telling = (sum(pair[side] for pair in scores.values()) for side in (0, 1))
    whole = [name for name, (agree, of) in scores.items() if agree == of]
    lines = [f"{right} of {telling} telling steps agree ({100 * right / telling:.1f} %); {len(whole)} of {len(scores)} scenarios agree whole.", ""]
    print(lines[0])
    lines += ["| scenario that does not agree whole | agree | telling |", "|---|---:|---:|"]
    lines += [f"| {name} | {agree} | {of} |" for name, (agree, of) in scores.items() if agree != of]
    return [*lines, "", "Whole: " + ", ".join(whole) + "."]


def reasons(folder: Path, scenarios: set[str]) -> list[str]:
    """Every step that disagrees, by the mechanism behind it."""
    left = {(name, step) for name in sorted(scenarios) for step in disagreements(folder / f"{name}.json")}
    lines = ["| what does not agree | steps | why |", "|---|---:|---|"]
    for cause in causes(folder):
        here = {(name, step) for name, steps in cause["steps"].items() for step in steps} & left
        if here:
            left -= here
            lines.append(f"| {cause['cause']} | {len(here)} | {cause['why']} |")
    if left:
        lines.append(f"| not explained yet | {len(left)} | {', '.join(f'{name} {step}' for name, step in sorted(left))} |")
    return lines


if __name__ == "__main__":
    main()
