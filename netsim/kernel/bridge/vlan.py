"""VLAN filtering: which VLANs each port and the bridge itself are in (`br_vlan.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.errors import EINVAL, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.core.receive import VLAN_VID_MASK, push_tag
from netsim.kernel.core.skbuff import SkBuff

if TYPE_CHECKING:
    from netsim.kernel.bridge.device import Bridge, BridgePort

PVID, UNTAGGED = 2, 4
LAST_VID = 4094


def has_vlans(bridge: Bridge) -> bool:
    """Whether the kernel was built with VLAN filtering (`CONFIG_BRIDGE_VLAN_FILTERING`)."""
    return "vlan_filtering" in bridge.netns.kernel.profile.modules


def place_of(bridge: Bridge, port: BridgePort | None) -> Bridge | BridgePort:
    """Whose VLANs are meant: a port's or (None) the bridge's own (`br_vlan_group`)."""
    return bridge if port is None else port


# frames ----------------------------------------------------------------------------------------------------------------


def allowed_ingress(bridge: Bridge, port: BridgePort | None, skb: SkBuff) -> bool:
    """Whether a frame may come in, given the VLAN of its tag or the port's own (`br_allowed_ingress`); its tag then says its VLAN."""
    place = place_of(bridge, port)
    protocol = bridge.options["vlan_protocol"]
    if skb.vlan and skb.vlan >> 16 != protocol:
        push_tag(skb)  # a tag of the other kind is payload here
    vid = skb.vlan & VLAN_VID_MASK
    if not vid:
        if not place.pvid:
            return False
        skb.vlan = protocol << 16 | skb.vlan & 0xF000 | place.pvid
        vid = place.pvid
    return vid in place.vlans


def allowed_egress(bridge: Bridge, port: BridgePort | None, skb: SkBuff) -> bool:
    """Whether a frame may leave (`br_allowed_egress`)."""
    return (skb.vlan & VLAN_VID_MASK) in place_of(bridge, port).vlans


def handle_vlan(bridge: Bridge, port: BridgePort | None, skb: SkBuff) -> None:
    """Take the tag off where the VLAN leaves untagged (`br_handle_vlan`)."""
    if place_of(bridge, port).vlans.get(skb.vlan & VLAN_VID_MASK, 0) & UNTAGGED:
        skb.vlan = 0


def vid_of(bridge: Bridge, skb: SkBuff) -> int:
    """The VLAN a frame is looked up in: 0 while filtering is off."""
    return skb.vlan & VLAN_VID_MASK if bridge.options["vlan_filtering"] else 0


# configuration ---------------------------------------------------------------------------------------------------------


def check_vid(vid: int) -> None:
    """EINVAL outside 1..4094 (`br_vlan_valid_id`)."""
    if not 1 <= vid <= LAST_VID:
        raise NetError(EINVAL, "bridge: Vlan id is invalid")


def add(bridge: Bridge, port: BridgePort | None, vid: int, flags: int) -> None:
    """Put a port or the bridge into a VLAN, or change how (`nbp_vlan_add`, `br_vlan_add`)."""
    place = place_of(bridge, port)
    is_new = vid not in place.vlans
    place.vlans[vid] = flags & UNTAGGED
    if flags & PVID:
        place.pvid = vid
    elif place.pvid == vid:
        place.pvid = 0
    if is_new:
        address = bridge.address if port is None else port.dev.address
        br_fdb.add_local(bridge, port, address, vid)


def delete(bridge: Bridge, port: BridgePort | None, vid: int) -> None:
    """Take it out; nothing happens when it is not in (`nbp_vlan_delete`)."""
    place = place_of(bridge, port)
    if place.vlans.pop(vid, None) is None:
        return
    if place.pvid == vid:
        place.pvid = 0
    br_fdb.forget_vlan(bridge, port, vid)


def flush(bridge: Bridge, port: BridgePort) -> None:
    """A port leaves the bridge (`nbp_vlan_flush`)."""
    port.vlans.clear()
    port.pvid = 0


def init(bridge: Bridge, port: BridgePort | None) -> None:
    """A new port, or bridge, is in the default VLAN, untagged (`nbp_vlan_init`, `br_vlan_init`)."""
    default = bridge.options["vlan_default_pvid"]
    if default and has_vlans(bridge):
        add(bridge, port, default, PVID | UNTAGGED)


def set_default_pvid(bridge: Bridge, value: int) -> None:
    """The VLAN of new ports (`br_vlan_set_default_pvid`): those still in the old one move too; EINVAL above 4094."""
    if not 0 <= value <= LAST_VID:
        raise NetError(EINVAL)
    old = bridge.options["vlan_default_pvid"]
    if value == old:
        return
    for port in (None, *bridge.ports):
        place = place_of(bridge, port)
        if old and place.pvid == old and place.vlans.get(old, 0) & UNTAGGED:
            delete(bridge, port, old)
        elif old:
            continue
        if value and value not in place.vlans:
            add(bridge, port, value, PVID | UNTAGGED)
    bridge.options["vlan_default_pvid"] = value
