"""PF_BRIDGE neighbour messages: forwarding entries of bridges (`rtnl_fdb_add`, `br_fdb_add`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENOENT, EOPNOTSUPP, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.tables.fdb import FdbEntry
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT

NTF_USE, NTF_SELF, NTF_MASTER, NTF_PROXY, NTF_EXT_LEARNED, NTF_OFFLOADED, NTF_STICKY, NTF_ROUTER = 1, 2, 4, 8, 16, 32, 64, 128


@attrs.frozen
class FdbRequest:
    """What `bridge fdb add` sends: for `self` the device's own table (vxlan: `dst`, `vni`, `port`, `via`), for `master` its bridge's."""

    lladdr: MAC
    flags: int = 0  # NTF_*
    state: int = 0  # NUD_*
    vlan: int = 0
    dst: IPv4 | IPv6 | None = None
    port: int = 0
    vni: int | None = None
    src_vni: int | None = None
    via: int = 0  # ifindex


def fdb_add(dev: NetDevice, request: FdbRequest, flags: int) -> None:
    """Add an entry to the bridge (master) or to the device's own list (self)."""
    dev.netns.kernel.require_admin()
    if request.flags & NTF_MASTER or not request.flags:
        bridge, port = _bridge_of(dev)
        entry = FdbEntry(
            request.lladdr, port, is_local=bool(request.state & NUD_PERMANENT), is_static=bool(request.state & (NUD_PERMANENT | NUD_NOARP)),
            is_sticky=bool(request.flags & NTF_STICKY), is_external=bool(request.flags & NTF_EXT_LEARNED),
        )  # fmt: skip
        br_fdb.add_by_user(bridge, port, entry, flags & NLM_F_REPLACE, flags & NLM_F_CREATE, flags & NLM_F_EXCL)
    if request.flags & NTF_SELF or not request.flags:
        if isinstance(dev, Bridge):
            entry = FdbEntry(request.lladdr, None, is_local=True, is_static=True)
            br_fdb.add_by_user(dev, None, entry, flags & NLM_F_REPLACE, flags & NLM_F_CREATE, flags & NLM_F_EXCL)
            return
        _own_add(dev, request, flags)


def _own_add(dev: NetDevice, request: FdbRequest, flags: int) -> None:
    """An address the device itself listens to (`ndo_dflt_fdb_add`)."""
    if request.state and not request.state & NUD_PERMANENT:
        raise NetError(EINVAL, "default FDB implementation only supports local addresses")
    if not request.lladdr.is_multicast and request.lladdr in dev.multicast and flags & NLM_F_EXCL:
        raise NetError(EEXIST)
    if request.lladdr in dev.multicast and flags & NLM_F_EXCL:
        raise NetError(EEXIST)
    dev_mc_add(dev, request.lladdr)


def fdb_del(dev: NetDevice, request: FdbRequest) -> None:
    """Remove an entry; ENOENT."""
    dev.netns.kernel.require_admin()
    if request.flags & NTF_MASTER or not request.flags:
        bridge, port = _bridge_of(dev)
        br_fdb.delete_by_user(bridge, port, request.lladdr)
    if request.flags & NTF_SELF:
        if isinstance(dev, Bridge):
            br_fdb.delete_by_user(dev, None, request.lladdr)
            return
        if request.lladdr not in dev.multicast:
            raise NetError(ENOENT)
        dev_mc_del(dev, request.lladdr)


def _bridge_of(dev: NetDevice) -> tuple[Bridge, BridgePort]:
    port = dev.slave_data
    if not isinstance(port, BridgePort):
        raise NetError(EOPNOTSUPP)
    return port.bridge, port
