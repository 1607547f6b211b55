"""Addresses, permanent neighbours and forwarding entries that somebody set."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from netsim.addr import IPv4, IPv6, mask4
from netsim.commands.ip.names import NAMES
from netsim.kernel.bridge.device import Bridge
from netsim.kernel.bridge.vlan import PVID, UNTAGGED, has_vlans
from netsim.kernel.core.device_life import dev_get_flags
from netsim.kernel.core.netdevice import IF_OPER_UP, IFF_LOOPBACK, IFF_RUNNING, IFF_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.drivers.vxlan import VxlanDevice
from netsim.kernel.rtnl.mdb import settled
from netsim.kernel.tables.fdb import FdbEntry
from netsim.kernel.tables.inet import IFA_F_NOPREFIXROUTE, Ifa
from netsim.kernel.tables.inet6 import IFA_F_HOMEADDRESS, IFA_F_MANAGETEMPADDR, IFA_F_MCAUTOJOIN, IFA_F_NODAD, IFA_F_PERMANENT, IFA_F_TEMPORARY, Ifa6
from netsim.kernel.tables.inet6 import IFA_F_NOPREFIXROUTE as NOPREFIXROUTE6
from netsim.kernel.tables.neigh import NUD_PERMANENT, NeighTable
from netsim.kernel.tables.vxlan import ALL_ZEROS
from netsim.replay.devices import devices
from netsim.replay.operations import AddAddress, AddForwarding, AddNeighbour, AwaitCarrier, Operation, SetLinkLocals, SetVlan, Wait
from netsim.replay.sites import Sites

FLAGS6 = ((IFA_F_NODAD, "nodad"), (IFA_F_HOMEADDRESS, "home"), (IFA_F_MANAGETEMPADDR, "mngtmpaddr"), (IFA_F_MCAUTOJOIN, "autojoin"))
LOOPBACK6 = IPv6(1)
CARRIERS = "2"
"""Seconds by which carriers have been told."""


def addresses(sites: Sites) -> Iterator[Operation]:
    """Every address but those that devices make for themselves, in an order after which the kernel lists them alike."""
    for site, dev in devices(sites):
        for ifa in dev.inet.addresses if dev.inet is not None else ():
            is_given = dev.flags & IFF_LOOPBACK and dev.flags & IFF_UP and str(ifa.local) == "127.0.0.1" and ifa.length == 8
            if not is_given:
                yield AddAddress(site, ("addr", "add", *_ipv4(dev, ifa), "dev", dev.name))
        for ifa6 in reversed(dev.inet6.addresses) if dev.inet6 is not None else ():
            if not is_automatic(dev, ifa6):
                yield AddAddress(site, ("-6", "addr", "add", *_ipv6(ifa6), "dev", dev.name))

    for site, dev in devices(sites):
        if keeps_link_local(dev):
            yield AddAddress(site, ("link", "set", "dev", dev.name, "addrgenmode", "none"))


def own_link_locals(sites: Sites) -> Iterator[Operation]:
    """Devices that did not make themselves a link-local address may do so again, once their carriers have come."""
    keeping = [(site, dev) for site, dev in devices(sites) if keeps_link_local(dev)]
    if keeping:
        yield Wait("", (CARRIERS,))
    for site, dev in keeping:
        if dev.operstate == IF_OPER_UP:
            yield AwaitCarrier(site, (dev.name,))
    for site, dev in keeping:
        if dev.inet6 is not None:
            yield SetLinkLocals(site, ("link", "set", "dev", dev.name, "addrgenmode", "eui64"))


def keeps_link_local(dev: NetDevice) -> bool:
    """Whether a device that is up lacks the link-local address its hardware address makes: it came up with another one, or somebody took it away."""
    if dev.inet6 is None or dev.inet6.conf.addr_gen_mode or dev.inet6.conf.disable_ipv6 or not dev.flags & IFF_UP or dev.linklocal() is None:
        return False
    own = [ifa.address for ifa in dev.inet6.addresses if ifa.address.is_linklocal]
    return dev.linklocal() not in own and (bool(own) or dev_get_flags(dev) & IFF_RUNNING != 0)


def _ipv4(dev: NetDevice, ifa: Ifa) -> list[str]:
    words = [f"{ifa.local}/{ifa.length}"] if ifa.peer == ifa.local else [str(ifa.local), "peer", f"{ifa.peer}/{ifa.length}"]
    words += ["broadcast", str(ifa.broadcast)] if ifa.broadcast else []
    words += ["scope", NAMES["scope"].get(ifa.scope, str(ifa.scope))] if ifa.scope else []
    words += ["label", ifa.label] if ifa.label and ifa.label != dev.name else []
    words += ["metric", str(ifa.metric)] if ifa.metric else []
    words += _lifetimes(ifa)
    return words + (["noprefixroute"] if ifa.flags & IFA_F_NOPREFIXROUTE else [])


def _ipv6(ifa: Ifa6) -> list[str]:
    words = [f"{ifa.address}/{ifa.length}"] if ifa.peer is None else [str(ifa.address), "peer", f"{ifa.peer}/{ifa.length}"]
    words += ["metric", str(ifa.metric)] if ifa.metric else []
    words += _lifetimes(ifa)
    words += [name for bit, name in FLAGS6 if ifa.flags & bit]
    return words + (["noprefixroute"] if ifa.flags & NOPREFIXROUTE6 else [])


def _lifetimes(ifa: Ifa | Ifa6) -> list[str]:
    words = ["valid_lft", str(ifa.valid)] if ifa.valid is not None else []
    return words + (["preferred_lft", str(ifa.preferred)] if ifa.preferred is not None else [])


def is_automatic(dev: NetDevice, ifa: Ifa6) -> bool:
    """Whether the kernel gives the device this address by itself."""
    if ifa.flags & IFA_F_TEMPORARY or (dev.flags & IFF_LOOPBACK and ifa.address == LOOPBACK6):
        return True
    return ifa.address.is_linklocal and bool(ifa.flags & IFA_F_PERMANENT) and ifa.length == 64 and ifa.address == dev.linklocal() and not ifa.metric


def neighbours(sites: Sites) -> Iterator[Operation]:
    """Permanent neighbours and proxies."""
    for site, netns in sites.with_netns():
        for table in (netns.inet.arp, netns.inet6.neigh):
            yield from _neighbours(site.name, netns, table)


def _neighbours(site: str, netns: Netns, table: NeighTable) -> Iterator[Operation]:
    for entry in table.entries.values():
        if entry.state & NUD_PERMANENT and entry.lladdr is not None:
            yield AddNeighbour(site, ("neigh", "replace", str(entry.key), "lladdr", str(entry.lladdr), "nud", "permanent", "dev", entry.dev.name))
    for key, ifindex in table.proxies:
        dev = netns.devices.get(ifindex)
        if dev is not None:
            yield AddNeighbour(site, ("neigh", "add", "proxy", str(key), "dev", dev.name))


def forwarding(sites: Sites) -> Iterator[Operation]:
    """Entries of forwarding databases that were set, not learnt."""
    for site, dev in devices(sites):
        if isinstance(dev, Bridge):
            yield from _bridge_fdb(site, dev)
            yield from _bridge_mdb(site, dev)
        elif isinstance(dev, VxlanDevice):
            yield from _vxlan_fdb(site, dev)


def _bridge_mdb(site: str, bridge: Bridge) -> Iterator[Operation]:
    """Groups that were set to stay, which only a running bridge takes."""
    for entry in settled(bridge).entries.values() if keeps_groups(bridge) else ():
        for member in entry.ports.values():
            if member.is_permanent:
                source = ("src", str(entry.source)) if entry.source is not None else ()
                vlan = ("vid", str(entry.vid)) if entry.vid else ()
                words = ("mdb", "add", "dev", bridge.name, "port", member.port.dev.name, "grp", str(entry.group), *source, "permanent", *vlan)
                yield AddForwarding(site, words)


def keeps_groups(bridge: Bridge) -> bool:
    """Whether a bridge takes entries for groups as it is."""
    return bool(bridge.flags & IFF_UP and bridge.options["mcast_snooping"])


def _bridge_fdb(site: str, bridge: Bridge) -> Iterator[Operation]:
    for entry in bridge.fdb.entries.values():
        if not entry.added_by_user or _comes_along(bridge, entry):
            continue
        state = "permanent" if entry.is_local else "static" if entry.is_static else "dynamic"
        dev = bridge if entry.port is None else entry.port.dev
        vlan = ["vlan", str(entry.vid)] if entry.vid else []
        sticky = ["sticky"] if entry.is_sticky else []
        place = "self" if entry.port is None else "master"
        yield AddForwarding(site, ("fdb", "replace", str(entry.address), "dev", dev.name, place, state, *sticky, *vlan))


def _comes_along(bridge: Bridge, entry: FdbEntry) -> bool:
    """Whether the kernel makes it with the entry for no VLAN (`br_fdb_add`): one for each VLAN of the port."""
    return (
        bool(entry.vid)
        and not bridge.options["vlan_filtering"]
        and any(
            other.address == entry.address and not other.vid and other.port is entry.port and other.added_by_user
            for other in bridge.fdb.entries.values()
        )
    )


def _vxlan_fdb(site: str, dev: VxlanDevice) -> Iterator[Operation]:
    for entry in dev.fdb.entries.values():
        for end in entry.remotes if entry.is_static else ():
            if entry.address == ALL_ZEROS and end.ip == dev.config.remote and not end.port and end.vni is None:
                continue  # the device came with it
            words = ["fdb", "append", str(entry.address), "dev", dev.name, "dst", str(end.ip)]
            words += ["port", str(end.port)] if end.port else []
            words += ["vni", str(end.vni)] if end.vni is not None else []
            lower = dev.home.devices.get(end.ifindex)
            words += ["via", lower.name] if end.ifindex and lower is not None and end.ifindex != dev.config.link else []
            yield AddForwarding(site, (*words, "self", "permanent"))


def vlans(sites: Sites) -> Iterator[Operation]:
    """VLANs of bridges and ports, where they are not those a port gets by itself."""
    for site, dev in devices(sites):
        if not isinstance(dev, Bridge) or not has_vlans(dev):
            continue
        default = dev.options["vlan_default_pvid"]
        yield from _vlans(site, dev.name, dev, default, ("self",))
        for port in dev.ports:
            yield from _vlans(site, port.dev.name, port, default, ())


def _vlans(site: str, name: str, place: Any, default: int, own: tuple[str, ...]) -> Iterator[Operation]:
    before = {default: PVID | UNTAGGED} if default else {}
    after = {vid: (flags & UNTAGGED) | (PVID if vid == place.pvid else 0) for vid, flags in place.vlans.items()}
    for vid in before:
        if vid not in after:
            yield SetVlan(site, ("vlan", "del", "dev", name, "vid", str(vid), *own))
    for vid, flags in after.items():
        if before.get(vid) != flags:
            told = [*(["pvid"] if flags & PVID else []), *(["untagged"] if flags & UNTAGGED else [])]
            yield SetVlan(site, ("vlan", "add", "dev", name, "vid", str(vid), *told, *own))


def prefix_of(ifa: Ifa) -> tuple[IPv4, int]:
    """The network an address's route leads to."""
    return IPv4(int(ifa.peer) & mask4(ifa.length)), ifa.length


def expected_prefixes(dev: NetDevice) -> list[tuple[IPv4, int]]:
    """Networks whose routes come with the addresses of a device that is up."""
    if not dev.flags & IFF_UP or dev.inet is None:
        return []
    own = [ifa for ifa in dev.inet.addresses if not ifa.flags & (1 | IFA_F_NOPREFIXROUTE) and ifa.length < 32 and int(ifa.peer) & mask4(ifa.length)]
    return [prefix_of(ifa) for ifa in own]
