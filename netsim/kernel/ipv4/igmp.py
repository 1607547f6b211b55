"""Multicast groups a device listens to (`igmp.c`): joining and leaving; membership reports are sent for joined groups."""

from __future__ import annotations

from netsim.addr import IPV4_ALL_HOSTS, IPV4_IGMPV3, IPv4
from netsim.errors import NetError
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.modules import part
from netsim.kernel.core.netdevice import ARPHRD_ETHER, IFF_UP, NetDevice
from netsim.kernel.ipv4.fib_lookup import Flow
from netsim.packet import Igmpv3Record, Igmpv3Report, Ip
from netsim.packet.numbers import IPPROTO_IGMP

CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE = 4, 3
ALL_HOSTS_MAC = IPV4_ALL_HOSTS.multicast_mac()
ROUTER_ALERT = bytes([148, 4, 0, 0])


def ip_mc_up(dev: NetDevice) -> None:
    """A device with IPv4 listens to all hosts and to its driver's groups (`ip_mc_up`)."""
    assert dev.inet is not None
    groups = dev.inet.multicast
    if IPV4_ALL_HOSTS not in groups:
        groups[IPV4_ALL_HOSTS] = 1  # of this nobody is told
        if dev.type == ARPHRD_ETHER:
            dev_mc_add(dev, ALL_HOSTS_MAC)
    for group in dev.own_groups():
        if group not in groups:
            join(dev, group)


def ip_mc_down(dev: NetDevice) -> None:
    """It stops (`ip_mc_down`)."""
    assert dev.inet is not None
    groups = dev.inet.multicast
    if not groups:
        return
    for group in dev.own_groups():
        if group in groups:
            leave(dev, group)
    users = groups.get(IPV4_ALL_HOSTS, 0)
    if users > 1:
        groups[IPV4_ALL_HOSTS] = users - 1
    elif users:
        del groups[IPV4_ALL_HOSTS]
        if dev.type == ARPHRD_ETHER:
            dev_mc_del(dev, ALL_HOSTS_MAC)


def join(dev: NetDevice, group: IPv4) -> None:
    """One more listener of a group; the first one is reported (`ip_mc_inc_group`)."""
    assert dev.inet is not None
    users = dev.inet.multicast.get(group, 0)
    dev.inet.multicast[group] = users + 1
    if not users:
        if dev.type == ARPHRD_ETHER:
            dev_mc_add(dev, group.multicast_mac())
        if group != IPV4_ALL_HOSTS:
            delay = dev.netns.kernel.below(1_000_000_000)
            _report(dev, group, CHANGE_TO_EXCLUDE)
            dev.netns.kernel.clock.call_later(delay, _report_if_member, dev, group)


def leave(dev: NetDevice, group: IPv4) -> None:
    """One listener less; the last one is reported (`ip_mc_dec_group`)."""
    assert dev.inet is not None
    users = dev.inet.multicast.get(group, 0)
    if users > 1:
        dev.inet.multicast[group] = users - 1
        return
    if dev.inet.multicast.pop(group, None) is None:
        return
    if dev.type == ARPHRD_ETHER:
        dev_mc_del(dev, group.multicast_mac())
    if group != IPV4_ALL_HOSTS and dev.flags & IFF_UP:
        _report(dev, group, CHANGE_TO_INCLUDE)


def _report_if_member(dev: NetDevice, group: IPv4) -> None:
    if dev.inet is not None and group in dev.inet.multicast:
        _report(dev, group, CHANGE_TO_EXCLUDE)


def _report(dev: NetDevice, group: IPv4, kind: int) -> None:
    """Tell multicast routers of a change (`igmpv3_send_report`)."""
    if not dev.flags & IFF_UP or dev.inet is None or dev is dev.netns.loopback:
        return
    src = dev.inet.addresses[0].local if dev.inet.addresses else IPv4(0)
    report = Igmpv3Report((Igmpv3Record(kind, group, ()),))
    packet = Ip(src, IPV4_IGMPV3, IPPROTO_IGMP, ttl=1, tos=0xC0, flags=2, options=ROUTER_ALERT, payload=report)
    try:
        # routes know of devices' addresses, and those of groups
        route = part("ipv4.route:ip_route_output")(dev.netns, Flow(IPV4_IGMPV3, src or None, dev.ifindex, protocol=IPPROTO_IGMP))
        part("ipv4.output:ip_local_out")(dev.netns, packet, route)
    except NetError:
        return  # no way out, or a rule refused it
