"""The questions as verbs of the command line: options in, text and an exit status out."""

from __future__ import annotations

import json
from typing import Any

import attrs

from netsim.analysis.check import check as check_world
from netsim.analysis.claims import claims_in_script, read_claims
from netsim.analysis.diff import diff as diff_worlds
from netsim.analysis.diff import state_diff
from netsim.analysis.explain import explain as explain_world
from netsim.analysis.problem import AnalysisProblem
from netsim.analysis.reach import reach as reach_world
from netsim.api import World
from netsim.labs import play, read_lab


@attrs.frozen
class Answer:
    """What a verb prints, and its exit status: 0 holds, 1 does not, 2 cannot tell."""

    text: str
    status: int
    notes: str = ""
    """What goes to standard error."""


def lab_of(name: str) -> tuple[World, str]:
    """A lab's world, and a note where its script failed and for each shell that is still running in it; LabProblem."""
    world, result = play(name)
    notes = "".join(f"netsim: {host.name}: process {process.pid}, {' '.join(process.argv)}, stands still\n" for host, process in world.shells())
    if not result.status:
        return world, notes
    last = result.stderr.strip().rpartition("\n")[2] or "no word of error"
    return world, f"netsim: {name}: the script ended with status {result.status}: {last}\n{notes}"


def as_json(value: Any) -> str:
    """JSON for programs and for people who look at it."""
    return json.dumps(value, indent=2) + "\n"


def explain(options: Any, paint: int) -> Answer:
    """`netsim explain LAB FROM TO`; LabProblem, AnalysisProblem."""
    world, notes = lab_of(options.lab)
    answer = explain_world(world, options.source, options.target, size=options.size)
    return Answer(as_json(answer.as_dict()) if options.json else answer.text(paint, options.verbose), answer.status, notes)


def reach(options: Any, paint: int) -> Answer:
    """`netsim reach LAB`: 0 when everybody reaches everything, else 1; LabProblem, AnalysisProblem."""
    world, notes = lab_of(options.lab)
    matrix = reach_world(world, options.source or (), options.to or ())
    text = as_json(matrix.as_dict()) if options.json else matrix.csv() if options.csv else matrix.text()
    verdicts = {cell.verdict for cell in matrix.cells}
    return Answer(text, 2 if "unknown" in verdicts else 1 if "blocked" in verdicts else 0, notes)


def diff(options: Any, paint: int) -> Answer:
    """`netsim diff LAB LAB`: 0 when they are alike, 1 when they differ; LabProblem."""
    before, notes = lab_of(options.lab)
    after, more = lab_of(options.other)
    found = state_diff(before, after) if options.state_only else diff_worlds(before, after)
    return Answer(as_json(found.as_dict()) if options.json else found.text(paint), int(bool(found)), notes + more)


def check(options: Any, paint: int) -> Answer:
    """`netsim check LAB [CLAIMS]`: 0 all hold, 1 one does not, 2 one cannot be told; LabProblem, AnalysisProblem."""
    claims = read_claims(read_lab(options.claims)) if options.claims else list(claims_in_script(read_lab(options.lab)))
    if not claims:
        raise AnalysisProblem(
            f"{options.claims or options.lab}: no claims; write them into a file, one a line, or into the script as `# check: CLAIM`"
        )
    world, notes = lab_of(options.lab)
    report = check_world(world, *claims)
    return Answer(as_json(report.as_dict()) if options.json else report.text(paint), report.status, notes)
