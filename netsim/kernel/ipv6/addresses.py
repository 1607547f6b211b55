"""IPv6 addresses on devices: given, changed, aged and taken away (`addrconf.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV6_ANY, IPV6_LOOPBACK, IPv6, mask6
from netsim.clock import SECOND
from netsim.errors import EACCES, EADDRNOTAVAIL, EEXIST, EINVAL, NetError
from netsim.kernel.core.netdevice import IFF_LOOPBACK, NetDevice
from netsim.kernel.ipv6 import dad, fib, mcast
from netsim.kernel.ipv6.host_route import disconnect_peer, find_prefix_route, multicast_route, prefix_route, unconfigured
from netsim.kernel.ipv6.saddr import scope_of
from netsim.kernel.tables.fib6 import RTF_EXPIRES
from netsim.kernel.tables.inet6 import (
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_HOMEADDRESS,
    IFA_F_MANAGETEMPADDR,
    IFA_F_MCAUTOJOIN,
    IFA_F_NODAD,
    IFA_F_NOPREFIXROUTE,
    IFA_F_OPTIMISTIC,
    IFA_F_PERMANENT,
    IFA_F_STABLE_PRIVACY,
    IFA_F_TEMPORARY,
    IFA_F_TENTATIVE,
    Ifa6,
)

if TYPE_CHECKING:
    from netsim.kernel.rtnl.addr import AddrRequest

SCOPE_GLOBAL, SCOPE_LINK, SCOPE_HOST, SCOPE_SITE = 0, 253, 254, 200
NLM_F_REPLACE, NLM_F_EXCL = 0x100, 0x200
SETTABLE = IFA_F_NODAD | IFA_F_HOMEADDRESS | IFA_F_MANAGETEMPADDR | IFA_F_NOPREFIXROUTE | IFA_F_MCAUTOJOIN | IFA_F_OPTIMISTIC
EXPLAINED_SINCE = 606
KEPT_BY_CHANGE = IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_TEMPORARY | IFA_F_STABLE_PRIVACY


def refusal(dev: NetDevice, errno: int, sentence: str) -> NetError:
    """Why an address is refused: kernels explain it since 6.6."""
    return NetError(errno, sentence if dev.netns.kernel.profile.extended_acks >= EXPLAINED_SINCE else "")


def rt_scope_of(address: IPv6) -> int:
    """The scope `ip` shows (`rt_scope`)."""
    if address == IPV6_LOOPBACK:
        return SCOPE_HOST
    return {1: SCOPE_HOST, 2: SCOPE_LINK, 5: SCOPE_SITE}.get(scope_of(address), SCOPE_GLOBAL)


# by hand ---------------------------------------------------------------------------------------------------------------


def inet6_addr_add(dev: NetDevice, request: AddrRequest, flags: int) -> None:
    """RTM_NEWADDR (`inet6_rtm_newaddr`); EADDRNOTAVAIL, EINVAL, EACCES, EEXIST with the kernel's sentences."""
    address = IPv6(request.local)
    wanted = request.flags & SETTABLE
    known = dad.find(dev, address)
    if dev.inet6 is None and dev.mtu < 1280:
        raise NetError(EINVAL)
    optimistic = dev.inet6 is not None and (dev.inet6.conf.optimistic_dad or dev.netns.inet6.conf_all.optimistic_dad)
    if not optimistic:
        wanted &= ~IFA_F_OPTIMISTIC
    if wanted & IFA_F_NODAD and wanted & IFA_F_OPTIMISTIC:
        raise NetError(EINVAL, "IFA_F_NODAD and IFA_F_OPTIMISTIC are mutually exclusive")
    if known is None:
        _add_by_hand(dev, request, address, wanted)
        return
    if flags & NLM_F_EXCL or not flags & NLM_F_REPLACE:
        raise refusal(dev, EEXIST, "ipv6: address already assigned")
    _modify(dev, known, request, wanted)


def _check_lifetimes(dev: NetDevice, request: AddrRequest, wanted: int) -> None:
    if request.length > 128:
        raise refusal(dev, EINVAL, "ipv6: Invalid prefix length")
    endless = 0xFFFFFFFF
    valid = endless if request.valid is None else request.valid
    preferred = endless if request.preferred is None else request.preferred
    if not valid or preferred > valid:
        raise refusal(dev, EINVAL, "ipv6: address lifetime invalid")
    if wanted & IFA_F_MANAGETEMPADDR and request.length != 64:
        raise refusal(dev, EINVAL, 'ipv6: address with "mngtmpaddr" flag must have a prefix length of 64')


def _add_by_hand(dev: NetDevice, request: AddrRequest, address: IPv6, wanted: int) -> None:
    """`inet6_addr_add`."""
    _check_lifetimes(dev, request, wanted)
    if dev.inet6 is None or dev.inet6.conf.disable_ipv6:
        raise refusal(dev, EACCES, "ipv6: IPv6 is disabled on this device")
    multicast_route(dev)
    if address.is_multicast and not wanted & IFA_F_MCAUTOJOIN:
        raise refusal(dev, EADDRNOTAVAIL, 'ipv6: Cannot assign multicast address without "IFA_F_MCAUTOJOIN" flag')
    if address == IPV6_ANY:
        raise refusal(dev, EADDRNOTAVAIL, "ipv6: Invalid address")
    if address == IPV6_LOOPBACK and not dev.flags & IFF_LOOPBACK:
        raise refusal(dev, EADDRNOTAVAIL, "ipv6: Cannot assign loopback address on this device")
    if wanted & IFA_F_MCAUTOJOIN:
        mcast.join(dev, address)
    peer = None if request.peer is None or request.peer == address else IPv6(request.peer)
    now = dev.netns.kernel.clock.now
    ifa = Ifa6(
        address, request.length, rt_scope_of(address), wanted | _age_flags(request.valid, request.preferred), peer, request.valid, request.preferred,
        request.metric, request.protocol, now, now,
    )  # fmt: skip
    add(dev, ifa)


def _age_flags(valid: int | None, preferred: int | None) -> int:
    """PERMANENT without an end, DEPRECATED when it must not be preferred any more."""
    return (IFA_F_PERMANENT if valid is None else 0) | (IFA_F_DEPRECATED if preferred == 0 else 0)


def _modify(dev: NetDevice, known: Ifa6, request: AddrRequest, wanted: int) -> None:
    """Other lifetimes and flags for an address that is there (`inet6_addr_modify`)."""
    _check_lifetimes(dev, request, wanted)
    assert dev.inet6 is not None
    had_route = known.flags & IFA_F_PERMANENT and not known.flags & IFA_F_NOPREFIXROUTE
    flags = known.flags & KEPT_BY_CHANGE | wanted | _age_flags(request.valid, request.preferred)
    peer = known.peer if request.peer is None or request.peer == known.address else IPv6(request.peer)
    if peer != known.peer and known.peer is not None:
        disconnect_peer(dev, known.peer)
    changed = attrs.evolve(
        known, flags=flags, valid=request.valid, preferred=request.preferred, metric=request.metric or known.metric, peer=peer,
        updated=dev.netns.kernel.clock.now,
    )  # fmt: skip
    dev.inet6.addresses[dev.inet6.addresses.index(known)] = changed
    if not flags & IFA_F_NOPREFIXROUTE:
        _reconnect(dev, changed, known.metric)
        if peer is not None and (peer != known.peer or changed.metric != known.metric):
            disconnect_peer(dev, peer)
            prefix_route(dev, peer, 128, changed.metric)
    elif had_route:
        _clean_prefix_route(dev, changed)
    watch(dev)


def _reconnect(dev: NetDevice, ifa: Ifa6, old_metric: int) -> None:
    """The connected route gets the address's new lifetime, or is made again with another metric (`modify_prefix_route`).

    The kernel takes the lifetime for a point in time here, and one long past: the route counts as expired at once.
    """
    route = find_prefix_route(dev, ifa.address, ifa.length)
    if route is not None and ifa.metric == old_metric:
        route.expires = 0 if ifa.valid is None else 1
        route.flags = route.flags | RTF_EXPIRES if route.expires else route.flags & ~RTF_EXPIRES
        return
    if route is not None:
        fib.remove(dev.netns, route)
    _connect(dev, ifa)


def inet6_addr_del(dev: NetDevice, request: AddrRequest) -> None:
    """RTM_DELADDR (`inet6_addr_del`); EADDRNOTAVAIL."""
    known = dad.find(dev, IPv6(request.local))
    if known is None or known.length != request.length:
        raise refusal(dev, EADDRNOTAVAIL, "ipv6: address not found")
    remove(dev, known)
    if known.flags & IFA_F_MCAUTOJOIN:
        mcast.leave(dev, known.address)


# adding and removing ---------------------------------------------------------------------------------------------------


def add(dev: NetDevice, ifa: Ifa6) -> None:
    """Put an address on a device with its connected route, and try it (`inet6_addr_add`, `addrconf_dad_start`)."""
    now = dev.netns.kernel.clock.now
    flags = ifa.flags if ifa.flags & IFA_F_NODAD else ifa.flags | IFA_F_TENTATIVE
    if flags != ifa.flags or ifa.created != now or ifa.updated != now:
        ifa = ifa.dated(flags, now, now)
    if not ifa.flags & IFA_F_NOPREFIXROUTE:
        _connect(dev, ifa)
    _put(dev, ifa)


def add_without_route(dev: NetDevice, ifa: Ifa6) -> None:
    """Put an address on a device whose prefix is none of its business, and try it (`ipv6_add_addr`, `addrconf_dad_start`)."""
    now = dev.netns.kernel.clock.now
    _put(dev, ifa.dated(ifa.flags if ifa.flags & IFA_F_NODAD else ifa.flags | IFA_F_TENTATIVE, now, now))


def _put(dev: NetDevice, ifa: Ifa6) -> None:
    assert dev.inet6 is not None
    addresses = dev.inet6.addresses
    scope = scope_of(ifa.address) if addresses else 0
    place = next((number for number, other in enumerate(addresses) if scope_of(other.address) <= scope), len(addresses)) if addresses else 0
    addresses.insert(place, ifa)
    dad.begin(dev, ifa)
    if ifa.valid is not None or ifa.preferred is not None:
        watch(dev)


def _connect(dev: NetDevice, ifa: Ifa6) -> None:
    """The connected route of an address; that of ::1 is none (`inet6_addr_add`)."""
    if dev.flags & IFF_LOOPBACK and ifa.address == IPV6_LOOPBACK:
        return
    expires = 0 if ifa.valid is None else ifa.updated + ifa.valid * SECOND
    prefix_route(dev, ifa.address, ifa.length, ifa.metric, expires=expires, flags=RTF_EXPIRES if expires else 0)


def remove(dev: NetDevice, ifa: Ifa6) -> None:
    """Take an address off, with the routes that only it needed (`ipv6_del_addr`)."""
    assert dev.inet6 is not None
    known = dad.find(dev, ifa.address)
    if known is None:
        return
    dev.inet6.addresses.remove(known)
    trial = dev.inet6.trial(ifa.address)
    if trial is not None:
        trial.left = -1
    unconfigured(dev, known)
    for listener in dev.netns.kernel.inetaddr_chain:
        listener(dev, known.address)
    if known.flags & IFA_F_PERMANENT and not known.flags & IFA_F_NOPREFIXROUTE:
        _clean_prefix_route(dev, known)


def _clean_prefix_route(dev: NetDevice, ifa: Ifa6) -> None:
    """The connected route goes with its last permanent address; others let it end with their own time (`check_cleanup_prefix_route`)."""
    assert dev.inet6 is not None
    alike = [
        other
        for other in dev.inet6.addresses
        if other is not ifa and other.length == ifa.length and not (other.address ^ ifa.address) & mask6(ifa.length)
    ]
    if any(other.flags & (IFA_F_PERMANENT | IFA_F_NOPREFIXROUTE) for other in alike):
        return
    route = find_prefix_route(dev, ifa.address, ifa.length)
    if route is None:
        return
    if not alike:
        fib.remove(dev.netns, route)
        return
    route.flags |= RTF_EXPIRES
    route.expires = max(other.updated + (other.valid or 0) * SECOND for other in alike)


# lifetimes -------------------------------------------------------------------------------------------------------------


def watch(dev: NetDevice) -> None:
    """Wake up when the next lifetime on a device ends (`addrconf_verify_rtnl`)."""
    state = dev.inet6
    if state is None:
        return
    if state.expiry is not None:
        state.expiry.cancel()
        state.expiry = None
    now = dev.netns.kernel.clock.now
    ends = [
        ifa.updated + lasts * SECOND
        for ifa in state.addresses
        for lasts in (ifa.valid, ifa.preferred)
        if lasts is not None and ifa.updated + lasts * SECOND > now
    ]
    if ends:
        state.expiry = dev.netns.kernel.clock.call_at(min(ends), _verify, dev)


def _verify(dev: NetDevice) -> None:
    """Addresses whose time is over go; those whose preference is over are deprecated."""
    if dev.inet6 is None:
        return
    dev.inet6.expiry = None
    now = dev.netns.kernel.clock.now
    for ifa in list(dev.inet6.addresses):
        if ifa.valid is not None and ifa.updated + ifa.valid * SECOND <= now:
            remove(dev, ifa)
        elif ifa.preferred is not None and ifa.updated + ifa.preferred * SECOND <= now and not ifa.flags & IFA_F_DEPRECATED:
            dad.change(dev, ifa, ifa.flags | IFA_F_DEPRECATED)
    watch(dev)
