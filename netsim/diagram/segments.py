"""Which devices hear each other's frames: the segments (networks) of a world, found by joining what is connected."""

from __future__ import annotations

from typing import Any

import attrs

from netsim.diagram.neighbours import cable_far_end, tunnel_peers
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.drivers.ipvlan import Ipvlan
from netsim.kernel.drivers.macvlan import Macvlan
from netsim.kernel.drivers.veth import Veth
from netsim.kernel.drivers.vlan import Vlan


@attrs.define(eq=False)
class Segments:
    """A union of sets: every key belongs to one segment."""

    above: dict[Any, Any] = attrs.field(factory=dict)

    def of(self, key: Any) -> Any:
        """The key that stands for a key's segment."""
        while (above := self.above.get(key)) is not None:
            key = above
        return key

    def join(self, first: Any, second: Any) -> None:
        """Two keys are on one segment; the first one's representative stands for both."""
        one, two = self.of(first), self.of(second)
        if one is not two and one != two:
            self.above[two] = one


def segments_of(devices: list[NetDevice]) -> Segments:
    """The segments of all devices of a world; keys are devices and switches between machines."""
    found = Segments()
    for dev in devices:
        if isinstance(dev, Bridge):
            for port in dev.ports:
                found.join(dev, port.dev)
    for dev in devices:
        if isinstance(dev, Veth) and dev.peer is not None:
            found.join(dev, dev.peer)
        elif isinstance(dev, (Macvlan, Ipvlan)):
            found.join(dev.real, dev)
        far = cable_far_end(dev)
        if far is not None:
            found.join(far, dev)
    for first, second in tunnel_peers(devices):
        found.join(first, second)
    for dev in devices:
        if isinstance(dev, Vlan):
            found.join(("vlan", id(found.of(dev.real)), dev.vid), dev)
    return found
