"""docker compose logs: what the containers of a project printed, each line with its container's name."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.commands.docker.compose.containers import chosen
from netsim.commands.docker.compose.file.problem import ComposeProblem
from netsim.commands.docker.compose.following import Prefixed, prefix, title
from netsim.commands.docker.compose.request import number_of
from netsim.commands.docker.compose.session import Compose, ComposeCommand
from netsim.commands.docker.flags import BOOL, INT, Flag, Parsed
from netsim.commands.docker.logs import Entry, lines_of, tail
from netsim.commands.docker.spans import moment, stamp
from netsim.docker.engine.container import Container
from netsim.machine.call import Program, Result
from netsim.machine.process import Process


@attrs.define(eq=False)
class Following(Program):
    """docker compose logs --follow: what was printed, then what is, until all of them have ended."""

    text: str
    containers: list[Container]
    leads: dict[str, str]
    stamped: int

    def started(self, proc: Process) -> None:
        """What there is so far."""
        proc.write(1, self.text)
        for one in self.containers:
            if one.state.is_running:
                one.waiters += ((proc, "ended"),)
                for opened in one.outputs:
                    opened.attached += (Prefixed(proc=proc, lead=self.leads[one.id], stamped=self.stamped),)
        self.timer(proc, None)

    def timer(self, proc: Process, token: Any) -> None:
        """One has ended."""
        if not any(one.state.is_running for one in self.containers):
            proc.exit(0)


def logs(compose: Compose, parsed: Parsed) -> Result | Program:
    """docker compose logs."""
    _, there = chosen(compose, parsed.words)
    if parsed.given("index"):
        there = [one for one in there if number_of(one) == parsed.number("index")]
    width = max((len(title(one)) for one in there), default=0)
    stamped = int(parsed.has("timestamps"))
    leads = {one.id: "" if parsed.has("no-log-prefix") else prefix(one, width) for one in there}
    texts = []
    for one in there:
        for at, _, data in _wanted(compose, parsed, one):
            line = data.decode(errors="replace").removesuffix("\n")
            texts.append(f"{leads[one.id]}{f'{stamp(at)} ' if stamped else ''}{line}\n")
    text = "".join(texts)
    if parsed.has("follow"):
        return Following(text, there, leads, stamped)
    compose.docker.out.append(text)
    return compose.result()


def _wanted(compose: Compose, parsed: Parsed, container: Container) -> list[Entry]:
    entries = lines_of(container)
    for option in ("since", "until"):
        if parsed.text(option):
            try:
                limit = moment(parsed.text(option), compose.engine.now())
            except ValueError:
                raise ComposeProblem(f'invalid value for "{option}": failed to parse value as time or duration: "{parsed.text(option)}"') from None
            entries = [entry for entry in entries if (entry[0] >= limit if option == "since" else entry[0] <= limit)]
    return tail(entries, parsed.text("tail"))


LOG_COMMANDS = (
    ComposeCommand(
        "logs", "[OPTIONS] [SERVICE...]", "View output from containers",
        (
            Flag("follow", "f", BOOL), Flag("index", "", INT), Flag("no-color", "", BOOL), Flag("no-log-prefix", "", BOOL), Flag("since"), Flag("tail", "n"),
            Flag("timestamps", "t", BOOL), Flag("until"),
        ), logs,
    ),
)  # fmt: skip
