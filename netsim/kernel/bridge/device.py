"""The bridge device and its ports (`br_device.c`, `br_if.c`)."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC, MAC_ZERO, IPv4, IPv6
from netsim.clock import SECOND, Timer
from netsim.errors import EBUSY, EINVAL, ELOOP, EOPNOTSUPP, EXFULL, NetError
from netsim.kernel.bridge import fdb as br_fdb
from netsim.kernel.bridge import identity, multicast_settings, stp, stp_settings
from netsim.kernel.bridge import vlan as br_vlan
from netsim.kernel.bridge.arp_proxy import ANSWERING
from netsim.kernel.bridge.audience import Audience, Place
from netsim.kernel.bridge.forward import br_dev_xmit
from netsim.kernel.bridge.input import br_handle_frame
from netsim.kernel.bridge.multicast import Multicast
from netsim.kernel.core.device_life import (
    dev_set_allmulti,
    dev_set_promiscuity,
    register_netdevice,
    unregister_netdevice,
)
from netsim.kernel.core.link_ops import LinkRequest, apply_common
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_LOOPBACK,
    IFF_UP,
    NETDEV_CHANGE,
    NETDEV_CHANGEADDR,
    NETDEV_CHANGEMTU,
    NETDEV_CHANGEUPPER,
    NETDEV_DOWN,
    NETDEV_UNREGISTER,
    NETDEV_UP,
    NetDevice,
)
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.tables.fdb import Fdb

BR_STATE_DISABLED, BR_STATE_LISTENING, BR_STATE_LEARNING, BR_STATE_FORWARDING, BR_STATE_BLOCKING = range(5)
UNSETTLED = (BR_STATE_LISTENING, BR_STATE_LEARNING, BR_STATE_BLOCKING)
ALL_SNOOPERS = IPv4(0xE000006A)  # 224.0.0.106
ALL_SNOOPERS6 = IPv6(0xFF02 << 112 | 0x6A)  # ff02::6a
MAX_PORTS = 1023
DEFAULT_COST = 2
SPEED_COSTS = ((10000, 2), (5000, 3), (2500, 4), (1000, 5), (100, 19), (10, 100))
UNKNOWN_COST = 100
TSO_LEGACY_MAX_SIZE, TSO_MAX_SIZE = 65536, 524280
"""What a device may merge (bytes): a bridge gets the larger one with its first port (`br_set_gso_limits`)."""

PORT_OPTIONS = {
    "hairpin": 0, "guard": 0, "root_block": 0, "fastleave": 0, "learning": 1, "flood": 1, "mcast_flood": 1, "bcast_flood": 1,
    "proxy_arp": 0, "proxy_arp_wifi": 0, "mcast_to_unicast": 0, "neigh_suppress": 0, "isolated": 0, "locked": 0, "vlan_tunnel": 0,
    "mcast_router": 1, "group_fwd_mask": 0,
}  # fmt: skip
BRIDGE_OPTIONS = {
    "vlan_filtering": 0, "group_fwd_mask": 0, "mcast_snooping": 1, "no_linklocal_learn": 0, "mcast_vlan_snooping": 0, "mcast_router": 1,
    "mcast_query_use_ifaddr": 0, "mcast_querier": 0, "mcast_hash_elasticity": 16, "mcast_hash_max": 4096, "mcast_last_member_count": 2,
    "mcast_startup_query_count": 2, "mcast_last_member_interval": 100, "mcast_membership_interval": 26000, "mcast_querier_interval": 25500,
    "mcast_query_interval": 12500, "mcast_query_response_interval": 1000, "mcast_startup_query_interval": 3124, "mcast_stats_enabled": 0,
    "mcast_igmp_version": 2, "mcast_mld_version": 1, "nf_call_iptables": 0, "nf_call_ip6tables": 0, "nf_call_arptables": 0,
    "vlan_default_pvid": 1, "vlan_protocol": 0x8100, "vlan_stats_enabled": 0, "vlan_stats_per_port": 0,
}  # fmt: skip


@attrs.define(eq=False)
class BridgePort:
    """What a bridge keeps about a port (`struct net_bridge_port`). Port id: priority (upper bits) and number."""

    bridge: Bridge
    dev: NetDevice
    number: int
    priority: int = 32
    state: int = BR_STATE_DISABLED
    cost: int = DEFAULT_COST
    options: dict[str, int] = attrs.field(factory=lambda: dict(PORT_OPTIONS))
    vlans: dict[int, int] = attrs.field(factory=dict)  # VLAN id -> UNTAGGED or 0
    pvid: int = 0  # the VLAN of untagged frames, 0: none
    designated_root: int = 0
    designated_cost: int = 0
    designated_bridge: int = 0
    designated_port: int = 0
    topology_change_ack: int = 0
    config_pending: int = 0
    message_age_timer: Timer | None = None
    forward_delay_timer: Timer | None = None
    hold_timer: Timer | None = None
    place: Place | None = None

    def set_state(self, state: int) -> None:
        """Take another state (`br_set_state`): who hears floods may be another from now on."""
        before, place = self.state, self.place
        if place is not None and place.is_sorted:
            place.stir()
        if state != before:
            self.bridge.forwarding_ports += (state == BR_STATE_FORWARDING) - (before == BR_STATE_FORWARDING)
            self.bridge.unsettled_ports += (state in UNSETTLED) - (before in UNSETTLED)
            self.state = state
            if not state:
                multicast_settings.port_disabled(self)
            elif not before and self.bridge.options["mcast_querier"]:
                multicast_settings.port_enabled(self)

    @property
    def port_id(self) -> int:
        """Priority and number as spanning tree messages carry them."""
        return self.priority << 10 | self.number


@attrs.define(eq=False)
class Bridge(NetDevice):
    """A bridge (`struct net_bridge`); times are ns, `priority` is the upper half of its id."""

    kind: ClassVar[str] = "bridge"

    ports: list[BridgePort] = attrs.field(factory=list)
    audience: Audience = attrs.field(factory=Audience)
    fdb: Fdb = attrs.field(factory=Fdb)
    vlans: dict[int, int] = attrs.field(factory=dict)
    pvid: int = 0
    options: dict[str, int] = attrs.field(factory=lambda: dict(BRIDGE_OPTIONS))
    multicast_ctx: Multicast | None = None
    """What is known of groups, from the first report, query or entry on."""
    group_address: MAC = MAC(0x0180C2000000)
    ageing_time: int = 300 * SECOND
    stp_enabled: int = 0
    priority: int = 0x8000
    max_age: int = 20 * SECOND
    hello_time: int = 2 * SECOND
    forward_delay: int = 15 * SECOND
    bridge_max_age: int = 20 * SECOND
    bridge_hello_time: int = 2 * SECOND
    bridge_forward_delay: int = 15 * SECOND
    id_address: MAC = MAC_ZERO
    designated_root: int = 0
    root_path_cost: int = 0
    root_port: int = 0
    topology_change: int = 0
    topology_change_detected: int = 0
    hello_timer: Timer | None = None
    tcn_timer: Timer | None = None
    topology_change_timer: Timer | None = None
    bridge_ageing_time: int = 300 * SECOND
    """As set; `ageing_time` is shorter while the topology changes."""
    gc_from: int = 0
    """When it came up: forgotten addresses are first looked for a tenth of a second later."""
    explicit_mtu: bool = False
    freed_numbers: list[int] = attrs.field(factory=list)  # a heap: numbers below the highest that no port has
    forwarding_ports: int = 0
    unsettled_ports: int = 0  # neither disabled nor forwarding
    answers_arp: bool = False
    """Whether a port was ever told to answer ARP, or to suppress it (`arp_proxy`)."""
    had_ports: bool = False  # from the first port on the carrier follows the ports

    @property
    def bridge_id(self) -> int:
        """Priority and address as spanning tree messages carry them."""
        return self.priority << 48 | self.id_address

    def own_groups(self) -> tuple[IPv4, ...]:
        """A snooping bridge listens to all snoopers (`br_multicast_join_snoopers`)."""
        return (ALL_SNOOPERS,) if self.options["mcast_snooping"] else ()

    def own_groups6(self) -> tuple[IPv6, ...]:
        """The same in IPv6 (`br_ip6_multicast_join_snoopers`)."""
        return (ALL_SNOOPERS6,) if self.options["mcast_snooping"] else ()

    def xmit(self, skb: SkBuff) -> None:
        """Send a frame of the bridge's own (`br_dev_xmit`)."""
        br_dev_xmit(self, skb)

    def opened(self) -> None:
        """Take part in the spanning tree (`br_dev_open`)."""
        stp.enable_bridge(self)
        if self.options["mcast_querier"]:
            multicast_settings.opened(self)

    def stopped(self) -> None:
        """Leave it (`br_dev_stop`)."""
        stp.disable_bridge(self)
        multicast_settings.stopped(self)

    def removed(self) -> None:
        """Let all ports go (`br_dev_delete`)."""
        for port in list(self.ports):
            self.del_port(port.dev)
        stp.disable_bridge(self)

    def change_mtu(self, mtu: int) -> None:
        """An MTU set by hand stays (`br_change_mtu`)."""
        self.stir()
        self.mtu = mtu
        self.explicit_mtu = True

    def change_address(self, address: MAC) -> None:
        """An address set by hand stays, and is the bridge's id (`br_set_mac_address`)."""
        if address != self.address:
            identity.change_bridge_id(self, address)
        self.explicit_address = True

    def add_port(self, dev: NetDevice) -> None:
        """Take a device as a port (`br_add_if`); EBUSY, EINVAL, ELOOP as the kernel refuses."""
        if dev.flags & IFF_LOOPBACK or dev.type != ARPHRD_ETHER or dev.header_length != 14:
            raise NetError(EINVAL)
        if isinstance(dev, Bridge):
            raise NetError(ELOOP, "Can not enslave a bridge to a bridge")
        if dev.master is not None or dev.rx_handler is not None:
            raise NetError(EBUSY)
        if len(self.ports) >= MAX_PORTS:
            raise NetError(EXFULL)
        number = heapq.heappop(self.freed_numbers) if self.freed_numbers else len(self.ports) + 1
        port = BridgePort(self, dev, number, cost=port_cost(dev))
        dev_set_allmulti(dev, 1)
        dev.slave_data = port
        dev.stir()
        dev.rx_handler = br_handle_frame
        dev.master = self
        dev_set_promiscuity(dev, 1)
        self.ports.append(port)
        self.audience.join(port)
        self.had_ports = True
        self.tso_max_size = min(self.tso_max_size, dev.tso_max_size) if len(self.ports) > 1 else dev.tso_max_size
        dev.netns.kernel.notify(NETDEV_CHANGEUPPER, dev)
        stp.init_port(port)
        br_fdb.add_local(self, port, dev.address)
        br_vlan.init(self, port)
        changed = identity.port_address_counts(self, dev) and identity.recalculate_bridge_id(self)
        if dev.flags & IFF_UP and dev.carrier and self.flags & IFF_UP:
            stp.enable_port(port)
        if changed:
            self.netns.kernel.notify(NETDEV_CHANGEADDR, self)
        if len(self.ports) == 1 or dev.mtu < self.mtu:
            self.follow_ports()
        stp.check_carrier(self)

    def port_event(self, event: int, dev: NetDevice) -> None:
        """A port changed (`br_device_event`)."""
        port = dev.slave_data
        if event == NETDEV_CHANGE:
            stp.port_carrier_check(port)
        elif event == NETDEV_DOWN:
            if self.flags & IFF_UP:
                stp.disable_port(port)
            stp.check_carrier(self)
        elif event == NETDEV_UP:
            if dev.carrier and self.flags & IFF_UP:
                stp.enable_port(port)
            stp.check_carrier(self)
        elif event == NETDEV_UNREGISTER:
            self.del_port(dev)
        elif event == NETDEV_CHANGEMTU:
            self.follow_ports()
        elif event == NETDEV_CHANGEADDR:
            br_fdb.change_local(self, port, dev.address)
            if identity.recalculate_bridge_id(self):
                self.netns.kernel.notify(NETDEV_CHANGEADDR, self)

    def del_port(self, dev: NetDevice) -> None:
        """Let a port go (`br_del_if`); EINVAL when it is not one of this bridge's."""
        port = dev.slave_data
        if dev.master is not self or not isinstance(port, BridgePort):
            raise NetError(EINVAL)
        stp.disable_port(port)
        multicast_settings.port_gone(port)
        br_vlan.flush(self, port)
        br_fdb.delete_by_port(self, port, br_fdb.Which.ALL)
        dev_set_promiscuity(dev, -1)
        dev_set_allmulti(dev, -1)
        self.ports.remove(port)
        if not self.ports:
            self.freed_numbers.clear()
        else:
            heapq.heappush(self.freed_numbers, port.number)
        self.audience.leave(port)
        dev.stir()
        dev.rx_handler = None
        dev.slave_data = None
        dev.master = None
        dev.netns.kernel.notify(NETDEV_CHANGEUPPER, dev)
        self.follow_ports()
        if self.ports:
            self.tso_max_size = min([other.dev.tso_max_size for other in self.ports])
        if identity.recalculate_bridge_id(self):
            self.netns.kernel.notify(NETDEV_CHANGEADDR, self)
        stp.check_carrier(self)

    def follow_ports(self) -> None:
        """The MTU is the smallest port's unless set by hand (`br_mtu_auto_adjust`)."""
        if self.explicit_mtu:
            return
        mtu = min([port.dev.mtu for port in self.ports], default=1500)
        if mtu != self.mtu:
            self.stir()
            self.mtu = mtu
            self.netns.kernel.notify(NETDEV_CHANGEMTU, self)


def port_cost(dev: NetDevice) -> int:
    """What the way through a port costs by its speed; 100 where the driver tells none (`port_cost`)."""
    given = dev.link_speed()
    for speed, cost in SPEED_COSTS:
        if given >= speed:
            return cost
    return UNKNOWN_COST


def create(netns: Netns, request: LinkRequest) -> Bridge:
    """Make a bridge (`br_dev_newlink`)."""
    dev = Bridge(netns, request.name or "bridge%d", request.ifindex or 0, address=netns.kernel.random_mac(), tso_max_size=TSO_LEGACY_MAX_SIZE)
    apply_common(dev, request)
    if request.address is not None:
        dev.id_address = dev.address
        dev.had_ports = True
        br_fdb.change_local(dev, None, dev.address)
    register_netdevice(dev)
    dev.is_netns_immutable = True
    br_fdb.add_local(dev, None, dev.address)
    br_vlan.init(dev, None)
    dev.designated_root = dev.bridge_id
    try:
        change(dev, request.data)
    except NetError:
        unregister_netdevice(dev)
        raise
    return dev


RESTRICTED_GROUPS, RESTRICTED_PORT_GROUPS = 0x7, 0x2
"""Link-local groups that are never forwarded (`BR_GROUPFWD_RESTRICTED`, `BR_GROUPFWD_MACPAUSE`)."""


def change(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Set options of a bridge (`br_changelink`)."""
    assert isinstance(dev, Bridge)
    if data.get("vlan_filtering") and "vlan_filtering" not in dev.netns.kernel.profile.modules:
        raise NetError(EOPNOTSUPP)
    for name, value in data.items():
        setter = stp_settings.BRIDGE_SETTERS.get(name) or multicast_settings.SETTERS.get(name)
        if setter is not None:
            setter(dev, value)
        elif name == "vlan_default_pvid":
            br_vlan.set_default_pvid(dev, value)
        elif name == "group_address":
            dev.group_address = value
        elif name == "group_fwd_mask" and value & RESTRICTED_GROUPS:
            raise NetError(EINVAL)
        elif name == "fdb_flush":
            br_fdb.flush(dev, br_fdb.Which.DYNAMIC)
        elif name == "vlan_stats_per_port" and any(port.vlans for port in dev.ports):
            raise NetError(EBUSY)  # `br_vlan_set_stats_per_port`
        elif name in dev.options:
            dev.options[name] = value
        else:
            raise NetError(EINVAL)


def change_port(dev: NetDevice, data: Mapping[str, Any]) -> None:
    """Set options of a port (`br_setport`)."""
    port = dev.slave_data
    assert isinstance(port, BridgePort)
    for name, value in data.items():
        setter = stp_settings.PORT_SETTERS.get(name)
        if setter is not None:
            setter(port, value)
        elif name == "fdb_flush":
            br_fdb.delete_by_port(port.bridge, port, br_fdb.Which.DYNAMIC)
        elif name == "group_fwd_mask" and value & RESTRICTED_PORT_GROUPS:
            raise NetError(EINVAL)
        elif name == "mcast_router":
            multicast_settings.set_port_router(port, value)
        elif name in port.options:
            if port.place is not None:
                port.place.stir()
            port.options[name] = value
            port.bridge.answers_arp |= name in ANSWERING and bool(value)
        else:
            raise NetError(EINVAL)
