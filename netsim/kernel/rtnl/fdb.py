"""PF_BRIDGE neighbour messages: forwarding entries of bridges (`rtnl_fdb_add`, `br_fdb_add`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.errors import EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.netdevice import ARPHRD_ETHER, NetDevice
from netsim.kernel.drivers import vxlan_fdb
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.tables.fdb import FdbEntry
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT
from netsim.kernel.tables.vxlan import Remote, VxlanEntry

NTF_USE, NTF_SELF, NTF_MASTER, NTF_PROXY, NTF_EXT_LEARNED, NTF_OFFLOADED, NTF_STICKY, NTF_ROUTER = 1, 2, 4, 8, 16, 32, 64, 128
VLAN_VID_MASK = 4095


@attrs.frozen
class FdbRequest:
    """What `bridge fdb add` sends: for `self` the device's own table (vxlan: `dst`, `vni`, `port`, `via`), for `master` its bridge's."""

    lladdr: MAC
    flags: int = 0  # NTF_*
    state: int = 0  # NUD_*
    vlan: int | None = None
    dst: IPv4 | IPv6 | None = None
    port: int = 0
    vni: int | None = None
    src_vni: int | None = None
    via: int = 0  # ifindex


def fdb_add(dev: NetDevice, request: FdbRequest, flags: int) -> None:
    """Add an entry to the bridge (master) or to the device's own list (self); EOPNOTSUPP, EINVAL, EEXIST."""
    dev.netns.kernel.require_admin()
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL, "FDB add only supported for Ethernet devices")
    vlan = _vlan_of(request)
    if _is_for_master(dev, request.flags):
        if request.lladdr.is_zero or (request.flags & NTF_STICKY and request.state & NUD_PERMANENT):
            raise NetError(EINVAL)
        bridge, port = _bridge_of(dev)
        for vid in _vlans_of(port, vlan):
            if request.flags & NTF_USE:
                br_fdb.learn(bridge, port, request.lladdr, vid)
                continue
            if request.flags & NTF_EXT_LEARNED:
                br_fdb.add_learnt_elsewhere(bridge, port, request.lladdr, vid)
                continue
            entry = FdbEntry(
                request.lladdr, port, is_local=bool(request.state & NUD_PERMANENT), is_static=bool(request.state & (NUD_PERMANENT | NUD_NOARP)),
                is_sticky=bool(request.flags & NTF_STICKY), vid=vid,
            )  # fmt: skip
            br_fdb.add_by_user(bridge, port, entry, flags & NLM_F_REPLACE, flags & NLM_F_CREATE, flags & NLM_F_EXCL)
    if request.flags & NTF_SELF or not request.flags:
        if isinstance(dev, Bridge):
            if not request.state & NUD_PERMANENT:
                raise NetError(EINVAL)
            entry = FdbEntry(request.lladdr, None, is_local=True, is_static=True, vid=vlan)
            br_fdb.add_by_user(dev, None, entry, flags & NLM_F_REPLACE, flags & NLM_F_CREATE, flags & NLM_F_EXCL)
            return
        if isinstance(dev, VxlanDevice):
            remotes = [_remote_of(dev, request)] if request.dst is not None else []
            kept = request.flags & (NTF_ROUTER | NTF_EXT_LEARNED)
            vxlan_fdb.add(dev, VxlanEntry(request.lladdr, remotes, request.state, kept), flags)
            return
        _own_add(dev, request, flags)


def _vlan_of(request: FdbRequest) -> int:
    """The VLAN a request names, 0 where it names none (`fdb_vid_parse`)."""
    if request.vlan is None:
        return 0
    if not 0 < request.vlan < VLAN_VID_MASK:
        raise NetError(EINVAL, "invalid vlan id")
    return request.vlan


def _vlans_of(port: BridgePort, vid: int) -> tuple[int, ...]:
    """Without a VLAN an entry holds in none and in each of the port's (`br_fdb_add`); EINVAL for one the port is not in."""
    if not vid:
        return (0, *port.vlans)
    if vid not in port.vlans:
        raise NetError(EINVAL)
    return (vid,)


def _remote_of(dev: VxlanDevice, request: FdbRequest) -> Remote:
    """The remote end a request names; what equals the device's own is left open (`vxlan_fdb_parse`)."""
    if isinstance(request.dst, IPv6):
        raise NetError(EAFNOSUPPORT)
    assert request.dst is not None
    config = dev.config
    vni = None if request.vni == config.id else request.vni
    return Remote(request.dst, 0 if request.port == config.dstport else request.port, vni, request.via)


def _own_add(dev: NetDevice, request: FdbRequest, flags: int) -> None:
    """An address the device itself listens to (`ndo_dflt_fdb_add`)."""
    if request.state and not request.state & NUD_PERMANENT:
        raise NetError(EINVAL)
    if request.lladdr in dev.multicast and flags & NLM_F_EXCL:
        raise NetError(EEXIST)
    dev_mc_add(dev, request.lladdr)


def fdb_del(dev: NetDevice, request: FdbRequest) -> None:
    """Remove an entry; ENOENT, EOPNOTSUPP."""
    dev.netns.kernel.require_admin()
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL, "FDB delete only supported for Ethernet devices")
    vlan = _vlan_of(request)
    if _is_for_master(dev, request.flags):
        bridge, port = _bridge_of(dev)
        known = [vid for vid in (0, *port.vlans) if bridge.fdb.find(request.lladdr, vid) is not None] if not vlan else []
        for vid in known or (vlan,):  # without a VLAN one that is found is enough
            br_fdb.delete_by_user(bridge, port, request.lladdr, vid)
    if request.flags & NTF_SELF:
        if isinstance(dev, Bridge):
            br_fdb.delete_by_user(dev, None, request.lladdr, vlan)
            return
        if isinstance(dev, VxlanDevice):
            vxlan_fdb.delete(dev, request.lladdr, _remote_of(dev, request) if request.dst is not None else None)
            return
        if request.lladdr not in dev.multicast:
            raise NetError(ENOENT)
        dev_mc_del(dev, request.lladdr)


@attrs.frozen
class FlushRequest:
    """What `bridge fdb flush` sends: `port` an ifindex, `marks` fields of entries and their values."""

    flags: int
    port: int = 0
    marks: tuple[tuple[str, int], ...] = ()
    vlan: int = 0


def fdb_flush(dev: NetDevice, request: FlushRequest) -> None:
    """Delete many entries (`rtnl_fdb_del` with NLM_F_BULK, `br_fdb_delete_bulk`); EOPNOTSUPP, EINVAL."""
    dev.netns.kernel.require_admin()
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL, "FDB delete only supported for Ethernet devices")
    if _is_for_master(dev, request.flags):
        bridge, port = _bridge_of(dev)
        br_fdb.flush_bulk(bridge, br_fdb.Bulk(port, 0, request.marks, request.vlan))
    if not request.flags & NTF_SELF:
        return
    if isinstance(dev, VxlanDevice):
        vxlan_fdb.flush_all(dev)
        return
    if not isinstance(dev, Bridge):
        raise NetError(EOPNOTSUPP)
    target = dev.netns.devices.get(request.port)
    if target is not None and target is not dev and target.master is not dev:
        raise NetError(EINVAL, "bridge: Flush device is not a bridge or bridge port")
    port_data = target.slave_data if target is not None and target is not dev else None
    br_fdb.flush_bulk(dev, br_fdb.Bulk(port_data, int(target is dev), request.marks, request.vlan))


def fdb_get(
    dev: NetDevice | None, master: NetDevice | None, flags: int, lladdr: MAC, vlan: int
) -> tuple[Bridge, FdbEntry] | tuple[VxlanDevice, VxlanEntry]:
    """One entry with the bridge or VXLAN device it is in (`rtnl_fdb_get`); EINVAL, EOPNOTSUPP, ENOENT with the kernel's sentences.

    A VXLAN device has no entries by VLAN or, but for those with `external`, by VNI (`vxlan_fdb_get`).
    """
    if dev is not None and master is not None:
        raise NetError(EINVAL, "Master and device are mutually exclusive")
    itself = flags & NTF_SELF and not flags & NTF_MASTER
    if dev is not None and not itself and not isinstance(dev.slave_data, BridgePort):
        raise NetError(EINVAL, "Device is not a bridge port")
    asked = master if dev is None else dev if itself else dev.master
    if isinstance(asked, VxlanDevice):
        known = next((one for one in vxlan_fdb.listed(asked) if one.address == lladdr), None)
        if known is None:
            raise NetError(ENOENT, "Fdb entry not found")
        return asked, known
    if not isinstance(asked, Bridge):
        raise NetError(EOPNOTSUPP, "Fdb get operation not supported by device")
    entry = asked.fdb.find(lladdr, vlan)
    if entry is None:
        raise NetError(ENOENT, "Fdb entry not found")
    return asked, entry


def _is_for_master(dev: NetDevice, flags: int) -> int:
    """Whether the bridge of a port is meant; EOPNOTSUPP when it is no port and nothing else is meant."""
    if flags and not flags & NTF_MASTER:
        return 0
    if not isinstance(dev.slave_data, BridgePort):
        if flags & NTF_SELF:
            return 0
        raise NetError(EOPNOTSUPP)
    return 1


def _bridge_of(dev: NetDevice) -> tuple[Bridge, BridgePort]:
    port = dev.slave_data
    if not isinstance(port, BridgePort):
        raise NetError(EOPNOTSUPP)
    return port.bridge, port
