"""/sys as far as networks need it: /sys/class/net and /sys/devices/virtual/net of the asking process's namespace (`net-sysfs.c`).

The real tree belongs to the namespace it was mounted in, so that after `unshare -n` or `nsenter` the old devices are still seen there
until it is mounted anew, as `ip netns exec` does; here it always shows the devices of the namespace the process is in.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import attrs

from netsim.errors import EACCES, EINVAL, EOPNOTSUPP, EPERM, EROFS, NetError
from netsim.kernel.bridge.device import Bridge, BridgePort
from netsim.kernel.core.device_life import dev_set_mtu
from netsim.kernel.core.netdevice import ARPHRD_LOOPBACK, IF_OPER_DORMANT, IFF_RUNNING, IFF_UP, NetDevice, dev_get_stats
from netsim.kernel.drivers.bond import Bond
from netsim.kernel.drivers.link_settings import DUPLEX_NAMES, link_settings
from netsim.kernel.rtnl.ioctl import change_flags
from netsim.kernel.rtnl.link import set_alias
from netsim.machine.bonding import BONDING_ATTRIBUTES
from netsim.machine.fds import Attribute, OpenFile
from netsim.machine.nodes import Directory, Node, Symlink
from netsim.machine.sysfs_bridge import BRIDGE_ATTRIBUTES, PORT_ATTRIBUTES
from netsim.machine.sysfs_values import Shown, field, fixed, number
from netsim.machine.user import WRITE, may

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns
    from netsim.machine.process import Process

OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")
STATISTICS = (
    "collisions", "multicast", "rx_bytes", "rx_compressed", "rx_crc_errors", "rx_dropped", "rx_errors", "rx_fifo_errors", "rx_frame_errors",
    "rx_length_errors", "rx_missed_errors", "rx_nohandler", "rx_over_errors", "rx_packets", "tx_aborted_errors", "tx_bytes",
    "tx_carrier_errors", "tx_compressed", "tx_dropped", "tx_errors", "tx_fifo_errors", "tx_heartbeat_errors", "tx_packets", "tx_window_errors",
)  # fmt: skip
NET_ADDR_PERM, NET_ADDR_RANDOM, NET_ADDR_STOLEN, NET_ADDR_SET = range(4)
NET_NAME_PREDICTABLE, NET_NAME_USER = 2, 3
CLASS_PATH = "../../devices/virtual/net/"


# attributes of every device --------------------------------------------------------------------------------------------


def _running(dev: NetDevice) -> None:
    if not dev.flags & IFF_UP:
        raise NetError(EINVAL)


def _carrier(dev: NetDevice) -> str:
    _running(dev)
    return str(int(dev.carrier))


def _speed(dev: NetDevice) -> str:
    _running(dev)
    settings = link_settings(dev)
    if settings is None:
        raise NetError(EINVAL)
    return str(settings.speed)


def _duplex(dev: NetDevice) -> str:
    _running(dev)
    settings = link_settings(dev)
    if settings is None:
        raise NetError(EINVAL)
    return DUPLEX_NAMES.get(settings.duplex, "unknown").lower()


def _dormant(dev: NetDevice) -> str:
    _running(dev)
    return str(int(dev.operstate == IF_OPER_DORMANT))


def _testing(dev: NetDevice) -> str:
    _running(dev)
    return "0"


def _iflink(dev: NetDevice) -> str:
    lower = dev.lower()
    return str(lower.ifindex if lower is not None else dev.ifindex)


def _flags(dev: NetDevice) -> str:
    """`dev->flags` as it is: promiscuity counted by the kernel shows, running and carrier do not."""
    return hex(dev.flags & ~IFF_RUNNING & 0xFFFF)


def _assign_type(dev: NetDevice) -> str:
    if dev.type == ARPHRD_LOOPBACK or not dev.kind:
        return str(NET_ADDR_PERM)
    return str(NET_ADDR_SET if dev.explicit_address else NET_ADDR_RANDOM)


def _uevent(dev: NetDevice) -> str:
    kind = f"DEVTYPE={dev.kind}\n" if dev.kind in ("bridge", "vlan", "vxlan", "bond") else ""
    return f"{kind}INTERFACE={dev.name}\nIFINDEX={dev.ifindex}"


def _set_mtu(dev: NetDevice, text: str) -> None:
    dev_set_mtu(dev, number(text, 0x7FFFFFFF))


def _set_flags(dev: NetDevice, text: str) -> None:
    change_flags(dev, number(text))


def _set_txqlen(dev: NetDevice, text: str) -> None:
    dev.tx_queue_len = number(text, 0xFFFFFFFF)


def _set_ifalias(dev: NetDevice, text: str) -> None:
    set_alias(dev, text.removesuffix("\n"))


def _set_group(dev: NetDevice, text: str) -> None:
    dev.group = number(text, 0x7FFFFFFF)


def _set_carrier(dev: NetDevice, text: str) -> None:
    number(text)
    _running(dev)
    raise NetError(EOPNOTSUPP)


def _refuse(dev: NetDevice, text: str) -> None:
    number(text)
    raise NetError(EOPNOTSUPP)


def _up_count(dev: NetDevice) -> str:
    return str(dev.carrier_changes // 2)


def _down_count(dev: NetDevice) -> str:
    return str((dev.carrier_changes + 1) // 2)


def _operstate(dev: NetDevice) -> str:
    return OPERSTATES[dev.operstate] if dev.flags & IFF_UP else "down"


def _name_assign_type(dev: NetDevice) -> str:
    return str(NET_NAME_PREDICTABLE if dev.type == ARPHRD_LOOPBACK else NET_NAME_USER)


ATTRIBUTES: dict[str, Shown] = {
    "addr_assign_type": Shown(_assign_type), "addr_len": Shown(fixed("6")), "address": Shown(field("address")),
    "broadcast": Shown(field("broadcast")), "carrier": Shown(_carrier, _set_carrier), "carrier_changes": Shown(field("carrier_changes")),
    "carrier_down_count": Shown(_down_count), "carrier_up_count": Shown(_up_count), "dev_id": Shown(fixed("0x0")),
    "dev_port": Shown(fixed("0")), "dormant": Shown(_dormant), "duplex": Shown(_duplex), "flags": Shown(_flags, _set_flags),
    "gro_flush_timeout": Shown(fixed("0")), "ifalias": Shown(field("alias"), _set_ifalias), "ifindex": Shown(field("ifindex")),
    "iflink": Shown(_iflink), "link_mode": Shown(field("link_mode")), "mtu": Shown(field("mtu"), _set_mtu),
    "name_assign_type": Shown(_name_assign_type), "netdev_group": Shown(field("group"), _set_group), "operstate": Shown(_operstate),
    "proto_down": Shown(fixed("0"), _refuse), "speed": Shown(_speed), "testing": Shown(_testing),
    "tx_queue_len": Shown(field("tx_queue_len"), _set_txqlen), "type": Shown(field("type")), "uevent": Shown(_uevent),
}  # fmt: skip
"""Files of each device's directory."""
TABLES = {"": ATTRIBUTES, "bridge": BRIDGE_ATTRIBUTES, "brport": PORT_ATTRIBUTES, "bonding": BONDING_ATTRIBUTES}


@attrs.define(eq=False)
class DeviceAttribute(Node):
    """One attribute of a device or of its role as a bridge or port; `table` says in which of them `name` is found."""

    decides: ClassVar[bool] = True

    dev: NetDevice | None = None
    table: str = ""
    name: str = ""

    def read(self) -> bytes:
        """The value and a newline; EINVAL where it means nothing at the moment, EACCES for what is only written."""
        assert self.dev is not None
        if self.table == "statistics":
            return f"{getattr(dev_get_stats(self.dev), self.name, 0)}\n".encode()
        shown = self._shown()
        if shown.show is None:
            raise NetError(EACCES)
        text = shown.show(self.dev if self.table in ("", "bridge", "bonding") else self.dev.slave_data)
        return f"{text}\n".encode() if text or self.name != "ifalias" else b""

    def write(self, data: bytes) -> None:
        """Set it; the kernel's own errors, EACCES for what is only read."""
        assert self.dev is not None
        store = self._shown().store if self.table != "statistics" else None
        if store is None:
            raise NetError(EACCES)
        store(self.dev if self.table in ("", "bridge", "bonding") else self.dev.slave_data, data.decode(errors="replace"))

    def _shown(self) -> Shown:
        return TABLES[self.table][self.name]

    def opened(self, process: Process | None, how: str) -> OpenFile:
        """Reads give the value, each write sets it; EACCES, also for root, against the file's nature."""
        if how == "r":
            self.read()
        elif process is not None and process.jail is not None and process.jail.read_only_sys:
            raise NetError(EROFS)
        elif (
            (process is not None and process.user is not None and not may(process, self, WRITE))
            or self.table == "statistics"
            or self._shown().store is None
        ):
            raise NetError(EACCES)
        return Attribute(node=self)


# directories -----------------------------------------------------------------------------------------------------------


@attrs.define(eq=False)
class SysDirectory(Directory):
    """A directory of sysfs: nothing can be made in it or taken from it."""

    def add(self, name: str, node: Node) -> None:
        """EPERM for directories and links, EACCES for files."""
        raise NetError(EPERM if isinstance(node, Directory | Symlink) else EACCES)

    def remove(self, name: str) -> None:
        """EPERM."""
        raise NetError(EPERM)

    def names(self, process: Process | None) -> list[str]:
        """Sorted, as nothing else is promised."""
        return sorted(self.entries)


def _of_device(dev: NetDevice, table: str, name: str) -> DeviceAttribute:
    if table == "statistics":
        return DeviceAttribute(0o444, 0, dev, table, name)
    shown = TABLES[table][name]
    mode = (0o444 if shown.show else 0) | (0o200 if shown.store else 0)
    return DeviceAttribute(mode, 0, dev, table, name)


@attrs.define(eq=False)
class AttributeDirectory(SysDirectory):
    """`statistics`, `bridge` or `brport` of a device."""

    dev: NetDevice | None = None
    table: str = ""

    def _known(self) -> list[str]:
        if self.table == "statistics":
            return list(STATISTICS)
        return list(TABLES[self.table])

    def find(self, name: str, process: Process | None) -> Node | None:
        """One file, or the way from a port to its bridge."""
        assert self.dev is not None
        if name == "bridge" and self.table == "brport" and self.dev.master is not None:
            return Symlink(0o777, 0, f"../../{self.dev.master.name}")
        return _of_device(self.dev, self.table, name) if name in self._known() else None

    def names(self, process: Process | None) -> list[str]:
        """All of them."""
        return sorted([*self._known(), *(["bridge"] if self.table == "brport" else [])])


@attrs.define(eq=False)
class PortsDirectory(SysDirectory):
    """`brif` of a bridge: a link for each port."""

    bridge: Bridge | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """The way to a port."""
        assert self.bridge is not None
        known = any(port.dev.name == name for port in self.bridge.ports)
        return Symlink(0o777, 0, f"../../{name}/brport") if known else None

    def names(self, process: Process | None) -> list[str]:
        """The ports."""
        assert self.bridge is not None
        return sorted(port.dev.name for port in self.bridge.ports)


@attrs.define(eq=False)
class QueuesDirectory(SysDirectory):
    """`queues` of a device; what is in the queues' directories is not modelled."""

    dev: NetDevice | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """An empty directory for each queue."""
        return SysDirectory(0o755) if name in self.names(process) else None

    def names(self, process: Process | None) -> list[str]:
        """rx-N and tx-N; veth shows those in use, one each."""
        assert self.dev is not None
        rx, tx = (1, 1) if self.dev.kind == "veth" else (self.dev.num_rx_queues, self.dev.num_tx_queues)
        return [*(f"rx-{place}" for place in range(rx)), *(f"tx-{place}" for place in range(tx))]


def _lowers(dev: NetDevice) -> list[str]:
    return (
        [port.dev.name for port in dev.ports]
        if isinstance(dev, Bridge)
        else [slave.dev.name for slave in dev.slaves]
        if isinstance(dev, Bond)
        else []
    )


@attrs.define(eq=False)
class DeviceDirectory(SysDirectory):
    """/sys/devices/virtual/net/DEV."""

    dev: NetDevice | None = None

    def find(self, name: str, process: Process | None) -> Node | None:
        """An attribute, a directory of them, or a link to a neighbour."""
        dev = self.dev
        assert dev is not None
        if name in ATTRIBUTES:
            return _of_device(dev, "", name)
        if name == "statistics" or (name == "bridge" and isinstance(dev, Bridge)) or (name == "brport" and isinstance(dev.slave_data, BridgePort)):
            return AttributeDirectory(0o755, 0, {}, dev, name)
        if name == "bonding" and isinstance(dev, Bond):
            return AttributeDirectory(0o755, 0, {}, dev, name)
        if name == "brif" and isinstance(dev, Bridge):
            return PortsDirectory(0o755, 0, {}, dev)
        if name == "queues":
            return QueuesDirectory(0o755, 0, {}, dev)
        return self._link(dev, name)

    def _link(self, dev: NetDevice, name: str) -> Node | None:
        if name == "subsystem":
            return Symlink(0o777, 0, "../../../../class/net")
        if dev.master is not None and name in ("master", f"upper_{dev.master.name}"):
            return Symlink(0o777, 0, f"../{dev.master.name}")
        if name.startswith("lower_") and name[6:] in _lowers(dev):
            return Symlink(0o777, 0, f"../{name[6:]}")
        return None

    def names(self, process: Process | None) -> list[str]:
        """Everything `find` knows."""
        dev = self.dev
        assert dev is not None
        found = [*ATTRIBUTES, "queues", "statistics", "subsystem", *(f"lower_{name}" for name in _lowers(dev))]
        if isinstance(dev, Bridge):
            found += ["bridge", "brif"]
        if isinstance(dev, Bond):
            found.append("bonding")
        if dev.master is not None:
            found += ["master", f"upper_{dev.master.name}"]
        if isinstance(dev.slave_data, BridgePort):
            found.append("brport")
        return sorted(found)


def _device(netns: Netns, name: str) -> NetDevice | None:
    dev = netns.device(name)
    return dev if dev is not None and dev.name == name else None


@attrs.define(eq=False)
class DevicesDirectory(SysDirectory):
    """/sys/devices/virtual/net."""

    def find(self, name: str, process: Process | None) -> Node | None:
        """A device's directory."""
        dev = _device(process.netns, name) if process is not None else None
        return DeviceDirectory(0o755, 0, {}, dev) if dev is not None else None

    def names(self, process: Process | None) -> list[str]:
        """The devices of the process's namespace."""
        return sorted(dev.name for dev in process.netns.devices.values()) if process is not None else []


@attrs.define(eq=False)
class NetClassDirectory(DevicesDirectory):
    """/sys/class/net: links to the devices' directories."""

    def find(self, name: str, process: Process | None) -> Node | None:
        """The way to a device."""
        dev = _device(process.netns, name) if process is not None else None
        return Symlink(0o777, 0, CLASS_PATH + name) if dev is not None else None


def make_sys() -> SysDirectory:
    """The tree below /sys."""
    virtual = SysDirectory(0o755, 0, {"net": DevicesDirectory(0o755)})
    devices = SysDirectory(0o755, 0, {"virtual": virtual})
    return SysDirectory(0o555, 0, {"class": SysDirectory(0o755, 0, {"net": NetClassDirectory(0o755)}), "devices": devices})
