"""A bridge's identity: the address in its id follows its ports (`br_stp_if.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.addr import MAC, MAC_ZERO
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge.stp import become_root, configuration_update, is_root, port_state_selection
from netsim.kernel.core.netdevice import NetDevice

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge


def port_address_counts(bridge: Bridge, dev: NetDevice) -> bool:
    """Whether the address of a port that was just added can change the bridge's; spares a look at all the others."""
    return len(bridge.ports) == 1 or dev.address < bridge.id_address


def recalculate_bridge_id(bridge: Bridge) -> bool:
    """The bridge's address is the lowest of its ports' unless set by hand (`br_stp_recalculate_bridge_id`); True when it changed."""
    if bridge.explicit_address:
        return False
    address = min([port.dev.address for port in bridge.ports], default=MAC_ZERO)
    if address == bridge.id_address:
        return False
    change_bridge_id(bridge, MAC(address))
    return True


def change_bridge_id(bridge: Bridge, address: MAC) -> None:
    """Take another address: the tree is worked out anew (`br_stp_change_bridge_id`)."""
    was_root = is_root(bridge)
    old = bridge.bridge_id
    br_fdb.change_local(bridge, None, address)
    bridge.address = address
    bridge.id_address = address
    for port in bridge.ports:
        if port.designated_bridge == old:
            port.designated_bridge = bridge.bridge_id
        if port.designated_root == old:
            port.designated_root = bridge.bridge_id
    configuration_update(bridge)
    port_state_selection(bridge)
    if is_root(bridge) and not was_root:
        become_root(bridge)
