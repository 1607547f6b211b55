"""docker events: what happens in the daemon, as it happens or happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.clock import SECOND
from netsim.commands.docker import filters
from netsim.commands.docker.flags import LIST, Flag, Parsed
from netsim.commands.docker.session import Docker, Subcommand
from netsim.commands.docker.spans import moment, stamp
from netsim.commands.docker.template import Struct, TemplateError, check, render
from netsim.commands.docker.template.values import to_json
from netsim.commands.docker.values import name_and_value
from netsim.docker.engine.engine import Engine, Event
from netsim.docker.errors import invalid
from netsim.machine.call import Program, Result
from netsim.machine.process import Process

KINDS = ("config", "container", "daemon", "network", "node", "plugin", "secret", "service", "volume")
"""Filters that mean the beginning of an actor's id or name, whatever kind of actor it is."""
BEGINNINGS = ("exec_create", "exec_start", "health_status")
"""Of these actions the beginning will do, and while one of them is asked for, of all others too."""
NAMES = {"ID": "id", "Status": "status", "From": "from", "Scope": "scope", "Time": "time", "TimeNano": "timeNano"}


@attrs.frozen
class Wish:
    """Which events are wanted, and how they are shown."""

    filters: dict[str, list[str]]
    form: str = ""

    def takes(self, event: Event) -> bool:
        """Whether an event is wanted."""
        wanted, attributes = self.filters, event.attributes()
        return (
            _acts(wanted.get("event"), event.action)
            and filters.exactly(wanted.get("type"), event.type)
            and filters.exactly(wanted.get("scope"), "local")
            and all(_begins(wanted[kind], event.actor, attributes.get("name", "")) for kind in KINDS if kind in wanted)
            and _of_image(wanted.get("image"), event, attributes)
            and filters.labelled(wanted.get("label"), attributes)
        )

    def line(self, event: Event) -> str:
        """One event as a line."""
        if self.form in ("json", "{{json .}}"):
            return to_json(structure(event)) + "\n"
        if self.form:
            return render(self.form, structure(event), lenient=1) + "\n"
        attributes = ", ".join(f"{name}={value}" for name, value in event.attributes().items())
        return f"{stamp(event.time)} {event.type} {event.action} {event.actor} ({attributes})\n"


def _acts(wanted: Sequence[str] | None, action: str) -> bool:
    """Whether an action is asked for (`Filter.matchEvent`)."""
    if wanted and any(value in BEGINNINGS for value in wanted):
        return any(action.startswith(value) for value in wanted)
    return filters.exactly(wanted, action)


def _begins(wanted: Sequence[str], actor: str, name: str) -> bool:
    """Whether an actor's id or name begins so (`Filter.fuzzyMatchName`)."""
    return any(actor.startswith(value) or name.startswith(value) for value in wanted)


def _of_image(wanted: Sequence[str] | None, event: Event, attributes: Mapping[str, str]) -> bool:
    """Whether it is about an image, or a container made of it, with its tag or without (`Filter.matchImage`)."""
    if not wanted:
        return True
    named = attributes.get("name" if event.type == "image" else "image", "")
    return any(text in wanted for text in (event.actor, named, _without_tag(event.actor), _without_tag(named)))


def _without_tag(image: str) -> str:
    """A reference's name alone; what is no reference stays (`stripTag`)."""
    name, _, tag = image.rpartition(":")
    return image.partition("@")[0] if not name or "/" in tag else name


def structure(event: Event) -> Struct:
    """An event as the command knows it (`events.Message`)."""
    attributes = event.attributes()
    actor = Struct({"ID": event.actor, "Attributes": attributes}, "events.Actor")
    old = event.type == "container"
    fields = {
        "Status": event.action if old else "", "ID": event.actor if old else "", "From": attributes.get("image", "") if old else "", "Type": event.type,
        "Action": event.action, "Actor": actor, "Scope": "local", "Time": event.time // SECOND, "TimeNano": event.time,
    }  # fmt: skip
    return Struct(fields, "*events.Message", NAMES, () if old else ("Status", "ID", "From"))


EMPTY = structure(Event(0, "", "", "", (), ()))
"""What a template is tried with."""


@attrs.define(eq=False)
class Watching(Program):
    """Prints what happened since a moment, then what happens, until another."""

    engine: Engine
    wish: Wish
    at: int
    """Which event comes next, counted from the daemon's first."""
    since: int
    until: int
    """0: for ever."""

    def started(self, proc: Process) -> None:
        """What happened already; then listen."""
        if self.tell(proc) and self.until:
            left = self.until - self.engine.now()
            if left <= 0:
                proc.exit(0)
                return
            proc.timer(left, "end")
        self.engine.watchers.append(proc)

    def timer(self, proc: Process, token: Any) -> None:
        """Something happened, the time is over, or the daemon has gone."""
        if self.tell(proc) and token == "end":
            proc.exit(0)
        elif token == "gone":
            proc.write(2, "EOF\n")
            proc.exit(1)

    def tell(self, proc: Process) -> int:
        """Print what is new; 0 when that failed and ended the command."""
        events, forgotten = self.engine.events, self.engine.events_forgotten
        self.at = max(self.at, forgotten)
        while self.at < forgotten + len(events):
            noted = events[self.at - forgotten]
            event = Event(noted[0], noted[1], noted[2], noted[3], noted[4], noted[5:])
            self.at += 1
            if event.time < self.since or (self.until and event.time > self.until) or not self.wish.takes(event):
                continue
            try:
                proc.write(1, self.wish.line(event))
            except TemplateError as problem:
                proc.write(2, f"{problem}\n")
                proc.exit(1)
                return 0
        return 1


def events(docker: Docker, parsed: Parsed) -> Result | Program:
    """docker events."""
    form = docker.form(parsed.text("format"))
    if form not in ("", "json"):
        try:
            check(form)
            render(form, EMPTY, lenient=1)
        except TemplateError as problem:
            docker.complain(f"Error parsing format: {problem}")
            return docker.result(64)
    now = docker.call.machine.epoch + docker.call.machine.kernel.clock.now
    limits: dict[str, int] = {}
    for option in ("since", "until"):
        try:
            limits[option] = moment(parsed.text(option), now) if parsed.text(option) else 0
        except ValueError as problem:
            docker.complain(str(problem))
            return docker.result(1)
    engine = docker.engine
    wish = Wish(filters.given(parsed.many("filter")), form)
    since, until = limits["since"], limits["until"]
    if since and until and since > until:
        raise invalid(f"`since` time ({since // SECOND}) cannot be after `until` time ({until // SECOND})")
    return Watching(engine, wish, 0 if since or (until and until <= now) else engine.events_forgotten + len(engine.events), since, until)


EVENT_FLAGS = (Flag("filter", "f", LIST, name_and_value), Flag("format"), Flag("since"), Flag("until"))
EVENT_COMMANDS = (Subcommand("events", "[OPTIONS]", EVENT_FLAGS, 0, 0, events),)
