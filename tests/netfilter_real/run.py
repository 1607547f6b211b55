"""A run of draws within a budget: `python -m tests.netfilter_real.run [--draws N] [--seconds S] [--first CHUNK]`."""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.netfilter_real.drawn import EVENT_LISTS, listing
from tests.netfilter_real.native import native
from tests.netfilter_real.play import differences, played
from tests.netfilter_real.scenes import SCENES, turns
from tests.netfilter_real.sides import Ours, Real
from tests.real.machine import missing

TOOLS = ("ip", "iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy", "nft", "bridge", "ipset", "conntrack", "sysctl")
CHUNK = 10
SLOWLY = 0.01
"""Seconds for each event when a difference is looked at again: two jiffies of the kernel, which some timers wait for."""
LEAST = {"forwarded": 0.3, "translated": 0.3, "dropped": 0.3}
"""The share of packets that must have met each fate for a run to say anything."""


@attrs.define
class Run:
    """Draws made so far and what became of their packets; while it shrinks, hypothesis looks for the smallest difference of a chunk."""

    scenes: tuple[str, ...] = attrs.field(factory=turns)
    sides: dict[str, tuple[Real, Ours]] = attrs.field(factory=dict)
    mix: Counter[str] = attrs.field(factory=Counter)
    failed: list[str] = attrs.field(factory=list)
    shrinks: bool = False
    report: Callable[[str], None] = str
    """What is done with a difference once it is found, besides keeping it."""

    def of(self, name: str) -> tuple[Real, Ours]:
        """The two sides of a scene, made when it is first played."""
        if name not in self.sides:
            self.sides[name] = Real(SCENES[name]), Ours(SCENES[name])
        return self.sides[name]

    def check(self, name: str, rules: str, events: list[Any]) -> None:
        """One draw; a difference is looked at again with time for softirqs and timers, and again, for a busy machine lets the kernel's timers run out."""
        sides = self.of(name)
        theirs, mine = (played(side, rules, events) for side in sides)
        found = differences(theirs, mine, events)
        for _ in range(3):
            if not found:
                break
            theirs, mine = (played(side, rules, events, SLOWLY) for side in sides)
            found = differences(theirs, mine, events)
        self.mix["draws"] += 1
        self.mix[name] += 1
        self.mix["refused draws"] += bool(theirs.refused)
        self.mix.update(theirs.mix)
        if found:
            shown = "\n".join(line for line in rules.splitlines() if not line.startswith(":") or "DROP" in line)
            text = f"{name}\n{shown}\n" + "\n".join(found)
            if self.shrinks:
                raise AssertionError(text)
            self.failed.append(text)
            self.report(text)

    def chunk(self, number: int) -> None:
        """The draws of one seed."""
        phases = (Phase.generate, Phase.shrink) if self.shrinks else (Phase.generate,)
        options = settings(max_examples=CHUNK, deadline=None, database=None, phases=phases, suppress_health_check=list(HealthCheck),
                           report_multiple_bugs=False)  # fmt: skip
        scene = SCENES[self.scenes[number % len(self.scenes)]]
        rules = native() if scene.is_native else listing().map(scene.said)
        seed(number)(options(given(st.just(scene.name), rules, EVENT_LISTS)(self.check)))()

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
        each = ", ".join(f"{self.mix[name]} {name}" for name in SCENES if self.mix[name])
        if "bridge" not in turns():
            each += "; no bridges: this kernel shows no bridged packets to iptables"
        return f"{self.mix['draws']} draws ({each}; {self.mix['refused draws']} refused), {self.mix['packets']} packets: {shares}"

    def lacking(self) -> list[str]:
        """Fates too few packets met."""
        return [name for name, share in LEAST.items() if self.mix[name] < share * self.mix["packets"]]

    def close(self) -> None:
        """End the private networks."""
        for real, _ in self.sides.values():
            real.close()


def shown(text: str) -> None:
    """Tell of a difference as soon as it is found."""
    sys.stdout.write("## " + text + "\n\n")
    sys.stdout.flush()


def main() -> int:
    """The long run; 1 when anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--scene", action="append", choices=list(SCENES))
    told = parser.parse_args()
    reason = missing(*TOOLS)
    if reason:
        sys.stdout.write(f"not run: {reason}\n")
        return 0
    run = Run(scenes=tuple(told.scene or turns()), shrinks=told.shrink, report=shown)
    run.until(told.draws, told.seconds, told.first)
    run.close()
    for text in run.failed if told.shrink else ():
        shown(text)
    sys.stdout.write(run.summary() + f"; {len(run.failed)} differed\n")
    return 1 if run.failed else 0


if __name__ == "__main__":
    sys.exit(main())
