"""One invocation of `docker compose`: the docker command it belongs to, its own options, and the project."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import attrs

from netsim.commands.docker.compose.file.assemble import Loaded, Wanted, assemble
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.file.project import Project
from netsim.commands.docker.compose.request import VERSION, members, service_of
from netsim.commands.docker.compose.steps import warning
from netsim.commands.docker.compose.unmodelled import unmodelled
from netsim.commands.docker.flags import Flag, Parsed
from netsim.docker.engine.container import Container
from netsim.errors import NetError, strerror
from netsim.machine.call import Call, Program, Result

if TYPE_CHECKING:
    from netsim.commands.docker.session import Docker
    from netsim.docker.engine.engine import Engine

NO_YAML = "docker compose: netsim: reading compose files needs PyYAML: pip install 'netsim-lab[compose]'"


@attrs.frozen
class MachineReader:
    """Reads files of the machine as the process that called sees them."""

    call: Call

    def __call__(self, path: str) -> str:
        """A file's text; OSError."""
        if path == "-" or path.endswith("/-"):
            data = self.call.proc.read(0) or b""
            return data.decode("utf-8")
        try:
            return self.call.machine.files.read(self.call.proc, path).decode("utf-8")
        except NetError as error:
            raise OSError(error.errno, strerror(error.errno)) from None


@attrs.define(eq=False)
class Compose:
    """The command while it runs."""

    docker: Docker
    options: Parsed
    """Those before the subcommand."""
    verb: str = ""

    @property
    def engine(self) -> Engine:
        """The machine's daemon; Refusal."""
        return self.docker.engine

    @property
    def call(self) -> Call:
        """Who called."""
        return self.docker.call

    def load(self, services: Sequence[str] = (), *, keeps_all: int = 0) -> Project:
        """The project, with what is to be said about its files said; ComposeProblem."""
        options = self.options
        wanted = Wanted(
            self.call.proc.cwd, self.call.proc.env, options.many("file"), options.text("project-name"), options.text("project-directory"),
            options.many("env-file"), options.many("profile"), services, keeps_all or int(options.has("all-resources")),
        )  # fmt: skip
        try:
            loaded: Loaded = assemble(wanted, MachineReader(self.call))
        except ImportError:
            raise ComposeProblem(NO_YAML) from None
        except ComposeProblem as problem:
            self.warn(problem.warnings)
            raise
        self.warn(() if self.verb == "config" and "--variables" in self.call.argv else loaded.warnings)
        return loaded.project

    def warn(self, warnings: Sequence[str]) -> None:
        """Warnings in logrus's form."""
        for text in warnings:
            self.docker.err.append(warning(self.call.machine, text))

    def report(self, project: Project, services: Sequence[str]) -> None:
        """What the services of a project ask for that is not modelled is told the machine, once each."""
        known = self.call.netns.kernel.unmodelled
        for text in unmodelled(project, services):
            if text not in known:
                known.append(text)

    def name(self) -> str:
        """The project's name alone: by -p or the environment without reading any file, else as the project says; ComposeProblem."""
        given = self.options.text("project-name") or self.call.proc.env.get("COMPOSE_PROJECT_NAME", "")
        return given if given and not self.options.many("file") else self.load().name

    def project_or_name(self, services: Sequence[str] = ()) -> tuple[Project | None, str]:
        """The project and its name; by name alone (-p without -f) there is no project. ComposeProblem."""
        given = self.options.text("project-name") or self.call.proc.env.get("COMPOSE_PROJECT_NAME", "")
        if given and not self.options.many("file"):
            return None, given
        project = self.load(services)
        return project, project.name

    def members(self, name: str, services: Sequence[str], *, oneoff: int = 0) -> list[Container]:
        """A project's containers, of some of its services or of all."""
        found = members(self.engine, name, oneoff=oneoff)
        return [one for one in found if not services or service_of(one) in services]

    def result(self, status: int = 0) -> Result:
        """What was printed, with a status."""
        return self.docker.result(status)

    def said(self) -> str:
        """What stands on stderr so far, for a program that goes on from here."""
        text, self.docker.err = "".join(self.docker.err), []
        return text

    @property
    def version(self) -> str:
        """The release of compose."""
        return VERSION


Handler = Callable[[Compose, Parsed], "Result | Program"]


@attrs.frozen
class ComposeCommand:
    """A subcommand of compose."""

    name: str
    arguments: str
    about: str
    flags: Sequence[Flag]
    run: Handler
    least: int = 0
    interspersed: int = 1
