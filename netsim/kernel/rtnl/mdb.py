"""RTM_NEWMDB, RTM_DELMDB, RTM_GETMDB: entries of bridges' multicast databases made and taken away by hand (`rtnetlink.c`, `br_mdb.c`)."""

from __future__ import annotations

import attrs

from netsim.addr import IPV6_ALL_NODES, MAC, IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENODEV, EOPNOTSUPP, NetError
from netsim.kernel.bridge import multicast
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.mdb import NEVER, RTPROT_STATIC, Group, Mdb, MdbEntry, PortGroup

VLAN_VID_MASK = 0xFFF


@attrs.frozen
class MdbRequest:
    """What an entry says: the bridge and the port by their indices (the bridge's own for itself), the group, perhaps of one source, in a VLAN."""

    bridge: int
    port: int
    group: Group
    source: IPv4 | IPv6 | None = None
    vid: int = 0
    is_permanent: int = 0


def _validate(request: MdbRequest) -> None:
    """`rtnl_validate_mdb_entry`."""
    group = request.group
    if isinstance(group, IPv4):
        if not group.is_multicast and group >> 24:
            raise NetError(EINVAL, "IPv4 entry group address is not multicast or 0.0.0.0")
        if group >> 8 == 0xE00000:
            raise NetError(EINVAL, "IPv4 entry group address is local multicast")
    elif isinstance(group, IPv6):
        if group == IPV6_ALL_NODES:
            raise NetError(EINVAL, "IPv6 entry group address is link-local all nodes")
    elif not group.is_multicast:
        raise NetError(EINVAL, "L2 entry group is not multicast")
    if request.vid >= VLAN_VID_MASK:
        raise NetError(EINVAL, "Invalid entry VLAN id")


def _bridge(netns: Netns, request: MdbRequest) -> Bridge:
    _validate(request)
    dev = netns.devices.get(request.bridge)
    if dev is None:
        raise NetError(ENODEV, "Device doesn't exist")
    if not isinstance(dev, Bridge):
        raise NetError(EOPNOTSUPP, "Device does not support MDB operations")
    if not dev.flags & IFF_UP:
        raise NetError(EINVAL, "bridge: Bridge device is not running")
    if not dev.options["mcast_snooping"]:
        raise NetError(EINVAL, "bridge: Bridge's multicast processing is disabled")
    return dev


def _port(netns: Netns, bridge: Bridge, request: MdbRequest) -> BridgePort | None:
    """The port of an entry, None for the bridge itself (`br_mdb_config_init`)."""
    if request.port == bridge.ifindex:
        return None
    dev: NetDevice | None = netns.devices.get(request.port)
    if dev is None:
        raise NetError(ENODEV, "bridge: Port net device doesn't exist")
    port = dev.slave_data
    if not isinstance(port, BridgePort):
        raise NetError(EINVAL, "bridge: Net device is not a bridge port")
    if port.bridge is not bridge:
        raise NetError(EINVAL, "bridge: Port belongs to a different bridge device")
    return port


def _vids(bridge: Bridge, port: BridgePort | None, vid: int) -> tuple[int, ...]:
    """Without a VLAN an entry is of all that the port is in."""
    if vid or not bridge.options["vlan_filtering"]:
        return (vid,)
    return tuple((bridge if port is None else port).vlans)


def newmdb(netns: Netns, request: MdbRequest) -> None:
    """Put a port, or the bridge itself, into a group (`br_mdb_add`); EEXIST, EINVAL."""
    netns.kernel.require_admin()
    bridge = _bridge(netns, request)
    port = _port(netns, bridge, request)
    is_mac = isinstance(request.group, MAC)
    if port is None and not is_mac:
        if request.is_permanent:
            raise NetError(EINVAL, "bridge: Flags are not allowed for host groups")
        if request.source is not None:
            raise NetError(EINVAL, "bridge: Groups with sources cannot be manually host joined")
    if is_mac and not request.is_permanent:
        raise NetError(EINVAL, "bridge: Only permanent L2 entries allowed")
    for vid in _vids(bridge, port, request.vid):
        _add(bridge, port, request, vid)


def _add(bridge: Bridge, port: BridgePort | None, request: MdbRequest, vid: int) -> None:
    """`br_mdb_add_group`."""
    state = multicast.state_of(bridge)
    entry = multicast.new_group(bridge, request.group, vid, request.source)
    until = bridge.netns.kernel.clock.now + multicast.interval(bridge, "mcast_membership_interval")
    if isinstance(request.group, MAC):
        state.decides = True
    if port is None:
        if entry.host_expires:
            raise NetError(EEXIST, "bridge: Group is already joined by host")
        entry.host_expires = NEVER if isinstance(request.group, MAC) else until
        return
    place = port.number, 0
    if place in entry.ports:
        kind = "(*, G)" if request.source is None else "(S, G)"
        raise NetError(EEXIST, f"bridge: {kind} group is already joined by port")
    expires = NEVER if request.is_permanent else until
    entry.ports[place] = PortGroup(port, expires, bool(request.is_permanent), RTPROT_STATIC, is_include=request.source is not None)


def delmdb(netns: Netns, request: MdbRequest) -> None:
    """Take a port, or the bridge itself, out of a group (`br_mdb_del`); EINVAL when it is not in it."""
    netns.kernel.require_admin()
    bridge = _bridge(netns, request)
    port = _port(netns, bridge, request)
    mdb = settled(bridge)
    for vid in _vids(bridge, port, request.vid):
        entry = mdb.find(request.group, vid, request.source)
        if entry is None or (not entry.host_expires if port is None else not any(member.port is port for member in entry.ports.values())):
            raise NetError(EINVAL)
        _take_out(mdb, entry, port)


def _take_out(mdb: Mdb, entry: MdbEntry, port: BridgePort | None) -> None:
    if port is None:
        entry.host_expires = 0
        if entry.is_empty:
            del mdb.entries[entry.key]
        return
    for place in [place for place, member in entry.ports.items() if member.port is port]:
        mdb.drop(entry, place)


def settled(bridge: Bridge) -> Mdb:
    """A bridge's groups as they are now."""
    mdb = bridge.multicast_ctx.mdb if bridge.multicast_ctx is not None else Mdb()
    mdb.settle(bridge.netns.kernel.clock.now)
    return mdb


def routers(bridge: Bridge) -> list[tuple[BridgePort, int]]:
    """The ports with routers behind them, and for how long still (ns; 0: for ever), as a dump tells them (`br_rports_fill_info`)."""
    state, now = bridge.multicast_ctx, bridge.netns.kernel.clock.now
    found = []
    for port in bridge.ports:
        left = max([querier.routers.get(port.number, 0) - now for querier in (state.ip4, state.ip6)], default=0) if state is not None else 0
        if port.options["mcast_router"] == multicast.ROUTER_PERM:
            found.append((port, 0))
        elif left > 0:
            found.append((port, left))
    return found
