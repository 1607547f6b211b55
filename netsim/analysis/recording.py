"""A recorder in all namespaces of a fork."""

from __future__ import annotations

import attrs

from netsim.api import World
from netsim.trace import Event


@attrs.define(eq=False)
class Recording:
    """Everything that happened while it ran, in order."""

    events: list[Event] = attrs.field(factory=list)

    def record(self, event: Event) -> None:
        """Take one event."""
        self.events.append(event)


def record(world: World) -> Recording:
    """Attach one recorder to every namespace of every machine."""
    recording = Recording()
    for host in world.hosts.values():
        for netns in host.machine.kernel.namespaces:
            netns.stir()
            netns.trace = recording
    return recording
