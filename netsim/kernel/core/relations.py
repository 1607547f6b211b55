"""Devices hear of those they are made of: tunnels of what is below them, stacked devices of their lower one."""

from __future__ import annotations

from netsim.kernel.core.device_life import unregister_netdevice
from netsim.kernel.core.netdevice import NETDEV_UNREGISTER, NetDevice


def underlay_gone(dev: NetDevice) -> None:
    """A device goes: tunnels bound to it go too (`vxlan_handle_lowerdev_unregister`)."""
    if not dev.netns.tunnels:
        return
    for tunnels in list(dev.netns.tunnels.values()):
        for tunnel in list(tunnels):
            if tunnel.goes_with(dev):
                unregister_netdevice(tunnel)


def upper_event(event: int, dev: NetDevice) -> None:
    """Tell the devices on top; they go when the lower one is removed, but not when it only moves (`vlan_device_event`, `macvlan_device_event`)."""
    for upper in dev.uppers:
        if event == NETDEV_UNREGISTER:
            if not dev.registered:
                unregister_netdevice(upper)
        else:
            upper.lower_event(event)
