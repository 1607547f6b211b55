"""What was typed and plugged, so that a lab can repeat it: each entry is a line or a script of `netsim run`'s form."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from netsim.clock import MS, SECOND
from netsim.values import quick

MOST_ENTRIES = 10_000
"""Entries a journal keeps; a world that is typed into for ever must not grow for ever."""


@quick
@attrs.frozen(weakref_slot=False)
class Entry:
    """One command line or script typed on a machine, or (without a machine) a directive of a lab."""

    host: str
    text: str
    is_script: int = 0
    status: int = 0


@attrs.define(eq=False)
class Journal:
    """Everything that `Host.run`, `Host.run_script`, `World.host`, `lan`, `cable` and `run_for` were asked for, in order.

    Calls of `wiring` and of an engine's Python objects are not commands and are not in it.
    """

    entries: list[Entry] = attrs.field(factory=list)
    missing: int = 0
    """Entries that were left out because there were too many."""

    def add(self, entry: Entry) -> None:
        """Keep an entry, as long as there is room."""
        if len(self.entries) < MOST_ENTRIES:
            self.entries.append(entry)
        else:
            self.missing += 1

    def waited(self, host: str, duration: int) -> None:
        """Time passed (ns)."""
        if duration >= MS:
            self.add(Entry(host, f"sleep {duration / SECOND:g}"))

    def script(self) -> str:
        """A lab that does the same again: for `netsim run`, `explain` and the others."""
        machines = [entry.text.split()[1] for entry in self.entries if entry.text.startswith("host ") and not entry.host]
        plain = all(entry.host for entry in self.entries[1:]) and self.entries[:1] == [DEFAULT]
        lines: list[str] = []
        host = machines[0] if plain else ""
        was_script = 0
        for entry in self.entries[1:] if plain else self.entries:
            if not entry.host:
                lines.append(f"# netsim: {entry.text}")
                host = entry.text.split()[1] if entry.text.startswith("host ") else ""
                continue
            if entry.host != host or (lines and (entry.is_script or was_script)):
                lines.append(f"# netsim: host {entry.host}")
            host, was_script = entry.host, entry.is_script
            lines.append(_repeated(entry))
        if self.missing:
            lines.append(f"# ... and {self.missing} more, which were not kept")
        return "".join(f"{line}\n" for line in lines)


DEFAULT = Entry("", "host host kernel=6.18")
"""What a lab's first machine is without a word."""


def _repeated(entry: Entry) -> str:
    """An entry as a lab says it: one that failed must not end the lab."""
    text = entry.text.strip("\n")
    if not entry.status:
        return text
    return f"bash -c {shlex.quote(text)} || true" if entry.is_script else f"{text} || true"


_SPECIAL = re.compile(r"[|&;<>()$`\"'*?#~=%!\\\n{}\[\]]")
"""What a shell would read as more than words."""


def command_line(line: str, env: Mapping[str, str] | None, netns: str) -> str:
    """A command line as it is typed on the machine when it ran with more environment, or in a namespace (by name)."""
    if env:
        line = f"env {' '.join(shlex.quote(f'{name}={value}') for name, value in env.items())} bash -c {shlex.quote(line)}"
    if netns:
        line = f"ip netns exec {netns} {f'bash -c {shlex.quote(line)}' if _SPECIAL.search(line) else line}"
    return line


def line_options(names: Sequence[str], quality: Mapping[str, Any]) -> str:
    """The options of a cable as directives take them: the cards' names, and what the line does to frames."""
    told = [f"name={','.join(names)}"]
    told += [f"delay={quality['delay'] / 1000:g}us"] if quality.get("delay") else []
    told += [f"loss={quality['loss'] * 100:g}%"] if quality.get("loss") else []
    told += [f"rate={quality['rate']}bit"] if quality.get("rate") else []
    told += [f"mtu={quality['mtu']}"] if quality.get("mtu") else []
    return " ".join(told)
