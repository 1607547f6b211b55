"""The macvlan driver: every container has a MAC of its own on the parent's wire (`drivers/macvlan`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.drivers.parent import PARENT, ParentDriver, ParentState
from netsim.docker.errors import invalid
from netsim.docker.ids import mac_of
from netsim.kernel.drivers import macvlan as kernel

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

MODES = {"bridge": kernel.BRIDGE, "private": kernel.PRIVATE, "passthru": kernel.PASSTHRU, "vepa": kernel.VEPA}


class MacvlanDriver(ParentDriver):
    """Children in one of four modes, bridge by default."""

    __slots__ = ()
    name = "macvlan"
    prefix = "dm-"

    def read(self, engine: Engine, options: Mapping[str, str]) -> ParentState:
        """`parent` and `macvlan_mode`."""
        mode = options.get("macvlan_mode", "") or "bridge"
        if mode not in MODES:
            raise invalid(f"requested macvlan mode '{mode}' is not valid, 'bridge' mode is the macvlan driver default")
        return ParentState(options.get(PARENT, ""), mode)

    def clash(self, engine: Engine, network: Network, mine: ParentState, other: Network, theirs: ParentState) -> str:
        """20.10 wants the parent for one network alone; later releases only for passthru."""
        if not engine.profile.shares_parents:
            return f"network {self.dummy_of(other)} is already using parent interface {mine.parent}"
        if mine.mode == "passthru":
            return f"cannot use mode passthru, macvlan network {other.id} is already using parent interface {mine.parent}"
        if theirs.mode == "passthru":
            return f"macvlan network {other.id} is already using parent interface {mine.parent} in mode passthru"
        return ""

    def device(self, state: ParentState) -> Mapping[str, int]:
        """The mode."""
        return {"mode": MODES[state.mode]}

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """A MAC as the release chooses it; the device comes with the sandbox."""
        interface = endpoint.interface
        if interface.mac is None:
            from_address = engine.profile.takes_mac_from_address and interface.ipv4 is not None
            interface.mac = mac_of(interface.ipv4.address) if from_address and interface.ipv4 else engine.machine.kernel.random_mac()
