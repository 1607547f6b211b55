"""check: claims that must hold in a world, each tried in forks; what fails brings its explanation."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import attrs

from netsim.analysis.claims import ALWAYS, NEVER, ONLY, Claim, parse_claim
from netsim.analysis.explain import explain
from netsim.analysis.explanation import Explanation
from netsim.analysis.places import Place, places
from netsim.analysis.problem import AnalysisProblem
from netsim.analysis.reach import best_answer
from netsim.analysis.reasons import REACHED, UNKNOWN
from netsim.analysis.services import Service, services_of
from netsim.analysis.target import ICMP, Target, parse
from netsim.api import World

HOLDS, BROKEN, UNCLEAR = "ok", "FAIL", "????"
PAINT = {HOLDS: "\033[32m", BROKEN: "\033[31m", UNCLEAR: "\033[33m"}
PLAIN = "\033[0m"
Checked = str | Claim | Callable[[World], Any]
"""A sentence, a claim, or a function of a world that answers false or raises AssertionError when it does not hold."""


@attrs.frozen
class Outcome:
    """A claim and whether it holds (`ok`, `FAIL`, `????`); `why` is the explanation's sentence of the attempt that decided."""

    claim: str
    result: str
    why: str = ""
    explanation: Explanation | None = None


@attrs.frozen
class Report:
    """All outcomes; true when every claim holds."""

    outcomes: tuple[Outcome, ...]

    def __bool__(self) -> bool:
        return self.status == 0

    def __str__(self) -> str:
        return self.text()

    @property
    def status(self) -> int:
        """Exit status of `netsim check`: 1 when a claim fails, else 2 when one cannot be told, else 0."""
        results = {outcome.result for outcome in self.outcomes}
        return 1 if BROKEN in results else 2 if UNCLEAR in results else 0

    def text(self, paint: int = 0) -> str:
        """A line for each claim, and one below those that do not hold that says why."""
        lines = []
        for outcome in self.outcomes:
            word = f"{outcome.result:4s}"
            lines.append(f"{f'{PAINT[outcome.result]}{word}{PLAIN}' if paint else word} {outcome.claim}\n")
            if outcome.why and outcome.result != HOLDS:
                lines.append(f"     {outcome.why}\n")
        return "".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "status": self.status,
            "outcomes": [
                {
                    "claim": outcome.claim,
                    "result": {HOLDS: "holds", BROKEN: "broken", UNCLEAR: "unknown"}[outcome.result],
                    "why": outcome.why,
                    "explanation": outcome.explanation.as_dict() if outcome.explanation is not None else None,
                }
                for outcome in self.outcomes
            ],
        }


def check(world: World, *claims: Checked) -> Report:
    """Try claims in forks of a world, which stays as it is; AnalysisProblem for sentences that are no claims or name places that are not there."""
    return Report(tuple(_checked(world, claim) for claim in claims))


def _checked(world: World, claim: Checked) -> Outcome:
    if isinstance(claim, str):
        claim = parse_claim(claim)
    if isinstance(claim, Claim):
        return check_claim(world, claim)
    name = (claim.__doc__ or claim.__name__.replace("_", " ")).strip().partition("\n")[0]
    try:
        with world.still() as trial:
            holds = claim(trial) is not False
    except AssertionError as failed:
        return Outcome(name, BROKEN, str(failed).partition("\n")[0])
    return Outcome(name, HOLDS if holds else BROKEN)


def check_claim(world: World, claim: Claim) -> Outcome:
    """Whether one claim holds; the first attempt against it decides."""
    known = {place.name: place for place in places(world)}
    named = [_source(known, name) for name in claim.sources]
    if claim.kind == ONLY:
        others = [name for name in known if name not in named and name != _target_name(known, claim.target)]
        return _tried(world, claim, [(ALWAYS, name) for name in named] + [(NEVER, name) for name in others], known)
    sources = named or [name for name in known if name != _target_name(known, claim.target)]
    return _tried(world, claim, [(claim.kind, name) for name in sources], known)


def _source(known: dict[str, Place], name: str) -> str:
    if name in known:
        return name
    full = [place.name for place in known.values() if name == f"{place.machine.name}/{place.name}" or name in place.also]
    if not full:
        raise AnalysisProblem(f"no machine, namespace or running container is called {name!r}; there are: {', '.join(known)}")
    return full[0]


def _tried(world: World, claim: Claim, wanted: list[tuple[str, str]], known: dict[str, Place]) -> Outcome:
    unclear: Explanation | None = None
    last: Explanation | None = None
    for kind, source in wanted:
        answer = _answer(world, source, claim, kind, known)
        if answer is None:
            continue
        last = answer
        if answer.verdict == UNKNOWN:
            unclear = unclear or answer
        elif (answer.verdict == REACHED) != (kind == ALWAYS):
            return Outcome(claim.text, BROKEN, answer.sentence, answer)
    if unclear is not None:
        return Outcome(claim.text, UNCLEAR, unclear.sentence, unclear)
    if last is None:
        return Outcome(claim.text, UNCLEAR, f"there is nothing to try: {claim.target} has no address or listens nowhere")
    return Outcome(claim.text, HOLDS, last.sentence, last)


def _answer(world: World, source: str, claim: Claim, kind: str, known: dict[str, Place]) -> Explanation | None:
    """The attempt that decides for one source: a reached one, else the first."""
    first: Explanation | None = None
    for service in _meant(claim.target, known):
        answer = best_answer(world, source, service) if isinstance(service, Service) else explain(world, source, service)
        if answer.is_reached:
            return answer
        first = first or answer
    return first


def _meant(text: str, known: dict[str, Place]) -> Iterator[Service | Target]:
    """What a claim's target stands for: a place alone means its ping and all its ports, a place with a port that port at all its addresses."""
    place = _called(known, text.removeprefix("@"))
    if place is not None:
        yield from services_of(place)
        return
    target = parse(text)
    place = _called(known, target.host.removeprefix("@"))
    if place is None:
        yield target
        return
    addresses = tuple(str(address) for address in place.addresses())
    if addresses:
        yield Service(place.name, target.protocol, 0 if target.protocol == ICMP else target.port, addresses)


def _called(known: dict[str, Place], name: str) -> Place | None:
    """The place of a name, or the one that a compose service's name means."""
    return known.get(name) or next((place for place in known.values() if name in place.also), None)


def _target_name(known: dict[str, Place], text: str) -> str:
    """The name of the place that a target begins with."""
    name = text.removeprefix("@").partition(":")[0].partition("/")[0]
    place = _called(known, name)
    return name if place is None else place.name
