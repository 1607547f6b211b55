"""Machines get cards and cables."""

from __future__ import annotations

import random

import attrs

from netsim.addr import MAC
from netsim.clock import Clock
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.nic import CabledNic, add_cabled_nic
from netsim.machine.machine import Machine
from netsim.world.cable import Cable
from netsim.world.switch import Lan

LARGEST_MTU, SMALLEST_MTU = 65535, 68


@attrs.frozen
class Quality:
    """What a line does to frames: `delay` ns one way, `loss` a share from 0 to 1, `rate` bits a second (0: any), `mtu` payload bytes (0: any)."""

    delay: int = 0
    loss: float = 0.0
    rate: int = 0
    mtu: int = 0

    def cable(self, clock: Clock, rng: random.Random) -> Cable:
        """A cable like that; ValueError."""
        return Cable(clock, rng, self.delay, self.loss, self.rate, self.mtu)


def card(machine: Machine, name: str = "", mac: str = "", mtu: int = 0) -> CabledNic:
    """A further card of a machine, in its own namespace and down: `name` (default: the first free ethN). NetError when the name is taken."""
    home = machine.kernel.init_net
    address = MAC.parse(mac) if mac else None
    return add_cabled_nic(home, name or free_name(home), address, mtu or 1500)


def free_name(netns: Netns) -> str:
    """The first ethN that no device of the machine has."""
    taken = {name for other in netns.kernel.namespaces for name in other.names}
    return next(name for number in range(len(taken) + 1) if (name := f"eth{number}") not in taken)


def join(cable: Cable, first: CabledNic, second: CabledNic) -> Cable:
    """Plug a cable into two cards."""
    ends = cable.connect(first, second)
    first.connect(ends[0])
    second.connect(ends[1])
    return cable


def attach(lan: Lan, machine: Machine, nic: CabledNic, cable: Cable) -> Cable:
    """Plug a machine's card into a switch."""
    port = lan.add(machine.name, cable)
    near, far = cable.connect(nic, port)
    port.end = far
    nic.connect(near)
    return cable
