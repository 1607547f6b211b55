"""`netsim replay` and `netsim verify`: options in, text and an exit status out."""

from __future__ import annotations

import json
from typing import Any

from netsim.analysis.problem import AnalysisProblem
from netsim.analysis.verbs import Answer, lab_of
from netsim.replay.backend.leavings import clean
from netsim.replay.backend.problem import CannotReplay
from netsim.replay.backend.room import SHELL, runtime_dir
from netsim.replay.backend.uml import Uml
from netsim.replay.build import replay
from netsim.replay.plan import plan, settled
from netsim.replay.script import script
from netsim.replay.verify import Backend, verify
from netsim.state import CannotFork

CANNOT_TELL = 2


def replay_lab(options: Any, paint: int) -> Answer:
    """`netsim replay LAB`: 0 built (or what `--run` ended with), 1 the kernel refuses, 2 this machine cannot; LabProblem, AnalysisProblem."""
    if options.clean:
        return cleaned()
    if options.lab is None:
        raise AnalysisProblem("replay: which lab? (or --clean)")
    world, notes = lab_of(options.lab)
    if options.dry_run:
        planned = plan(settled(world))
        return Answer(script(planned, options.lab), CANNOT_TELL if planned.beyond else 0, notes)
    if options.shell and options.shell not in plan(settled(world)).sites.by_name:
        raise AnalysisProblem(f"there is no {options.shell!r}; there are: {', '.join(plan(settled(world)).sites.by_name)}")
    try:
        built = replay(world, _then(options), backend_of(options))
    except (CannotReplay, CannotFork) as problem:
        return Answer("", CANNOT_TELL, f"{notes}netsim: cannot replay: {problem}\n")
    notes += "".join(f"netsim: left out: {line}\n" for line in built.plan.left_out) if options.verbose else ""
    notes += "".join(f"netsim: {line}\n" for line in built.problems)
    if built.failed:
        return Answer("", 1, f"{notes}netsim: Linux {built.kernel} does not build it: {built.failed}\n")
    if _then(options):
        return Answer("", built.status, notes)
    text = f"Linux {built.kernel} built it: {len(built.plan.operations)} operations, {len(built.plan.sites.by_name)} namespaces"
    return Answer(f"{text}; gone again (--shell stays in it)\n", 0, notes)


def verify_lab(options: Any, paint: int) -> Answer:
    """`netsim verify LAB`: 0 the kernel agrees, 1 it does not, 2 this machine cannot; LabProblem, AnalysisProblem."""
    if options.clean:
        return cleaned()
    if options.lab is None:
        raise AnalysisProblem("verify: which lab? (or --clean)")
    world, notes = lab_of(options.lab)
    try:
        found = verify(world, backend_of(options))
    except (CannotReplay, CannotFork) as problem:
        return Answer("", CANNOT_TELL, f"{notes}netsim: cannot verify: {problem}\n")
    text = json.dumps(found.as_dict(), indent=2) + "\n" if options.json else found.text(options.verbose)
    return Answer(text, 0 if found.agrees else 1, notes)


def backend_of(options: Any) -> Backend | None:
    """Where the world is built; None leaves it to what the world needs."""
    return Uml() if options.uml else None


def _then(options: Any) -> list[str]:
    if options.run:
        return ["bash", "-c", options.run]
    if options.shell is None:
        return []
    where = ["ip", "netns", "exec", options.shell] if options.shell else []
    return [*where, *SHELL]


def cleaned() -> Answer:
    """Remove what killed replays left behind."""
    return Answer("".join(f"removed {line}\n" for line in clean(runtime_dir())), 0)
