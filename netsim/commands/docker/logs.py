"""docker logs: what a container's processes printed."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.docker.flags import BOOL, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.spans import moment, stamp
from netsim.docker.engine.container import Container
from netsim.docker.errors import Refusal
from netsim.machine.call import Program, Result
from netsim.machine.fds import OpenFile
from netsim.machine.process import Process

Entry = tuple[int, str, bytes]


def lines_of(container: Container) -> list[Entry]:
    """Its output in lines, each with its time and stream; what was written in pieces is put together."""
    found: list[Entry] = []
    begun: dict[str, Entry] = {}
    for at, stream, data in container.log:
        for piece in data.splitlines(keepends=True):
            first = begun.pop(stream, None)
            entry = (first[0], stream, first[2] + piece) if first is not None else (at, stream, piece)
            if piece.endswith(b"\n"):
                found.append(entry)
            else:
                begun[stream] = entry
    return [*found, *begun.values()]


@attrs.define(eq=False)
class Follower(OpenFile):
    """Passes on what a container prints, with the time in front if that is wanted."""

    proc: Process = attrs.field(kw_only=True)
    fd: int = 1
    stamped: int = 0

    def write(self, data: bytes) -> None:
        """One piece of output."""
        if self.proc.status is not None:
            return
        if self.stamped:
            data = b"".join(f"{stamp(self.proc.wall_clock())} ".encode() + line for line in data.splitlines(keepends=True))
        self.proc.write(self.fd, data)

    def read_available(self) -> bytes | None:
        """Nothing comes from there."""
        return b""


@attrs.define(eq=False)
class Following(Program):
    """docker logs --follow: what was printed, then what is, until the container ends."""

    container: Container
    out: str
    err: str
    stamped: int

    def started(self, proc: Process) -> None:
        """What there is so far."""
        for fd, text in ((1, self.out), (2, self.err)):
            if text:
                proc.write(fd, text)
        if not self.container.state.is_running:
            proc.exit(0)
            return
        for fd, opened in enumerate(self.container.outputs, 1):
            opened.attached += (Follower(proc=proc, fd=fd, stamped=self.stamped),)
        self.container.waiters += ((proc, "exited"),)

    def timer(self, proc: Process, token: Any) -> None:
        """The container has ended."""
        proc.exit(0)


def logs(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker logs."""
    name = parsed.words[0]
    try:
        container = docker.engine.container(name)
    except Refusal as problem:
        docker.refused(problem, "container", name)
        return docker.result(1)
    now = docker.engine.now()
    entries = lines_of(container)
    for option in ("since", "until"):
        if not parsed.text(option):
            continue
        try:
            limit = moment(parsed.text(option), now)
        except ValueError:
            docker.complain(f'invalid value for "{option}": failed to parse value as time or duration: "{parsed.text(option)}"')
            return docker.result(1)
        entries = [entry for entry in entries if (entry[0] >= limit if option == "since" else entry[0] <= limit)]
    entries = tail(entries, parsed.text("tail"))
    stamped = int(parsed.has("timestamps"))
    texts = {"stdout": "", "stderr": ""}
    for at, stream, data in entries:
        texts[stream] += (f"{stamp(at)} " if stamped else "") + data.decode(errors="replace")
    if container.spec.tty:
        texts = {"stdout": texts["stdout"] + texts["stderr"], "stderr": ""}
    if parsed.has("follow"):
        return Following(container, texts["stdout"], texts["stderr"], stamped)
    return Result(texts["stdout"], texts["stderr"])


def tail(entries: list[Entry], count: str) -> list[Entry]:
    """The last so many lines, or all."""
    if count in ("", "all"):
        return entries
    try:
        number = int(count)
    except ValueError:
        return entries
    return entries if number < 0 else entries[len(entries) - number :] if number else []


LOG_FLAGS = (
    Flag("details", "", BOOL), Flag("follow", "f", BOOL), Flag("since"), Flag("tail", "n"), Flag("timestamps", "t", BOOL), Flag("until"),
)  # fmt: skip
LOG_COMMANDS = (Subcommand("logs", "[OPTIONS] CONTAINER", LOG_FLAGS, 1, 1, logs),)
