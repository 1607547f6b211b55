"""Virtual routing and forwarding: devices that give their ports a routing table of their own (`drivers/net/vrf.c`)."""

from __future__ import annotations

from typing import ClassVar

import attrs

from netsim.errors import EBUSY, EINVAL, EOPNOTSUPP, NetError
from netsim.kernel.core.device_life import dev_change_flags, register_netdevice
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import (
    IF_OPER_UP,
    IFF_LOOPBACK,
    IFF_MASTER,
    IFF_NOARP,
    IFF_UP,
    NETDEV_CHANGEUPPER,
    NETDEV_UNREGISTER,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import netif_receive
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.ipv4.fib import device_gone
from netsim.kernel.ipv6.addrconf import addrconf_ifdown
from netsim.kernel.tables.fib import RTPROT_KERNEL, FibState, Rule
from netsim.kernel.tables.fib6 import Fib6State

RULE_PREFERENCE = 1000
MTU, MIN_MTU = 65575, 1280


@attrs.define(eq=False)
class Vrf(NetDevice):
    """A master whose ports are routed by its table."""

    kind: ClassVar[str] = "vrf"

    ports: list[NetDevice] = attrs.field(factory=list)

    @property
    def table(self) -> int:
        """The number of its routing table."""
        return self.l3mdev_table

    def xmit(self, skb: SkBuff) -> None:
        """What is sent to an own address inside comes back (`vrf_local_xmit`)."""
        self.stats.tx_packets += 1
        self.stats.tx_bytes += skb.size
        skb.hops += 1
        skb.src = skb.dst = self.address
        self.netns.kernel.clock.call_soon(netif_receive, skb)

    def add_port(self, dev: NetDevice) -> None:
        """Take a device in: its routes move over (`vrf_add_slave`); EINVAL for other masters and their ports."""
        if dev.flags & IFF_LOOPBACK:
            raise NetError(EOPNOTSUPP, "Can not enslave loopback device to a VRF")
        if dev.l3mdev_table:
            raise NetError(EINVAL, "Can not enslave an L3 master device to a VRF")
        if dev.master is not None:
            raise NetError(EINVAL)
        device_gone(dev.netns, dev)
        dev.stir()
        dev.master = self
        self.ports.append(dev)
        _cycle(dev)

    def del_port(self, dev: NetDevice) -> None:
        """Let a device go: its routes move back (`vrf_del_slave`)."""
        if dev not in self.ports:
            raise NetError(EINVAL)
        device_gone(dev.netns, dev)
        dev.stir()
        dev.master = None
        self.ports.remove(dev)
        _cycle(dev)

    def port_event(self, event: int, dev: NetDevice) -> None:
        """A port that is removed or moved leaves (`vrf_device_event`)."""
        if event == NETDEV_UNREGISTER:
            self.del_port(dev)

    def removed(self) -> None:
        """All ports go free (`vrf_dellink`)."""
        for dev in list(self.ports):
            self.del_port(dev)
        self.netns.l3mdevs -= 1
        self.netns.inet.rt_genid += 1


def _cycle(dev: NetDevice) -> None:
    """Down and up again, so that addresses bring their routes anew (`cycle_netdev`); IPv6 begins from nothing in any case."""
    dev.netns.kernel.notify(NETDEV_CHANGEUPPER, dev)
    addrconf_ifdown(dev)
    if dev.flags & IFF_UP:
        dev_change_flags(dev, 0, IFF_UP)
        dev_change_flags(dev, IFF_UP, IFF_UP)


def has_shared_table(netns: Netns) -> bool:
    """Whether two VRFs have the same table (`vrf_strict_mode_change`)."""
    tables = [dev.table for dev in netns.devices.values() if isinstance(dev, Vrf)]
    return len(set(tables)) < len(tables)


def create(netns: Netns, request: LinkRequest) -> Vrf:
    """Make a VRF (`vrf_newlink`); the first of a namespace brings the rule that sends its ports to their tables."""
    if "table" not in request.data:
        raise NetError(EINVAL, "VRF table id is missing")
    if not request.data["table"]:
        raise NetError(EINVAL, "Invalid VRF table id")
    table = request.data["table"]
    if netns.vrf_strict_mode and any(isinstance(dev, Vrf) and dev.table == table for dev in netns.devices.values()):
        raise NetError(EBUSY, "Table is used by another VRF")
    dev = Vrf(
        netns, request.name or "vrf%d", request.ifindex or 0, address=netns.kernel.random_mac(), mtu=MTU, min_mtu=MIN_MTU, max_mtu=MTU,
        flags=IFF_NOARP | IFF_MASTER, operstate=IF_OPER_UP, tso_max_size=65536, l3mdev_table=request.data["table"],
    )  # fmt: skip
    apply_common(dev, request)
    register_netdevice(dev)
    netns.l3mdevs += 1
    netns.inet.rt_genid += 1
    netns.inet6.fib.table(dev.table)
    if not netns.has_vrf_rules:
        netns.has_vrf_rules = True
        _add_rule(netns.inet.fib)
        _add_rule(netns.inet6.fib)
    return dev


def _add_rule(fib: FibState | Fib6State) -> None:
    place = next((place for place, rule in enumerate(fib.rules) if rule.priority > RULE_PREFERENCE), len(fib.rules))
    fib.rules = (*fib.rules[:place], Rule(RULE_PREFERENCE, protocol=RTPROT_KERNEL, l3mdev=True), *fib.rules[place:])
    fib.has_custom_rules = True
    fib.generation += 1
