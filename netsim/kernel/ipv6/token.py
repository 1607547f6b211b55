"""Tokenised interface identifiers (`inet6_set_iftoken`): the lower half that addresses from advertised prefixes get."""

from __future__ import annotations

from netsim.addr import IPv6
from netsim.errors import EAFNOSUPPORT, EINVAL, NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_NOARP, NetDevice
from netsim.kernel.ipv6 import dad, ndisc
from netsim.kernel.ipv6.addresses import remove
from netsim.kernel.ipv6.saddr import linklocal_of

LOWER = (1 << 64) - 1


def set_token(dev: NetDevice, token: IPv6) -> None:
    """Take the lower half of an address; addresses by the token before go, and routers are asked anew. EINVAL, EAFNOSUPPORT."""
    dev.netns.kernel.require_admin()
    state = dev.inet6
    if state is None:
        raise NetError(EAFNOSUPPORT)
    if dev.flags & IFF_LOOPBACK:
        raise NetError(EINVAL, "ipv6: Device is loopback")
    if dev.flags & IFF_NOARP:
        raise NetError(EINVAL, "ipv6: Device does not do neighbour discovery")
    if not dad.accepts_ra(dev):
        raise NetError(EINVAL, "ipv6: Router advertisement is disabled on device")
    if not state.conf.router_solicitations:
        raise NetError(EINVAL, "ipv6: Router solicitation is disabled on device")
    before, state.token = state.token, token & LOWER
    for ifa in list(state.addresses):
        if before and ifa.address & LOWER == before and ifa.valid is not None:
            remove(dev, ifa)
    source = linklocal_of(dev)
    if state.token and state.ready and source is not None:
        ndisc.send_rs(dev, source)
