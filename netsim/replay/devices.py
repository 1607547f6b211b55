"""Devices in an order in which they can be made: lower ones first, both ends of a pair at once, ports in the order they came."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from netsim.kernel.bridge.device import Bridge
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IF_OPER_UNKNOWN,
    IFF_ALLMULTI,
    IFF_LOOPBACK,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_PROMISC,
    IFF_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.bond import Bond
from netsim.kernel.drivers.ip_tunnel import IpTunnel
from netsim.kernel.drivers.ipvlan import Ipvlan
from netsim.kernel.drivers.nic import Nic
from netsim.kernel.drivers.stacking import Stacked
from netsim.kernel.drivers.tun import Tun
from netsim.kernel.drivers.veth import Veth
from netsim.kernel.drivers.vlan import Vlan
from netsim.kernel.tables.fib import RT_TABLE_LOCAL
from netsim.replay.kinds import WORDS, macvlan_sources, port_words
from netsim.replay.operations import AddDevice, AddPort, ChangeDevice, Operation, SetDevice, SetPort
from netsim.replay.sites import Sites

ETHER_MTU, LOOPBACK_MTU = 1500, 65536
QUEUE = 1000
QUEUED = frozenset(("", "veth", "bridge", "vlan", "macvlan", "ipvlan", "dummy", "vxlan"))
"""Kinds that start with a queue of that length; "" are cards."""
MADE = frozenset(("", "veth", "tun", *WORDS))
"""Kinds that can be made; "" are cards and lo."""

FarEnds = dict[int, tuple[str, str]]
"""id of a card -> namespace and name of what is at the other end."""


def devices(sites: Sites) -> Iterator[tuple[str, NetDevice]]:
    """Every device with its namespace's name, in the order of sites and indexes."""
    for site, netns in sites.with_netns():
        for _, dev in sorted(netns.devices.items()):
            yield site.name, dev


def home_of(dev: NetDevice) -> Netns:
    """Where a device is made: with its lower one, or where its outer packets are routed."""
    home = getattr(dev, "home", None)
    return home if isinstance(home, Netns) else dev.real.netns if isinstance(dev, Stacked) else dev.netns


def make(sites: Sites, far_ends: FarEnds) -> Iterator[Operation]:
    """Make every device but lo, cards and those that a module brings along; `far_ends` are those of cards."""
    made: set[int] = set()
    for _, dev in devices(sites):
        yield from _make(sites, dev, made, far_ends)


def _make(sites: Sites, dev: NetDevice, made: set[int], far_ends: FarEnds) -> Iterator[Operation]:
    if id(dev) in made or dev.flags & IFF_LOOPBACK or isinstance(dev, Nic) or is_brought(dev):
        return
    made.add(id(dev))
    for lower in _needed(dev):
        yield from _make(sites, lower, made, far_ends)
    if isinstance(dev, Ipvlan) and dev.operstate == IF_OPER_UNKNOWN:
        yield from _raise(sites, dev.real, far_ends)
    if isinstance(dev, Veth):
        if dev.peer is not None and dev.peer.netns.cookie in sites.by_cookie:
            made.add(id(dev.peer))
            yield pair(sites.of(dev.netns), dev, sites.of(dev.peer.netns), dev.peer)
    elif isinstance(dev, Tun):
        yield from _tun(sites.of(dev.netns), dev)
    elif dev.kind in WORDS:
        yield from _single(sites, dev)


def is_brought(dev: NetDevice) -> bool:
    """Whether a module brings the device along."""
    return bool(getattr(dev, "is_fallback", False))


def _raise(sites: Sites, dev: NetDevice, far_ends: FarEnds) -> Iterator[Operation]:
    """Set a device up ahead of time, so that what is made on it does not see its carrier come."""
    known = far_ends.get(id(dev)) or ((sites.of(dev.peer.netns), dev.peer.name) if isinstance(dev, Veth) and dev.peer is not None else None)
    for site, name in ((sites.of(dev.netns), dev.name), *([known] if known is not None else [])):
        yield SetDevice(site, ("link", "set", "dev", name, "up"))


def _needed(dev: NetDevice) -> list[NetDevice]:
    """Devices that must be there before: the lower one, and of those that are numbered on it the older ones."""
    if isinstance(dev, Ipvlan):
        return [dev.real, *dev.port.vlans[: dev.port.vlans.index(dev)]]
    if isinstance(dev, Stacked):
        return [dev.real]
    lower = None if isinstance(dev, Veth) else dev.lower()
    link = getattr(getattr(dev, "config", None), "link", 0)
    if lower is None and link:
        lower = home_of(dev).devices.get(link)
    return [] if lower is None else [lower]


def pair(site: str, dev: NetDevice, far_site: str, far: NetDevice) -> Operation:
    """A veth pair, each end in its namespace."""
    words = ["link", "add", "name", dev.name, *traits(dev), "type", "veth", "peer", "name", far.name, *traits(far)]
    return AddDevice(site, (*words, *(["netns", far_site] if far_site != site else [])))


def _single(sites: Sites, dev: NetDevice) -> Iterator[Operation]:
    home, name = home_of(dev), dev.name
    if home is not dev.netns and name in home.names:  # older kernels, 6.1 for one, look for the name where the request is made
        name = next(free for number in count() if (free := f"moved{number}") not in home.names and free not in dev.netns.names)
    words = ["link", "add", *(["link", dev.real.name] if isinstance(dev, Stacked) else []), "name", name, *traits(dev)]
    words += ["netns", sites.of(dev.netns)] if home is not dev.netns else []
    yield AddDevice(sites.of(home), (*words, "type", dev.kind, *WORDS[dev.kind](dev)))
    if name != dev.name:
        yield SetDevice(sites.of(dev.netns), ("link", "set", "dev", name, "name", dev.name))


def _tun(site: str, dev: Tun) -> Iterator[Operation]:
    words = ["tuntap", "add", "dev", dev.name, "mode", dev.mode]
    words += ["user", str(dev.owner)] if dev.owner is not None else []
    words += ["group", str(dev.owner_group)] if dev.owner_group is not None else []
    words += [name for name, value in (("pi", dev.pi), ("vnet_hdr", dev.vnet_hdr), ("multi_queue", dev.multi_queue)) if value]
    yield AddDevice(site, tuple(words))
    if dev.mode == "tap" or dev.mtu != ETHER_MTU:
        yield AddDevice(site, ("link", "set", "dev", dev.name, *traits(dev)))


def traits(dev: NetDevice) -> list[str]:
    """Address, MTU and queue length, where they were given or drawn."""
    words = ["address", str(dev.address)] if _has_own_address(dev) else []
    words += ["mtu", str(dev.mtu)] if _has_own_mtu(dev) else []
    return words + (["txqueuelen", str(dev.tx_queue_len)] if dev.kind in QUEUED and dev.tx_queue_len != QUEUE else [])


def _has_own_address(dev: NetDevice) -> bool:
    """Bridges and bonds take a port's address and VLANs the lower device's, unless one was set."""
    if dev.type != ARPHRD_ETHER or dev.kind == "ipvlan":
        return False
    if isinstance(dev, Vlan):
        return not dev.stolen_address
    return dev.explicit_address if isinstance(dev, (Bridge, Bond)) else True


def _has_own_mtu(dev: NetDevice) -> bool:
    if isinstance(dev, Bridge):
        return False  # told when it is made it would follow the ports all the same
    if isinstance(dev, Stacked):
        return dev.mtu != dev.real.mtu
    return isinstance(dev, IpTunnel) or dev.mtu != ETHER_MTU


def ports(sites: Sites) -> Iterator[Operation]:
    """Put ports under their masters, in the order they came, and set what they were told."""
    for site, dev in devices(sites):
        for port in _ports_of(dev):
            yield AddPort(site, ("link", "set", "dev", port.name, "master", dev.name))
    for site, dev in devices(sites):
        for known in dev.ports if isinstance(dev, Bridge) else ():
            words = port_words(known)
            if words:
                yield SetPort(site, ("link", "set", "dev", known.dev.name, "type", "bridge_slave", *words))


def _ports_of(dev: NetDevice) -> list[NetDevice]:
    if isinstance(dev, Bridge):
        return [port.dev for port in dev.ports]
    if isinstance(dev, Bond):
        return [slave.dev for slave in dev.slaves]
    return list(getattr(dev, "ports", ()))


def looks(sites: Sites) -> Iterator[Operation]:
    """Flags, alternative names and what else a device was told."""
    for site, dev in devices(sites):
        words = _flags(dev)
        if dev.flags & IFF_LOOPBACK and dev.mtu != LOOPBACK_MTU:
            words += ["mtu", str(dev.mtu)]
        words += ["mtu", str(dev.mtu)] if isinstance(dev, Bridge) and dev.explicit_mtu else []
        words += ["group", str(dev.group)] if dev.group else []
        words += ["alias", dev.alias] if dev.alias else []
        for change in (words, macvlan_sources(dev)):
            if change:
                yield ChangeDevice(site, ("link", "set", "dev", dev.name, *change))
        for name in dev.altnames:
            yield ChangeDevice(site, ("link", "property", "add", "dev", dev.name, "altname", name))


def _flags(dev: NetDevice) -> list[str]:
    words = []
    if isinstance(dev, (Veth, Nic, Bridge)):
        words += ["arp", "off"] if dev.flags & IFF_NOARP else []
        words += ["multicast", "off"] if not dev.flags & IFF_MULTICAST else []
    words += ["promisc", "on"] if dev.user_flags & IFF_PROMISC else []
    return words + (["allmulticast", "on"] if dev.user_flags & IFF_ALLMULTI else [])


def up(sites: Sites) -> Iterator[Operation]:
    """Set devices up: lower ones before those on top, bridges last, so that they see their ports come."""
    waiting = [(site, dev) for site, dev in devices(sites) if dev.flags & IFF_UP and not _raised_by_master(dev)]
    waiting.sort(key=_height)
    for site, dev in waiting:
        yield SetDevice(site, ("link", "set", "dev", dev.name, "up"))
    for each, netns in sites.with_netns():
        if not netns.loopback.flags & IFF_UP and _has_been_up(netns):
            yield SetDevice(each.name, ("link", "set", "dev", "lo", "up"))
            yield SetDevice(each.name, ("link", "set", "dev", "lo", "down"))


def _has_been_up(netns: Netns) -> bool:
    """Whether lo left the route of its whole prefix behind, which comes with its first rise and stays when it goes down."""
    local = netns.inet.fib.tables.get(RT_TABLE_LOCAL)
    return local is not None and bool(local.at(0x7F000000, 8))


def _raised_by_master(dev: NetDevice) -> bool:
    return isinstance(dev.master, Bond)


def _height(item: tuple[str, Any]) -> int:
    dev, height = item[1], 0
    while isinstance(dev, Stacked):
        dev, height = dev.real, height + 1
    return height
