"""A run of draws within a budget: `python -m tests.trace_real.run [--draws N] [--seconds S] [--first CHUNK]`."""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.netfilter_real.drawn import PORTS, listing
from tests.netfilter_real.wires import HOSTS, OURS, ROUTER, SERVED
from tests.real.machine import missing
from tests.trace_real.sides import FIRST, LABS, Lab, Met, Ours, Packet, Real

TOOLS = ("ip", "iptables-nft-restore", "ip6tables-nft-restore", "conntrack", "ipset", "sysctl")
CHUNK = 25
PAUSES = (0.0, 0.01, 0.1)
"""Seconds for what follows a packet; a difference is looked at again with more."""
TRACED = f"-A {{}} -m comment {FIRST}"


@st.composite
def packets(draw: st.DrawFn) -> Packet:
    """Through the router, to it, and from it."""
    place = draw(st.sampled_from(["h1", "h1", "h1", "h2", ROUTER]))
    there = {
        "h1": (*HOSTS["h2"], *HOSTS["h2"], SERVED, SERVED, *OURS, "10.2.0.77"),
        "h2": (*HOSTS["h1"], *OURS),
        ROUTER: (*HOSTS["h1"], *HOSTS["h2"], SERVED),
    }
    protocol = draw(st.sampled_from(["icmp", "tcp", "tcp", "udp", "udp"]))
    return Packet(place, protocol, draw(st.sampled_from(there[place])), 0 if protocol == "icmp" else draw(st.sampled_from(PORTS)))


def with_trace(rules: str) -> str:
    """The same rules, every packet traced from its first hook on."""
    lines = []
    for line in rules.splitlines():
        lines.append(line)
        if line.startswith("*"):
            table = line
        if line.startswith(":two") and table == "*raw":
            lines += [TRACED.format("PREROUTING"), TRACED.format("OUTPUT")]
    return "\n".join([*lines, ""])


def in_words_of(lab: Lab, packet: Packet) -> Packet:
    """The packet with the lab's addresses."""
    return attrs.evolve(packet, address=lab.said(packet.address))


@attrs.define
class Run:
    """Draws made so far."""

    mix: Counter[str] = attrs.field(factory=Counter)
    reasons: Counter[str] = attrs.field(factory=Counter)
    failed: list[str] = attrs.field(factory=list)
    sides: dict[str, tuple[Real, Ours]] = attrs.field(factory=dict)
    unexplained: list[str] = attrs.field(factory=list)
    report: Callable[[str], object] = str

    def check(self, name: str, drawn: str, packet: Packet) -> None:
        """One draw; a difference is looked at again, with more time."""
        lab = LABS[name]
        if name not in self.sides:
            self.sides[name] = Real(lab), Ours(lab)
        real, ours = self.sides[name]
        rules, packet = lab.said(with_trace(drawn)), in_words_of(lab, packet)
        mine = ours.met(rules, packet)
        for pause in PAUSES:
            theirs = real.met(rules, packet, pause)
            if told(theirs) == told(mine):
                break
        self.mix["draws"] += 1
        self.mix[name] += 1
        self.mix["refused"] += isinstance(theirs, str)
        if not isinstance(theirs, str):
            self.mix["answered"] += len(theirs) > 1
            self.mix["rules"] += sum(bool(text) for part in theirs for _, _, text in part)
            self.mix["policies"] += sum(not text for part in theirs for _, _, text in part)
            self.reasons[ours.reason] += 1
            if ours.reason == "unexplained":
                self.unexplained.append(f"{name}: {packet}\n{rules}")
        if told(theirs) != told(mine):
            text = f"{name}: {packet}\n{rules}\n{difference(theirs, mine)}"
            self.failed.append(text)
            self.report(text)

    def chunk(self, number: int) -> None:
        """The draws of one seed."""
        options = settings(max_examples=CHUNK, deadline=None, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
        name = ("IPv4", "IPv4", "IPv6")[number % 3]
        seed(number)(options(given(st.just(name), listing(), packets())(self.check)))()

    def until(self, draws: int, seconds: float, first: int) -> None:
        """Chunk after chunk until there are enough draws or time is up."""
        end, number = time.monotonic() + seconds, first
        while self.mix["draws"] < draws and time.monotonic() < end:
            self.chunk(number)
            number += 1

    def summary(self) -> str:
        """How many draws, and what they were."""
        each = ", ".join(f"{self.mix[name]} {name}" for name in LABS)
        reasons = ", ".join(f"{count} {code}" for code, count in self.reasons.most_common())
        return (
            f"{self.mix['draws']} draws ({each}; {self.mix['refused']} refused), {self.mix['answered']} answered; {self.mix['rules']} rules and "
            f"{self.mix['policies']} policies met; {reasons}; {len(self.failed)} differ"
        )

    def close(self) -> None:
        """End the private networks."""
        for real, _ in self.sides.values():
            real.close()


def told(met: list[list[Met]] | str) -> object:
    """What both sides must agree on: rules that were refused are so for the same reason."""
    return re.sub(r"line \d+|/dev/stdin|/rules", "~", met) if isinstance(met, str) else met


def difference(theirs: list[list[Met]] | str, mine: list[list[Met]] | str) -> str:
    """Both accounts side by side, a line for each rule."""
    lines = []
    for name, met in (("kernel", theirs), ("ours", mine)):
        parts = met if not isinstance(met, str) else [[("refused", "", met)]]
        lines += [f"{name} {number}: {' '.join(one)}" for number, part in enumerate(parts) for one in part]
    return "\n".join(lines) + "\n"


def shown(text: str) -> None:
    """Tell of a difference as soon as it is found."""
    sys.stdout.write(f"## {text}\n")
    sys.stdout.flush()


def main() -> int:
    """The long run; 1 when anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=5000)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--unexplained", action="store_true", help="tell what no reason was found for")
    options = parser.parse_args()
    reason = missing(*TOOLS)
    if reason:
        sys.stdout.write(f"not run: {reason}\n")
        return 0
    run = Run(report=shown)
    run.until(options.draws, options.seconds, options.first)
    run.close()
    for text in run.unexplained if options.unexplained else ():
        shown(f"unexplained: {text}")
    sys.stdout.write(run.summary() + "\n")
    return int(bool(run.failed))


if __name__ == "__main__":
    sys.exit(main())
