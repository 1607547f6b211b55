"""RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK: making, changing and removing devices."""

from __future__ import annotations

import attrs

from netsim.addr import MAC
from netsim.errors import EAFNOSUPPORT, EEXIST, EINVAL, ENOENT, EOPNOTSUPP, ERANGE, NetError
from netsim.kernel.core import link_watch
from netsim.kernel.core.device_life import (
    dev_change_flags,
    dev_change_name,
    dev_change_net_namespace,
    dev_set_mac_address,
    dev_set_mtu,
    unregister_netdevice,
)
from netsim.kernel.core.link_ops import LinkRequest, check_offload, set_offload, valid_mac
from netsim.kernel.core.modules import load
from netsim.kernel.core.netdevice import IF_OPER_DORMANT, IF_OPER_UNKNOWN, IF_OPER_UP, NetDevice
from netsim.kernel.core.netns import Netns
from netsim.kernel.rtnl.link_validate import validate

LONGEST_ALIAS = 255
LONGEST_NAME = 15


def getlink(netns: Netns, name: str) -> NetDevice | None:
    """A device by name or alternative name, its state brought up to date (`rtnl_getlink`)."""
    dev = netns.device(name)
    if dev is not None:
        link_watch.sync(dev)
    return dev


def dumped(netns: Netns) -> list[NetDevice]:
    """The devices of a namespace in the order of a dump: by index (`rtnl_dump_ifinfo`)."""
    return [netns.devices[ifindex] for ifindex in sorted(netns.devices)]


def newlink(netns: Netns, request: LinkRequest) -> NetDevice:
    """Make a device (`rtnl_newlink_create`); EEXIST for a taken name, and the kinds' own errors."""
    netns.kernel.require_admin()
    kernel = netns.kernel
    target = request.netns or netns
    kind = kernel.link_kinds.get(request.kind or "")
    if kind is not None and kind.module not in kernel.profile.modules:
        kind = None
    if kind is not None:
        validate(request)
    if (request.name and target.names.get(request.name)) or (request.ifindex and request.ifindex in target.devices):
        raise NetError(EEXIST)
    if kind is None:
        raise NetError(EOPNOTSUPP, "Unknown device type")
    if kind.module in kernel.modules:
        load(kernel, kind.module)
    if request.name and len(request.name) > LONGEST_NAME:
        raise NetError(ERANGE, "Attribute failed policy validation")
    if request.numtxqueues is not None and not 1 <= request.numtxqueues <= 4096:
        raise NetError(EINVAL, "Invalid number of transmit queues")
    if request.link_netns is None:
        request = attrs.evolve(request, link_netns=netns)
    dev: NetDevice = kind.create(target, request)
    try:
        _configure(dev, request)
    except NetError:
        unregister_netdevice(dev)
        raise
    return dev


def _configure(dev: NetDevice, request: LinkRequest) -> None:
    """What any kind may be given at birth (`rtnl_create_link`, `rtnl_configure_link`)."""
    if request.master:
        set_master(dev, request.master)
    if request.change:
        dev_change_flags(dev, request.flags, request.change)


def setlink(dev: NetDevice, request: LinkRequest) -> None:
    """Change a device (`do_setlink`): in the kernel's order, and what was done before a failing attribute stays done."""
    dev.netns.kernel.require_admin()
    check_offload(dev, request)
    if request.netns is not None:
        name = request.name if request.name != dev.name else None
        if request.netns is not dev.netns or request.new_ifindex:
            dev_change_net_namespace(dev, request.netns, name, request.new_ifindex or 0)
    if request.address is not None:
        if isinstance(request.address, bytes):
            raise NetError(EINVAL)
        dev_set_mac_address(dev, valid_mac(request.address))
    if request.mtu is not None:
        dev_set_mtu(dev, request.mtu)
    if request.group is not None:
        dev.group = request.group
    if request.name is not None and request.name != dev.name:
        dev_change_name(dev, request.name)
    if request.alias is not None:
        dev.alias = request.alias
    if request.broadcast is not None:
        dev.broadcast = request.broadcast
    if request.change:
        dev_change_flags(dev, request.flags, request.change)
    if request.master is not None:
        set_master(dev, request.master)
    if request.carrier is not None:
        dev.change_carrier(request.carrier)
    if request.protodown is not None or request.protodown_reason is not None:
        raise NetError(EOPNOTSUPP, "Protodown not supported by device")
    if request.txqueuelen is not None:
        dev.tx_queue_len = request.txqueuelen
    if request.operstate is not None:
        _set_operstate(dev, request.operstate)
    if request.linkmode is not None:
        dev.link_mode = request.linkmode
    if request.addrgenmode is not None:
        if dev.inet6 is None:
            raise NetError(EAFNOSUPPORT)
        dev.addr_gen_mode = request.addrgenmode
    set_offload(dev, request)
    if request.kind is not None and request.data:
        _change_kind(dev, request)
    if request.slave_kind is not None:
        _change_port(dev, request)


def set_flags(dev: NetDevice, flags: int, change: int) -> None:
    """RTM_SETLINK with flags alone."""
    dev.netns.kernel.require_admin()
    dev_change_flags(dev, flags, change)


def set_address(dev: NetDevice, address: MAC) -> None:
    """RTM_SETLINK with a hardware address alone."""
    dev.netns.kernel.require_admin()
    dev_set_mac_address(dev, valid_mac(address))


def set_name(dev: NetDevice, name: str) -> None:
    """RTM_SETLINK with a name alone."""
    dev.netns.kernel.require_admin()
    if name != dev.name:
        dev_change_name(dev, name)


def set_netns(dev: NetDevice, netns: Netns, name: str | None = None) -> None:
    """RTM_SETLINK with a namespace, and the name that the device takes there, alone."""
    dev.netns.kernel.require_admin()
    wanted = name if name != dev.name else None
    dev_change_net_namespace(dev, netns, wanted)
    if name is not None and name != dev.name:
        dev_change_name(dev, name)


def enslave(dev: NetDevice, ifindex: int) -> None:
    """RTM_SETLINK with a master alone."""
    dev.netns.kernel.require_admin()
    set_master(dev, ifindex)


def _set_operstate(dev: NetDevice, state: int) -> None:
    """`state UP|DORMANT` by hand (`set_operstate`)."""
    if state == IF_OPER_UP and dev.operstate in (IF_OPER_DORMANT, IF_OPER_UNKNOWN):
        dev.operstate = IF_OPER_UP
    elif state == IF_OPER_DORMANT and dev.operstate in (IF_OPER_UP, IF_OPER_UNKNOWN):
        dev.operstate = IF_OPER_DORMANT


def _change_kind(dev: NetDevice, request: LinkRequest) -> None:
    if request.kind != dev.kind:
        raise NetError(EOPNOTSUPP)
    dev.netns.kernel.link_kinds[dev.kind].change(dev, request.data)


def _change_port(dev: NetDevice, request: LinkRequest) -> None:
    master = dev.master
    if master is None:
        raise NetError(EOPNOTSUPP)
    if master.kind != request.slave_kind:
        raise NetError(EINVAL)
    dev.netns.kernel.link_kinds[master.kind].change_port(dev, request.slave_data)


def set_master(dev: NetDevice, ifindex: int) -> None:
    """Put a device under a master, or (0) out of it (`do_set_master`)."""
    if dev.master is not None:
        if dev.master.ifindex == ifindex:
            return
        dev.master.del_port(dev)
    if ifindex:
        master = dev.netns.devices.get(ifindex)
        if master is None:
            raise NetError(EINVAL)
        master.add_port(dev)


def dellink(dev: NetDevice) -> None:
    """Remove a device (`rtnl_dellink`); EOPNOTSUPP for those without a kind."""
    dev.netns.kernel.require_admin()
    if not dev.kind:
        raise NetError(EOPNOTSUPP)
    if dev.is_deletable():
        unregister_netdevice(dev)


def add_altname(dev: NetDevice, name: str) -> None:
    """Give a device another name (`rtnl_alt_ifname`); EEXIST, ERANGE, EINVAL."""
    dev.netns.kernel.require_admin()
    if not name or len(name) > 127 or "/" in name or any(letter.isspace() for letter in name):
        raise NetError(EINVAL, "Invalid alternative name" if not name else "")
    if name in dev.netns.names:
        raise NetError(EEXIST)
    dev.altnames = (*dev.altnames, name)
    dev.netns.names[name] = dev


def del_altname(dev: NetDevice, name: str) -> None:
    """Take an alternative name away; ENODEV/EINVAL when it is not one of the device's."""
    dev.netns.kernel.require_admin()
    if name not in dev.altnames:
        raise NetError(EINVAL if name == dev.name else ENOENT)
    dev.altnames = tuple(known for known in dev.altnames if known != name)
    dev.netns.names.pop(name, None)


def set_alias(dev: NetDevice, alias: str) -> None:
    """Set the alias; EINVAL when longer than the kernel keeps."""
    dev.netns.kernel.require_admin()
    if len(alias) > LONGEST_ALIAS:
        raise NetError(ERANGE)
    dev.alias = alias


__all__ = ["LinkRequest", "add_altname", "del_altname", "dellink", "dumped", "getlink", "newlink", "set_alias", "set_master", "setlink"]
