"""The long run: `python -m tests.real.fuzz [GRAMMAR ...] [--seeds FIRST-LAST] [--lines N]` prints every disagreement."""

from __future__ import annotations

import argparse
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import attrs

from tests.real.draw import script
from tests.real.grammars import GRAMMARS
from tests.real.machine import Answer, ask_netsim, ask_real, missing
from tests.real.noise import differences


def compare(name: str, seed: int, lines: list[str], real: list[Answer]) -> list[str]:
    """Disagreements of one script, each headed by where it came from."""
    try:
        ours = ask_netsim(lines, real)
    except Exception:
        return [f"## {name} {seed}: netsim broke\n{traceback.format_exc()}"]
    return [f"## {name} {seed} {text}" for text in differences(lines, real, ours)]


def main() -> int:
    """Runs grammars over seeds; 1 when anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("grammars", nargs="*", default=list(GRAMMARS))
    parser.add_argument("--seeds", default="0-9")
    parser.add_argument("--lines", type=int, default=0)
    told = parser.parse_args()
    reason = missing("ip", "bridge", "brctl", "ping", "sysctl")
    if reason:
        sys.stdout.write(f"not run: {reason}\n")
        return 0
    first, _, last = told.seeds.partition("-")
    draws = []
    for name in told.grammars or GRAMMARS:
        grammar = attrs.evolve(GRAMMARS[name], most=told.lines or GRAMMARS[name].most)
        draws += [(name, seed, script(grammar, seed)) for seed in range(int(first), int(last or first) + 1)]
    found = lines = 0
    with ThreadPoolExecutor(4) as pool:
        for (name, seed, typed), real in zip(draws, pool.map(lambda draw: ask_real(draw[2]), draws), strict=True):
            lines += len(typed)
            for text in compare(name, seed, typed, real):
                found += 1
                sys.stdout.write(text + "\n")
    sys.stdout.write(f"{found} disagreements in {lines} lines of {len(draws)} scripts\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
