"""Routers on the link: what their advertisements make of a host (`ndisc_router_discovery`, `addrconf_prefix_rcv`, `route.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv6, mask6
from netsim.clock import SECOND
from netsim.errors import NetError
from netsim.kernel.core.neighbour import ISROUTER, OVERRIDE, OVERRIDE_ISROUTER, WEAK_OVERRIDE, neigh_create, neigh_update
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv6 import dad, fib
from netsim.kernel.ipv6.host_route import find_prefix_route, prefix_route
from netsim.kernel.tables.fib import RT_TABLE_MAIN, RTN_UNICAST, RTPROT_RA
from netsim.kernel.tables.fib6 import (
    PREF_HIGH,
    PREF_LOW,
    PREF_MEDIUM,
    RTF_ADDRCONF,
    RTF_DEFAULT,
    RTF_EXPIRES,
    RTF_GATEWAY,
    RTF_PREFIX_RT,
    RTF_ROUTEINFO,
    RTF_UP,
    Fib6Info,
)
from netsim.kernel.tables.inet6 import IFA_F_DEPRECATED, IFA_F_MANAGETEMPADDR, IFA_F_STABLE_PRIVACY, Ifa6
from netsim.kernel.tables.neigh import NUD_STALE
from netsim.kernel.tables.settings import having
from netsim.packet import NdMtu, NdPrefix, RouterAdvert, RouterSolicit, link_address
from netsim.packet.icmp6 import NdOther

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

INFINITY = 0xFFFFFFFF
ON_LINK, AUTONOMOUS = 0x80, 0x40
ROUTE_INFORMATION = 24
MIN_VALID = 2 * 3600
PREFERENCES = {0: PREF_MEDIUM, 1: PREF_HIGH, 3: PREF_LOW, 2: PREF_MEDIUM}
SOURCE_ADDRESS = 1


def solicited(skb: SkBuff, message: RouterSolicit) -> None:
    """A host asks: routers learn its hardware address; answering is a daemon's work (`ndisc_recv_rs`)."""
    from netsim.kernel.ipv6.ndisc import ND_OPS

    dev = skb.dev
    assert dev.inet6 is not None
    lladdr = link_address(message.options, SOURCE_ADDRESS)
    if not dev.inet6.conf.forwarding or skb.packet.src == 0 or lladdr is None:
        return
    neigh = neigh_create(dev.netns.inet6.neigh, ND_OPS, skb.packet.src, dev)
    neigh_update(neigh, lladdr, NUD_STALE, WEAK_OVERRIDE | OVERRIDE | OVERRIDE_ISROUTER)


def advertised(skb: SkBuff, message: RouterAdvert) -> None:
    """A router tells about itself and the link (`ndisc_router_discovery`)."""
    from netsim.kernel.ipv6.ndisc import ND_OPS, set_timers

    dev, packet = skb.dev, skb.packet
    assert dev.inet6 is not None
    conf = dev.inet6.conf
    if not packet.src.is_linklocal or not dad.accepts_ra(dev):
        return
    if any(ifa.address == packet.src for ifa in dev.inet6.addresses) and not conf.accept_ra_from_local:
        return
    dev.inet6.ra_received = True
    route = _default_router(dev, packet.src, message) if conf.accept_ra_defrtr else None
    if message.hop_limit >= max(1, conf.accept_ra_min_hop_limit) and message.hop_limit:
        dev.inet6.conf = having(conf, hop_limit=message.hop_limit)
        _set_metric(route, "hoplimit", message.hop_limit)
    set_timers(dev, message.reachable, message.retrans)
    neigh = neigh_create(dev.netns.inet6.neigh, ND_OPS, packet.src, dev)
    neigh_update(neigh, link_address(message.options, SOURCE_ADDRESS), NUD_STALE, WEAK_OVERRIDE | OVERRIDE | OVERRIDE_ISROUTER | ISROUTER)
    for option in message.options:
        if isinstance(option, NdPrefix) and conf.accept_ra_pinfo:
            _prefix(dev, option)
        elif isinstance(option, NdMtu) and conf.accept_ra_mtu and 1280 <= option.mtu <= dev.mtu:
            if dev.inet6.mtu != option.mtu:
                dev.inet6.mtu = option.mtu
                _set_metric(route, "mtu", option.mtu)
        elif isinstance(option, NdOther) and option.kind == ROUTE_INFORMATION:
            _route_information(dev, packet.src, option.data)


def _set_metric(route: Fib6Info | None, name: str, value: int) -> None:
    """What a router says of the link becomes a metric of the route through it (`fib6_metric_set`)."""
    if route is not None:
        route.metrics = (*(pair for pair in route.metrics if pair[0] != name), (name, value))


def _default_router(dev: NetDevice, source: IPv6, message: RouterAdvert) -> Fib6Info | None:
    """A default route for as long as the router says; 0 takes it away (`rt6_add_dflt_router`)."""
    conf = dev.inet6.conf if dev.inet6 is not None else dev.netns.inet6.conf_default
    pref = PREFERENCES[message.flags >> 3 & 3] if conf.accept_ra_rtr_pref else PREF_MEDIUM
    return _learnt_route(dev, IPv6(0), 0, source, message.lifetime, conf.ra_defrtr_metric, pref, RTF_DEFAULT)


def _route_information(dev: NetDevice, source: IPv6, data: bytes) -> None:
    """A more specific route through a router (RFC 4191; `rt6_route_rcv`), of lengths the settings allow."""
    assert dev.inet6 is not None
    conf = dev.inet6.conf
    if len(data) < 6:
        return
    length, pref, lifetime = data[0], data[1] >> 3 & 3, int.from_bytes(data[2:6], "big")
    if length > 128 or pref == 2 or not conf.accept_ra_rt_info_min_plen <= length <= conf.accept_ra_rt_info_max_plen:
        return
    prefix = IPv6(int.from_bytes(data[6:].ljust(16, b"\0")[:16], "big") & mask6(length))
    _learnt_route(dev, prefix, length, source, lifetime, 1024, PREFERENCES[pref], RTF_DEFAULT if not length else RTF_ROUTEINFO)


def _learnt_route(dev: NetDevice, prefix: IPv6, length: int, gateway: IPv6, lifetime: int, metric: int, pref: int, kind: int) -> Fib6Info | None:
    """A route through a router for as long as it says; None when there is none any more."""
    netns, table = dev.netns, dev.l3mdev_fib_table or RT_TABLE_MAIN
    known = next(
        (
            route
            for route in netns.inet6.fib.table(table).at(int(prefix), length)
            if route.gateway == gateway and route.ifindex == dev.ifindex and route.flags & kind and route.flags & RTF_ADDRCONF
        ),
        None,
    )
    if known is not None and (not lifetime or known.metric != metric):
        fib.remove(netns, known)
        known = None
    if not lifetime:
        return None
    expires = 0 if lifetime == INFINITY else netns.kernel.clock.now + lifetime * SECOND
    if known is None:
        flags = RTF_UP | RTF_GATEWAY | RTF_ADDRCONF | kind | (RTF_EXPIRES if expires else 0)
        route = Fib6Info(prefix, length, metric, RTN_UNICAST, table, dev.ifindex, gateway, flags=flags, protocol=RTPROT_RA, pref=pref)
        try:
            fib.insert(netns, fib.complete(netns, route), fib.NLM_F_CREATE)
        except NetError:
            return None
        known = route
    known.pref, known.expires = pref, expires
    if expires:
        netns.kernel.clock.call_at(expires, _expired, netns, known)
    return known


def _expired(netns: Netns, route: Fib6Info) -> None:
    """A route whose time is over goes (`fib6_age`)."""
    if route.expires and route.expires <= netns.kernel.clock.now:
        fib.remove(netns, route)


def _prefix(dev: NetDevice, option: NdPrefix) -> None:
    """A prefix of the link: it may be reached directly, and addresses may be made of it (`addrconf_prefix_rcv`)."""
    assert dev.inet6 is not None
    if option.prefix.is_linklocal or option.prefix.is_multicast or option.preferred > option.valid:
        return
    prefix = IPv6(option.prefix & mask6(option.length))
    if option.flags & ON_LINK:
        _on_link(dev, prefix, option)
    if option.flags & AUTONOMOUS and dev.inet6.conf.autoconf:
        if option.length == 64:
            _autoconfigure(dev, prefix, option)


def _on_link(dev: NetDevice, prefix: IPv6, option: NdPrefix) -> None:
    netns = dev.netns
    known = find_prefix_route(dev, prefix, option.length)
    expires = 0 if option.valid == INFINITY else netns.kernel.clock.now + option.valid * SECOND
    if known is not None and known.flags & RTF_ADDRCONF:
        if not option.valid:
            fib.remove(netns, known)
            return
        known.expires = expires
    elif known is None and option.valid:
        prefix_route(dev, prefix, option.length, 0, expires=expires, flags=RTF_ADDRCONF | RTF_PREFIX_RT | (RTF_EXPIRES if expires else 0))
        known = find_prefix_route(dev, prefix, option.length)
    if known is not None and expires and known.flags & RTF_ADDRCONF:
        netns.kernel.clock.call_at(expires, _expired, netns, known)


def _autoconfigure(dev: NetDevice, prefix: IPv6, option: NdPrefix) -> None:
    """An address of our own in the prefix, or new lifetimes for the one we have (`addrconf_prefix_rcv_add_addr`)."""
    from netsim.kernel.ipv6.addrconf import EUI64, NONE, interface_id
    from netsim.kernel.ipv6.addresses import add_without_route, rt_scope_of, watch

    assert dev.inet6 is not None
    mode = EUI64 if dev.addr_gen_mode == NONE else dev.addr_gen_mode
    half = dev.inet6.token or (dev.eui64() if mode == EUI64 else interface_id(dev, prefix))
    address = IPv6(prefix | half)
    valid = None if option.valid == INFINITY else option.valid
    preferred = None if option.preferred == INFINITY else option.preferred
    known = dad.find(dev, address)
    now = dev.netns.kernel.clock.now
    if known is None:
        if option.valid and len(dev.inet6.addresses) < dev.inet6.conf.max_addresses + 1:
            flags = IFA_F_MANAGETEMPADDR | (IFA_F_STABLE_PRIVACY if mode != EUI64 else 0)
            flags |= IFA_F_DEPRECATED if preferred == 0 else 0
            add_without_route(dev, Ifa6(address, 64, rt_scope_of(address), flags, None, valid, preferred))
        return
    if known.flags & 0x80:
        return
    left = INFINITY if known.valid is None else max(0, known.valid - (now - known.updated) // SECOND)
    if valid is not None and valid <= MIN_VALID and valid < left:
        valid = min(left, MIN_VALID)  # nobody shortens an address's life at once (RFC 4862, 5.5.3)
    flags = known.flags & ~IFA_F_DEPRECATED | (IFA_F_DEPRECATED if preferred == 0 else 0)
    changed = attrs.evolve(known, valid=valid, preferred=preferred, updated=now, flags=flags)
    dev.inet6.addresses[dev.inet6.addresses.index(known)] = changed
    watch(dev)


def purge_default_routers(netns: Netns) -> None:
    """A router follows no other router: what advertisements made goes (`rt6_purge_dflt_routers`)."""
    for route in netns.inet6.fib.routes():
        if route.flags & (RTF_DEFAULT | RTF_ADDRCONF) == RTF_DEFAULT | RTF_ADDRCONF:
            dev = netns.devices.get(route.ifindex)
            if dev is None or dev.inet6 is None or dev.inet6.conf.accept_ra != 2:
                fib.remove(netns, route)


def clean_to_host(dev: NetDevice, gateway: IPv6) -> None:
    """A neighbour is no router any more: routes learnt from it go (`rt6_clean_tohost`)."""
    for route in dev.netns.inet6.fib.routes():
        if route.gateway == gateway and route.flags & RTF_ADDRCONF:
            fib.remove(dev.netns, route)
