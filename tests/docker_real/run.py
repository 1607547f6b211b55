"""A run of draws within a budget: `python -m tests.docker_real.run [--draws N] [--seconds S] [--first CHUNK] [--shrink]`, or of one script: `--file F`."""

from __future__ import annotations

import argparse
import difflib
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import attrs
from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.docker_real import looks
from tests.docker_real.drawn import SCRIPTS
from tests.docker_real.sides import Ours, Real, clients, lacks
from tests.real.machine import Answer

CHUNK = 5
"""Draws with one daemon; then it is begun anew, with the other release of the command if there is one."""
AT_ONCE = 8
ENDED = "sleep 1"
"""After a container that ends by itself: when the daemon has cleared it away is a matter of moments."""
RETRIES = 2
"""How often a difference of what arrives is looked at again: a machine under load loses patience before a packet does."""


@attrs.define
class Pair:
    """A daemon and netsim's engine that have been told the same from their beginning."""

    client: str
    options: str = ""
    real: Real = attrs.field(init=False)
    ours: Ours = attrs.field(init=False)
    before: list[str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self.real = Real(self.client, self.options)
        self.ours = Ours(self.client, self.options)
        self.before = looks.bare(self.real.type(looks.BARE))

    def both(self, lines: Sequence[str], together: int = 0) -> tuple[list[Answer], list[Answer]]:
        """Answers of the daemon and of netsim."""
        real = self.real.type(lines, together)
        return real, self.ours.type(lines, real)

    def close(self) -> None:
        """End the daemon."""
        self.real.close()


@attrs.define
class Draw:
    """One script on both sides, and where they differ."""

    pair: Pair
    mix: Counter[str]
    theirs: looks.Names = attrs.field(factory=looks.Names)
    mine: looks.Names = attrs.field(factory=looks.Names)
    found: list[str] = attrs.field(factory=list)
    skips_views: int = 0
    """Some container was refused for a link to another network: the daemon goes on showing the endpoint that it took back."""
    is_stuck: int = 0
    """The daemon did not answer: it locks itself up now and then, and nothing can be said of it."""

    def play(self, lines: Sequence[str]) -> list[str]:
        """Type it, look at everything, and clean up; differences."""
        for line in lines:
            real, ours = self.pair.both([line])
            if real[0].stderr == "timed out":
                self.is_stuck = 1
                return []
            self.skips_views |= int("Cannot link to" in real[0].stderr)
            self.mix["lines"] += 1
            self.mix["refused lines"] += real[0].status != 0
            self.mix[" ".join(line.split()[1:2])] += 1
            self.compare([line], real, ours)
            if line.endswith((" true", " 'exit 3'")):
                self.pair.both([ENDED])
        self.look()
        self.clean()
        return self.found

    def look(self) -> None:
        """Everything there is to see once the host's addresses are no longer tentative, then who reaches whom."""
        self.pair.both([looks.QUIET])
        real, ours = self.pair.both(looks.HOST)
        self.compare(looks.HOST, real, ours)
        names = looks.running(real[1])
        self.mix["running containers"] += len(names)
        self.mix["networks"] += len(real[2].stdout.splitlines()) - 3
        if names != looks.running(ours[1]):
            return
        lines = looks.inside(names)
        self.compare(lines, *self.pair.both(lines, AT_ONCE))
        self.reach([*looks.ping_lines(names, looks.addresses(real[4].stdout)), *looks.name_lines(names)])
        self.reach(looks.port_lines(names, looks.published(real[1].stdout)))

    def reach(self, lines: Sequence[str]) -> None:
        """Answers of several lines each, in no order."""
        real, ours = self.pair.both(lines, AT_ONCE)
        for number, line in enumerate(lines):
            mine, theirs = reached(ours[number]), reached(real[number])
            for _ in range(RETRIES):
                if mine == theirs:
                    break
                theirs = reached(self.pair.real.type([line])[0])
            self.mix["asked who reaches whom"] += len(theirs)
            self.mix["reached"] += sum(one.endswith((" 0", "404 Not Found")) for one in theirs)
            if mine != theirs:
                self.differ(line, "\n".join(theirs), "\n".join(mine))

    def compare(self, lines: Sequence[str], real: Sequence[Answer], ours: Sequence[Answer]) -> None:
        """Answer by answer."""
        for line, theirs, mine in zip(lines, real, ours, strict=True):
            if self.skips_views and line.startswith("docker inspect $("):
                continue
            them, us = looks.shown(self.theirs, line, theirs), looks.shown(self.mine, line, mine)
            if them != us:
                self.differ(line, f"{them[0]}{them[1]}status {them[2]}", f"{us[0]}{us[1]}status {us[2]}")

    def differ(self, line: str, theirs: str, mine: str) -> None:
        """Note a difference."""
        told = difflib.unified_diff(theirs.splitlines(), mine.splitlines(), "docker", "netsim", lineterm="", n=1)
        self.found.append(f"$ {line}\n" + "\n".join(told))

    def clean(self) -> None:
        """Remove everything on both sides; nothing may be left."""
        self.pair.both(looks.CLEANING)
        after = looks.bare(self.pair.real.type(looks.BARE))
        if after != self.pair.before:
            self.mix["left something behind"] += 1
            self.pair.before = after
        mine = looks.bare(self.pair.ours.type(looks.BARE))
        for line, left, ours in zip(looks.BARE, after, mine, strict=True):
            if "ss" not in line and left != ours:
                self.differ(line, left, ours)


def reached(answer: Answer) -> list[str]:
    """Lines in no order; whether a refusal comes before or after the request was sent is a matter of moments."""
    return sorted(line.removesuffix(": Connection reset by peer") for line in answer.stdout.splitlines())


@attrs.define
class Run:
    """Draws made so far and what became of them."""

    mix: Counter[str] = attrs.field(factory=Counter)
    failed: list[str] = attrs.field(factory=list)
    pair: Pair | None = None
    deadline: float = float("inf")
    talks: int = 0

    def check(self, lines: list[str]) -> None:
        """One draw; after a difference both sides begin anew."""
        if time.monotonic() > self.deadline:
            return
        if self.pair is None:
            releases = sorted(clients())
            self.pair = Pair(releases[self.mix["daemons"] % len(releases)])
            self.mix["daemons"] += 1
        self.mix["draws"] += 1
        draw = Draw(self.pair, self.mix)
        found = draw.play(lines)
        if draw.is_stuck:
            self.mix["stuck"] += 1
            self.anew()
        if self.talks:
            sys.stdout.write(f"{self.mix['draws']}: {len(lines)} lines, {len(found)} differences\n")
            sys.stdout.flush()
        if found and self.pair is not None:
            client = self.pair.client
            self.anew()
            found = self.again(client, lines, found)
            if found:
                self.failed.append(f"with docker {client}:\n" + "\n".join(lines) + "\n\n" + "\n".join(found))

    def again(self, client: str, lines: list[str], found: list[str]) -> list[str]:
        """What differs at the same line when all is begun anew: containers that end while others are being removed do so at a moment of the machine's."""
        asked = {text.splitlines()[0] for text in once(client, lines)}
        same = [text for text in found if text.splitlines()[0] in asked]
        self.mix["differed once"] += not same
        return same

    def chunk(self, number: int) -> None:
        """The draws of one seed."""
        options = settings(max_examples=CHUNK, deadline=None, database=None, phases=(Phase.generate,), suppress_health_check=list(HealthCheck))
        seed(number)(options(given(SCRIPTS)(self.check)))()
        self.anew()

    def until(self, draws: int, seconds: float, first: int) -> None:
        """Chunk after chunk until there are enough draws or time is up."""
        self.deadline = time.monotonic() + seconds
        number = first
        try:
            while self.mix["draws"] < draws and time.monotonic() < self.deadline:
                self.chunk(number)
                number += 1
        finally:
            self.anew()

    def anew(self) -> None:
        """End both sides."""
        if self.pair is not None:
            self.pair.close()
            self.pair = None

    def summary(self) -> str:
        """How many draws, and what they were made of."""
        mix = self.mix
        verbs = ", ".join(f"{count} {verb}" for verb, count in mix.most_common() if verb in VERBS)
        return (
            f"{mix['draws']} draws with {mix['daemons']} daemons, {mix['lines']} lines ({mix['refused lines']} refused): {verbs}; {mix['networks']} networks, "
            f"{mix['running containers']} running containers, {mix['asked who reaches whom']} questions who reaches whom ({mix['reached']} yes); "
            f"the daemon left something behind {mix['left something behind']} times, and was stuck {mix['stuck']} times; "
            f"{mix['differed once']} draws differed once and not again"
        )  # fmt: skip


VERBS = (
    "network",
    "run",
    "exec",
    "inspect",
    "port",
    "ps",
    "rm",
    "stop",
    "start",
    "restart",
    "kill",
    "rename",
    "create",
    "pause",
    "unpause",
    "container",
    "wait",
)


def shrunk(client: str, lines: list[str]) -> tuple[list[str], list[str]]:
    """The script with lines left out as long as the same line differs, and what differs then."""
    found = once(client, lines)
    wanted = found[0].splitlines()[0] if found else ""
    place = len(lines) - 1
    while found and place >= 0:
        fewer = lines[:place] + lines[place + 1 :]
        again = once(client, fewer)
        if any(text.splitlines()[0] == wanted for text in again):
            lines, found = fewer, again
        place -= 1
    return lines, found


def once(client: str, lines: list[str]) -> list[str]:
    """One script on fresh sides."""
    pair = Pair(client)
    try:
        return Draw(pair, Counter()).play(lines)
    finally:
        pair.close()


def main() -> int:
    """The long run; 1 when anything differed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--seconds", type=float, default=1e9)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--shrink", action="store_true", help="leave lines out of what differs")
    parser.add_argument("--file", type=Path, help="a script of one line each instead of draws")
    parser.add_argument("--client", default="20.10.24")
    told = parser.parse_args()
    reason = lacks()
    if reason:
        sys.stdout.write(f"not run: {reason}\n")
        return 0
    if told.file:
        lines = [line for line in told.file.read_text().splitlines() if line and not line.startswith("#")]
        lines, found = shrunk(told.client, lines) if told.shrink else (lines, once(told.client, lines))
        sys.stdout.write("\n".join([*lines, "", *found, ""]))
        return int(bool(found))
    run = Run(talks=1)
    run.until(told.draws, told.seconds, told.first)
    for text in run.failed:
        sys.stdout.write("## " + text + "\n\n")
    sys.stdout.write(run.summary() + f"; {len(run.failed)} differed\n")
    return int(bool(run.failed))


if __name__ == "__main__":
    sys.exit(main())
