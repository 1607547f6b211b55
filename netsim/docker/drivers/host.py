"""The host driver: the machine's own network stack (`drivers/host`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.docker.drivers.driver import Driver
from netsim.docker.errors import forbidden
from netsim.docker.settings import NetworkSpec

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine


class HostDriver(Driver):
    """One network only, without addresses of its own."""

    __slots__ = ()
    name = "host"
    has_ipam = 0

    def check(self, engine: Engine, spec: NetworkSpec) -> None:
        """There is one such network."""
        if any(network.driver.name == self.name for network in engine.networks.values()):
            raise forbidden('only one instance of "host" network is allowed')
