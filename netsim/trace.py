"""What the kernel tells while it works: frozen events, and the kernel's own names for why a packet was dropped."""

from __future__ import annotations

from typing import Any, Protocol

import attrs


class Recorder(Protocol):
    """Somebody who listens; `netns.trace` is one or None, and every site asks `if ns.trace is not None` first."""

    def record(self, event: Event) -> None:
        """Take one event."""


@attrs.frozen
class Event:
    """Something that happened at `time` ns in the namespace with the cookie `netns`."""

    time: int
    netns: int


@attrs.frozen
class Dropped(Event):
    """A packet died: `reason` is a name of the kernel's `enum skb_drop_reason` (`NEIGH_FAILED`, `IP_RPFILTER` ...), `detail` what decided it."""

    reason: str
    device: str
    packet: Any
    detail: Any = None


@attrs.frozen
class Step(Event):
    """A packet passed a step of its way; `where` is the kernel's function name, `detail` what decided there."""

    where: str
    device: str
    packet: Any
    detail: Any = None


@attrs.frozen
class RuleMet(Event):
    """A packet met a rule of a packet filter, or came to the end of a base chain (`number` 0, no `rule`): `nf_trace`'s rule and policy events.

    `rule` is what the rule says (`RuleSpec`, `NftRule`); `verdict` is one of `netfilter/verdict`, None where the walk goes on in another chain.
    """

    hook: int
    table: Any
    chain: str
    number: int
    rule: Any
    verdict: int | None
    device: str
    packet: Any


@attrs.frozen
class Rewritten(Event):
    """Translation changed a packet's ends: `before` became `packet`; `tuples` are the connection's two directions."""

    where: str
    device: str
    before: Any
    packet: Any
    tuples: tuple[Any, ...] = ()
