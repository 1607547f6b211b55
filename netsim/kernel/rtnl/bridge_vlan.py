"""RTM_SETLINK and RTM_DELLINK of PF_BRIDGE: VLANs of ports and of bridges (`rtnl_bridge_setlink`, `br_afspec`)."""

from __future__ import annotations

import attrs

from netsim.errors import EINVAL, EOPNOTSUPP, NetError
from netsim.kernel.bridge import vlan as br_vlan
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.netdevice import NetDevice

SELF, MASTER = 1, 2


@attrs.frozen
class VlanRequest:
    """VLANs `first` to `last`, PVID | UNTAGGED, and whose they are: SELF for the bridge, MASTER (or nothing) for a port."""

    first: int
    last: int
    flags: int = 0
    ways: int = 0


def change_vlans(dev: NetDevice, request: VlanRequest, action: str) -> None:
    """`add` or `del`; EOPNOTSUPP for a device that is no port, EINVAL for VLANs that cannot be."""
    dev.netns.kernel.require_admin()
    if not request.ways or request.ways & MASTER:
        port = dev.slave_data
        if isinstance(port, BridgePort) and not br_vlan.has_vlans(port.bridge) and action == "del":
            return  # there is none to take away, and nobody asks what came of it (`br_vlan_info`)
        if not isinstance(port, BridgePort) or not br_vlan.has_vlans(port.bridge):
            raise NetError(EOPNOTSUPP)
        _change(port.bridge, port, request, action)
    if request.ways & SELF:
        if not isinstance(dev, Bridge) or not br_vlan.has_vlans(dev):
            raise NetError(EOPNOTSUPP)
        _change(dev, None, request, action)


def _change(bridge: Bridge, port: BridgePort | None, request: VlanRequest, action: str) -> None:
    for vid in (request.first, request.last):
        br_vlan.check_vid(vid)
    if request.first > request.last:
        raise NetError(EINVAL)
    for vid in range(request.first, request.last + 1):
        if action == "add":
            br_vlan.add(bridge, port, vid, request.flags)
        else:
            br_vlan.delete(bridge, port, vid)
