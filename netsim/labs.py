"""Labs: whatever a verb of the command line takes for a world, a script, a compose file or a snapshot, told apart by content."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from os.path import basename
from typing import TYPE_CHECKING

import attrs

from netsim.api import Host, World
from netsim.directives import DirectiveProblem, carry_out, machines, sections
from netsim.docker.profile import RELEASES
from netsim.machine.call import Result
from netsim.machine.fds import Capture, OpenFile
from netsim.snapshot import is_snapshot
from netsim.state import CannotLoad

if TYPE_CHECKING:
    from netsim.world.capture import Capture as WorldCapture

EX_DATAERR, EX_NOINPUT = 65, 66
KEYS_OF_COMPOSE = ("version", "name", "services", "networks", "volumes", "secrets", "configs", "include", "x-")


@attrs.frozen
class Wanted:
    """What a capture shall hold: devices called so, one machine's ("" for all), and for how long after the script (ns)."""

    device: str = ""
    host: str = ""
    after: int = 0


class LabProblem(Exception):
    """A lab that cannot be used; `status` is what the command line ends with (`sysexits.h`)."""

    def __init__(self, name: str, why: str, status: int) -> None:
        super().__init__(f"{name}: {why}")
        self.status = status


def read_lab(name: str) -> str:
    """The text of a lab by file name, "-" for standard input; LabProblem."""
    try:
        if name == "-":
            return sys.stdin.read()
        with open(name, encoding="utf-8") as file:
            return file.read()
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


def stream(name: str, world: World | None, stdout: OpenFile, stderr: OpenFile, options: Sequence[str] = ()) -> tuple[World, int]:
    """The world a lab makes and its script's status, the output going into open files as it is written; LabProblem as `play`.

    `options` are bash's, for scripts (`-x`).
    """
    text = read_lab(name)
    if is_snapshot(text):
        if world is not None:
            raise LabProblem(name, "a snapshot can only be the first lab", EX_DATAERR)
        return _thaw(name, text), 0
    world = World() if world is None else world
    return world, _typed(world, name, text, stdout, stderr, options)


def _typed(world: World, name: str, text: str, stdout: OpenFile, stderr: OpenFile, options: Sequence[str] = ()) -> int:
    """Type a script, each part on its machine; a part that fails ends the lab, as a script that fails ends those after it."""
    if is_compose(name, text):
        return _composed(world, name, text, stdout, stderr)
    try:
        parts = list(sections(text))
        said = machines(parts)
        has_directives = any(part.directive for part in parts)
        for part in parts:
            if part.directive:
                carry_out(world, part.directive, said)
                continue
            if part.host is None and is_preface(part.text) and has_directives:
                continue
            host = first_host(world) if part.host is None else world.host(part.host)
            status = host.stream_script(part.text, stdout, stderr, name="script.sh" if name == "-" else basename(name), options=options)
            if status:
                return status
    except DirectiveProblem as problem:
        raise LabProblem(name, str(problem), EX_DATAERR) from None
    return 0


def is_compose(name: str, text: str) -> bool:
    """Whether a lab is a compose file: by its name, or because its first line is one of a compose file's keys."""
    if name.endswith((".yaml", ".yml")):
        return True
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#") and line.strip() != "---"), "")
    return first.startswith(KEYS_OF_COMPOSE) and first.partition(":")[1] == ":" and " " not in first.partition(":")[0]


def is_preface(text: str) -> bool:
    """Whether lines say nothing to a machine: comments above the first directive need none."""
    return all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines())


def _composed(world: World, name: str, text: str, stdout: OpenFile, stderr: OpenFile) -> int:
    """A compose file: its project is written into the first machine and brought up there, on the engine it asks for if none runs yet."""
    from netsim.compose_api import carry, carry_text, engine_of

    host = first_host(world)
    engine = engine_of(text)
    if engine and engine not in RELEASES:
        raise LabProblem(name, f"x-netsim: there is no engine {engine}; known are {', '.join(RELEASES)}", EX_DATAERR)
    host.docker(engine or "28")
    carried = carry_text(text) if name == "-" else carry(name, host.machine.init.env)
    return host.stream_script(carried.script("up -d"), stdout, stderr, name="compose.sh")


def capture(name: str, wanted: Wanted, stdout: OpenFile, stderr: OpenFile) -> tuple[World, WorldCapture, int]:
    """Play a lab, and let `wanted.after` ns pass, while everything that passes is captured; LabProblem."""
    text = read_lab(name)
    world = _thaw(name, text) if is_snapshot(text) else World()
    captured = world.capture(wanted.device, wanted.host)
    status = 0 if is_snapshot(text) else _typed(world, name, text, stdout, stderr)
    world.run_for(wanted.after)
    return world, captured.stop(), status


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
