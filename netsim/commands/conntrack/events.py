"""conntrack -E: events as they happen, until the user has seen enough."""

from __future__ import annotations

from typing import Any, ClassVar

import attrs

from netsim.clock import SECOND
from netsim.commands.conntrack.filters import wanted
from netsim.commands.conntrack.request import Request
from netsim.commands.conntrack.text import event
from netsim.commands.conntrack.usage import VERSION
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.conntrack.entries import sweep
from netsim.kernel.tables.conntrack import Connection, ConntrackTable
from netsim.machine.call import Program

GC_INTERVAL = SECOND
SIGINT, SIGTERM = 2, 15


@attrs.define(eq=False)
class Watch(Program):
    """A listener to the table of one namespace."""

    caught: ClassVar[frozenset[int]] = frozenset({SIGINT, SIGTERM})

    request: Request
    table: ConntrackTable
    netns: Netns
    proc: Any = None
    shown: int = 0

    def started(self, proc: Any) -> None:
        """Listen; what has run out is noticed once a second."""
        self.proc = proc
        self.table.listeners.append(self)
        proc.timer(GC_INTERVAL, None)

    def timer(self, proc: Any, token: Any) -> None:
        """Look for connections that have run out."""
        sweep(self.table, self.netns.kernel.clock.now)
        proc.timer(GC_INTERVAL, None)

    def conntrack_event(self, kind: str, connection: Connection, portid: int) -> None:
        """Something happened to a connection; a listener that was killed goes at its next event."""
        if self.proc.status is not None:
            self.table.listeners.remove(self)
            return
        output, now = self.request.output, self.netns.kernel.clock.now
        if kind not in self.request.events or not wanted(connection, self.request, now):
            return
        self.shown += 1
        stamp = ""
        if "timestamp" in output:
            wall = self.proc.wall_clock()
            stamp = f"[{wall // SECOND}.{wall % SECOND // 1000:06d}]\t"
        by = f" [USERSPACE] portid={portid}" if portid else ""
        self.proc.write(1, f"{stamp}{f'[{kind}]':>9s} {event(connection, now, output)}{by}\n")

    def signal(self, proc: Any, signum: int) -> None:
        """SIGINT or SIGTERM: say how much was seen, and end."""
        if self in self.table.listeners:
            self.table.listeners.remove(self)
        proc.write(2, f"{VERSION}: {self.shown} flow events have been shown.\n")
        proc.exit(0)
