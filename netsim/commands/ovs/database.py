"""What the switch is configured to be, and making it so (ovsdb-server's tables Bridge, Port and Interface; ovs-vswitchd)."""

from __future__ import annotations

import attrs

from netsim.errors import NetError, strerror
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers import openvswitch
from netsim.kernel.drivers.openvswitch import OvsInternal, OvsPort, OvsSwitch
from netsim.machine.machine import Machine

SERVICE = "openvswitch"


@attrs.define(eq=False)
class Port:
    """A row of Port with its only Interface: `tag` None: no access port."""

    name: str
    tag: int | None = None
    trunks: tuple[int, ...] = ()
    vlan_mode: str = ""
    kind: str = ""
    """Of the interface: "internal", or "" for a device of the host."""
    error: str = ""
    parent: str = ""
    """Of a bridge on top of another's VLAN: that one's name."""


@attrs.define(eq=False)
class Bridge:
    """A row of Bridge."""

    name: str
    ports: dict[str, Port] = attrs.field(factory=dict)
    switch: OvsSwitch = attrs.field(default=None)


@attrs.define(eq=False)
class Database:
    """All rows; `uuid` is the system's."""

    uuid: str
    bridges: dict[str, Bridge] = attrs.field(factory=dict)

    def copied(self) -> dict[str, Bridge]:
        """The bridges with rows of their own, to go back to; the switches behind are the same."""
        return {
            name: Bridge(name, {port.name: attrs.evolve(port) for port in bridge.ports.values()}, bridge.switch)
            for name, bridge in self.bridges.items()
        }  # fmt: skip

    def fakes(self) -> dict[str, tuple[Bridge, Port]]:
        """Bridges on top of VLANs: name -> (the real bridge, the port)."""
        return {port.name: (bridge, port) for bridge in self.bridges.values() for port in bridge.ports.values() if port.parent}

    def port(self, name: str) -> tuple[Bridge, Port] | None:
        """A port and the bridge it is on."""
        return next(((bridge, bridge.ports[name]) for bridge in self.bridges.values() if name in bridge.ports), None)


def database_of(machine: Machine) -> Database:
    """The machine's database, made when it is first asked."""
    known = machine.services.get(SERVICE)
    if isinstance(known, Database):
        return known
    digits = f"{machine.kernel.rng.getrandbits(128):032x}"
    made = Database(f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}")
    machine.services[SERVICE] = made
    return made


def settle(machine: Machine, database: Database) -> list[str]:
    """Make the switches what the tables say (`bridge_reconfigure`); the ports that cannot be, by name."""
    netns = machine.kernel.init_net
    return [name for bridge in database.bridges.values() for name in _settle_bridge(netns, bridge)]


def _settle_bridge(netns: Netns, bridge: Bridge) -> list[str]:
    if bridge.switch is None:
        bridge.switch = OvsSwitch(bridge.name)
    switch, failed = bridge.switch, []
    for name, port in list(switch.ports.items()):
        row = bridge.ports.get(name)
        is_internal = isinstance(port.dev, OvsInternal)
        if row is None or is_internal != (row.kind == "internal") or not openvswitch.is_there(port.dev):
            openvswitch.remove(port)
    for row in bridge.ports.values():
        made = switch.ports.get(row.name) or _make(netns, switch, row)
        if made is None:
            failed.append(row.name)
            continue
        row.error = ""
        _set_vlans(made, row)
    return failed


def _make(netns: Netns, switch: OvsSwitch, row: Port) -> OvsPort | None:
    dev = netns.device(row.name)
    if row.kind == "internal":
        try:
            return openvswitch.add_internal(netns, switch, row.name)
        except NetError as error:
            row.error = f"could not add network device {row.name} to ofproto ({strerror(error.errno)})"
            return None
    if dev is None or dev.master is not None:
        row.error = (
            f"could not open network device {row.name} (No such device)"
            if dev is None
            else f"could not add network device {row.name} to ofproto (Device or resource busy)"
        )
        return None
    return openvswitch.add_device(switch, dev)


def _set_vlans(port: OvsPort, row: Port) -> None:
    """Access ports have a tag; with `vlan_mode` trunk it means nothing."""
    tag = row.tag if row.vlan_mode in ("", "access") else None
    trunks = frozenset(row.trunks) if row.vlan_mode != "access" else frozenset()
    if (port.tag, port.trunks) != (tag, trunks):
        port.tag, port.trunks = tag, trunks
        port.switch.fdb.clear()


def destroy(bridge: Bridge) -> None:
    """A bridge and all its ports go."""
    for port in list(bridge.switch.ports.values()) if bridge.switch is not None else ():
        openvswitch.remove(port)
