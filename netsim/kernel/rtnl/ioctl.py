"""The old ways to configure a device: ioctls by name on devices and their IPv4 addresses (`dev_ioctl.c`, `devinet.c`, `addrconf.c`).

A name may end in `:LABEL`, which stands for the address with that label. Errors are bare errnos: ioctls carry no sentences.
"""

from __future__ import annotations

from contextlib import suppress

import attrs

from netsim.addr import MAC, IPv4, IPv6, mask4
from netsim.errors import EADDRNOTAVAIL, EINVAL, ENODEV, ENOENT, EOPNOTSUPP, ERANGE, NetError
from netsim.kernel.core.device_life import (
    dev_change_flags,
    dev_change_name,
    dev_get_flags,
    dev_mc_add,
    dev_mc_del,
    dev_set_mac_address,
    dev_set_mtu,
    user_flags,
)
from netsim.kernel.core.link_ops import valid_mac
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_ALLMULTI,
    IFF_AUTOMEDIA,
    IFF_BROADCAST,
    IFF_DEBUG,
    IFF_DYNAMIC,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_POINTOPOINT,
    IFF_PORTSEL,
    IFF_PROMISC,
    IFF_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.ipv4.devinet import insert_ifa, remove_ifa
from netsim.kernel.ipv6.addresses import inet6_addr_add, inet6_addr_del
from netsim.kernel.rtnl.addr import AddrRequest
from netsim.kernel.tables.fib import RT_SCOPE_HOST, RT_SCOPE_UNIVERSE
from netsim.kernel.tables.inet import IFA_F_PERMANENT, IFA_F_SECONDARY, Ifa

SETTABLE = IFF_UP | IFF_DEBUG | IFF_NOTRAILERS | IFF_NOARP | IFF_MULTICAST | IFF_PORTSEL | IFF_AUTOMEDIA | IFF_DYNAMIC
"""Flags that users may change besides promiscuity; the others are the kernel's own (`__dev_change_flags`)."""


def lookup(netns: Netns, name: str) -> NetDevice:
    """The device of a name, its label cut off; ENODEV."""
    dev = netns.device(name.partition(":")[0])
    if dev is None:
        raise NetError(ENODEV)
    return dev


# the device ------------------------------------------------------------------------------------------------------------


def get_flags(netns: Netns, name: str) -> int:
    """SIOCGIFFLAGS: the lower sixteen bits."""
    return dev_get_flags(lookup(netns, name)) & 0xFFFF


def set_flags(netns: Netns, name: str, flags: int) -> None:
    """SIOCSIFFLAGS: with a label, down deletes the address and anything else does nothing; EADDRNOTAVAIL when there is none such."""
    netns.kernel.require_admin()
    dev = lookup(netns, name)
    if ":" in name:
        ifa = _labelled(dev, name)
        if ifa is None:
            raise NetError(EADDRNOTAVAIL)
        if not flags & IFF_UP:
            remove_ifa(dev, ifa)
        return
    change_flags(dev, flags)


def change_flags(dev: NetDevice, flags: int) -> None:
    """Give a device these flags, as far as users may (`dev_change_flags`)."""
    change = (dev.flags ^ flags) & SETTABLE | (user_flags(dev) ^ flags) & (IFF_PROMISC | IFF_ALLMULTI)
    dev_change_flags(dev, flags, change)


def set_mtu(netns: Netns, name: str, mtu: int) -> None:
    """SIOCSIFMTU; EINVAL outside the device's range."""
    netns.kernel.require_admin()
    dev_set_mtu(lookup(netns, name), mtu)


def set_hwaddr(netns: Netns, name: str, address: MAC) -> None:
    """SIOCSIFHWADDR with an Ethernet address; EADDRNOTAVAIL for a group's, EINVAL where the device is of another type."""
    netns.kernel.require_admin()
    dev = lookup(netns, name)
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL)
    dev_set_mac_address(dev, valid_mac(address))


def set_txqlen(netns: Netns, name: str, length: int) -> None:
    """SIOCSIFTXQLEN; EINVAL for less than none, ERANGE for more than the kernel counts."""
    netns.kernel.require_admin()
    if length < 0:
        raise NetError(EINVAL)
    if length > 0xFFFFFFFF:
        raise NetError(ERANGE)
    lookup(netns, name).tx_queue_len = length


def set_name(netns: Netns, name: str, new: str) -> None:
    """SIOCSIFNAME."""
    netns.kernel.require_admin()
    dev_change_name(lookup(netns, name), new)


def add_multicast(dev: NetDevice, group: MAC) -> None:
    """SIOCADDMULTI: once, however often it is asked for (`dev_mc_add_global`); EINVAL where the device has no filter."""
    dev.netns.kernel.require_admin()
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL)
    if group not in dev.static_multicast:
        dev.static_multicast += (group,)
        dev_mc_add(dev, group)


def delete_multicast(dev: NetDevice, group: MAC) -> None:
    """SIOCDELMULTI; ENOENT for what nobody has asked for this way."""
    dev.netns.kernel.require_admin()
    if dev.type != ARPHRD_ETHER:
        raise NetError(EINVAL)
    if group not in dev.static_multicast:
        raise NetError(ENOENT)
    dev.static_multicast = tuple(one for one in dev.static_multicast if one != group)
    dev_mc_del(dev, group)


def set_map(netns: Netns, name: str) -> None:
    """SIOCSIFMAP: no modelled driver has an I/O map; EOPNOTSUPP."""
    lookup(netns, name)
    raise NetError(EOPNOTSUPP)


def private(netns: Netns, name: str) -> None:
    """SIOCDEVPRIVATE and its like (keepalive, outfill): no modelled driver has any; EOPNOTSUPP."""
    lookup(netns, name)
    raise NetError(EOPNOTSUPP)


# IPv4 addresses --------------------------------------------------------------------------------------------------------


@attrs.frozen
class Address:
    """What SIOCGIFADDR, SIOCGIFDSTADDR, SIOCGIFBRDADDR and SIOCGIFNETMASK tell of one address."""

    local: IPv4
    peer: IPv4
    broadcast: IPv4
    netmask: IPv4


def _labelled(dev: NetDevice, name: str) -> Ifa | None:
    """The first address with this label (a device's plain name is one, too)."""
    return next((ifa for ifa in dev.inet.addresses if ifa.label == name), None) if dev.inet is not None else None


def get_address(netns: Netns, name: str) -> Address | None:
    """The address a name stands for, None when there is none (EADDRNOTAVAIL)."""
    ifa = _labelled(lookup(netns, name), name)
    if ifa is None:
        return None
    return Address(ifa.local, ifa.peer, ifa.broadcast if ifa.broadcast is not None else IPv4(0), IPv4(mask4(ifa.length)))


def labels(netns: Netns) -> list[str]:
    """SIOCGIFCONF: the labels of all IPv4 addresses."""
    return [ifa.label for dev in netns.devices.values() if dev.inet is not None for ifa in dev.inet.addresses]


def class_mask(address: int) -> int:
    """The prefix length that an address's class stands for; -1 for multicast and what is above (`inet_abc_len`)."""
    first = address >> 24
    if first == 0 or address == 0xFFFFFFFF:
        return 0
    if first < 128:
        return 8
    if first < 192:
        return 16
    if first < 224:
        return 24
    return 32 if first >= 240 else -1


def set_address(netns: Netns, name: str, address: IPv4) -> None:
    """SIOCSIFADDR: the address a name stands for is replaced, with mask and broadcast of its class; EINVAL."""
    netns.kernel.require_admin()
    dev = lookup(netns, name)
    known = _labelled(dev, name)
    length = class_mask(address)
    if length < 0 or dev.inet is None:
        raise NetError(EINVAL)
    broadcast: IPv4 | None = None
    if known is not None:
        if known.local == address:
            return
        remove_ifa(dev, known)
    if not dev.flags & IFF_POINTOPOINT:
        if dev.flags & IFF_BROADCAST and length < 31:
            broadcast = IPv4(address | ~mask4(length) & 0xFFFFFFFF)
    else:
        length = 32
    scope = RT_SCOPE_HOST if address >> 24 == 127 else RT_SCOPE_UNIVERSE
    now = netns.kernel.clock.now
    if dev.inet is not None:
        dev.inet.is_settled = 1
    insert_ifa(dev, Ifa(address, address, length, broadcast, scope, name, IFA_F_PERMANENT, created=now, updated=now))


def _changed(netns: Netns, name: str, **fields: object) -> None:
    """Take the address a name stands for off, change it and put it back."""
    dev = lookup(netns, name)
    known = _labelled(dev, name)
    if known is None:
        raise NetError(EADDRNOTAVAIL)
    if all(getattr(known, field) == value for field, value in fields.items()):
        return
    remove_ifa(dev, known)
    with suppress(NetError):  # one that is there already is as good, and nobody is told
        insert_ifa(dev, attrs.evolve(known, flags=known.flags & ~IFA_F_SECONDARY, updated=netns.kernel.clock.now, **fields))  # type: ignore[arg-type]


def set_broadcast(netns: Netns, name: str, address: IPv4) -> None:
    """SIOCSIFBRDADDR; EADDRNOTAVAIL."""
    netns.kernel.require_admin()
    _changed(netns, name, broadcast=address or None)


def set_destination(netns: Netns, name: str, address: IPv4) -> None:
    """SIOCSIFDSTADDR: the peer; EADDRNOTAVAIL, EINVAL for what no host can have."""
    netns.kernel.require_admin()
    dev = lookup(netns, name)
    known = _labelled(dev, name)
    if known is None:
        raise NetError(EADDRNOTAVAIL)
    if known.peer == address:
        return
    if class_mask(address) < 0:
        raise NetError(EINVAL)
    _changed(netns, name, peer=address)


def set_netmask(netns: Netns, name: str, mask: IPv4) -> None:
    """SIOCSIFNETMASK: a broadcast address that followed from the old mask follows the new one; EADDRNOTAVAIL, EINVAL for holes."""
    netns.kernel.require_admin()
    dev = lookup(netns, name)
    known = _labelled(dev, name)
    if known is None:
        raise NetError(EADDRNOTAVAIL)
    host = ~int(mask) & 0xFFFFFFFF
    if host & (host + 1):
        raise NetError(EINVAL)
    old = mask4(known.length)
    if mask == old:
        return
    length = int(mask).bit_count()
    broadcast = known.broadcast
    derived = known.local | ~old & 0xFFFFFFFF
    if dev.flags & IFF_BROADCAST and length < 31 and (broadcast or 0) == derived:
        broadcast = IPv4(known.local | host)
    _changed(netns, name, length=length, broadcast=broadcast)


# IPv6 addresses --------------------------------------------------------------------------------------------------------


def ifindex_of(netns: Netns, name: str) -> int:
    """SIOGIFINDEX; ENODEV."""
    return lookup(netns, name).ifindex


def add_address6(netns: Netns, ifindex: int, address: IPv6, length: int) -> None:
    """SIOCSIFADDR on an IPv6 socket (`addrconf_add_ifaddr`)."""
    netns.kernel.require_admin()
    inet6_addr_add(netns.devices[ifindex], AddrRequest(address, length), 0x200)


def del_address6(netns: Netns, ifindex: int, address: IPv6, length: int) -> None:
    """SIOCDIFADDR on an IPv6 socket (`addrconf_del_ifaddr`)."""
    netns.kernel.require_admin()
    inet6_addr_del(netns.devices[ifindex], AddrRequest(address, length))


def set_destination6() -> None:
    """SIOCSIFDSTADDR on an IPv6 socket asks the sit module for a tunnel; ENODEV without one."""
    raise NetError(ENODEV)
