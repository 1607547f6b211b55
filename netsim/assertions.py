"""Claims about who reaches whom, for any test framework: their failures explain themselves and say how to see it again."""

from __future__ import annotations

from typing import Any

from netsim.analysis.explain import explain
from netsim.analysis.explanation import Explanation
from netsim.analysis.reasons import BLOCKED
from netsim.api import World


def assert_reaches(world: World, frm: Any, to: Any) -> Explanation:
    """Claim that a host, namespace or container (or its name) reaches a target such as `db:5432/tcp`; its explanation when it does.

    AssertionError carries the explanation and a lab that reproduces it; AnalysisProblem when there is no such place or target.
    """
    __tracebackhide__ = True
    answer = explain(world, frm, to)
    if not answer.is_reached:
        raise AssertionError(failure(world, answer, "should be reached"))
    return answer


def assert_blocked(world: World, frm: Any, to: Any, reason: str = "") -> Explanation:
    """Claim that a target is not reached, for a reason of `docs/explain.md` (such as `rule-drop`) if one is named; AssertionError as above."""
    __tracebackhide__ = True
    answer = explain(world, frm, to)
    if answer.verdict != BLOCKED:
        raise AssertionError(failure(world, answer, "should be blocked"))
    if reason and answer.reason.code != reason:
        raise AssertionError(failure(world, answer, f"should be blocked by {reason}"))
    return answer


def failure(world: World, answer: Explanation, claim: str) -> str:
    """What a failed claim says: the answer, the packet's way, and a lab to ask again."""
    lab = world.journal.script()
    again = f"To ask again, save this as lab.sh and run: netsim explain lab.sh {answer.source} {answer.target}\n\n{lab}" if lab else NO_LAB
    return f"{answer.sentence}\n{answer.source} -> {answer.target} {claim}\n\n{answer.text()}\n{again}"


NO_LAB = "Nothing was typed in this world, so there is no script that builds it: it was loaded, or built by Python calls.\n"
