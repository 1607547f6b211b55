"""The questions as verbs of the command line: options in, text and an exit status out."""

from __future__ import annotations

import json
from typing import Any

import attrs

from netsim.analysis.explain import explain as explain_world
from netsim.api import World
from netsim.labs import play


@attrs.frozen
class Answer:
    """What a verb prints, and its exit status: 0 holds, 1 does not, 2 cannot tell."""

    text: str
    status: int
    notes: str = ""
    """What goes to standard error."""


def lab_of(name: str) -> tuple[World, str]:
    """A lab's world, and a note where its script failed; LabProblem."""
    world, result = play(name)
    if not result.status:
        return world, ""
    last = result.stderr.strip().rpartition("\n")[2] or "no word of error"
    return world, f"netsim: {name}: the script ended with status {result.status}: {last}\n"


def as_json(value: Any) -> str:
    """JSON for programs and for people who look at it."""
    return json.dumps(value, indent=2) + "\n"


def explain(options: Any, paint: int) -> Answer:
    """`netsim explain LAB FROM TO`; LabProblem, AnalysisProblem."""
    world, notes = lab_of(options.lab)
    answer = explain_world(world, options.source, options.target, size=options.size)
    return Answer(as_json(answer.as_dict()) if options.json else answer.text(paint, options.verbose), answer.status, notes)
