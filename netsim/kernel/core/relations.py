"""Devices hear of those they are made of: masters of their ports, tunnels of what is below them, stacked devices of their lower one."""

from __future__ import annotations

from netsim.kernel.core.device_life import unregister_netdevice
from netsim.kernel.core.netdevice import (
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)

HEARD_OF_UNDERLAYS = frozenset((NETDEV_UNREGISTER,))
HEARD_OF_PORTS = HEARD_OF_LOWERS = frozenset((NETDEV_UP, NETDEV_DOWN, NETDEV_CHANGE, NETDEV_CHANGEMTU, NETDEV_CHANGEADDR, NETDEV_UNREGISTER))


def port_event(event: int, dev: NetDevice) -> None:
    """A port changed (`br_device_event`, `bond_slave_netdev_event`, `vrf_device_event`)."""
    if dev.master is not None:
        dev.master.port_event(event, dev)


def underlay_event(event: int, dev: NetDevice) -> None:
    """A device goes: tunnels bound to it go too (`vxlan_handle_lowerdev_unregister`)."""
    for tunnels in list(dev.netns.tunnels.values()):
        for tunnel in list(tunnels):
            if tunnel.goes_with(dev):
                unregister_netdevice(tunnel)


def lower_event(event: int, dev: NetDevice) -> None:
    """Tell the devices on top; they go when the lower one is removed, but not when it only moves (`vlan_device_event`, `macvlan_device_event`)."""
    for upper in dev.uppers:
        if event == NETDEV_UNREGISTER:
            if not dev.registered:
                unregister_netdevice(upper)
        else:
            upper.lower_event(event)
