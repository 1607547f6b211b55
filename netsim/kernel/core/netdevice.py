"""Network devices: what every kind has in common, and their life from registration to removal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from netsim.addr import MAC, MAC_BROADCAST, MAC_ZERO, IPv4, IPv6
from netsim.errors import EOPNOTSUPP, NetError
from netsim.kernel.core.netns import Netns
from netsim.kernel.core.skbuff import SkBuff
from netsim.kernel.tables.inet import InDevice
from netsim.kernel.tables.inet6 import Inet6Dev
from netsim.state.late import Late

IFF_UP, IFF_BROADCAST, IFF_DEBUG, IFF_LOOPBACK, IFF_POINTOPOINT, IFF_NOTRAILERS = 0x1, 0x2, 0x4, 0x8, 0x10, 0x20
IFF_RUNNING, IFF_NOARP, IFF_PROMISC, IFF_ALLMULTI, IFF_MASTER, IFF_SLAVE = 0x40, 0x80, 0x100, 0x200, 0x400, 0x800
IFF_MULTICAST, IFF_PORTSEL, IFF_AUTOMEDIA, IFF_DYNAMIC, IFF_LOWER_UP, IFF_DORMANT = 0x1000, 0x2000, 0x4000, 0x8000, 0x10000, 0x20000

ARPHRD_ETHER, ARPHRD_TUNNEL, ARPHRD_LOOPBACK, ARPHRD_SIT, ARPHRD_IPGRE, ARPHRD_NONE = 1, 768, 772, 776, 778, 0xFFFE

IF_OPER_UNKNOWN, IF_OPER_NOTPRESENT, IF_OPER_DOWN, IF_OPER_LOWERLAYERDOWN, IF_OPER_TESTING, IF_OPER_DORMANT, IF_OPER_UP = range(7)

NETDEV_UP, NETDEV_DOWN, NETDEV_REBOOT, NETDEV_CHANGE, NETDEV_REGISTER, NETDEV_UNREGISTER, NETDEV_CHANGEMTU, NETDEV_CHANGEADDR = range(1, 9)
NETDEV_GOING_DOWN, NETDEV_CHANGENAME, NETDEV_CHANGEUPPER, NETDEV_NOTIFY_PEERS = 10, 11, 21, 19


@attrs.define(eq=False)
class Stats:
    """`struct rtnl_link_stats64`, as far as software devices count."""

    rx_packets: int = 0
    rx_bytes: int = 0
    rx_errors: int = 0
    rx_dropped: int = 0
    tx_packets: int = 0
    tx_bytes: int = 0
    tx_errors: int = 0
    tx_dropped: int = 0
    multicast: int = 0
    collisions: int = 0
    tx_carrier_errors: int = 0


@attrs.define(eq=False)
class NetDevice(Late):
    """A device (`struct net_device`). Kinds subclass it, add their private fields and override `xmit` and the `ndo_*` below."""

    kind: ClassVar[str] = ""
    """What `ip -d link` calls the kind; empty for hardware and loopback."""
    is_tunnel: ClassVar[bool] = False
    filters_unicast: ClassVar[bool] = False
    """Whether it takes frames for further addresses without becoming promiscuous (IFF_UNICAST_FLT)."""
    """Whether the kind always tells an `iflink`, 0 when it is bound to no device: listings say `@NONE`."""

    netns: Netns
    name: str
    ifindex: int = 0
    address: MAC = MAC_ZERO
    broadcast: MAC = MAC_BROADCAST
    type: int = ARPHRD_ETHER
    mtu: int = 1500
    min_mtu: int = 68
    max_mtu: int = 65535
    flags: int = IFF_BROADCAST | IFF_MULTICAST
    promiscuity: int = 0
    allmulti: int = 0
    carrier: bool = True
    carrier_changes: int = 0
    operstate: int = IF_OPER_UNKNOWN
    qdisc: str = "noop"
    root_qdisc: Any = None
    ingress_queue: Any = None  # filters of what comes in and goes out (`ingress_queue`), of which taps know too (`sched.ingress.WATCHED`)
    had_ingress_queue: bool = False
    default_qdisc: str = "noqueue"
    tx_queue_len: int = 1000
    group: int = 0
    alias: str = ""
    altnames: tuple[str, ...] = ()
    header_length: int = 14
    master: NetDevice | None = None
    slave_data: Any = None  # what the master keeps about it: a BridgePort, a bond slave ...
    rx_handler: Callable[[SkBuff], bool] | None = None  # True: it took the frame (`RX_HANDLER_CONSUMED`)
    l3_rcv: Callable[[SkBuff], bool] | None = None
    """Takes IPv4 packets after PRE_ROUTING, before they are routed (`l3mdev_ip_rcv`); True: taken."""
    inet: InDevice | None = None
    inet6: Inet6Dev | None = None
    multicast: dict[MAC, int] = attrs.field(factory=dict)  # dev->mc: group -> users
    static_multicast: tuple[MAC, ...] = ()  # those that were asked for from outside (`global_use`)
    stats: Stats = attrs.field(factory=Stats)
    """What was counted here; who reads asks `dev_get_stats`, as some drivers and floods count elsewhere."""
    taps: tuple[Any, ...] = ()  # packet sockets bound to this device
    explicit_address: bool = False  # the MAC was set by a user (NET_ADDR_SET)
    uppers: tuple[NetDevice, ...] = ()  # devices stacked on this one
    registered: bool = False
    is_active: bool = False  # its queue takes packets (until `dev_activate` the noop discipline swallows them)
    is_stopped: bool = False
    """The driver takes no more frames for now; its discipline keeps them (`__QUEUE_STATE_DRV_XOFF`)."""
    user_flags: int = 0  # IFF_PROMISC | IFF_ALLMULTI as users asked (`gflags`)
    is_netns_immutable: bool = False
    num_tx_queues: int = 1
    num_rx_queues: int = 1
    link_mode: int = 0
    vlan_devices: dict[tuple[int, int], NetDevice] | None = None
    """VLAN devices on top, by protocol and VLAN id (`struct vlan_info`)."""
    tso_max_size: int = 524280
    gso_max_size: int = 65536
    gso_max_segs: int = 65535
    gro_max_size: int = 65536
    is_dormant: bool = False
    """Its lower device waits for somebody's leave (`__LINK_STATE_DORMANT`)."""
    l3mdev_table: int = 0
    """The routing table of what is enslaved to this L3 master (0: it is none)."""
    addr_gen_mode: int = 0
    parent: tuple[str, str] = ("", "")
    """The bus a card is on and its name there (`dev->dev.parent`)."""
    changed_flags: int = 0
    mtu_before: int = 0  # while a change of the MTU is told (`netdev_notifier_info_ext`)
    """While a NETDEV_CHANGE is told: the flags that users changed (`netdev_notifier_change_info`)."""
    features: dict[str, int] | None = None
    """Offload features that users switched (`wanted_features`); they change nothing but what ethtool shows."""
    place: Any = None
    """Where a bridge keeps account of the floods that end here (`bridge.audience.Place`)."""

    @property
    def l3mdev(self) -> NetDevice | None:
        """The L3 master the device is enslaved to, or itself when it is one (`l3mdev_master_dev`)."""
        if self.l3mdev_table:
            return self
        return self.master if self.master is not None and self.master.l3mdev_table else None

    @property
    def l3mdev_fib_table(self) -> int:
        """The number of the table for the device's routes where it is in a VRF or is one; 0: it is not (`l3mdev_fib_table`)."""
        return self.l3mdev_table if self.master is None else self.l3mdev_table or self.master.l3mdev_table

    # What kinds override -------------------------------------------------------------------------------------------

    def xmit(self, skb: SkBuff) -> int | None:
        """Send a frame out (`ndo_start_xmit`); NET_XMIT_DROP when the driver tells its caller that it dropped the frame."""
        raise NotImplementedError(self.kind)

    def change_carrier(self, carrier: int) -> None:
        """Set the carrier by hand (`ndo_change_carrier`); EOPNOTSUPP where a cable decides."""
        raise NetError(EOPNOTSUPP)

    def own_groups6(self) -> tuple[IPv6, ...]:
        """IPv6 groups that a device of this kind is in while it is up, even where it has no addresses of the family."""
        return ()

    def own_groups(self) -> tuple[IPv4, ...]:
        """Multicast groups the driver itself joins while the device is up."""
        return ()

    def get_stats(self) -> Stats:
        """The counters, with what the driver keeps elsewhere (`ndo_get_stats64`)."""
        return self.stats

    def far_end(self) -> NetDevice | None:
        """The device where every frame sent here arrives at once and unchanged; None for kinds that do anything else."""
        return None

    def stir(self) -> None:
        """Who hears floods here may be another from now on: bridges that count on it are told."""
        place = self.place
        if place is not None and place.is_sorted:
            place.stir()

    def only_counts(self, skb: SkBuff) -> bool:
        """Whether a frame sent here would only be counted where it arrives; then it is counted, here and there, and is done.

        Has no counterpart in the kernel: floods over many ports ask before they make a copy.
        """
        return False

    def opened(self) -> None:
        """The device was set up (`ndo_open`); may raise NetError."""

    def stopped(self) -> None:
        """The device was set down (`ndo_stop`)."""

    def is_deletable(self) -> bool:
        """Whether RTM_DELLINK removes the device; it says yes and does nothing otherwise (`dellink`)."""
        return True

    def removed(self) -> None:
        """The device is being unregistered (`ndo_uninit`, and `dellink`'s consequences for others)."""

    def link_address(self) -> str:
        """The hardware address as listings show it; empty for devices without one."""
        return str(self.address)

    def permanent_address(self) -> MAC | None:
        """The address the device came with, where the kind keeps it (`perm_addr`)."""
        return None

    def link_broadcast(self) -> str:
        """The broadcast address, or a point-to-point device's peer."""
        return str(self.broadcast)

    def padded_address(self) -> MAC:
        """The hardware address in the six bytes of a neighbour discovery option (`ndisc_fill_addr_option`)."""
        return self.address

    def link_speed(self) -> int:
        """The link's speed in Mbit/s as the driver tells it, -1 where it tells none (`ethtool_ops.get_link_ksettings`)."""
        return -1

    def linklocal(self) -> IPv6 | None:
        """The link-local address IPv6 makes of the hardware address (`addrconf_dev_config`); None where it makes none."""
        return IPv6(0xFE80 << 112 | self.eui64()) if self.type == ARPHRD_ETHER and self.address else None

    def eui64(self) -> int:
        """The lower half of addresses that IPv6 makes of the hardware address (`addrconf_ifid_eui48`)."""
        return self.address.eui64()

    def lower(self) -> NetDevice | None:
        """The device whose ifindex is this one's `iflink` (veth peer, vlan parent ...), or None for itself."""
        return None

    def further_addresses(self) -> list[MAC]:
        """What a device on top has its lower one listen to, besides that one's own address (`dev_uc_add`, `dev_uc_sync`)."""
        return []

    def heard_addresses(self) -> list[MAC]:
        """What it listens to for the devices on top (`dev->uc`)."""
        return list(dict.fromkeys([address for upper in self.uppers for address in upper.further_addresses()]))

    def link_netns(self) -> Netns | None:
        """The namespace that the lower device is in, or that a tunnel's outer packets are sent in (`get_link_net`); None: its own."""
        lower = self.lower()
        return lower.netns if lower is not None else None

    def validate_address(self, address: IPv4 | IPv6) -> None:
        """An address is about to be put on the device; EADDRINUSE where the kind forbids it (`inetaddr_validator_chain`)."""

    def tag_received(self, skb: SkBuff) -> None:
        """Take the VLAN tag off a frame this VLAN device received (`vlan_do_receive`)."""
        skb.vlan = 0

    def iflink(self) -> int:
        """The lower device's index where the kind keeps it although the device may be gone; 0: none."""
        return 0

    def add_port(self, dev: NetDevice) -> None:
        """Take a device as a port (`ndo_add_slave`); EOPNOTSUPP for kinds that have none."""
        raise NetError(EOPNOTSUPP)

    def del_port(self, dev: NetDevice) -> None:
        """Let a port go (`ndo_del_slave`)."""
        raise NetError(EOPNOTSUPP)

    def port_event(self, event: int, dev: NetDevice) -> None:
        """Something happened to a port; kinds that mind say so."""

    def lower_event(self, event: int) -> None:
        """Something happened to the lower device."""

    def goes_with(self, dev: NetDevice) -> bool:
        """Whether it is removed with a device below it."""
        return False

    def port_carrier_changed(self, dev: NetDevice) -> None:
        """A port's carrier came or went; most masters wait to be told with everybody else."""

    def change_mtu(self, mtu: int) -> None:
        """Take another MTU, already checked against the range (`ndo_change_mtu`)."""
        self.stir()
        self.mtu = mtu

    def change_address(self, address: MAC) -> None:
        """Take another hardware address (`ndo_set_mac_address`)."""
        self.stir()
        self.address = address


def dev_get_stats(dev: NetDevice) -> Stats:
    """The counters of a device, whatever was counted elsewhere added (`dev_get_stats`)."""
    if dev.place is not None:
        dev.place.settle()
    return dev.get_stats()
