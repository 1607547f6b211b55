"""RTM_NEWADDR, RTM_DELADDR: addresses on devices."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.kernel.core.netdevice import NetDevice


@attrs.frozen
class AddrRequest:
    """What an address message says. `None`: absent. Lifetimes in seconds."""

    local: IPv4 | IPv6
    length: int
    peer: IPv4 | IPv6 | None = None
    broadcast: IPv4 | None = None
    label: str | None = None
    scope: int | None = None
    flags: int = 0
    valid: int | None = None
    preferred: int | None = None
    metric: int = 0
    protocol: int = 0


def newaddr(dev: NetDevice, request: AddrRequest, flags: int) -> None:
    """Add (NLM_F_CREATE|EXCL) or replace (NLM_F_REPLACE) an address (`inet_rtm_newaddr`, `inet6_rtm_newaddr`)."""
    raise NotImplementedError


def deladdr(dev: NetDevice, request: AddrRequest) -> None:
    """Remove an address (`inet_rtm_deladdr`); EADDRNOTAVAIL when there is none such."""
    raise NotImplementedError
