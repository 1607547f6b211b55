"""A device's life: registered, opened, changed, moved, closed, removed (`net/core/dev.c`)."""

from __future__ import annotations

import re

from netsim.addr import MAC
from netsim.errors import EBUSY, EEXIST, EINVAL, ENFILE, NetError
from netsim.kernel.core import link_watch
from netsim.kernel.core.netdevice import (
    IF_OPER_UNKNOWN,
    IF_OPER_UP,
    IFF_ALLMULTI,
    IFF_DORMANT,
    IFF_LOWER_UP,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGENAME,
    NETDEV_DOWN,
    NETDEV_GOING_DOWN,
    NETDEV_REGISTER,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns

NAME_SIZE = 16
MOST_NUMBERED = 32768
TC_H_ROOT = 0xFFFFFFFF
KEPT = IFF_UP | IFF_PROMISC | IFF_ALLMULTI
"""Flags that are more than a bit: opening, or counting who wants it, goes with them."""


def valid_name(name: str) -> bool:
    """Whether a device may be called so (`dev_valid_name`)."""
    if name in (".", "..") or "/" in name or ":" in name or name.split() != [name]:
        return False
    return len(name if name.isascii() else name.encode(errors="surrogateescape")) < NAME_SIZE


def free_name(netns: Netns, template: str) -> str:
    """A name that is free: the template's `%d` becomes the lowest number not taken (`dev_alloc_name`)."""
    if not (template.isalnum() and template.isascii() and len(template) < NAME_SIZE) and not valid_name(template):
        raise NetError(EINVAL)
    if "%" not in template:
        if template in netns.names:
            raise NetError(EEXIST)
        return template
    if not re.fullmatch(r"[^%]*%d[^%]*", template):
        raise NetError(EINVAL)
    for number in range(MOST_NUMBERED):
        name = template.replace("%d", str(number))
        if name not in netns.names:
            return name
    raise NetError(ENFILE)


def free_ifindex(netns: Netns) -> int:
    """The next index (`dev_index_reserve`)."""
    while netns.next_ifindex in netns.devices:
        netns.next_ifindex += 1
    number = netns.next_ifindex
    netns.next_ifindex += 1
    return number


def register_netdevice(dev: NetDevice) -> None:
    """Put a device into its namespace under a free name and index (`register_netdevice`); EEXIST, EBUSY, EINVAL."""
    netns = dev.netns
    dev.name = free_name(netns, dev.name)
    if dev.ifindex and dev.ifindex in netns.devices:
        raise NetError(EBUSY)
    if not dev.ifindex:
        dev.ifindex = free_ifindex(netns)
    _list(dev)
    dev.registered = True
    netns.kernel.notify(NETDEV_REGISTER, dev)
    if not dev.carrier:
        link_watch.set_operstate(dev)  # `linkwatch_init_dev`


def _list(dev: NetDevice) -> None:
    netns = dev.netns
    netns.devices[dev.ifindex] = dev
    netns.names[dev.name] = dev
    for name in dev.altnames:
        netns.names[name] = dev


def _unlist(dev: NetDevice) -> None:
    netns = dev.netns
    del netns.devices[dev.ifindex]
    netns.names.pop(dev.name, None)
    for name in dev.altnames:
        netns.names.pop(name, None)


def unregister_netdevice(dev: NetDevice) -> None:
    """Take a device down and away with all that hangs on it (`unregister_netdevice_many`)."""
    if not dev.registered:
        return
    if dev.flags & IFF_UP:
        dev_close(dev)
    dev.registered = False
    dev.netns.kernel.notify(NETDEV_UNREGISTER, dev)
    shutdown_qdisc(dev)
    dev.removed()
    _unlist(dev)
    dev.taps = ()


def dev_open(dev: NetDevice) -> None:
    """Set a device up (`dev_open`): opens it, starts its queue if there is a carrier, tells everybody."""
    if dev.flags & IFF_UP:
        return
    dev.stir()
    dev.flags |= IFF_UP
    try:
        dev.opened()
    except NetError:
        dev.stir()
        dev.flags &= ~IFF_UP
        raise
    activate(dev)
    dev.netns.kernel.notify(NETDEV_UP, dev)


def activate(dev: NetDevice) -> None:
    """Attach the default queueing discipline at first use; without carrier the queue stays shut (`dev_activate`)."""
    dev.stir()
    if dev.qdisc == "noop":
        dev.qdisc = dev.default_qdisc
        if dev.qdisc != "noqueue":
            kind = dev.netns.kernel.qdisc_kinds.get(dev.qdisc)
            if kind is not None:
                dev.root_qdisc = kind.create(dev, 0, TC_H_ROOT, None)
    dev.is_active = dev.carrier


def deactivate(dev: NetDevice) -> None:
    """The queue is shut, and what lay in it is lost (`dev_deactivate`)."""
    dev.stir()
    dev.is_active = False
    if dev.root_qdisc is not None:
        dev.root_qdisc.reset()


def shutdown_qdisc(dev: NetDevice) -> None:
    """Without any discipline again (`dev_shutdown`)."""
    if dev.root_qdisc is not None:
        dev.root_qdisc.reset()
    dev.stir()
    dev.root_qdisc, dev.qdisc, dev.ingress_queue = None, "noop", None


def dev_close(dev: NetDevice) -> None:
    """Set a device down (`dev_close`)."""
    if not dev.flags & IFF_UP:
        return
    kernel = dev.netns.kernel
    kernel.notify(NETDEV_GOING_DOWN, dev)
    deactivate(dev)  # which stirs it
    dev.flags &= ~IFF_UP
    dev.stopped()
    kernel.notify(NETDEV_DOWN, dev)
    for tap in dev.taps:
        tap.went_down()


def dev_change_flags(dev: NetDevice, flags: int, change: int) -> None:
    """Set the flags named in `change` as in `flags` (`dev_change_flags`); up and down open and close the device."""
    before = dev.flags
    wanted = (before & ~change) | (flags & change)
    if change != IFF_UP:
        dev.stir()
        dev.flags = (before & KEPT) | (wanted & ~KEPT)
    if (before ^ wanted) & IFF_UP:
        (dev_open if wanted & IFF_UP else dev_close)(dev)
    for bit, counter in ((IFF_PROMISC, "promiscuity"), (IFF_ALLMULTI, "allmulti")) if change & (IFF_PROMISC | IFF_ALLMULTI) else ():
        if change & bit and (user_flags(dev) ^ wanted) & bit:
            set_user_flag(dev, bit, counter)
    if (before ^ dev.flags) & ~IFF_UP and dev.flags & IFF_UP:
        dev.changed_flags = before ^ dev.flags
        dev.netns.kernel.notify(NETDEV_CHANGE, dev)
        dev.changed_flags = 0


def user_flags(dev: NetDevice) -> int:
    """The promiscuous and all-multicast bits as set by users (`dev->gflags`)."""
    return dev.user_flags


def set_user_flag(dev: NetDevice, bit: int, counter: str) -> None:
    """Turn a user's promiscuous or all-multicast wish over."""
    dev.user_flags ^= bit
    step = 1 if dev.user_flags & bit else -1
    (dev_set_promiscuity if counter == "promiscuity" else dev_set_allmulti)(dev, step)


def dev_set_promiscuity(dev: NetDevice, step: int) -> None:
    """One more (+1) or fewer (-1) who want every frame (`dev_set_promiscuity`)."""
    dev.promiscuity += step
    dev.stir()
    dev.flags = dev.flags | IFF_PROMISC if dev.promiscuity else dev.flags & ~IFF_PROMISC


def dev_set_allmulti(dev: NetDevice, step: int) -> None:
    """One more or fewer who want every multicast frame."""
    dev.allmulti += step
    dev.stir()
    dev.flags = dev.flags | IFF_ALLMULTI if dev.allmulti else dev.flags & ~IFF_ALLMULTI


def dev_mc_add(dev: NetDevice, group: MAC) -> None:
    """Listen to a multicast address (`dev_mc_add`)."""
    dev.multicast[group] = dev.multicast.get(group, 0) + 1


def dev_mc_del(dev: NetDevice, group: MAC) -> None:
    """Stop listening to it when nobody else does (`dev_mc_del`)."""
    users = dev.multicast.get(group, 0)
    if users > 1:
        dev.multicast[group] = users - 1
    elif users:
        del dev.multicast[group]


def dev_get_flags(dev: NetDevice) -> int:
    """The flags userspace sees (`dev_get_flags`)."""
    flags = (dev.flags & ~(IFF_PROMISC | IFF_ALLMULTI | IFF_RUNNING | IFF_LOWER_UP | IFF_DORMANT)) | dev.user_flags
    if dev.flags & IFF_UP:
        if dev.operstate in (IF_OPER_UP, IF_OPER_UNKNOWN):
            flags |= IFF_RUNNING
        if dev.carrier:
            flags |= IFF_LOWER_UP
        if dev.is_dormant:
            flags |= IFF_DORMANT
    return flags


def dev_set_mtu(dev: NetDevice, mtu: int) -> None:
    """Change the MTU (`dev_set_mtu_ext`); EINVAL with the kernel's sentence outside the device's range."""
    if mtu == dev.mtu:
        return
    if mtu < 0 or mtu < dev.min_mtu:
        raise NetError(EINVAL, "mtu less than device minimum")
    if dev.max_mtu > 0 and mtu > dev.max_mtu:
        raise NetError(EINVAL, "mtu greater than device maximum")
    dev.mtu_before = dev.mtu
    dev.change_mtu(mtu)
    dev.netns.kernel.notify(NETDEV_CHANGEMTU, dev)


def dev_set_mac_address(dev: NetDevice, address: MAC) -> None:
    """Change the hardware address (`dev_set_mac_address`)."""
    dev.change_address(address)
    dev.explicit_address = True
    dev.netns.kernel.notify(NETDEV_CHANGEADDR, dev)


def dev_change_name(dev: NetDevice, name: str) -> None:
    """Rename (`dev_change_name`); EBUSY when up on kernels that mind, EEXIST, EINVAL."""
    netns = dev.netns
    if dev.flags & IFF_UP and not netns.kernel.profile.can_rename_up_devices:
        raise NetError(EBUSY)
    if name == dev.name:
        return
    holder = netns.names.get(name)
    if holder is dev:
        raise NetError(EEXIST)
    name = free_name(netns, name)
    del netns.names[dev.name]
    dev.name = name
    netns.names[name] = dev
    netns.kernel.notify(NETDEV_CHANGENAME, dev)


def netif_carrier_on(dev: NetDevice) -> None:
    """The device has a carrier now (`netif_carrier_on`)."""
    if not dev.carrier:
        dev.carrier = True
        if dev.registered:
            dev.carrier_changes += 1
            link_watch.fire(dev)
            if dev.master is not None:
                dev.master.port_carrier_changed(dev)


def netif_carrier_off(dev: NetDevice) -> None:
    """The carrier went (`netif_carrier_off`)."""
    if dev.carrier:
        dev.carrier = False
        if dev.registered:
            dev.carrier_changes += 1
            link_watch.fire(dev)
            if dev.master is not None:
                dev.master.port_carrier_changed(dev)


def announce(dev: NetDevice) -> None:
    """Telling listeners of a device whose lower one lives elsewhere gives that namespace an id (`rtmsg_ifinfo`)."""
    home = dev.link_netns()
    if home is not None and home is not dev.netns and not home.dead:
        dev.netns.id_for(home)


def tells_names(netns: Netns) -> bool:
    """Whether the kernel says which name is in the way of a move."""
    return netns.kernel.profile.extended_acks >= 610


def dev_change_net_namespace(dev: NetDevice, netns: Netns, name: str | None = None, ifindex: int = 0) -> None:
    """Move a device (`__dev_change_net_namespace`): down, out of its master, stripped of addresses; its index stays where it is free.

    EINVAL and the kernel's sentences for devices that cannot move and for names that are taken.
    """
    if dev.is_netns_immutable:
        raise NetError(EINVAL, "The interface netns is immutable" if dev.netns.kernel.profile.extended_acks >= 618 else "")
    if netns is dev.netns:
        return
    wanted = dev.name
    if wanted in netns.names:
        if name is None:
            raise NetError(EEXIST, "An interface with the same name exists in the target netns" if tells_names(dev.netns) else "")
        wanted = free_name(netns, name)
    taken = next((altname for altname in dev.altnames if altname in netns.names), "")
    if taken:
        raise NetError(EEXIST, f"An interface with the altname {taken} exists in the target netns" if tells_names(dev.netns) else "")
    if ifindex and ifindex in netns.devices:
        raise NetError(EBUSY, "An interface with the same ifindex exists in the target netns")
    dev_close(dev)
    old = dev.netns
    old.kernel.notify(NETDEV_UNREGISTER, dev)
    old.id_for(netns)
    _unlist(dev)
    dev.taps = ()
    dev.multicast.clear()
    dev.stir()
    dev.netns = netns
    dev.name = wanted
    if ifindex:
        dev.ifindex = ifindex
    elif dev.ifindex in netns.devices:
        dev.ifindex = free_ifindex(netns)
    shutdown_qdisc(dev)
    _list(dev)
    netns.kernel.notify(NETDEV_REGISTER, dev)
    announce(dev)
    lower = dev.lower()
    if lower is not None:
        announce(lower)
