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
    is_vetted: bool = False
    """Whether nothing in its rules can be refused by what its matches and targets ask when a rule is loaded."""
