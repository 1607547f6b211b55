"""Switches: unmanaged ones, which learn where stations are and flood what they do not know."""

from __future__ import annotations

import attrs

from netsim.addr import MAC
from netsim.clock import SECOND, Clock
from netsim.packet import Ethernet
from netsim.world.cable import Cable, End

AGEING = 300 * SECOND
"""How long a station is remembered that says nothing (IEEE 802.1D)."""
GROUP_BIT = 0x010000000000


@attrs.define(eq=False)
class Port:
    """A jack of a switch; `label` is the machine's name at the other end."""

    switch: Lan
    label: str
    end: End | None = None
    up: int = 1

    def arrive(self, frame: Ethernet, hops: int) -> None:
        """A frame came in here."""
        self.switch.forward(self, frame, hops)

    def lost_line(self) -> None:
        """Forget who was here."""
        self.up = 0
        self.switch.forget(self)

    def found_line(self) -> None:
        """Somebody is here again."""
        self.up = 1

    def send(self, frame: Ethernet, hops: int) -> None:
        """Out here, if there is anybody."""
        if self.up and self.end is not None:
            self.end.carry(frame, hops)


@attrs.define(eq=False)
class Station:
    """Where a station was last heard, and when (ns)."""

    port: Port
    heard: int


@attrs.define(eq=False)
class Lan:
    """An L2 segment: a switch and the cables from it. Tags of 802.1Q pass as they are."""

    name: str
    clock: Clock
    ports: list[Port] = attrs.field(factory=list)
    stations: dict[MAC, Station] = attrs.field(factory=dict)
    cables: dict[str, Cable] = attrs.field(factory=dict)
    """By machine; a second one to the same machine as `NAME#2`."""
    forwarded: int = 0
    flooded: int = 0

    def add(self, label: str, cable: Cable) -> Port:
        """A port more, for a cable."""
        port = Port(self, label)
        self.ports.append(port)
        again = sum(other.label == label for other in self.ports)
        self.cables[label if again == 1 else f"{label}#{again}"] = cable
        return port

    def forward(self, port: Port, frame: Ethernet, hops: int) -> None:
        """Learn the sender, then send to where the receiver was heard, or everywhere else."""
        now = self.clock.now
        if not frame.src & GROUP_BIT:
            self.stations[frame.src] = Station(port, now)
        known = None if frame.dst & GROUP_BIT else self.stations.get(frame.dst)
        if known is not None and now - known.heard < AGEING:
            if known.port is not port:
                self.forwarded += 1
                known.port.send(frame, hops + 1)
            return
        self.flooded += 1
        for other in self.ports:
            if other is not port:
                other.send(frame, hops + 1)

    def forget(self, port: Port) -> None:
        """Nobody is behind that port any more."""
        for address in [address for address, station in self.stations.items() if station.port is port]:
            del self.stations[address]

    def unplug(self, label: str) -> None:
        """Pull out the cable to a machine; KeyError when there is none."""
        self.cables[label].unplug()

    def plug(self, label: str) -> None:
        """Put it back."""
        self.cables[label].plug()


__all__ = ["Lan", "Port", "Station"]
