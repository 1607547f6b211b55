"""Routes and ARP entries by ioctl: SIOCADDRT, SIOCDELRT, SIOCSARP, SIOCDARP (`fib_frontend.c`, `arp.c`). Errors are bare errnos."""

from __future__ import annotations

import attrs

from netsim.addr import MAC, IPv4
from netsim.errors import EINVAL, ENODEV, ENOENT, ENXIO, ESRCH, NetError
from netsim.kernel.core.neighbour import ADMIN, OVERRIDE, neigh_create, neigh_forget, neigh_update
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4 import fib
from netsim.kernel.ipv4.arp import ARP_OPS
from netsim.kernel.ipv4.fib_lookup import inet_addr_type
from netsim.kernel.ipv4.route import Flow, ip_route_output
from netsim.kernel.tables.fib import (
    RT_SCOPE_HOST,
    RT_SCOPE_LINK,
    RT_SCOPE_NOWHERE,
    RT_SCOPE_UNIVERSE,
    RT_TABLE_MAIN,
    RTN_UNICAST,
    RTN_UNREACHABLE,
    RTPROT_BOOT,
    NextHop,
    Route,
)
from netsim.kernel.tables.neigh import NUD_FAILED, NUD_NOARP, NUD_PERMANENT, NUD_STALE
from netsim.kernel.tables.settings import having

RTF_GATEWAY, RTF_HOST, RTF_MSS, RTF_WINDOW, RTF_IRTT, RTF_REJECT = 0x2, 0x4, 0x40, 0x80, 0x100, 0x200
ATF_COM, ATF_PERM, ATF_PUBL, ATF_USETRAILERS, ATF_NETMASK, ATF_DONTPUB = 0x02, 0x04, 0x08, 0x10, 0x20, 0x40
HEADERS = 40  # what TCP and IP take from an MTU
FULL_MASK = IPv4(0xFFFFFFFF)


@attrs.frozen
class RouteEntry:
    """What the tool fills in (`struct rtentry`); `metric` is one more than meant, 0 says nothing; `device` may end in an address's label."""

    dst: IPv4
    mask: IPv4 = IPv4(0)
    gateway: IPv4 | None = None
    flags: int = 0
    metric: int = 0
    device: str | None = None
    mss: int = 0
    window: int = 0
    irtt: int = 0


@attrs.frozen
class _Config:
    """What an entry means (`struct fib_config`)."""

    length: int
    scope: int
    type: int = 0
    hop: NextHop | None = None
    prefsrc: IPv4 | None = None


def _length(entry: RouteEntry) -> int:
    if entry.flags & RTF_HOST:
        return 32
    host = ~int(entry.mask) & 0xFFFFFFFF
    if entry.dst & host or host & (host + 1):
        raise NetError(EINVAL)
    return int(entry.mask).bit_count()


def _config(netns: Netns, entry: RouteEntry) -> _Config:
    """Work out what an entry means (`rtentry_to_fib_config`); EINVAL, ENODEV."""
    length = _length(entry)
    if entry.flags & RTF_REJECT:
        return _Config(length, RT_SCOPE_HOST, RTN_UNREACHABLE)
    ifindex, prefsrc = _device(netns, entry.device) if entry.device else (0, None)
    scope = RT_SCOPE_NOWHERE
    if entry.gateway and entry.flags & RTF_GATEWAY and inet_addr_type(netns, entry.gateway) == RTN_UNICAST:
        scope = RT_SCOPE_UNIVERSE
    return _Config(length, scope, 0, NextHop(ifindex, entry.gateway or None), prefsrc)


def _device(netns: Netns, name: str) -> tuple[int, IPv4 | None]:
    dev = netns.device(name.partition(":")[0])
    if dev is None:
        raise NetError(ENODEV)
    if ":" not in name:
        return dev.ifindex, None
    ifa = next((ifa for ifa in dev.inet.addresses if ifa.label == name), None) if dev.inet is not None else None
    if ifa is None:
        raise NetError(ENODEV)
    return dev.ifindex, ifa.local


def add_route(netns: Netns, entry: RouteEntry) -> None:
    """SIOCADDRT; EINVAL, ENODEV, EEXIST, ENETUNREACH, ENETDOWN."""
    netns.kernel.require_admin()
    config = _config(netns, entry)
    if entry.flags & RTF_GATEWAY and not entry.gateway and not config.type:
        raise NetError(EINVAL)
    metrics = []
    if not config.type:
        if entry.flags & RTF_MSS:
            metrics.append(("advmss", entry.mss - HEADERS))
        if entry.flags & RTF_WINDOW:
            metrics.append(("window", entry.window))
        if entry.flags & RTF_IRTT:
            metrics.append(("rtt", entry.irtt << 3))
    scope = RT_SCOPE_LINK if config.scope == RT_SCOPE_NOWHERE else config.scope
    hops = () if config.hop is None else (config.hop,)
    priority = entry.metric - 1 if entry.metric else 0
    route = Route(
        entry.dst, config.length, 0, priority, config.type or RTN_UNICAST, scope, RTPROT_BOOT, config.prefsrc, hops, tuple(metrics), RT_TABLE_MAIN
    )
    fib.insert(netns, route, fib.NLM_F_CREATE)


def delete_route(netns: Netns, entry: RouteEntry) -> None:
    """SIOCDELRT: the first route that fits what the entry says; ESRCH."""
    netns.kernel.require_admin()
    config = _config(netns, entry)
    if RT_TABLE_MAIN not in netns.inet.fib.tables:
        raise NetError(ESRCH)
    hops = () if config.hop is None or not (config.hop.ifindex or config.hop.gateway) else (config.hop,)
    priority = entry.metric - 1 if entry.metric else 0
    fib.delete(netns, fib.Wanted(entry.dst, config.length, 0, priority, config.type, config.scope, 0, config.prefsrc, hops, (), RT_TABLE_MAIN))


# ARP -------------------------------------------------------------------------------------------------------------------


@attrs.frozen
class ArpEntry:
    """What the tool fills in (`struct arpreq`); `kind` is the hardware type, 0 says nothing."""

    address: IPv4
    lladdr: MAC = MAC(0)
    kind: int = 0
    flags: int = 0
    netmask: IPv4 = FULL_MASK
    device: str = ""


def _check(entry: ArpEntry) -> None:
    if not entry.flags & ATF_PUBL and entry.flags & (ATF_NETMASK | ATF_DONTPUB):
        raise NetError(EINVAL)


def _arp_device(netns: Netns, entry: ArpEntry) -> NetDevice | None:
    """The named device, or the one the route to the address leaves by (`arp_req_dev`); none for published entries."""
    dev: NetDevice | None = None
    if entry.device:
        dev = netns.device(entry.device)
        if dev is None:
            raise NetError(ENODEV)
    elif not entry.flags & ATF_PUBL:
        dev = ip_route_output(netns, Flow(entry.address, scope=RT_SCOPE_LINK)).dev
    if dev is not None and entry.flags & ATF_COM and entry.kind and entry.kind != dev.type:
        raise NetError(EINVAL)
    return dev


def _public_mask(entry: ArpEntry) -> int:
    if entry.netmask and entry.netmask != FULL_MASK:
        raise NetError(EINVAL)
    return int(entry.netmask)


def _set_proxy(netns: Netns, dev: NetDevice | None, value: int) -> None:
    """A published entry for everything is the proxy switch itself (`arp_req_set_proxy`)."""
    if dev is None:
        netns.inet.conf_all = having(netns.inet.conf_all, proxy_arp=value)
    elif dev.inet is not None:
        dev.inet.conf = having(dev.inet.conf, proxy_arp=value)
    else:
        raise NetError(ENXIO)


def set_arp(netns: Netns, entry: ArpEntry) -> None:
    """SIOCSARP: a permanent or stale entry, or a published one; EINVAL, ENODEV, and what the route look-up says."""
    netns.kernel.require_admin()
    _check(entry)
    dev = _arp_device(netns, entry)
    if entry.flags & ATF_PUBL:
        mask = _public_mask(entry)
        if dev is None and entry.flags & ATF_COM:
            dev = next((other for other in netns.devices.values() if other.type == entry.kind and other.address == entry.lladdr), None)
            if dev is None:
                raise NetError(ENODEV)
        if mask:
            netns.inet.arp.proxies[entry.address, dev.ifindex if dev is not None else 0] = 0
        else:
            _set_proxy(netns, dev, 1)
        return
    assert dev is not None
    state = NUD_PERMANENT if entry.flags & ATF_PERM else NUD_STALE
    neigh = neigh_create(netns.inet.arp, ARP_OPS, entry.address, dev)
    neigh_update(neigh, entry.lladdr if entry.flags & ATF_COM else None, state, OVERRIDE | ADMIN)


def delete_arp(netns: Netns, entry: ArpEntry) -> None:
    """SIOCDARP; ENXIO when there is no such entry, ENOENT when there is no such published one."""
    netns.kernel.require_admin()
    _check(entry)
    dev = _arp_device(netns, entry)
    if entry.flags & ATF_PUBL:
        if not _public_mask(entry):
            _set_proxy(netns, dev, 0)
        elif netns.inet.arp.proxies.pop((entry.address, dev.ifindex if dev is not None else 0), None) is None:
            raise NetError(ENOENT)
        return
    assert dev is not None
    neigh = netns.inet.arp.entries.get((entry.address, dev.ifindex))
    if neigh is None:
        raise NetError(ENXIO)
    known = neigh.state & ~NUD_NOARP
    if known:
        neigh_update(neigh, None, NUD_FAILED, OVERRIDE | ADMIN)
    neigh_forget(netns.inet.arp, neigh)
    if not known:
        raise NetError(ENXIO)
