"""Interfaces as ifconfig and `netstat -i` list and print them."""

from __future__ import annotations

import functools
import re

import attrs

from netsim.addr import MAC, MAC_ZERO, IPv6
from netsim.commands.nettools.usage import ARPHRD_NAMES
from netsim.errors import ENODEV, NetError, strerror
from netsim.kernel.core.netdevice import (
    ARPHRD_ETHER,
    IFF_ALLMULTI,
    IFF_BROADCAST,
    IFF_DEBUG,
    IFF_DYNAMIC,
    IFF_LOOPBACK,
    IFF_MASTER,
    IFF_MULTICAST,
    IFF_NOARP,
    IFF_NOTRAILERS,
    IFF_POINTOPOINT,
    IFF_PROMISC,
    IFF_RUNNING,
    IFF_SLAVE,
    IFF_UP,
)
from netsim.kernel.rtnl import ioctl
from netsim.machine.call import Call

LONG_FLAGS = (
    (IFF_UP, "UP"), (IFF_BROADCAST, "BROADCAST"), (IFF_DEBUG, "DEBUG"), (IFF_LOOPBACK, "LOOPBACK"), (IFF_POINTOPOINT, "POINTOPOINT"),
    (IFF_NOTRAILERS, "NOTRAILERS"), (IFF_RUNNING, "RUNNING"), (IFF_NOARP, "NOARP"), (IFF_PROMISC, "PROMISC"), (IFF_ALLMULTI, "ALLMULTI"),
    (IFF_SLAVE, "SLAVE"), (IFF_MASTER, "MASTER"), (IFF_MULTICAST, "MULTICAST"), (IFF_DYNAMIC, "DYNAMIC"),
)  # fmt: skip
SHORT_FLAGS = (
    (IFF_ALLMULTI, "A"), (IFF_BROADCAST, "B"), (IFF_DEBUG, "D"), (IFF_LOOPBACK, "L"), (IFF_MULTICAST, "M"), (IFF_DYNAMIC, "d"),
    (IFF_PROMISC, "P"), (IFF_NOTRAILERS, "N"), (IFF_NOARP, "O"), (IFF_POINTOPOINT, "P"), (IFF_SLAVE, "s"), (IFF_MASTER, "m"),
    (IFF_RUNNING, "R"), (IFF_UP, "U"),
)  # fmt: skip
IFCONFIG_HEAD = "Iface      MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
NETSTAT_HEAD = "Iface             MTU    RX-OK RX-ERR RX-DRP RX-OVR    TX-OK TX-ERR TX-DRP TX-OVR Flg\n"
IFNAMSIZ = 15
UNITS = ((1 << 50, "PiB"), (1 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))


@attrs.frozen
class Interface:
    """What the tools fetch of one name, alias names included (`if_fetch`); `stats` are the columns of /proc/net/dev."""

    name: str
    flags: int
    type: int
    hwaddr: MAC
    mtu: int
    tx_queue_len: int
    address: ioctl.Address | None
    stats: tuple[int, ...] | None


def compare(one: str, other: str) -> int:
    """Names in order, numbers at their ends as numbers (`nstrcmp`)."""
    at = 0
    start = 0
    while at < len(one) and at < len(other) and one[at] == other[at]:
        if not one[at].isdigit():
            start = at + 1
        at += 1
    left, right = one[at : at + 1], other[at : at + 1]
    if left.isdigit() and right.isdigit():
        numbers = [int(match[0]) for text in (one, other) if (match := re.match(r"\d+", text[start:]))]
        return 1 if numbers[0] > numbers[1] else -1
    return (ord(left) if left else 0) - (ord(right) if right else 0)


def statistics(call: Call) -> dict[str, tuple[int, ...]]:
    """The numbers in /proc/net/dev by name."""
    found = {}
    for line in call.proc.read_text("/proc/net/dev").splitlines()[2:]:
        name, _, numbers = line.strip().partition(": ")
        found[name] = tuple(map(int, numbers.split()))
    return found


def all_names(call: Call) -> list[str]:
    """Every interface and every label of an address, sorted."""
    names = {*statistics(call), *ioctl.labels(call.netns)}
    return sorted(names, key=functools.cmp_to_key(compare))


def fetch(call: Call, name: str) -> Interface:
    """What the kernel tells of a name; ENODEV."""
    dev = ioctl.lookup(call.netns, name)
    return Interface(
        name, ioctl.get_flags(call.netns, name), dev.type, dev.address, dev.mtu, dev.tx_queue_len, ioctl.get_address(call.netns, name),
        statistics(call).get(name),
    )  # fmt: skip


def fetch_error(name: str, error: NetError) -> str:
    """Why nothing could be fetched."""
    reason = "Device not found" if error.errno == ENODEV else strerror(error.errno)
    return f"{name}: error fetching interface information: {reason}\n"


def short(ife: Interface) -> str:
    """One line."""
    text = f"{ife.name:<15.15s} {ife.mtu:5d} "
    if ife.stats is not None:
        rx_packets, rx_errors, rx_dropped, rx_fifo = ife.stats[1:5]
        tx_packets, tx_errors, tx_dropped, tx_fifo = ife.stats[9:13]
        text += f"{rx_packets:8d} {rx_errors:6d} {rx_dropped:6d} {rx_fifo:<6d} {tx_packets:8d} {tx_errors:6d} {tx_dropped:6d} {tx_fifo:6d} "
    else:
        text += f"{'     - no statistics available -':<56s}"
    flags = "".join(letter for bit, letter in SHORT_FLAGS if ife.flags & bit)
    return text + (flags if ife.flags else "[NO FLAGS]") + "\n"


def _hardware(ife: Interface) -> str:
    name, title = ARPHRD_NAMES.get(ife.type, ("unspec", "UNSPEC"))
    if ife.type == ARPHRD_ETHER:
        name += f" {ife.hwaddr}"
    elif name == "unspec":
        octets = (ife.hwaddr if ife.hwaddr else MAC_ZERO).packed + bytes(10)
        name += " " + "-".join(f"{octet:02X}" for octet in octets)
    return f"        {name}  txqueuelen {ife.tx_queue_len}  ({title})\n"


def _inet6(call: Call, name: str) -> str:
    text = ""
    for line in call.proc.read_text("/proc/net/if_inet6").splitlines():
        address, _, length, scope, _, device = line.split()
        if device == name:
            text += f"        inet6 {IPv6(int(address, 16))}  prefixlen {int(length, 16)}  scopeid 0x{int(scope, 16):x}{_scope(int(scope, 16))}\n"
    return text


def _scope(scope: int) -> str:
    words = ["compat"] if scope & 0x80 else []
    scope &= ~0x80
    if not scope:
        words.append("global")
    words += [word for bit, word in ((0x20, "link"), (0x40, "site"), (0x10, "host")) if scope & bit]
    return f"<{','.join(words)}>" if words else ""


def _size(count: int) -> str:
    for unit, name in UNITS:
        if count > unit:
            tenths = count * 10 // unit
            return f"{tenths // 10}.{tenths % 10} {name}"
    return f"{count}.0 B"


def long(call: Call, ife: Interface) -> str:
    """A paragraph."""
    words = ",".join(word for bit, word in LONG_FLAGS if ife.flags & bit)
    text = f"{ife.name}: flags={ife.flags}<{words}>  mtu {ife.mtu}\n" if words or not ife.flags else f"{ife.name}: flags={ife.flags}  mtu {ife.mtu}\n"
    if ife.address is not None:
        text += f"        inet {ife.address.local}  netmask {ife.address.netmask}"
        text += f"  broadcast {ife.address.broadcast}" if ife.flags & IFF_BROADCAST else ""
        text += f"  destination {ife.address.peer}" if ife.flags & IFF_POINTOPOINT else ""
        text += "\n"
    text += _inet6(call, ife.name) + _hardware(ife)
    if ife.stats is not None:
        rx, tx = ife.stats[:8], ife.stats[8:]
        text += (
            f"        RX packets {rx[1]}  bytes {rx[0]} ({_size(rx[0])})\n"
            f"        RX errors {rx[2]}  dropped {rx[3]}  overruns {rx[4]}  frame {rx[5]}\n"
            f"        TX packets {tx[1]}  bytes {tx[0]} ({_size(tx[0])})\n"
            f"        TX errors {tx[2]}  dropped {tx[3]} overruns {tx[4]}  carrier {tx[6]}  collisions {tx[5]}\n"
        )
    return text + "\n"
