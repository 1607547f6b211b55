"""The verbs of the `netsim` command: run scripts in a world, type into one, ask about it, replay recorded scenarios."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netsim.api import World
from netsim.clock import SECOND
from netsim.labs import LabProblem, Wanted, capture, stream
from netsim.machine.fds import Outlet
from netsim.state import CannotSave

EX_USAGE, EX_NOINPUT, EX_CANTCREAT = 64, 66, 73
NOT_MODELLED = 2
QUESTIONS = ("explain", "reach", "diff", "check")


def carry_out(options: argparse.Namespace) -> int:
    """Do what the command line asks; the exit status. The verbs' own modules are loaded when they are asked for."""
    try:
        status = _carry_out(options)
        sys.stdout.flush()
        return status
    except LabProblem as problem:
        print(f"netsim: {problem}", file=sys.stderr)
        return problem.status
    except BrokenPipeError:  # `| head` has had enough; what is still to be written, at the latest as Python ends, goes nowhere
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _carry_out(options: argparse.Namespace) -> int:
    if options.verb == "run":
        return run_labs(options.labs, options.save, options.strict, ("-x",) if options.trace else ())
    if options.verb == "pcap":
        return capture_lab(options)
    if options.verb == "shell":
        from netsim.console.session import converse

        return converse(options.labs)
    if options.verb in QUESTIONS:
        from netsim.analysis import verbs

        return answer_by(getattr(verbs, options.verb), options)
    if options.verb == "draw":
        from netsim.diagram import verb

        return answer_by(verb.draw_lab, options)
    if options.verb in ("replay", "verify"):
        from netsim.replay import verb as real

        return answer_by(real.replay_lab if options.verb == "replay" else real.verify_lab, options)
    return transcribe(options)


def transcribe(options: argparse.Namespace) -> int:
    """Replay recorded scenarios; 0, or 66 when there are none."""
    from netsim.transcript import replay_all

    if not Path(options.path).exists():
        print(f"netsim: {options.path}: No such file or directory", file=sys.stderr)
        return EX_NOINPUT
    replay_all(Path(options.path), Path(options.out), jobs=options.jobs)
    return 0


def answer_by(verb: Callable[[argparse.Namespace, int], Any], options: argparse.Namespace) -> int:
    """Print what a verb answers; its status, 64 for a question that makes no sense."""
    from netsim.analysis.problem import AnalysisProblem

    paint = int(sys.stdout.isatty() and "NO_COLOR" not in os.environ)
    try:
        answer = verb(options, paint)
    except AnalysisProblem as problem:
        print(f"netsim: {problem}", file=sys.stderr)
        return EX_USAGE
    print(answer.notes, end="", file=sys.stderr)
    print(answer.text, end="")
    return int(answer.status)


def run_labs(names: list[str], save: str | None, strict: bool, said: tuple[str, ...] = ()) -> int:  # noqa: FBT001 - a switch of the command line
    """Run scripts one after the other in one world, until one fails; their output goes out as a shell's would. `said` are options for bash."""
    world, status = None, 0
    for name in names:
        world, status = stream(name, world, Outlet(sink=sys.stdout), Outlet(sink=sys.stderr), said)
        if status:
            break
    assert world is not None
    for line in dict.fromkeys(world.unmodelled):
        print(f"netsim: not modelled: {line}", file=sys.stderr)
    if strict:
        status = NOT_MODELLED if world.unmodelled else status
    return save_world(world, save) or status if save else status


def capture_lab(options: argparse.Namespace) -> int:
    """Run a lab with a capture going on and write it; the status is the lab's, 73 when the file cannot be written."""
    wanted = Wanted(options.device, options.host, max(0, int(options.seconds * SECOND)))
    world, captured, status = capture(options.lab, wanted, Outlet(sink=sys.stdout), Outlet(sink=sys.stderr))
    if options.host and options.host not in world.hosts:
        print(f"netsim: {options.lab}: there is no host {options.host}", file=sys.stderr)
        return EX_USAGE
    from netsim.world.capture import Format

    form = Format.PCAP if options.out.endswith(".pcap") else Format.PCAPNG
    try:
        Path(options.out).write_bytes(captured.to_bytes(form))
    except OSError as problem:
        print(f"netsim: {options.out}: cannot write: {problem.strerror}", file=sys.stderr)
        return EX_CANTCREAT
    print(f"netsim: {len(captured.frames)} frames of {len(captured.described)} devices; {captured.drops} packets dropped", file=sys.stderr)
    return status


def save_world(world: World, path: str) -> int:
    """Write a snapshot; 0, or the status that tells it could not be written."""
    try:
        world.save(path)
    except (CannotSave, OSError) as problem:
        print(f"netsim: {path}: cannot save: {getattr(problem, 'strerror', None) or problem}", file=sys.stderr)
        return EX_CANTCREAT
    return 0
