"""Multicast listener reports (`mcast.c`): the chatter that teaches bridges addresses before the first packet."""

from __future__ import annotations

from netsim.addr import IPV6_ALL_NODES, IPV6_ANY, IPV6_MLDV2, IPv6
from netsim.clock import SECOND
from netsim.kernel.core.device_life import dev_mc_add, dev_mc_del
from netsim.kernel.core.netdevice import IFF_LOOPBACK, IFF_UP, NetDevice
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import dev_queue_xmit
from netsim.packet import ROUTER_ALERT_MLD, HopByHop, Ip6, Mldv2Record, Mldv2Report
from netsim.packet.numbers import ETH_P_IPV6

CHANGE_TO_EXCLUDE, CHANGE_TO_INCLUDE = 4, 3
ICMPV6 = 58


def join(dev: NetDevice, group: IPv6) -> None:
    """One more listener of a group; others than all nodes are reported (`__ipv6_dev_mc_inc`)."""
    assert dev.inet6 is not None
    users = dev.inet6.multicast.get(group, 0)
    dev.inet6.multicast[group] = users + 1
    if not users:
        dev_mc_add(dev, group.multicast_mac())
        if group != IPV6_ALL_NODES:
            _report_twice(dev, group)


def leave(dev: NetDevice, group: IPv6) -> None:
    """One listener less (`__ipv6_dev_mc_dec`)."""
    assert dev.inet6 is not None
    users = dev.inet6.multicast.get(group, 0)
    if users > 1:
        dev.inet6.multicast[group] = users - 1
    elif dev.inet6.multicast.pop(group, None) is not None:
        dev_mc_del(dev, group.multicast_mac())
        if group != IPV6_ALL_NODES:
            report(dev, CHANGE_TO_INCLUDE, group)


def _report_twice(dev: NetDevice, group: IPv6) -> None:
    """State changes are repeated within a second, for robustness (RFC 3810)."""
    report(dev, CHANGE_TO_EXCLUDE, group)
    dev.netns.kernel.clock.call_later(dev.netns.kernel.rng.randrange(SECOND), _again, dev, group)


def _again(dev: NetDevice, group: IPv6) -> None:
    if dev.inet6 is not None and group in dev.inet6.multicast:
        report(dev, CHANGE_TO_EXCLUDE, group)


def report(dev: NetDevice, kind: int, group: IPv6) -> None:
    """Send one MLDv2 report (`mld_sendpack`)."""
    if not dev.flags & IFF_UP or dev.flags & IFF_LOOPBACK or dev.inet6 is None:
        return
    source = next((ifa.address for ifa in dev.inet6.addresses if ifa.address.is_linklocal and not ifa.flags & 0x40), IPV6_ANY)
    body = HopByHop(ICMPV6, ROUTER_ALERT_MLD, Mldv2Report((Mldv2Record(kind, group, ()),)))
    dev_queue_xmit(SkBuff(dev, dev.address, IPV6_MLDV2.multicast_mac(), ETH_P_IPV6, Ip6(source, IPV6_MLDV2, 0, 1, payload=body)))


def report_all(dev: NetDevice) -> None:
    """All groups once more, now that the link-local address may be used (`mld_dad_work`)."""
    if dev.inet6 is None:
        return
    for group in dev.inet6.multicast:
        if group != IPV6_ALL_NODES:
            report(dev, CHANGE_TO_EXCLUDE, group)
