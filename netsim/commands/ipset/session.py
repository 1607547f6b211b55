"""One run of ipset: what it was given and the sets it works on."""

from __future__ import annotations

import attrs

from netsim.commands.ipset.words import Stop
from netsim.kernel.netfilter.matches.set import SetMatch
from netsim.kernel.netfilter.ruleset import state_of
from netsim.kernel.netfilter.targets.set import SetTarget
from netsim.kernel.tables.ipset import IpSet, users
from netsim.machine.call import Call

NOT_THERE = "The set with the given name does not exist"


@attrs.define(eq=False)
class Session:
    """One run of the command: the namespace's sets and what was printed."""

    call: Call
    sets: dict[str, IpSet]
    flags: set[str] = attrs.field(factory=set)
    out: str = ""
    err: str = ""
    format: str = ""
    file: str = ""

    @property
    def now(self) -> int:
        """Virtual time in ns."""
        return self.call.netns.kernel.clock.now

    @property
    def hosts(self) -> str:
        """The text of /etc/hosts."""
        return self.call.proc.read_text("/etc/hosts")

    def named(self, name: str) -> IpSet:
        """A set by name."""
        known = self.sets.get(name)
        if known is None:
            raise Stop(NOT_THERE)
        known.expire(self.now)
        return known

    def references(self, name: str) -> int:
        """How many rules look into a set or change it, and how many lists hold it."""
        state = state_of(self.call.netns)
        tables = [*state.tables.values(), *state.legacy.values()]
        specs = [rule.spec for table in tables for chain in table.chains.values() for rule in chain.rules]
        looking = sum(isinstance(match, SetMatch) and match.name == name for spec in specs for match in spec.matches)
        changing = sum(spec.target.names.count(name) for spec in specs if isinstance(spec.target, SetTarget))
        return looking + changing + sum(1 for _ in users(self.sets, name))
