"""Addresses on devices and the routes they bring (`devinet.c`, `fib_frontend.c`)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV4_LOOPBACK, MASKS4, IPv4
from netsim.clock import SECOND
from netsim.errors import EADDRNOTAVAIL, EEXIST, EINVAL, ERANGE, NetError
from netsim.kernel.core.neighbour import neigh_carrier_down, neigh_forget, neigh_ifdown
from netsim.kernel.core.netdevice import (
    IFF_BROADCAST,
    IFF_LOOPBACK,
    IFF_NOARP,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGENAME,
    NETDEV_CHANGEUPPER,
    NETDEV_DOWN,
    NETDEV_REGISTER,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.ipv4 import fib
from netsim.kernel.ipv4.arp import arp_changeaddr, arp_send_gratuitous
from netsim.kernel.ipv4.fib_lookup import inet_addr_type_dev
from netsim.kernel.ipv4.igmp import ip_mc_down, ip_mc_up
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_TABLE_LOCAL,
    RT_TABLE_MAIN,
    RTN_BROADCAST,
    RTN_LOCAL,
    RTN_UNICAST,
    RTNH_F_DEAD,
    RTNH_F_LINKDOWN,
    RTPROT_KERNEL,
    FibTable,
    NextHop,
    Route,
)
from netsim.kernel.tables.inet import IFA_F_NOPREFIXROUTE, IFA_F_PERMANENT, IFA_F_SECONDARY, Ifa, InDevice, Ipv4Conf
from netsim.kernel.tables.neigh import NUD_VALID, NeighParms

if TYPE_CHECKING:
    from collections.abc import Iterable

    from netsim.kernel.core.netns import Netns
    from netsim.kernel.rtnl.addr import AddrRequest

IFNAMSIZ = 16
LOOPBACK_NET, FIRST_GROUP = IPv4(0x7F000000), 0xE0000000
NLM_F_REPLACE, NLM_F_EXCL = 0x100, 0x200


# adding and removing ---------------------------------------------------------------------------------------------------


def inet_addr_add(dev: NetDevice, request: AddrRequest, flags: int) -> None:
    """RTM_NEWADDR (`inet_rtm_newaddr`); EEXIST, EINVAL with the kernel's sentences."""
    if dev.inet is None:
        raise NetError(EINVAL)
    local = IPv4(request.local)
    peer = IPv4(request.peer) if request.peer is not None else local
    if request.length > 32:
        raise NetError(EINVAL, "ipv4: Invalid prefix length")
    if request.label is not None and len(request.label) > IFNAMSIZ - 1:
        raise NetError(ERANGE, "Attribute failed policy validation")
    if request.preferred is not None and request.valid is not None and request.preferred > request.valid:
        raise NetError(EINVAL, "ipv4: address lifetime invalid")
    if request.valid == 0:
        raise NetError(EINVAL, "ipv4: address lifetime invalid")
    dev.inet.is_settled = 1
    now = dev.netns.kernel.clock.now
    permanent = IFA_F_PERMANENT if request.valid is None else 0
    ifa = Ifa(
        local, peer, request.length, request.broadcast, request.scope or 0, request.label or dev.name,
        request.flags | permanent, request.valid, request.preferred, request.metric, request.protocol, now, now,
    )  # fmt: skip
    mask = MASKS4[ifa.length]
    for known in dev.inet.addresses:
        if known.local == local and known.length == ifa.length and _same_net(known, ifa.peer, mask):
            if flags & NLM_F_EXCL or not flags & NLM_F_REPLACE:
                raise NetError(EEXIST, "ipv4: Address already assigned")
            _replace(dev, known, ifa)
            return
    dev.validate_address(local)
    insert_ifa(dev, ifa)


def _replace(dev: NetDevice, known: Ifa, ifa: Ifa) -> None:
    assert dev.inet is not None
    changed = attrs.evolve(known, valid=ifa.valid, preferred=ifa.preferred, updated=ifa.updated, metric=ifa.metric,
                           flags=(known.flags & ~IFA_F_PERMANENT) | (ifa.flags & IFA_F_PERMANENT), protocol=ifa.protocol)  # fmt: skip
    dev.inet.addresses[dev.inet.addresses.index(known)] = changed
    if changed.metric != known.metric:
        _modify_prefix_metric(dev, changed, known.metric)
    _expire_later(dev, changed)


def _modify_prefix_metric(dev: NetDevice, ifa: Ifa, old: int) -> None:
    """The connected route of an address is made anew with its other metric (`fib_modify_prefix_metric`)."""
    prefix = IPv4(ifa.peer & MASKS4[ifa.length])
    if (
        not dev.flags & IFF_UP
        or ifa.flags & (IFA_F_SECONDARY | IFA_F_NOPREFIXROUTE)
        or not prefix >> 24
        or (prefix == ifa.local and ifa.length == 32)
    ):
        return
    kind, number = (RTN_LOCAL, RT_TABLE_LOCAL) if dev.flags & IFF_LOOPBACK else (RTN_UNICAST, RT_TABLE_MAIN)
    add_routes(dev, ifa)
    _delete(dev, dev.netns.inet.fib.tables[dev.l3mdev_fib_table or number], kind, prefix, ifa.length, ifa.local, old)


def _same_net(one: Ifa, address: IPv4, mask: int) -> bool:
    return not (one.peer ^ address) & mask


def insert_ifa(dev: NetDevice, ifa: Ifa) -> None:
    """Put an address on a device: primary, or secondary after the first of its net; routes follow (`__inet_insert_ifa`)."""
    assert dev.inet is not None
    if ifa.local == 0:
        return
    addresses = dev.inet.addresses
    flags = ifa.flags & ~IFA_F_SECONDARY
    mask = MASKS4[ifa.length]
    last_primary = 0
    for place, other in enumerate(addresses):
        if not other.flags & IFA_F_SECONDARY and ifa.scope <= other.scope:
            last_primary = place + 1
        if other.length == ifa.length and _same_net(other, ifa.peer, mask):
            if other.local == ifa.local:
                raise NetError(EEXIST)
            if other.scope != ifa.scope:
                raise NetError(EINVAL, "ipv4: Invalid scope value")
            flags |= IFA_F_SECONDARY
    if flags != ifa.flags:
        ifa = attrs.evolve(ifa, flags=flags)
    if flags & IFA_F_SECONDARY:
        addresses.append(ifa)
    else:
        addresses.insert(last_primary, ifa)
    add_routes(dev, ifa)
    dev.netns.inet.fib.generation += 1
    if ifa.valid is not None:
        _expire_later(dev, ifa)


def _expire_later(dev: NetDevice, ifa: Ifa) -> None:
    if ifa.valid is not None:
        dev.netns.kernel.clock.call_at(ifa.updated + ifa.valid * SECOND, _expired, dev, ifa)


def _expired(dev: NetDevice, ifa: Ifa) -> None:
    """A lifetime ran out (`check_lifetime`)."""
    if dev.inet is not None and ifa in dev.inet.addresses:
        remove_ifa(dev, ifa)


def inet_addr_del(dev: NetDevice, request: AddrRequest) -> None:
    """RTM_DELADDR (`inet_rtm_deladdr`); EADDRNOTAVAIL."""
    for ifa in dev.inet.addresses if dev.inet is not None else ():
        if ifa.local != request.local:
            continue
        if request.label is not None and request.label != ifa.label:
            continue
        if request.peer is not None and (request.length != ifa.length or request.peer != ifa.peer):
            continue
        if request.peer is None and request.length not in (32, ifa.length) and request.length != ifa.length:
            continue
        if request.peer is None and request.length == 32 and request.flags & 1 << 30 == 0 and ifa.length != 32 and not request.is_bare:
            continue
        remove_ifa(dev, ifa)
        return
    raise NetError(EADDRNOTAVAIL, "ipv4: Address not found")


def remove_ifa(dev: NetDevice, ifa: Ifa) -> None:
    """Take an address off: a primary takes its secondaries with it, or the first is promoted (`__inet_del_ifa`)."""
    assert dev.inet is not None
    addresses = dev.inet.addresses
    mask = MASKS4[ifa.length]
    heir: Ifa | None = None
    if len(addresses) > 1 and not ifa.flags & IFA_F_SECONDARY:
        followers = [
            other for other in addresses if other.flags & IFA_F_SECONDARY and other.length == ifa.length and _same_net(other, ifa.peer, mask)
        ]
        if followers and (dev.inet.conf.promote_secondaries or dev.netns.inet.conf_all.promote_secondaries):
            heir = followers[0]
        else:
            for other in followers:
                addresses.remove(other)
                delete_routes(dev, other)
                fib.flush_prefsrc(dev, other.local)
                _tell_gone(dev, other)
    addresses.remove(ifa)
    if heir is not None:
        heir = _promote(dev, heir)
    delete_routes(dev, ifa)
    if heir is not None:
        for other in addresses:
            if other.flags & IFA_F_SECONDARY and other.length == heir.length and _same_net(other, heir.peer, mask):
                add_routes(dev, other)
    dev.netns.inet.fib.generation += 1
    if not addresses:
        fib.device_down(dev.netns, dev, keep_local=False)
        neigh_ifdown(dev.netns.inet.arp, dev)
    _tell_gone(dev, ifa)


def _tell_gone(dev: NetDevice, ifa: Ifa) -> None:
    for listener in dev.netns.kernel.inetaddr_chain:
        listener(dev, ifa.local)


def _promote(dev: NetDevice, heir: Ifa) -> Ifa:
    """The first secondary becomes primary and takes the place it deserves."""
    assert dev.inet is not None
    addresses = dev.inet.addresses
    addresses.remove(heir)
    delete_routes(dev, heir)
    heir = attrs.evolve(heir, flags=heir.flags & ~IFA_F_SECONDARY)
    last = max((place + 1 for place, other in enumerate(addresses) if not other.flags & IFA_F_SECONDARY and heir.scope <= other.scope), default=0)
    addresses.insert(last, heir)
    add_routes(dev, heir)
    return heir


# routes of addresses ---------------------------------------------------------------------------------------------------


def _delete(dev: NetDevice, table: FibTable, kind: int, dst: int, length: int, source: IPv4, metric: int = 0) -> None:
    """A route the kernel itself takes away (`fib_magic`)."""
    prefixes = table.lengths.get(length)
    routes = None if prefixes is None else prefixes.get(dst)
    if routes is None:
        return
    scope = RT_SCOPE_HOST if kind == RTN_LOCAL else RT_SCOPE_LINK
    for route in routes:
        if route.type != kind or route.prefsrc != source or route.scope != scope or route.protocol != RTPROT_KERNEL:
            continue
        if not route.tos and (not metric or route.priority == metric) and route.nexthops and route.nexthops[0].ifindex == dev.ifindex:
            fib.take_out(dev.netns, table, route)
            return


def add_routes(dev: NetDevice, ifa: Ifa) -> None:
    """The local, broadcast and connected routes of an address (`fib_add_ifaddr`)."""
    source = ifa.local
    if ifa.flags & IFA_F_SECONDARY:
        source = (_primary_of(dev, ifa) or ifa).local
    table = dev.l3mdev_fib_table
    made = _routes_over_lo if dev.flags & IFF_LOOPBACK else _routes
    net = ifa.local, ifa.peer, ifa.length, ifa.broadcast, ifa.metric
    link = dev.ifindex, dev.flags & (IFF_UP | IFF_LOOPBACK), 0 if dev.carrier else RTNH_F_LINKDOWN
    routes = made(net, ifa.flags & (IFA_F_SECONDARY | IFA_F_NOPREFIXROUTE), source, link, table)
    if not source or (source >= FIRST_GROUP and (source.is_multicast or source.is_broadcast)):
        routes = tuple(route for route in routes if route.type == RTN_LOCAL and route.dst == source != 0)  # `fib_valid_prefsrc`
    fib.insert_own(dev.netns, routes)
    if dev.netns.inet.arp.entries:
        _invalidate_broadcasts(dev, routes)


def _invalidate_broadcasts(dev: NetDevice, routes: tuple[Route, ...]) -> None:
    """Who was asked for at an address that is everybody's now is forgotten, unless somebody answered (`arp_invalidate`)."""
    table = dev.netns.inet.arp
    for route in routes:
        known = table.entries.get((route.dst, dev.ifindex)) if route.type == RTN_BROADCAST else None
        if known is not None and not known.state & NUD_VALID:
            neigh_forget(table, known)


def _routes(net: tuple[IPv4, IPv4, int, IPv4 | None, int], flags: int, source: IPv4, link: tuple[int, int, int], vrf_table: int) -> tuple[Route, ...]:
    """What an address brings on a device in some state, as values: the routes that `fib_magic` makes, their ways out known."""
    local, peer, length, broadcast, metric = net
    ifindex, dev_flags, hop_flags = link
    own, main = vrf_table or RT_TABLE_LOCAL, vrf_table or RT_TABLE_MAIN
    to_host = _way_out(ifindex, 0, RT_SCOPE_NOWHERE)
    routes = [Route(local, 32, 0, 0, RTN_LOCAL, RT_SCOPE_HOST, RTPROT_KERNEL, source, to_host, (), own)]
    if not dev_flags & IFF_UP:
        return tuple(routes)
    to_link = _way_out(ifindex, hop_flags, RT_SCOPE_HOST)
    if broadcast is not None and broadcast != 0xFFFFFFFF:
        routes.append(Route(broadcast, 32, 0, 0, RTN_BROADCAST, RT_SCOPE_LINK, RTPROT_KERNEL, source, to_link, (), own))
    mask = MASKS4[length]
    prefix = IPv4(peer & mask)
    if prefix >> 24 == 0 or flags & IFA_F_SECONDARY or (prefix == local and length == 32):
        return tuple(routes)
    if not flags & IFA_F_NOPREFIXROUTE and dev_flags & IFF_LOOPBACK:
        routes.append(Route(prefix, length, 0, metric, RTN_LOCAL, RT_SCOPE_HOST, RTPROT_KERNEL, local, to_host, (), own))
    elif not flags & IFA_F_NOPREFIXROUTE:
        routes.append(Route(prefix, length, 0, metric, RTN_UNICAST, RT_SCOPE_LINK, RTPROT_KERNEL, local, to_link, (), main))
    if length < 31:
        everyone = IPv4(prefix | ~mask & 0xFFFFFFFF)
        routes.append(Route(everyone, 32, 0, 0, RTN_BROADCAST, RT_SCOPE_LINK, RTPROT_KERNEL, local, to_link, (), own))
    return tuple(routes)


_routes_over_lo = lru_cache(64)(_routes)
"""Those over lo are the same values in every namespace."""


@lru_cache(1024)
def _way_out(ifindex: int, flags: int, scope: int) -> tuple[NextHop, ...]:
    """Over a device, without a gateway: a value that all namespaces share (`fib_find_info` shares within one)."""
    return (NextHop(ifindex, None, 1, flags, scope),)


def _primary_of(dev: NetDevice, ifa: Ifa) -> Ifa | None:
    assert dev.inet is not None
    mask = MASKS4[ifa.length]
    return next(
        (
            other
            for other in dev.inet.addresses
            if not other.flags & IFA_F_SECONDARY and other.length == ifa.length and _same_net(other, ifa.peer, mask)
        ),
        None,
    )


def delete_routes(dev: NetDevice, ifa: Ifa) -> None:
    """The routes an address brought go, unless another address still wants them (`fib_del_ifaddr`)."""
    assert dev.inet is not None
    netns, vrf = dev.netns, dev.l3mdev_fib_table
    fib_state = netns.inet.fib
    own, main = fib_state.tables.get(vrf or RT_TABLE_LOCAL), fib_state.tables.get(vrf or RT_TABLE_MAIN)
    mask = MASKS4[ifa.length]
    prefix, broadcast = ifa.peer & mask, (ifa.peer & mask) | (~mask & 0xFFFFFFFF)
    others = [other for other in dev.inet.addresses if other is not ifa] if dev.inet.addresses else ()
    is_secondary = ifa.flags & IFA_F_SECONDARY
    primary = ifa
    if is_secondary:
        primary = _primary_of(dev, ifa) or ifa
    elif prefix >> 24 and ifa.length < 32:
        if not ifa.flags & IFA_F_NOPREFIXROUTE and not (others and _has_primary(others, prefix, ifa.length)):
            if dev.flags & IFF_LOOPBACK:
                if own is not None:
                    _delete(dev, own, RTN_LOCAL, prefix, ifa.length, ifa.local, ifa.metric)
            elif main is not None:
                _delete(dev, main, RTN_UNICAST, prefix, ifa.length, ifa.local, ifa.metric)
    elif prefix >> 24 and ifa.peer != ifa.local and main is not None:
        _delete(dev, main, RTN_UNICAST, prefix, ifa.length, ifa.local, ifa.metric)
    if own is not None:
        wanted = _broadcasts_of(others) if others else ()
        if ifa.broadcast is not None and ifa.broadcast not in wanted:
            _delete(dev, own, RTN_BROADCAST, ifa.broadcast, 32, primary.local)
        if not is_secondary and ifa.length < 31 and broadcast not in wanted:
            _delete(dev, own, RTN_BROADCAST, broadcast, 32, ifa.local)
    if not (others and any(other.local == ifa.local for other in others)):
        if own is not None:
            _delete(dev, own, RTN_LOCAL, ifa.local, 32, primary.local)
        if inet_addr_type_dev(netns, dev, ifa.local) != RTN_LOCAL:
            fib.flush_prefsrc(dev, ifa.local)


def _has_primary(addresses: Iterable[Ifa], prefix: int, length: int) -> bool:
    mask = MASKS4[length]
    return any(other.length == length and not (other.peer ^ prefix) & mask for other in addresses if not other.flags & IFA_F_SECONDARY)


def _broadcasts_of(addresses: Iterable[Ifa]) -> set[int]:
    return {other.broadcast for other in addresses if other.broadcast is not None} | {
        (other.peer & MASKS4[other.length]) | (~MASKS4[other.length] & 0xFFFFFFFF) for other in addresses if other.length < 31
    }


# choosing addresses ----------------------------------------------------------------------------------------------------


def owner_of(netns: Netns, address: IPv4) -> NetDevice | None:
    """The device an address is on, or the one whose local route covers it, as all of 127.0.0.0/8 (`__ip_dev_find`)."""
    for dev in netns.devices.values():
        if dev.inet is not None:
            for ifa in dev.inet.addresses:
                if ifa.local == address:
                    return dev
    table = netns.inet.fib.tables.get(RT_TABLE_LOCAL)
    for route in table.candidates(address) if table is not None else ():
        if route.type == RTN_LOCAL and not route.is_dead:
            return netns.devices.get(route.nexthops[0].ifindex)
    return None


# events ----------------------------------------------------------------------------------------------------------------


def _registered(dev: NetDevice) -> None:
    inet = dev.netns.inet
    inet.rt_genid += 1
    dev.inet = InDevice([], inet.conf_default, inet.arp_default)


def _up(dev: NetDevice) -> None:
    dev.netns.inet.rt_genid += 1
    state = dev.inet
    if state is None or dev.mtu < 68:
        return
    addresses = state.addresses
    if dev.flags & IFF_LOOPBACK and not addresses:
        now = dev.netns.kernel.clock.now
        state.is_settled = 1
        insert_ifa(dev, Ifa(IPV4_LOOPBACK, IPV4_LOOPBACK, 8, None, RT_SCOPE_HOST, dev.name, created=now, updated=now))
    else:
        for ifa in tuple(addresses):
            add_routes(dev, ifa)
    ip_mc_up(dev)
    fib.device_up(dev.netns, dev, RTNH_F_DEAD)
    if addresses:
        _notify_peers(dev)


def _notify_peers(dev: NetDevice) -> None:
    """Gratuitous ARP where `arp_notify` asks for it (`inetdev_send_gratuitous_arp`)."""
    assert dev.inet is not None
    if dev.inet.conf.arp_notify or dev.netns.inet.conf_all.arp_notify:
        for ifa in dev.inet.addresses:
            arp_send_gratuitous(dev, ifa.local)


def _down(dev: NetDevice) -> None:
    dev.netns.inet.rt_genid += 1
    if dev.inet is None:
        return
    ip_mc_down(dev)
    fib.device_down(dev.netns, dev, keep_local=True)
    neigh_ifdown(dev.netns.inet.arp, dev)


def _change(dev: NetDevice) -> None:
    dev.netns.inet.rt_genid += 1
    if dev.inet is None:
        return
    if dev.changed_flags & IFF_NOARP:
        arp_changeaddr(dev)
    if dev.carrier:
        fib.device_up(dev.netns, dev, 16)
    elif dev.flags & IFF_UP:
        fib.carrier_down(dev.netns, dev)
        if dev.inet.conf.arp_evict_nocarrier and dev.netns.inet.conf_all.arp_evict_nocarrier:
            neigh_carrier_down(dev.netns.inet.arp, dev)


def _changeaddr(dev: NetDevice) -> None:
    dev.netns.inet.rt_genid += 1
    if dev.inet is None:
        return
    arp_changeaddr(dev)
    if dev.flags & IFF_UP:
        _notify_peers(dev)


def _rename(dev: NetDevice) -> None:
    """Labels follow the device's name (`inetdev_changename`)."""
    dev.netns.inet.rt_genid += 1
    if dev.inet is None:
        return
    for place, ifa in enumerate(dev.inet.addresses):
        _, colon, tail = ifa.label.partition(":")
        dev.inet.addresses[place] = attrs.evolve(ifa, label=f"{dev.name}{colon}{tail}"[:15])


def _changemtu(dev: NetDevice) -> None:
    if dev.mtu < 68:
        _unregistered(dev)
    else:
        dev.netns.inet.rt_genid += 1


def _changeupper(dev: NetDevice) -> None:
    dev.netns.inet.rt_genid += 1


def _unregistered(dev: NetDevice) -> None:
    """IPv4 leaves the device (`inetdev_destroy`)."""
    dev.netns.inet.rt_genid += 1
    if dev.inet is None:
        return
    ip_mc_down(dev)
    while dev.inet.addresses:
        remove_ifa(dev, dev.inet.addresses[0])
    fib.device_unregistered(dev.netns, dev)
    neigh_ifdown(dev.netns.inet.arp, dev)
    dev.inet = None


EVENTS = {
    NETDEV_REGISTER: _registered,
    NETDEV_UP: _up,
    NETDEV_DOWN: _down,
    NETDEV_CHANGE: _change,
    NETDEV_CHANGEADDR: _changeaddr,
    NETDEV_CHANGENAME: _rename,
    NETDEV_CHANGEMTU: _changemtu,
    NETDEV_UNREGISTER: _unregistered,
    NETDEV_CHANGEUPPER: _changeupper,
}
"""What device events mean to IPv4 (`inetdev_event`, `fib_netdev_event`)."""
_ = (IFF_BROADCAST, Ipv4Conf, NeighParms, LOOPBACK_NET)
