"""Verifies drawn worlds on this machine's kernel: `python -m tests.replay_real.run --draws 500 [--seconds N] [--seed N]`."""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis.errors import NonInteractiveExampleWarning

from netsim.replay import verify
from netsim.replay.backend.room import Room
from tests.replay_real.draws import Drawn, worlds

AT_ONCE = 6
"""Most of the time is waiting for probes that nobody answers."""


def draw(count: int, start: int) -> list[Drawn]:
    """Worlds, the same for the same numbers."""
    found: list[Drawn] = []

    @seed(start)
    @settings(max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck), derandomize=False)
    @given(worlds())
    def keep(drawn: Drawn) -> None:
        found.append(drawn)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonInteractiveExampleWarning)
        keep()
    random.Random(start).shuffle(found)  # what is drawn first is small
    return found


class Outcome:
    """What came of the draws so far."""

    def __init__(self) -> None:
        self.draws = self.probes = self.listings = 0
        self.mix: Counter[str] = Counter()
        self.disagreements: list[str] = []

    def __str__(self) -> str:
        parts = ", ".join(f"{name} {count}" for name, count in sorted(self.mix.items()))
        return f"{self.draws} worlds drawn ({parts}), {self.listings} listings, {self.probes} probes, {len(self.disagreements)} disagree"


def compare(draws: list[Drawn], seconds: float, report: Callable[[str], object] = str) -> Outcome:
    """Verify until time is up; `report` hears of each disagreement as soon as it is found."""
    deadline = time.monotonic() + seconds
    outcome = Outcome()

    def one(drawn: Drawn) -> None:
        if time.monotonic() > deadline:
            return
        found = verify(drawn.build(), Room())
        outcome.draws += 1
        outcome.probes += found.probes
        outcome.listings += found.listings
        outcome.mix.update(drawn.parts)
        if not found.agrees:
            outcome.disagreements.append(f"{drawn.script}\n{found.text(1)}")
            report(outcome.disagreements[-1])

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(one, draws))
    return outcome


def shown(text: str) -> None:
    """Tell at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=36000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    outcome = compare(draw(options.draws, options.seed), options.seconds, report=shown)
    shown(str(outcome))
    return int(bool(outcome.disagreements))


if __name__ == "__main__":
    sys.exit(main())
