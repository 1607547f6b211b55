"""verify: the same world in the model and on a real kernel, asked the same questions."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any, Protocol

import attrs

from netsim.analysis.reasons import REACHED, REASONS
from netsim.analysis.trials import Trials, trials
from netsim.api import World
from netsim.clock import SECOND
from netsim.kernel.bridge.device import Bridge
from netsim.replay.backend.choice import choose
from netsim.replay.backend.problem import CannotReplay
from netsim.replay.operations import Load
from netsim.replay.plan import Plan, plan, settled
from netsim.replay.questions import Attempt, Question, attempts, blind_of, protocol_of, questions
from netsim.replay.reading import Difference, compare

PATIENCE, PROBE_PATIENCE = 5.0, 4.0
"""Seconds a kernel gets to settle, and to answer a probe."""
AT_ONCE = 400


class Backend(Protocol):
    """A kernel to be asked."""

    def ask(self, request: dict[str, Any], then: Any = ()) -> dict[str, Any]:
        """The agent's answer to a request."""


@attrs.frozen
class Verification:
    """What came of it: agreement when nothing differs. `failed` is the kernel's word where the world could not be built."""

    kernel: str
    operations: int
    listings: int
    probes: int
    differences: tuple[Difference, ...]
    left_out: tuple[str, ...] = ()
    failed: str = ""
    seconds: float = 0.0

    @property
    def agrees(self) -> bool:
        """Whether the kernel agrees in everything that was asked."""
        return not self.failed and not self.differences

    def text(self, details: int = 0) -> str:
        """Agreement, or the first difference (`details`: all of them), and what was left out."""
        lines = [f"left out: {line}" for line in self.left_out] if details else []
        asked = f"{_count(self.operations, 'operation')}, {_count(self.listings, 'listing')}, {_count(self.probes, 'probe')}"
        if self.failed:
            return "\n".join([*lines, f"Linux {self.kernel} does not build it: {self.failed}", ""])
        if self.agrees:
            return "\n".join([*lines, f"Linux {self.kernel} agrees: {asked}", ""])
        shown = self.differences if details else self.differences[:1]
        more = len(self.differences) - len(shown)
        lines += [str(each) for each in shown] + ([f"and {more} more (-v shows all)"] if more else [])
        return "\n".join([*lines, f"Linux {self.kernel} differs in {len(self.differences)} of: {asked}", ""])

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {"agrees": self.agrees, **attrs.asdict(self)}


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' if number != 1 else ''}"


def verify(world: World, backend: Backend | None = None, *, probes: int = 1) -> Verification:
    """Build a world on a real kernel and compare; the world stays as it is. CannotReplay where this machine cannot.

    `backend` is a kernel to ask (default: this machine's in private namespaces, or User-Mode Linux where that lacks a kind of device); `probes` 0
    compares listings only.
    """
    trial = settled(world)
    planned = plan(trial)
    asked, tried = list(questions(planned)), attempts(trial, planned) if probes else []
    answer = backend_for(planned, backend).ask(request(planned, asked, tried))
    summary = Verification(
        answer["kernel"], len(planned.operations), len(asked), len(tried), (), planned.left_out, seconds=answer.get("seconds", 0.0)
    )
    if failed := failure(answer):
        return attrs.evolve(summary, failed=failed)
    found = [Difference("", "listeners", "", "", line) for line in answer["problems"]]
    found += [each for question, told in zip(asked, answer["reads"], strict=True) for each in _compared(trial, planned, question, told)]
    tries = trials(trial)
    for attempt in sorted(tried, key=_source):
        found += _probed(tries, attempt, answer["probes"].get(str(attempt.number)))
    return attrs.evolve(summary, differences=tuple(found))


def backend_for(planned: Plan, wanted: Backend | None) -> Backend:
    """The kernel that shall be asked; CannotReplay where the world is beyond every kernel, or beyond what this machine has."""
    if planned.beyond:
        raise CannotReplay(f"beyond a plain kernel: {'; '.join(planned.beyond)}")
    return wanted or choose(planned.kinds())


def failure(answer: dict[str, Any]) -> str:
    """The operation that the kernel refused, and its word; empty when there is none."""
    failed = answer["failed"]
    return "" if failed is None else f"{failed['text'].strip().partition(chr(10))[0]}: {failed['stderr'].strip()}"


def _source(attempt: Attempt) -> str:
    return attempt.source


def request(planned: Plan, asked: list[Question], tried: list[Attempt]) -> dict[str, Any]:
    """What the agent is to do."""
    return {
        "steps": [{"commands": [list(argv) for argv in each.commands()], "stdin": each.stdin, "text": each.text()} for each in planned.operations],
        "sites": [site.name for site in planned.sites],
        "reads": [["ip", "netns", "exec", each.site, *shlex.split(each.command)] for each in asked],
        "listeners": [attrs.asdict(known) for known in planned.listeners],
        "probes": [_probe(each) for each in tried],
        "kinds": sorted(planned.kinds()),
        "filters": int(any(isinstance(each, Load) for each in planned.operations)),
        "patience": patience(planned),
        "probe_patience": PROBE_PATIENCE,
    }


def _probe(each: Attempt) -> dict[str, Any]:
    target = each.target
    return {
        "id": str(each.number), "site": each.site, "protocol": protocol_of(each), "address": target.host, "port": target.port, "round": each.number // AT_ONCE,
    }  # fmt: skip


def patience(planned: Plan) -> float:
    """Spanning tree takes two forward delays until ports forward."""
    bridges = [dev for _, netns in planned.sites.with_netns() for dev in netns.devices.values() if isinstance(dev, Bridge) and dev.stp_enabled]
    return PATIENCE + max((2 * dev.bridge_forward_delay / SECOND for dev in bridges), default=0.0)


def _compared(trial: World, planned: Plan, question: Question, told: dict[str, Any]) -> Iterator[Difference]:
    site = planned.sites.by_name[question.site]
    if site.machine is None or site.netns is None:
        return
    ours = trial.hosts[site.machine.name].run(question.command, netns=site.netns)
    if told["status"] and not ours.status:
        yield Difference(site.name, question.section, question.command, f"status {ours.status}", told["stderr"].strip() or f"status {told['status']}")
        return
    yield from compare(site.name, question.section, ours.stdout, told["stdout"], blind_of(site.netns))


def _probed(tries: Trials, attempt: Attempt, told: list[Any] | None) -> Iterator[Difference]:
    ours = REASONS[tries.outcome(attempt.source, attempt.target).cause.code]
    theirs = "reached" if told is not None and told[0] == "answered" else "blocked"
    if (ours.verdict == REACHED) != (theirs == "reached"):
        outcome = "not tried" if told is None else told[0] if not told[1] else f"{told[0]} (errno {told[1]})"
        yield Difference(attempt.source, "probes", str(attempt), f"{ours.verdict} ({ours.code})", f"{theirs}: {outcome}")
