"""Bonds: several devices as one, for failover or more throughput (`drivers/net/bonding`).

Modes active-backup, balance-rr, balance-xor and broadcast; the link is watched by carrier (`miimon`), at once. LACP and the adaptive modes
are not modelled.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC
from netsim.clock import MS
from netsim.errors import EACCES, EBUSY, EINVAL, ENOTEMPTY, EPERM, NetError
from netsim.kernel.core.device_life import (
    dev_change_flags,
    dev_set_mac_address,
    dev_set_mtu,
    netif_carrier_off,
    netif_carrier_on,
    register_netdevice,
)
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.modules import Module
from netsim.kernel.core.netdevice import (
    IFF_BROADCAST,
    IFF_MASTER,
    IFF_MULTICAST,
    IFF_SLAVE,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEUPPER,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.receive import eth_type, receive_core
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.core.transmit import NET_XMIT_DROP, dev_queue_xmit
from netsim.packet import Ip, Ip6

ROUNDROBIN, ACTIVEBACKUP, XOR, BROADCAST, LACP, TLB, ALB = range(7)
MODELLED = (ROUNDROBIN, ACTIVEBACKUP, XOR, BROADCAST)
LAYER2, LAYER34, LAYER23 = 0, 1, 2
DEFAULTS: dict[str, Any] = {
    "miimon": 0, "updelay": 0, "downdelay": 0, "peer_notify_delay": 0, "use_carrier": 1, "arp_interval": 0, "arp_missed_max": 2, "arp_validate": 0,
    "arp_all_targets": 0, "primary_reselect": 0, "fail_over_mac": 0, "xmit_hash_policy": LAYER2, "resend_igmp": 1, "num_grat_arp": 1,
    "all_slaves_active": 0, "min_links": 0, "lp_interval": 1, "packets_per_slave": 1, "lacp_active": 1, "lacp_rate": 0, "ad_select": 0,
    "tlb_dynamic_lb": 1,
}  # fmt: skip


@attrs.define(eq=False)
class BondSlave:
    """What a bond keeps about a slave (`struct slave`)."""

    bond: Bond
    dev: NetDevice
    permanent_address: MAC
    is_up: bool = False
    failures: int = 0
    queue_id: int = 0
    prio: int = 0


@attrs.define(eq=False)
class Bond(NetDevice):
    """A bond; it takes the address of its first slave and gives its own to all."""

    kind: ClassVar[str] = "bond"

    mode: int = ROUNDROBIN
    settings: dict[str, Any] = attrs.field(factory=lambda: dict(DEFAULTS))
    slaves: list[BondSlave] = attrs.field(factory=list)
    active: BondSlave | None = None
    primary: str = ""
    turn: int = 0

    def xmit(self, skb: SkBuff) -> int:
        """By the slave the mode chooses (`bond_start_xmit`); none that is up: dropped."""
        size = skb.size + 14
        chosen = self._chosen(skb)
        if not chosen:
            self.stats.tx_dropped += 1
            return NET_XMIT_DROP
        self.stats.tx_packets += 1
        self.stats.tx_bytes += size
        for slave in chosen[1:]:
            copy = skb.clone()
            copy.dev = slave.dev
            dev_queue_xmit(copy)
        skb.dev = chosen[0].dev
        return dev_queue_xmit(skb)

    def _chosen(self, skb: SkBuff) -> list[BondSlave]:
        if self.mode == ACTIVEBACKUP:
            return [self.active] if self.active is not None else []
        living = [slave for slave in self.slaves if slave.is_up]
        if self.mode == BROADCAST or not living:
            return living
        if self.mode == ROUNDROBIN:
            per = max(1, int(self.settings["packets_per_slave"]))
            self.turn += 1
            return [living[(self.turn - 1) // per % len(living)]]
        return [living[flow_hash(int(self.settings["xmit_hash_policy"]), skb) % len(living)]]

    def opened(self) -> None:
        """The carrier follows the slaves."""
        self.check_carrier()

    def add_port(self, dev: NetDevice) -> None:
        """Take a slave (`bond_enslave`): EPERM while it is up, EBUSY when it has a master."""
        if dev.master is not None or dev.rx_handler is not None:
            raise NetError(EBUSY, "Device is in use and cannot be enslaved" if dev.rx_handler is not None else "")
        if dev is self:
            raise NetError(EPERM, "Cannot enslave bond to itself.")
        if dev.flags & IFF_UP:
            raise NetError(EPERM, "Device can not be enslaved while up")
        slave = BondSlave(self, dev, dev.address)
        if not self.slaves and not self.explicit_address:
            dev_set_mac_address(self, dev.address)
            self.explicit_address = False
        if dev.address != self.address:
            dev_set_mac_address(dev, self.address)
        if dev.mtu != self.mtu:
            dev_set_mtu(dev, self.mtu)
        dev.stir()
        dev.flags |= IFF_SLAVE
        dev.master = self
        dev.slave_data = slave
        dev.rx_handler = bond_handle_frame
        self.slaves.append(slave)
        self.tso_max_size = min(other.dev.tso_max_size for other in self.slaves)
        dev.netns.kernel.notify(NETDEV_CHANGEUPPER, dev)
        dev_change_flags(dev, IFF_UP, IFF_UP)
        self.update(slave)

    def del_port(self, dev: NetDevice) -> None:
        """Let a slave go, with its own address again (`__bond_release_one`)."""
        slave = dev.slave_data
        if dev.master is not self or not isinstance(slave, BondSlave):
            raise NetError(EINVAL)
        self.slaves.remove(slave)
        dev.stir()
        dev.flags &= ~IFF_SLAVE
        dev.master = dev.slave_data = dev.rx_handler = None
        if self.active is slave:
            self.active = None
            self.select_active()
        dev.netns.kernel.notify(NETDEV_CHANGEUPPER, dev)
        if dev.registered:
            dev_change_flags(dev, 0, IFF_UP)
            if dev.address != slave.permanent_address:
                dev_set_mac_address(dev, slave.permanent_address)
        if not self.slaves and not self.explicit_address:
            dev_set_mac_address(self, self.netns.kernel.random_mac())
            self.explicit_address = False
        self.check_carrier()

    def port_event(self, event: int, dev: NetDevice) -> None:
        """A slave changed (`bond_slave_netdev_event`)."""
        slave = dev.slave_data
        if not isinstance(slave, BondSlave):
            return
        if event in (NETDEV_UP, NETDEV_DOWN):
            self.update(slave)
        elif event == NETDEV_UNREGISTER:
            self.del_port(dev)

    def removed(self) -> None:
        """All slaves go free (`bond_uninit`)."""
        for slave in list(self.slaves):
            self.del_port(slave.dev)

    def change_mtu(self, mtu: int) -> None:
        """The slaves get it too (`bond_change_mtu`)."""
        for slave in self.slaves:
            dev_set_mtu(slave.dev, mtu)
        self.stir()
        self.mtu = mtu

    def change_address(self, address: MAC) -> None:
        """The slaves get it too (`bond_set_mac_address`)."""
        self.address = address
        for slave in self.slaves:
            if slave.dev.address != address:
                dev_set_mac_address(slave.dev, address)

    def port_carrier_changed(self, dev: NetDevice) -> None:
        """The monitor sees it at its next round; without one nobody looks (`bond_mii_monitor`)."""
        slave = dev.slave_data
        if isinstance(slave, BondSlave) and self.settings["miimon"]:
            self.netns.kernel.clock.call_later(int(self.settings["miimon"]) * MS, self.monitored, slave)

    def monitored(self, slave: BondSlave) -> None:
        """One look at a slave's carrier."""
        if slave in self.slaves:
            self.update(slave)

    # links -------------------------------------------------------------------------------------------------------------

    def update(self, slave: BondSlave) -> None:
        """A slave's carrier may have changed (`bond_mii_monitor`)."""
        is_up = bool(slave.dev.flags & IFF_UP) and (slave.dev.carrier or not self.settings["miimon"])
        if is_up != slave.is_up:
            slave.is_up = is_up
            slave.failures += not is_up
        self.select_active()
        self.check_carrier()

    def select_active(self) -> None:
        """The primary when it is up, else the one in use, else the first that is up (`bond_find_best_slave`)."""
        if self.mode != ACTIVEBACKUP:
            return
        before = self.active
        primary = next((slave for slave in self.slaves if slave.dev.name == self.primary and slave.is_up), None)
        if primary is not None and not (before is not None and before.is_up and self.settings["primary_reselect"] == 2):
            self.active = primary
        elif before is None or not before.is_up:
            self.active = next((slave for slave in self.slaves if slave.is_up), None)
        if self.active is not before and self.active is not None and before is not None:
            self.netns.kernel.notify(NETDEV_CHANGE, self)

    def check_carrier(self) -> None:
        """A carrier while enough slaves have one (`bond_set_carrier`)."""
        living = sum(slave.is_up for slave in self.slaves)
        if living and living >= int(self.settings["min_links"]):
            netif_carrier_on(self)
        else:
            netif_carrier_off(self)


def flow_hash(policy: int, skb: SkBuff) -> int:
    """Which slave a flow takes: by MAC addresses, by addresses too, or by addresses and ports (`bond_xmit_hash`)."""
    packet = skb.packet
    layer2 = int(skb.src) & 0xFF ^ int(skb.dst) & 0xFF ^ skb.protocol
    if policy == LAYER2 or not isinstance(packet, (Ip, Ip6)):
        return layer2
    ends = int(packet.src) ^ int(packet.dst)
    if policy == LAYER23:
        return layer2 ^ zlib.crc32(ends.to_bytes(16, "big"))
    ports = getattr(packet.payload, "sport", 0) << 16 | getattr(packet.payload, "dport", 0)
    value = ports ^ (ends & 0xFFFFFFFF)
    value ^= value >> 16
    value ^= value >> 8
    return value >> 1


def bond_handle_frame(skb: SkBuff) -> bool:
    """A slave's frames are the bond's; those of a backup are dropped but for the bond's own link (`bond_handle_frame`)."""
    slave: BondSlave = skb.dev.slave_data
    bond = slave.bond
    if bond.mode == ACTIVEBACKUP and bond.active is not slave and not bond.settings["all_slaves_active"]:
        return True
    if not bond.flags & IFF_UP:
        return True
    skb.dev = bond
    skb.iif = bond.ifindex
    skb.pkt_type = eth_type(skb)
    bond.stats.rx_packets += 1
    bond.stats.rx_bytes += skb.size + 14
    receive_core(skb)
    return True


def create(netns: Netns, request: LinkRequest) -> Bond:
    """Make a bond (`bond_newlink`)."""
    dev = Bond(
        netns, request.name or "bond%d", request.ifindex or 0, address=netns.kernel.random_mac(), flags=IFF_BROADCAST | IFF_MULTICAST | IFF_MASTER,
        num_tx_queues=16, num_rx_queues=16, tso_max_size=65536, carrier=False,
    )  # fmt: skip
    apply_common(dev, request)
    change(dev, request.data)
    register_netdevice(dev)
    return dev


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Change options (`bond_changelink`): the mode only while down and without slaves."""
    assert isinstance(dev, Bond)
    if "mode" in data and data["mode"] != dev.mode:
        if dev.slaves:
            raise NetError(ENOTEMPTY, "unable to set option because the bond device has slaves")
        if dev.flags & IFF_UP:
            raise NetError(EACCES, "unable to set option because the bond device is up")
        dev.mode = data["mode"]
    if data.get("arp_interval") and data.get("miimon"):
        raise NetError(EINVAL)
    for name, value in data.items():
        if name in dev.settings:
            dev.settings[name] = value
    if "primary" in data:
        dev.primary = data["primary"]
        dev.select_active()
    if "active_slave" in data:
        _set_active(dev, data["active_slave"])
    dev.check_carrier()


def _set_active(bond: Bond, name: str) -> None:
    """Choose the active slave by hand (`bond_option_active_slave_set`); EINVAL for one that is none or has no link."""
    if bond.mode != ACTIVEBACKUP:
        raise NetError(EACCES)
    if not name:
        bond.active = None
        bond.select_active()
        return
    slave = next((slave for slave in bond.slaves if slave.dev.name == name), None)
    if slave is None or not slave.is_up:
        raise NetError(EINVAL, "invalid option value")
    bond.active = slave


def change_port(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Options of a slave (`bond_slave_changelink`)."""
    slave = dev.slave_data
    assert isinstance(slave, BondSlave)
    slave.queue_id = data.get("queue_id", slave.queue_id)
    slave.prio = data.get("prio", slave.prio)


MODULE = Module("bonding")
