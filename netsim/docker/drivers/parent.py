"""The devices that macvlan and ipvlan networks stand on: the host's own, VLANs of them, or dummies (`macvlan_setup.go`, `ipvlan_setup.go`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.cnm.model import Endpoint, Network, Sandbox
from netsim.docker.drivers.driver import Driver
from netsim.docker.errors import failed, invalid
from netsim.docker.ids import new_veth
from netsim.errors import NetError, strerror
from netsim.wiring import Wiring

if TYPE_CHECKING:
    from collections.abc import Mapping

    from netsim.docker.engine.engine import Engine
    from netsim.docker.settings import NetworkSpec

PARENT = "parent"


@attrs.define(eq=False)
class ParentState:
    """What such a network stands on: the device, the mode of its children, and whether the driver made the device."""

    parent: str
    mode: str
    flag: str = ""
    made: int = 0
    internal: int = 0
    is_routed: int = 0
    """1: its containers are on layer 3, where no gateway has an address."""


class ParentDriver(Driver):
    """Networks whose containers get children of a device of the host; nothing is filtered, translated or published."""

    __slots__ = ()
    prefix = ""
    """What a dummy's name begins with."""

    def read(self, engine: Engine, options: Mapping[str, str]) -> ParentState:
        """Parent and mode of a network's options; refused when they make no sense."""
        raise NotImplementedError

    def parse(self, engine: Engine, spec: NetworkSpec) -> ParentState:
        """A request's options; without a parent a network is an internal one (not in 20.10; `parseNetworkOptions`)."""
        state = self.read(engine, spec.options)
        if state.parent == "lo":
            raise invalid(f"loopback interface is not a valid {self.name} parent link")
        state.internal = int(spec.internal or (not state.parent and engine.profile.isolates_without_parent))
        return state

    def clash(self, engine: Engine, network: Network, mine: ParentState, other: Network, theirs: ParentState) -> str:
        """What is wrong with a second network on one parent; empty when nothing is."""
        return ""

    def device(self, state: ParentState) -> Mapping[str, int]:
        """The attributes of a child."""
        raise NotImplementedError

    def wants_gateway(self, engine: Engine, network: Network, family: type[IPv4Net | IPv6Net]) -> int:
        """29 only has the one that was asked for; in 28 internal networks need none, nor does layer 3 (`GetSkipGwAlloc`)."""
        if engine.profile.wants_named_gateways:
            return 0
        state = self.parse(engine, network.spec)
        return int(not (state.internal or state.is_routed))

    def create_network(self, engine: Engine, network: Network) -> None:
        """The parent is found, or made."""
        state = self.parse(engine, network.spec)
        if not state.parent:
            state.parent = self.dummy_of(network)
        for other in engine.networks.values():
            theirs = other.driver_state
            if other.driver is self and isinstance(theirs, ParentState) and theirs.parent == state.parent:
                problem = self.clash(engine, network, state, other, theirs)
                if problem:
                    raise failed(problem)
        if state.parent not in engine.netns.names:
            if state.parent == self.dummy_of(network):
                _make(engine, state.parent, "dummy", None, "{reason}")
            else:
                make_vlan(engine, state.parent)
            state.made = 1
        network.driver_state = state

    def dummy_of(self, network: Network) -> str:
        """What the network's own dummy is called."""
        return f"{self.prefix}{network.id[:12]}"

    def delete_network(self, engine: Engine, network: Network) -> None:
        """A parent that the driver made goes with the last network on it."""
        state: ParentState = network.driver_state
        shared = any(
            isinstance(other.driver_state, ParentState) and other.driver_state.parent == state.parent
            for other in engine.networks.values()
            if other is not network
        )
        if state.made and not shared and state.parent in engine.netns.names:
            Wiring(engine.netns).delete(state.parent)

    def delete_endpoint(self, engine: Engine, endpoint: Endpoint) -> None:
        """The child goes; with the container's namespace it may be gone already."""
        if endpoint.interface.source_name in engine.netns.names:
            Wiring(engine.netns).delete(endpoint.interface.source_name)

    def join(self, engine: Engine, endpoint: Endpoint, sandbox: Sandbox) -> None:
        """A child of the parent, and the subnets' gateways."""
        state: ParentState = endpoint.network.driver_state
        name = new_veth(engine.rng)
        if state.parent not in engine.netns.names:
            raise failed(f"error occurred looking up the {self.name} parent iface {state.parent} error: Link not found")
        _make(engine, name, self.name, state.parent, f"failed to create the {self.name} port: {{reason}}", self.device(state))
        endpoint.interface.source_name = name
        self.choose_routes(engine, endpoint, state)

    def choose_routes(self, engine: Engine, endpoint: Endpoint, state: ParentState) -> None:
        """The gateways, unless there is no way out; a subnet without one may have a way out that the daemon does not know (`ForceGw4`)."""
        if state.internal:
            return
        interface = endpoint.interface
        for subnet in endpoint.network.subnets:  # of several, the one that the address is in (`getSubnetforIPv4`)
            net, gateway = subnet.net, subnet.gateway
            if isinstance(net, IPv4Net) and interface.ipv4 is not None and net.contains(interface.ipv4.address):
                endpoint.gateway, endpoint.leads4 = gateway if isinstance(gateway, IPv4) else None, int(gateway is None)
            elif isinstance(net, IPv6Net) and interface.ipv6 is not None and net.contains(interface.ipv6.address):
                endpoint.gateway6, endpoint.leads6 = gateway if isinstance(gateway, IPv6) else None, int(gateway is None)


def _make(engine: Engine, name: str, kind: str, lower: str | None, words: str, data: Mapping[str, int] | None = None) -> None:
    host = Wiring(engine.netns)
    try:
        host.link(name, kind, data or {}, link=lower, queue=0 if kind in ("macvlan", "ipvlan") else None)
        if kind in ("dummy", "vlan"):
            host.up(name)
    except NetError as error:
        raise failed(words.format(reason=strerror(error.errno).lower())) from None


def make_vlan(engine: Engine, name: str) -> None:
    """`eth0.10`: VLAN 10 of eth0 (`createVlanLink`)."""
    if "." not in name:
        raise invalid(f"invalid subinterface vlan name {name}, example formatting is eth0.10")
    parts = name.split(".")
    if len(parts) != 2:
        raise invalid(f"required interface name format is: name.vlan_id, ex. eth0.10 for vlan 10, instead received {name}")
    lower, number = parts
    if not number.lstrip("+-").isdigit():
        raise invalid(f"unable to parse a valid vlan id from: {number} (ex. eth0.10 for vlan 10)")
    if lower not in engine.netns.names:
        raise invalid(f"{engine.profile.parent_missing}: {lower}")
    if not 1 <= int(number) <= 4094:
        raise invalid(f"vlan id must be between 1-4094, received: {int(number)}")
    _make(engine, name, "vlan", lower, f"failed to create {name} vlan link: {{reason}}", {"id": int(number)})
