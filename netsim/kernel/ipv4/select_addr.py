"""Which of a device's addresses a packet leaves from (`devinet.c`: `inet_select_addr`)."""

from __future__ import annotations

from netsim.addr import IPv4, mask4
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.tables.fib import RT_SCOPE_HOST, RT_SCOPE_LINK
from netsim.kernel.tables.inet import IFA_F_SECONDARY


def inet_select_addr(netns: Netns, dev: NetDevice | None, dst: int, scope: int) -> IPv4 | None:
    """A source address for a destination out of a device (`inet_select_addr`)."""
    if dev is not None and dev.inet is not None:
        fallback: IPv4 | None = None
        widest = RT_SCOPE_LINK if dev.inet.conf.route_localnet or netns.inet.conf_all.route_localnet else RT_SCOPE_HOST
        for ifa in dev.inet.addresses:
            if ifa.flags & IFA_F_SECONDARY or min(ifa.scope, widest) > scope:
                continue
            if not dst or not (ifa.peer ^ dst) & mask4(ifa.length):
                return ifa.local
            if fallback is None:
                fallback = ifa.local
        if fallback is not None:
            return fallback
    master = dev.l3mdev if dev is not None and netns.l3mdevs else None
    nearest: tuple[NetDevice, ...] = () if master is None else (master,)  # a VRF's own addresses take the place of the loopback's
    for other in (*nearest, *netns.devices.values()):
        if other.inet is None or (netns.l3mdevs and other.l3mdev is not master):
            continue
        for ifa in other.inet.addresses:
            if not ifa.flags & IFA_F_SECONDARY and ifa.scope != RT_SCOPE_LINK and ifa.scope <= scope:
                return ifa.local
    return None
