"""PF_BRIDGE neighbour messages: forwarding entries of bridges and vxlan devices (`rtnl_fdb_add`, `ndo_fdb_add`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.kernel.core.netdevice import NetDevice

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
    """Add an entry."""
    raise NotImplementedError


def fdb_del(dev: NetDevice, request: FdbRequest) -> None:
    """Remove an entry."""
    raise NotImplementedError
