"""A run of draws within a budget: `python -m tests.netfilter_real.run [--draws N] [--seconds S] [--first CHUNK]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.netfilter_real.drawn import BUILDS, EVENT_LISTS, listing
from tests.netfilter_real.play import differences, played
from tests.netfilter_real.sides import Ours, Real
from tests.real.machine import missing

TOOLS = ("ip", "iptables-nft", "iptables-legacy", "nft", "ipset", "conntrack", "sysctl")
CHUNK = 10
SLOWLY = 0.01
"""Seconds for each event when a difference is looked at again: two jiffies of the kernel, which some timers wait for."""
LEAST = {"forwarded": 0.3, "translated": 0.3, "dropped": 0.3}
"""The share of packets that must have met each fate for a run to say anything."""


@attrs.define
class Run:
    """Draws made so far and what became of their packets; while it shrinks, hypothesis looks for the smallest difference of a chunk."""

    real: Real = attrs.field(factory=Real)
    ours: Ours = attrs.field(factory=Ours)
    mix: Counter[str] = attrs.field(factory=Counter)
    failed: list[str] = attrs.field(factory=list)
    shrinks: bool = False

    def check(self, build: str, rules: str, events: list[Any]) -> None:
        """One draw; a difference is looked at again with time for softirqs and timers."""
        theirs, mine = played(self.real, build, rules, events), played(self.ours, build, rules, events)
        found = differences(theirs, mine, events)
        if found:
            theirs, mine = (played(side, build, rules, events, SLOWLY) for side in (self.real, self.ours))
            found = differences(theirs, mine, events)
        self.mix["draws"] += 1
        self.mix["refused draws"] += bool(theirs.refused)
        self.mix.update(theirs.mix)
        if found:
            shown = "\n".join(line for line in rules.splitlines() if line.startswith(("*", "-A")) or "DROP" in line)
            text = f"{build}\n{shown}\n" + "\n".join(found)
            if self.shrinks:
                raise AssertionError(text)
            self.failed.append(text)

    def chunk(self, number: int) -> None:
        """The draws of one seed."""
        phases = (Phase.generate, Phase.shrink) if self.shrinks else (Phase.generate,)
        options = settings(max_examples=CHUNK, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck),
                           report_multiple_bugs=False)  # fmt: skip
        seed(number)(options(given(BUILDS, listing(), EVENT_LISTS)(self.check)))()

    def until(self, draws: int, seconds: float, first: int) -> None:
        """Chunk after chunk until there are enough draws or time is up."""
        end = time.monotonic() + seconds
        number = first
        while self.mix["draws"] < draws and time.monotonic() < end:
            try:
                self.chunk(number)
            except AssertionError as error:
                if str(error) not in self.failed:
                    self.failed.append(str(error))
            number += 1

    def summary(self) -> str:
        """How many draws, and the mix of their packets."""
        packets = self.mix["packets"] or 1
        shares = ", ".join(f"{self.mix[name] / packets:.0%} {name}" for name in ("forwarded", "translated", "dropped", "answered by the router"))
        return f"{self.mix['draws']} draws ({self.mix['refused draws']} refused), {self.mix['packets']} packets: {shares}"

    def lacking(self) -> list[str]:
        """Fates too few packets met."""
        return [name for name, share in LEAST.items() if self.mix[name] < share * self.mix["packets"]]

    def close(self) -> None:
        """End the private network."""
        self.real.close()


def main() -> int:
    """The long run; 1 when anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shrink", action="store_true")
    told = parser.parse_args()
    reason = missing(*TOOLS)
    if reason:
        sys.stdout.write(f"not run: {reason}\n")
        return 0
    run = Run(shrinks=told.shrink)
    run.until(told.draws, told.seconds, told.first)
    run.close()
    for text in run.failed:
        sys.stdout.write("## " + text + "\n\n")
    sys.stdout.write(run.summary() + f"; {len(run.failed)} differed\n")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
