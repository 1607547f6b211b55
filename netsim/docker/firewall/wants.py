"""What a network and its endpoints want of the packet filter, whatever writes it."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.settings import Port

NAT, ROUTED, NAT_UNPROTECTED, ISOLATED = "nat", "routed", "nat-unprotected", "isolated"
"""Gateway modes (`com.docker.network.bridge.gateway_mode_ipv4`)."""


@attrs.frozen
class FamilyWants:
    """What a network wants in one address family."""

    subnet: IPv4Net | IPv6Net
    mode: str = NAT
    host_address: IPv4 | IPv6 | None = None
    """Source address for what leaves (`com.docker.network.host_ipv4`); None: masquerade."""


@attrs.frozen
class NetworkWants:
    """What a bridge network wants (`firewaller.NetworkConfig`)."""

    bridge: str
    ipv4: FamilyWants | None = None
    ipv6: FamilyWants | None = None
    internal: int = 0
    icc: int = 1
    masquerade: int = 1
    hairpin: int = 0
    """1 when there is no userland proxy: containers reach published ports through NAT."""
    trusted: tuple[str, ...] = ()
    """Interfaces of the host from which containers may be reached directly."""
    fwmark: str = ""

    def families(self) -> tuple[FamilyWants, ...]:
        """Those that are there."""
        return tuple(family for family in (self.ipv4, self.ipv6) if family is not None)


@attrs.frozen
class PortWants:
    """A published port of one family: `host_port` 0 where nothing is translated (routed)."""

    port: Port
    container: IPv4 | IPv6
    host_ip: IPv4 | IPv6
    host_port: int


@attrs.frozen
class LinkWants:
    """A legacy link between two containers of a network without ICC: the parent may reach the child's ports."""

    parent: IPv4
    child: IPv4
    ports: tuple[Port, ...]
