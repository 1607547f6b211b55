"""What one command line of iptables asks for."""

from __future__ import annotations

import attrs

from netsim.kernel.tables.xtables import RuleSpec

NO_FLAGS: frozenset[str] = frozenset()


@attrs.define(eq=False)
class Request:
    """A command with its chain, rules and flags."""

    command: str = ""
    chain: str = ""
    new_name: str = ""
    policy: str = ""
    position: int = 0
    table: str = "filter"
    specs: tuple[RuleSpec, ...] = ()
    flags: frozenset[str] = NO_FLAGS
    counters: tuple[int, int] = (0, 0)
    has_counters: bool = False
    warnings: str = ""
    others: tuple[Request, ...] = ()
    """The same rule for other commands."""

    def led_by(self, command: str) -> Request:
        """The same rule for this command."""
        if command == self.command:
            return self
        for found in self.others:
            if found.command == command:
                return found
        s = self
        found = Request(command, s.chain, s.new_name, s.policy, s.position, s.table, s.specs, s.flags, s.counters, s.has_counters, s.warnings)
        self.others += (found,)
        return found
