"""RTM_NEWNEIGH, RTM_DELNEIGH for IPv4 and IPv6 neighbours (bridge and vxlan entries: `rtnl/fdb.py`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4, IPv6
from netsim.errors import EEXIST, EINVAL, ENOENT, NetError
from netsim.kernel.core.neighbour import (
    ADMIN,
    ISROUTER,
    OVERRIDE,
    OVERRIDE_ISROUTER,
    NeighOps,
    neigh_create,
    neigh_forget,
    neigh_resolve,
    neigh_update,
)
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv4.arp import ARP_OPS
from netsim.kernel.ipv6 import mcast
from netsim.kernel.ipv6.ndisc import ND_OPS
from netsim.kernel.rtnl.flags import NLM_F_CREATE, NLM_F_EXCL, NLM_F_REPLACE
from netsim.kernel.tables.neigh import NUD_FAILED, NUD_PERMANENT, NUD_VALID, NeighTable

NTF_USE, NTF_SELF, NTF_MASTER, NTF_PROXY, NTF_EXT_LEARNED, NTF_OFFLOADED, NTF_STICKY, NTF_ROUTER = 1, 2, 4, 8, 16, 32, 64, 128


@attrs.frozen
class NeighRequest:
    """What a neighbour message says."""

    dst: IPv4 | IPv6
    lladdr: MAC | None = None
    state: int = 0
    flags: int = 0  # NTF_*
    protocol: int = 0
    everywhere: int = 0
    """A proxy entry that holds on every device."""


def table_for(dev: NetDevice, address: IPv4 | IPv6) -> tuple[NeighTable, NeighOps]:
    """The table and operations of an address's family."""
    if isinstance(address, IPv4):
        return dev.netns.inet.arp, ARP_OPS
    return dev.netns.inet6.neigh, ND_OPS


def newneigh(dev: NetDevice, request: NeighRequest, flags: int) -> None:
    """Add, change or replace an entry (`neigh_add`); a refused addition without an address leaves an empty entry behind."""
    dev.netns.kernel.require_admin()
    table, ops = table_for(dev, request.dst)
    if request.flags & NTF_PROXY:
        key = request.dst, 0 if request.everywhere else dev.ifindex
        if key not in table.proxies and isinstance(request.dst, IPv6) and dev.inet6 is not None and not request.everywhere:
            mcast.join(dev, request.dst.solicited_node())  # `pndisc_constructor`
        table.proxies[key] = request.flags
        return
    known = table.entries.get((request.dst, dev.ifindex))
    update = ADMIN | OVERRIDE | OVERRIDE_ISROUTER
    if known is None:
        if not flags & NLM_F_CREATE:
            raise NetError(ENOENT)
        known = neigh_create(table, ops, request.dst, dev)
    else:
        if flags & NLM_F_EXCL:
            raise NetError(EEXIST)
        if not flags & NLM_F_REPLACE:
            update &= ~(OVERRIDE | OVERRIDE_ISROUTER)
    if request.flags & NTF_ROUTER:
        update |= ISROUTER
    state = request.state
    if state & NUD_VALID and request.lladdr is None and not known.state & NUD_VALID:
        raise NetError(EINVAL, "No link layer address given")
    known.protocol = request.protocol or known.protocol
    known.flags = request.flags & ~NTF_USE
    if request.flags & NTF_USE:  # as if a packet went there: only what is known counts
        neigh_update(known, None, known.state & ~NUD_PERMANENT, update)
        neigh_resolve(known)
        return
    neigh_update(known, request.lladdr, state, update)


def delneigh(dev: NetDevice, request: NeighRequest) -> None:
    """Remove an entry (`neigh_delete`); ENOENT when there is none."""
    dev.netns.kernel.require_admin()
    table, _ = table_for(dev, request.dst)
    if request.flags & NTF_PROXY:
        if table.proxies.pop((request.dst, 0 if request.everywhere else dev.ifindex), None) is None:
            raise NetError(ENOENT)
        if isinstance(request.dst, IPv6) and dev.inet6 is not None and not request.everywhere:
            mcast.leave(dev, request.dst.solicited_node())
        return
    known = table.entries.get((request.dst, dev.ifindex))
    if known is None:
        raise NetError(ENOENT)
    neigh_update(known, None, NUD_FAILED, OVERRIDE | ADMIN)
    neigh_forget(table, known)
