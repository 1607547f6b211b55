"""docker-proxy processes: one for each published port (`cmd/docker-proxy`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.docker.cnm.model import Mapping
from netsim.machine.process import Process

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine


@attrs.define(eq=False)
class Proxies:
    """The relays of one daemon. Without the userland proxy the daemon itself holds the port."""

    engine: Engine
    running: dict[Mapping, Process] = attrs.field(factory=dict)

    def start(self, mapping: Mapping) -> None:
        """Bind the host's port and relay what comes to it."""

    def stop(self, mapping: Mapping) -> None:
        """End the relay."""
        process = self.running.pop(mapping, None)
        if process is not None:
            process.signal(15)
