"""The ipvlan driver: containers share the parent's MAC and are told apart by address (`drivers/ipvlan`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.drivers.parent import PARENT, ParentDriver, ParentState
from netsim.docker.errors import failed, invalid
from netsim.kernel.drivers import ipvlan as kernel

if TYPE_CHECKING:
    from netsim.docker.engine.engine import Engine

MODES = {"l2": kernel.MODE_L2, "l3": kernel.MODE_L3, "l3s": kernel.MODE_L3S}
FLAGS = {"bridge": 0, "private": kernel.FLAG_PRIVATE, "vepa": kernel.FLAG_VEPA}


class IpvlanDriver(ParentDriver):
    """Children on layer 2, or routed by the parent on layer 3."""

    __slots__ = ()
    name = "ipvlan"
    prefix = "di-"

    def read(self, engine: Engine, options: Mapping[str, str]) -> ParentState:
        """`parent`, `ipvlan_mode` and `ipvlan_flag`; 20.10 knows neither flags nor layer 3 with the host's netfilter."""
        knows_flags = engine.profile.knows_ipvlan_flags
        mode, flag = options.get("ipvlan_mode", "") or "l2", options.get("ipvlan_flag", "") if knows_flags else ""
        flag = flag or "bridge"
        if mode not in MODES or (mode == "l3s" and not knows_flags):
            raise invalid(f"requested ipvlan mode '{mode}' is not valid, 'l2' mode is the ipvlan driver default")
        if flag not in FLAGS:
            raise invalid(f"requested ipvlan flag '{flag}' is not valid, 'bridge' is the ipvlan driver default")
        return ParentState(options.get(PARENT, ""), mode, flag, is_routed=int(mode != "l2"))

    def clash(self, engine: Engine, network: Network, mine: ParentState, other: Network, theirs: ParentState) -> str:
        """A parent is for one network alone (`createNetwork`)."""
        return f"network {self.dummy_of(other)} is already using parent interface {mine.parent}"

    def device(self, state: ParentState) -> Mapping[str, int]:
        """Mode and flag."""
        return {"mode": MODES[state.mode], "flags": FLAGS[state.flag]}

    def create_endpoint(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """Its MAC is the parent's."""
        if endpoint.interface.mac is not None:
            where = f"failed to create endpoint {endpoint.name} on network {endpoint.network.name}"
            raise failed(f"{where}: ipvlan interfaces do not support custom mac address assignment")

    def choose_routes(self, engine: Engine, endpoint: Endpoint, state: ParentState) -> None:
        """On layer 3 there is nobody to ask: the default route leads to the device itself."""
        if not state.is_routed:
            super().choose_routes(engine, endpoint, state)
        elif not state.internal:
            endpoint.routes_on_link = 1
            if engine.profile.asks_about_gateways:
                endpoint.leads4, endpoint.leads6 = int(endpoint.interface.ipv4 is not None), int(endpoint.interface.ipv6 is not None)
