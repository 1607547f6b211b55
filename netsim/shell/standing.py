"""What stands for a shell that is running in a copy of its world: its place in a script cannot be copied."""

from __future__ import annotations

import attrs

from netsim.machine.call import Program


@attrs.define(eq=False)
class StandingShell(Program):
    """A shell that was stopped in the middle (SIGSTOP): it neither goes on nor waits for its children; a signal ends it."""
