"""One invocation of docker: the call, the daemon it talks to, and the texts of failure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import attrs

from netsim.commands.docker.flags import Flag, FlagSet, Parsed
from netsim.commands.docker.profile import RELEASES, CliProfile
from netsim.docker.engine.boot import activated
from netsim.docker.engine.engine import Engine
from netsim.docker.errors import Missing, Refusal
from netsim.machine.call import Call, Program, ReadInput, Result

SOCKETS = ("", "unix:///var/run/docker.sock", "unix:///run/docker.sock")


@attrs.define(eq=False)
class Docker:
    """The command while it runs; output gathers in `out` and `err`."""

    call: Call
    verb: str = ""
    """The subcommand as it was spelt: `container run`."""
    daemon: str = ""
    """Where --host says the daemon listens."""
    context: str = "default"
    """Under which name (`docker context`)."""
    out: list[str] = attrs.field(factory=list)
    err: list[str] = attrs.field(factory=list)
    cli: CliProfile = attrs.field(init=False)
    """The release of the command itself."""

    def __attrs_post_init__(self) -> None:
        self.cli = RELEASES[self.call.proc.machine.docker_cli]

    @property
    def engine(self) -> Engine:
        """The machine's daemon; refused when none answers there."""
        if self.daemon not in SOCKETS:
            raise Refusal(0, f"Cannot connect to the Docker daemon at {self.daemon}. Is the docker daemon running?")
        machine = self.call.proc.machine
        found = machine.services.get("docker")
        return found if isinstance(found, Engine) and found.process.status is None and not found.closing else activated(machine)

    @property
    def api(self) -> tuple[int, ...]:
        """The version of the API that command and daemon settle on: the older one's."""
        return min(version(self.cli.api_version), version(self.engine.profile.api_version))

    def form(self, text: str) -> str:
        """A template as typed; `json` is one like others to the older command, which knows no short form."""
        return "{{print `json`}}" if text == "json" and self.cli.family == "20.10" else text

    def print(self, text: str) -> None:
        """A line for stdout."""
        self.out.append(text + "\n")

    def complain(self, text: str) -> None:
        """A line for stderr."""
        self.err.append(text + "\n")

    def warn(self, text: str) -> None:
        """A line for stderr at once, before anything that is printed later."""
        if 2 in self.call.proc.fds:
            self.call.proc.write(2, text + "\n")

    def refused(self, problem: Refusal, what: str = "", name: str = "") -> None:
        """Word a refusal of the daemon; `what` is it that the command asks for alone and 20.10 tells in its own words when it is not there."""
        self.complain(self.worded(problem, what, name))

    def worded(self, problem: Refusal, what: str = "", name: str = "") -> str:
        """The same as a text."""
        if isinstance(problem, Missing):
            what, name = problem.what, problem.name
        if what and problem.status == 404 and self.cli.names_missing:
            return f"Error: No such {what}: {name}"
        return daemon_text(problem)

    def result(self, status: int = 0) -> Result:
        """What was printed, with a status. Complaints come last, into whatever both go."""
        if self.out and self.err and 1 in self.call.proc.fds:
            self.call.proc.write(1, "".join(self.out))
            self.out.clear()
        return Result("".join(self.out), "".join(self.err), status)

    def each(self, names: Sequence[str], act: Callable[[str], object]) -> list[str]:
        """Do something to each thing named; names of those it worked for are printed, the others given back."""
        failed: list[str] = []
        for name in names:
            try:
                act(name)
                self.print(name)
            except Refusal as problem:
                self.refused(problem)
                failed.append(name)
        return failed

    def bad_option(self, problem: object) -> Result:
        """An option of run or create that the command itself refuses."""
        self.err.append(worded(self.cli.bad_option, str(problem), self.verb))
        return self.result(125)


def worded(form: str, problem: str, verb: str) -> str:
    """A problem in a form that may put a full stop behind it; there is never more than one."""
    return form.format(problem=problem.removesuffix(".") if form.startswith("docker: {problem}.") else problem, verb=verb)


@lru_cache(maxsize=64)
def version(text: str) -> tuple[int, ...]:
    """A version's numbers."""
    return tuple(map(int, text.split(".")))


def daemon_text(problem: Refusal) -> str:
    """How the command words a refusal; status 0 marks a daemon that does not answer at all."""
    return f"Error response from daemon: {problem.text.strip()}" if problem.status else problem.text


Handler = Callable[[Docker, Parsed], "Result | Program | ReadInput"]


@attrs.frozen
class Subcommand:
    """A subcommand: its words, what it takes, and what it does."""

    path: str
    """`run`, `network create` ..."""
    arguments: str
    """What its usage says it takes."""
    flags: Sequence[Flag]
    least: int
    """How many words it needs; `most` how many it takes (None: any number)."""
    most: int | None
    run: Handler
    interspersed: bool = True
    failure: int = 1
    """Exit status for what the daemon refuses (125 for run)."""
    reads: int = 1
    """0: its words are not read at all, because it is refused as it is."""
    flag_sets: dict[str, FlagSet] = attrs.field(factory=dict, init=False, eq=False)
    """What `flag_set` made, by the family of releases."""

    def takes(self, words: int) -> bool:
        """Whether it can be given so many words."""
        return self.least <= words and (self.most is None or words <= self.most)

    def flags_of(self, family: str) -> list[Flag]:
        """The options that a family of releases has."""
        return [flag for flag in self.flags if flag.only in ("", family)]

    def flag_set(self, family: str) -> FlagSet:
        """The same by name and letter."""
        known = self.flag_sets.get(family)
        if known is None:
            known = self.flag_sets[family] = FlagSet.of(self.flags_of(family))
        return known
