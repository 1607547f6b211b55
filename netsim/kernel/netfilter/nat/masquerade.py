"""Translation to whatever address the way out has (`nf_nat_masquerade.c`), and its end when that address goes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.core.hooks import ACCEPT, DROP
from netsim.kernel.core.netdevice import NetDevice
from netsim.kernel.ipv4.select_addr import inet_select_addr
from netsim.kernel.ipv6.saddr import ipv6_dev_get_saddr
from netsim.kernel.netfilter.conntrack.entries import kill
from netsim.kernel.netfilter.nat.ranges import MANIP_SRC, NatRange
from netsim.kernel.netfilter.nat.setup import setup_info
from netsim.kernel.tables.conntrack import ORIGINAL, REPLY, Tracked
from netsim.kernel.tables.fib import RT_SCOPE_UNIVERSE
from netsim.packet import Ip

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.kernel.core.skbuff import SkBuff


def masquerade(netns: Netns, skb: SkBuff, choice: NatRange, outdev: NetDevice) -> int:
    """Give a new connection the address its next hop sees us by; DROP when the device has none."""
    nfct = skb.nfct
    connection = nfct.connection if isinstance(nfct, Tracked) else None
    if connection is None or not connection.tuples[ORIGINAL].src:
        return ACCEPT
    address = _address4(netns, skb, outdev) if isinstance(skb.packet, Ip) else ipv6_dev_get_saddr(netns, outdev, skb.packet.dst)
    if address is None:
        netns.kernel.log.append((netns.kernel.clock.now, f"MASQUERADE: {outdev.name} ate my IP address"))
        return DROP
    connection.masquerade_device, netns.netfilter.conntrack.has_masqueraded = outdev.ifindex, True
    setup_info(netns, connection, choice.at(address), MANIP_SRC)
    return ACCEPT


def _address4(netns: Netns, skb: SkBuff, outdev: NetDevice) -> int | None:
    gateway = skb.route.gateway if skb.route is not None else None
    return inet_select_addr(netns, outdev, gateway if gateway is not None else skb.packet.dst, RT_SCOPE_UNIVERSE)


def device_down(dev: NetDevice) -> None:
    """A device went down: what was masqueraded to it is forgotten (`masq_device_event`)."""
    _forget(dev, None)


def address_deleted(dev: NetDevice, address: int) -> None:
    """An address of a device went: what was masqueraded to it is forgotten (`masq_inet_event`, `masq_inet6_event`)."""
    _forget(dev, address)


def _forget(dev: NetDevice, address: int | None) -> None:
    """What was masqueraded to a device, or to an address of it, is forgotten."""
    state = dev.netns.netfilter
    if state is None or not state.conntrack.has_masqueraded:
        return
    now, ifindex = dev.netns.kernel.clock.now, dev.ifindex
    for connection, direction in tuple(state.conntrack.entries.values()):
        if connection.masquerade_device != ifindex or direction != ORIGINAL or connection.timeout <= now:
            continue
        if address in (None, connection.tuples[REPLY].dst):
            kill(state.conntrack, connection)
