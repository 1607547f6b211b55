"""RTM_NEWNEIGH, RTM_DELNEIGH for IPv4 and IPv6 neighbours (bridge and vxlan entries: `rtnl/fdb.py`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.kernel.core.netdevice import NetDevice


@attrs.frozen
class NeighRequest:
    """What a neighbour message says."""

    dst: IPv4 | IPv6
    lladdr: MAC | None = None
    state: int = 0
    flags: int = 0  # NTF_PROXY, NTF_ROUTER, NTF_EXT_LEARNED, NTF_USE, NTF_MANAGED
    protocol: int = 0


def newneigh(dev: NetDevice, request: NeighRequest, flags: int) -> None:
    """Add, change or replace an entry (`neigh_add`)."""
    raise NotImplementedError


def delneigh(dev: NetDevice, request: NeighRequest) -> None:
    """Remove an entry (`neigh_delete`); ENOENT when there is none."""
    raise NotImplementedError
