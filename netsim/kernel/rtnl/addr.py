"""RTM_NEWADDR, RTM_DELADDR: addresses on devices."""

from __future__ import annotations

import attrs

from netsim.addr import IPv4, IPv6
from netsim.errors import EOPNOTSUPP, NetError
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv4.devinet import inet_addr_add, inet_addr_del
from netsim.kernel.ipv6.addresses import inet6_addr_add, inet6_addr_del
from netsim.values import quick


@quick
@attrs.frozen(weakref_slot=False)
class AddrRequest:
    """What an address message says. `None`: absent. Lifetimes in seconds; `is_bare`: no prefix length was typed."""

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
    is_bare: bool = False


def newaddr(dev: NetDevice, request: AddrRequest, flags: int) -> None:
    """Add (NLM_F_CREATE|EXCL) or replace (NLM_F_REPLACE) an address (`inet_rtm_newaddr`, `inet6_rtm_newaddr`)."""
    dev.netns.kernel.require_admin()
    if isinstance(request.local, IPv4):
        inet_addr_add(dev, request, flags)
    elif isinstance(request.local, IPv6):
        inet6_addr_add(dev, request, flags)
    else:
        raise NetError(EOPNOTSUPP)


def deladdr(dev: NetDevice, request: AddrRequest) -> None:
    """Remove an address (`inet_rtm_deladdr`); EADDRNOTAVAIL when there is none such."""
    dev.netns.kernel.require_admin()
    if isinstance(request.local, IPv4):
        inet_addr_del(dev, request)
    else:
        inet6_addr_del(dev, request)
