"""Labs: whatever a verb of the command line takes for a world, a script or a snapshot, told apart by content."""

from __future__ import annotations

import sys
from pathlib import Path

from netsim.api import Host, World
from netsim.machine.call import Result
from netsim.machine.fds import Capture, OpenFile
from netsim.snapshot import is_snapshot
from netsim.state import CannotLoad

EX_DATAERR, EX_NOINPUT = 65, 66


class LabProblem(Exception):
    """A lab that cannot be used; `status` is what the command line ends with (`sysexits.h`)."""

    def __init__(self, name: str, why: str, status: int) -> None:
        super().__init__(f"{name}: {why}")
        self.status = status


def read_lab(name: str) -> str:
    """The text of a lab by file name, "-" for standard input; LabProblem."""
    try:
        return sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except OSError as error:
        raise LabProblem(name, error.strerror or str(error), EX_NOINPUT) from None
    except UnicodeDecodeError:
        raise LabProblem(name, "neither a script nor a snapshot: not UTF-8 text", EX_DATAERR) from None


def play(name: str, world: World | None = None) -> tuple[World, Result]:
    """The world a lab makes, and what its script printed: a script runs in `world` (a fresh one at need), a snapshot is a world itself.

    LabProblem for what cannot be read, and for a snapshot where a world exists already.
    """
    stdout, stderr = Capture(), Capture()
    world, status = stream(name, world, stdout, stderr)
    return world, Result(stdout.text(), stderr.text(), status)


def stream(name: str, world: World | None, stdout: OpenFile, stderr: OpenFile) -> tuple[World, int]:
    """The world a lab makes and its script's status, the output going into open files as it is written; LabProblem as `play`."""
    text = read_lab(name)
    if is_snapshot(text):
        if world is not None:
            raise LabProblem(name, "a snapshot can only be the first lab", EX_DATAERR)
        return _thaw(name, text), 0
    world = World() if world is None else world
    return world, first_host(world).stream_script(text, stdout, stderr, name="script.sh" if name == "-" else Path(name).name)


def _thaw(name: str, text: str) -> World:
    try:
        return World.from_snapshot(text)
    except CannotLoad as problem:
        raise LabProblem(name, str(problem), EX_DATAERR) from None


def open_lab(name: str) -> World:
    """The world of a lab for verbs that ask about it and do not care what its script printed; LabProblem."""
    return play(name)[0]


def first_host(world: World) -> Host:
    """The machine that commands go to when none is named: the world's first."""
    return next(iter(world.hosts.values()), None) or world.host("host")
