"""`netsim draw`: options in, text and an exit status out."""

from __future__ import annotations

from typing import Any

from netsim.analysis.explain import explain
from netsim.analysis.verbs import Answer, lab_of
from netsim.clock import SECOND
from netsim.diagram.drawing import draw
from netsim.diagram.render import CannotRender

SETTLING = 2 * SECOND
"""Virtual time that passes before a lab is drawn: carriers come up, namespaces that nobody holds are torn down."""
EX_USAGE, EX_UNAVAILABLE, EX_CANTCREAT = 64, 69, 73


def draw_lab(options: Any, paint: int) -> Answer:
    """Draw a lab, and the path of a packet where one is named, into a file or as DOT text; LabProblem, AnalysisProblem."""
    world, notes = lab_of(options.lab)
    world.run_for(SETTLING)
    path = explain(world, *options.path) if options.path else None
    diagram = draw(world, path=path, alike=options.alike)
    if options.output is None:
        return Answer(diagram.dot, 0, notes)
    try:
        diagram.save(options.output)
    except CannotRender as problem:
        return Answer("", EX_UNAVAILABLE, f"{notes}netsim: {options.output}: {problem}\n")
    except ValueError as problem:
        return Answer("", EX_USAGE, f"{notes}netsim: {problem}\n")
    except OSError as problem:
        return Answer("", EX_CANTCREAT, f"{notes}netsim: {options.output}: {problem.strerror or problem}\n")
    return Answer("", 0, notes + (f"{path.sentence}\n" if path is not None else ""))
