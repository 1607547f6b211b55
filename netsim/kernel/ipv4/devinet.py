"""Addresses on devices (`devinet.c`); the routes they bring are `fib_frontend`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPV4_LOOPBACK, MASKS4, IPv4
from netsim.clock import SECOND
from netsim.errors import EADDRNOTAVAIL, EEXIST, EINVAL, ERANGE, NetError
from netsim.kernel.core.neighbour import neigh_carrier_down, neigh_ifdown
from netsim.kernel.core.netdevice import (
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
from netsim.kernel.ipv4.fib_frontend import add_routes, delete_routes, modify_prefix_metric, same_net
from netsim.kernel.ipv4.fnhe import sync_learnt_mtu
from netsim.kernel.ipv4.igmp import ip_mc_down, ip_mc_up
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_TABLE_LOCAL,
    RTN_LOCAL,
    RTNH_F_DEAD,
)
from netsim.kernel.tables.inet import IFA_F_PERMANENT, IFA_F_SECONDARY, Ifa, InDevice

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.rtnl.addr import AddrRequest

IFNAMSIZ = 16
LOOPBACK_NET = IPv4(0x7F000000)
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
        if known.local == local and known.length == ifa.length and same_net(known, ifa.peer, mask):
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
        modify_prefix_metric(dev, changed, known.metric)
    _expire_later(dev, changed)


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
        if other.length == ifa.length and same_net(other, ifa.peer, mask):
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
        followers = [other for other in addresses if other.flags & IFA_F_SECONDARY and other.length == ifa.length and same_net(other, ifa.peer, mask)]
        if followers and (dev.inet.conf.promote_secondaries or dev.netns.inet.conf_all.promote_secondaries):
            heir = followers[0]
            for other in followers:  # all that name the old primary as their source
                delete_routes(dev, other, ifa)
        else:
            for other in followers:
                addresses.remove(other)
                delete_routes(dev, other)
                fib.flush_prefsrc(dev, other.local)
                _tell_gone(dev, other)
    addresses.remove(ifa)
    delete_routes(dev, ifa)
    if heir is not None:
        heir = _promote(dev, heir)
        for other in addresses:
            if other.flags & IFA_F_SECONDARY and other.length == heir.length and same_net(other, heir.peer, mask):
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
    heir = attrs.evolve(heir, flags=heir.flags & ~IFA_F_SECONDARY)
    last = max((place + 1 for place, other in enumerate(addresses) if not other.flags & IFA_F_SECONDARY and heir.scope <= other.scope), default=0)
    addresses.insert(last, heir)
    add_routes(dev, heir)
    return heir


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
        if dev.netns.inet.exceptions:
            sync_learnt_mtu(dev)


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
