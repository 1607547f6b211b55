"""A VXLAN device's forwarding database as data: which remote ends a MAC address is behind (`struct vxlan_fdb`)."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, MAC_ZERO, IPv4
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE

STATIC = NUD_PERMANENT | NUD_NOARP


@attrs.define(eq=False)
class Remote:
    """One remote end (`struct vxlan_rdst`); port 0 and VNI None are the device's own, ifindex 0 leaves the way to the routes."""

    ip: IPv4
    port: int = 0
    vni: int | None = None
    ifindex: int = 0


@attrs.define(eq=False)
class VxlanEntry:
    """An address and its remote ends; the all-zero address stands for all that are not known. Times in ns."""

    address: MAC
    remotes: list[Remote]
    state: int = NUD_REACHABLE
    flags: int = 0  # NTF_ROUTER | NTF_EXT_LEARNED
    updated: int = 0
    used: int = 0

    @property
    def is_static(self) -> bool:
        """Whether it neither ages nor moves."""
        return bool(self.state & STATIC)

    def remote(self, ip: IPv4, port: int, vni: int | None, ifindex: int) -> Remote | None:
        """The end with exactly these parts."""
        wanted = (ip, port, vni, ifindex)
        return next((end for end in self.remotes if (end.ip, end.port, end.vni, end.ifindex) == wanted), None)


@attrs.define(eq=False)
class VxlanFdb:
    """All entries of one device."""

    entries: dict[MAC, VxlanEntry] = attrs.field(factory=dict)
    generation: int = 0

    def find(self, address: MAC) -> VxlanEntry | None:
        """The entry of an address, aged or not."""
        return self.entries.get(address)

    def put(self, entry: VxlanEntry) -> None:
        """Add or replace an entry."""
        self.entries[entry.address] = entry
        self.generation += 1

    def drop(self, address: MAC) -> None:
        """Remove an entry if there is one."""
        if self.entries.pop(address, None) is not None:
            self.generation += 1


ALL_ZEROS = MAC_ZERO
