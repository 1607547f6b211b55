"""One invocation of docker: the call, the daemon it talks to, and the texts of failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import attrs

from netsim.commands.docker.flags import Flag, Parsed
from netsim.commands.docker.profile import RELEASES, CliProfile
from netsim.commands.docker.template import TemplateError, render
from netsim.commands.docker.template.values import to_json
from netsim.docker.engine.boot import activated
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Refusal
from netsim.machine.call import Call, Program, Result


@attrs.define(eq=False)
class Docker:
    """The command while it runs; output gathers in `out` and `err`."""

    call: Call
    out: list[str] = attrs.field(factory=list)
    err: list[str] = attrs.field(factory=list)

    @property
    def engine(self) -> Engine:
        """The machine's daemon; refused when none runs."""
        return activated(self.call.machine)

    @property
    def cli(self) -> CliProfile:
        """The release of the command itself."""
        return RELEASES[self.call.machine.docker_cli]

    def print(self, text: str) -> None:
        """A line for stdout."""
        self.out.append(text + "\n")

    def complain(self, text: str) -> None:
        """A line for stderr."""
        self.err.append(text + "\n")

    def refused(self, problem: Refusal) -> None:
        """Word a refusal of the daemon."""
        self.complain(daemon_text(problem))

    def result(self, status: int = 0) -> Result:
        """What was printed, with a status."""
        return Result("".join(self.out), "".join(self.err), status)


def daemon_text(problem: Refusal) -> str:
    """How the command words a refusal; status 0 marks a daemon that does not answer at all."""
    return f"Error response from daemon: {problem.text}" if problem.status else problem.text


def formatted(docker: Docker, template: str, found: Sequence[Any]) -> int:
    """Print each value through a template; 1 when it cannot be filled."""
    for shown in found:
        try:
            docker.print(to_json(shown) if template == "json" else render(template, shown))
        except TemplateError as problem:
            docker.out.append("\n")
            docker.complain(f"template parsing error: {problem}")
            return 1
    return 0


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines in columns as the docker command lays them out: at least ten wide, three blanks between (text/tabwriter)."""
    widths = [max(10, *(len(row[column]) + 3 for row in rows)) for column in range(len(rows[0]) - 1)]
    return ["".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=False)) + row[-1] for row in rows]


Handler = Callable[[Docker, Parsed], "Result | Program"]


@attrs.frozen
class Subcommand:
    """A subcommand: its words, what it takes, and what it does."""

    path: str
    """`docker run`, `docker network create` ..."""
    usage: str
    flags: Sequence[Flag]
    least: int
    """How many words it needs; `most` how many it takes (None: any number)."""
    most: int | None
    run: Handler
    interspersed: bool = True
    failure: int = 1
    """Exit status for what the daemon refuses (125 for run)."""
