"""Namespaces come and go, and are given ids (RTM_NEWNSID)."""

from __future__ import annotations

from netsim.clock import MS
from netsim.errors import EEXIST, EINVAL, NetError
from netsim.kernel.core.device_life import dev_change_net_namespace, unregister_netdevice
from netsim.kernel.core.netdevice import IFF_UP, NetDevice
from netsim.kernel.core.netns import NO_HOOKS, Netns

CLEANUP_DELAY = 5 * MS
"""Namespaces are taken down by a worker, a moment after the last holder let go."""


def hold(netns: Netns) -> Netns:
    """Somebody (a process, a bound name) needs the namespace."""
    netns.holders += 1
    return netns


def put(netns: Netns) -> None:
    """A holder let go; after the last one the namespace can no longer be entered and is taken down soon (`__put_net`)."""
    netns.holders -= 1
    if netns.holders == 0 and netns is not netns.kernel.init_net:
        netns.dead = True
        netns.kernel.namespaces.remove(netns)
        netns.kernel.clock.call_later(CLEANUP_DELAY, cleanup_net, netns)


def cleanup_net(netns: Netns) -> None:
    """Take a namespace down: hardware goes home, virtual devices are removed, others forget its id (`cleanup_net`)."""
    kernel = netns.kernel
    for other in kernel.namespaces:
        other.forget_id(netns)
    for dev in list(netns.devices.values()):
        if (dev.is_netns_immutable and dev is netns.loopback) or dev.kind:
            continue
        name = dev.name if dev.name not in kernel.init_net.names else f"dev{dev.ifindex}"
        dev_change_net_namespace(dev, kernel.init_net, name)
    for dev in reversed(list(netns.devices.values())):
        if dev is not netns.loopback:
            unregister_netdevice(dev)
    _end_loopback(netns.loopback)
    netns.inet.clear()
    netns.inet6.clear()
    _let_go(netns)


def _let_go(netns: Netns) -> None:
    """Whoever of its parts knows the namespace too leaves it, so that it goes as its last user does and need not be looked for."""
    netns.hooks_ipv4 = netns.hooks_ipv6 = netns.hooks_bridge = NO_HOOKS
    if netns.netfilter is not None:
        netns.netfilter.clear()
    netns.netfilter = netns.loopback = netns.nexthops = None  # type: ignore[assignment]


def _end_loopback(lo: NetDevice) -> None:
    """The loopback device goes with its namespace (`default_device_exit_batch`).

    Nobody is left who could hear of it, so what it had is dropped as it is: no route is left to send by, nothing to receive with.
    """
    netns = lo.netns
    if lo.uppers or lo.master is not None:
        unregister_netdevice(lo)
        return
    lo.flags &= ~IFF_UP
    lo.registered = lo.is_active = False
    lo.inet, lo.inet6, lo.taps = None, None, ()
    netns.devices.clear()
    netns.names.clear()


def set_id(netns: Netns, other: Netns, number: int) -> None:
    """Give `other` an id as seen from `netns` (`rtnl_net_newid`); -1 leaves the choice to the kernel. EEXIST when either is taken."""
    if other.cookie in netns.nsids:
        raise NetError(EEXIST, "Peer netns already has a nsid assigned")
    if number < -1:
        raise NetError(EINVAL)
    if number in netns.nsids.values():
        raise NetError(EEXIST, "The specified nsid is already used")
    if number == -1:
        netns.id_for(other)
    else:
        netns.nsids[other.cookie] = number
        netns.has_nsid_gaps = True


def by_id(netns: Netns, number: int) -> Netns | None:
    """The living namespace of this machine that has this id here."""
    cookie = next((cookie for cookie, known in netns.nsids.items() if known == number), None)
    return next((other for other in netns.kernel.namespaces if other.cookie == cookie), None)
