"""/proc/net of a namespace: devices, routes, neighbours and groups, as the kernel prints them (`net-procfs.c`, `fib_trie.c`, `arp.c`, `igmp.c`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import attrs

from netsim.addr import IPv4, IPv6, mask4
from netsim.clock import MS
from netsim.kernel.core.netdevice import NetDevice, dev_get_stats
from netsim.kernel.ipv4.igmp import speaks_v2
from netsim.kernel.tables.fib import (
    RT_TABLE_MAIN,
    RTN_BROADCAST,
    RTN_MULTICAST,
    RTN_PROHIBIT,
    RTN_UNREACHABLE,
    Route,
)
from netsim.kernel.tables.fib6 import RTF_ANYCAST, RTF_GATEWAY, RTF_HOST, RTF_LOCAL, RTF_NONEXTHOP, RTF_REJECT, RTF_UP, Fib6Info
from netsim.kernel.tables.inet6 import Ifa6
from netsim.kernel.tables.neigh import NUD_NOARP, NUD_PERMANENT, NUD_VALID
from netsim.machine.procnet_conntrack import nf_conntrack
from netsim.machine.procnet_fib import fib_trie
from netsim.machine.procnet_snmp import netstat, snmp, snmp6
from netsim.machine.procnet_sockets import icmp, packet, raw, raw6, sockstat, sockstat6, tcp, tcp6, udp, udp6, udplite, unix

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ROW = 127
"""Width that the kernel pads the lines of `route` and `udp` to."""
ROUTE_HEAD = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT"
ATF_COM, ATF_PERM, ATF_PUBL = 0x02, 0x04, 0x08
ALL_NODES_HERE, ALL_NODES = IPv6((0xFF01 << 112) | 1), IPv6((0xFF02 << 112) | 1)
MAF_LOADED, MAF_NOREPORT = 0x04, 0x08


def _devices(netns: Netns) -> list[NetDevice]:
    return [netns.devices[ifindex] for ifindex in sorted(netns.devices)]


def dev(netns: Netns) -> str:
    """/proc/net/dev (`dev_seq_printf_stats`)."""
    text = (
        "Inter-|   Receive                                                |  Transmit\n"
        " face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n"
    )
    for device in _devices(netns):
        stats = dev_get_stats(device)
        text += (
            f"{device.name:>6s}: {stats.rx_bytes:7d} {stats.rx_packets:7d} {stats.rx_errors:4d} {stats.rx_dropped:4d} {0:4d} {0:5d} {0:10d} "
            f"{stats.multicast:9d} {stats.tx_bytes:8d} {stats.tx_packets:7d} {stats.tx_errors:4d} {stats.tx_dropped:4d} {0:4d} "
            f"{stats.collisions:5d} {stats.tx_carrier_errors:7d} {0:10d}\n"
        )
    return text


def swapped(address: int) -> int:
    """An IPv4 address as a little-endian machine prints its network order as a number."""
    return int.from_bytes(int(address).to_bytes(4, "big"), "little")


def route(netns: Netns) -> str:
    """/proc/net/route: the main table without broadcast and multicast routes, the first next hop of each (`fib_route_seq_show`)."""
    text = f"{ROUTE_HEAD:<{ROW}s}\n"
    table = netns.inet.fib.tables.get(RT_TABLE_MAIN)
    for known in table.routes() if table is not None else ():
        if known.type not in (RTN_BROADCAST, RTN_MULTICAST):
            text += f"{_route_row(netns, known):<{ROW}s}\n"
    return text


def _route_row(netns: Netns, known: Route) -> str:
    hop = known.nexthops[0] if known.nexthops else None
    out = netns.devices.get(hop.ifindex) if hop is not None else None
    gateway = hop.gateway if hop is not None and hop.gateway is not None else IPv4(0)
    flags = RTF_UP | (RTF_GATEWAY if gateway else 0) | (RTF_HOST if known.length == 32 else 0)
    if known.type in (RTN_UNREACHABLE, RTN_PROHIBIT):
        flags |= RTF_REJECT
    metrics = {name.removesuffix(" lock"): value for name, value in known.metrics}
    advmss = metrics.get("advmss", 0)
    return (
        f"{out.name if out is not None else '*'}\t{swapped(known.dst):08X}\t{swapped(gateway if isinstance(gateway, IPv4) else IPv4(0)):08X}\t{flags:04X}\t0\t0\t{known.priority}\t"
        f"{swapped(mask4(known.length)):08X}\t{advmss + 40 if advmss else 0}\t{metrics.get('window', 0)}\t{metrics.get('rtt', 0) >> 3}"
    )


def arp(netns: Netns) -> str:
    """/proc/net/arp: entries, then proxied addresses (`arp_seq_show`); the kernel's order is that of a seeded hash, here it is that of age."""
    text = "IP address       HW type     Flags       HW address            Mask     Device\n"
    for neigh in netns.inet.arp.entries.values():
        if not neigh.state & ~NUD_NOARP:
            continue
        flags = ATF_PERM | ATF_COM if neigh.state & NUD_PERMANENT else ATF_COM if neigh.state & NUD_VALID else 0
        lladdr = str(neigh.lladdr) if neigh.lladdr is not None else "00:00:00:00:00:00"
        text += f"{neigh.key!s:<16s} 0x{neigh.dev.type:<10x}0x{flags:<10x}{lladdr:<17s}     *        {neigh.dev.name}\n"
    for key, ifindex in netns.inet.arp.proxies:
        device = netns.devices.get(ifindex)
        kind, name = (device.type, device.name) if device is not None else (0, "*")
        text += f"{key!s:<16s} 0x{kind:<10x}0x{ATF_PUBL | ATF_PERM:<10x}00:00:00:00:00:00     *        {name}\n"
    return text


def igmp(netns: Netns) -> str:
    """/proc/net/igmp (`igmp_mc_seq_show`): the version spoken, and when answers are due (1/100 s)."""
    text = "Idx\tDevice    : Count Querier\tGroup    Users Timer\tReporter\n"
    for device in _devices(netns):
        groups = list(device.inet.multicast.items()) if device.inet is not None else []
        if groups:
            text += f"{device.ifindex}\t{device.name:<10s}: {len(groups):5d} {'V2' if speaks_v2(device) else 'V3':>7s}\n"
        for group, users in reversed(groups):
            due = device.inet.report_timers.get(group) if device.inet is not None and device.inet.report_timers else None
            left = (due.when - netns.kernel.clock.now) // (10 * MS) if due is not None and due.pending else 0
            text += f"\t\t\t\t{swapped(group):08X} {users:5d} {int(left > 0)}:{max(0, left):08X}\t\t0\n"
    return text


def dev_mcast(netns: Netns) -> str:
    """/proc/net/dev_mcast (`dev_mc_seq_show`)."""
    text = ""
    for device in _devices(netns):
        for group, users in device.multicast.items():
            text += f"{device.ifindex:<4d} {device.name:<15s} {users:<5d} {0:<5d} {str(group).replace(':', '')}\n"
    return text


def _groups6(device: NetDevice) -> list[tuple[IPv6, int]]:
    """Groups, newest first; all nodes of the interface is joined by every device with IPv6."""
    if device.inet6 is None:
        return []
    known = [(group, users) for group, users in reversed(device.inet6.multicast.items()) if group not in (ALL_NODES, ALL_NODES_HERE)]
    return [*known, (ALL_NODES, device.inet6.multicast.get(ALL_NODES, 1)), (ALL_NODES_HERE, 1)]


def igmp6(netns: Netns) -> str:
    """/proc/net/igmp6 (`igmp6_mc_seq_show`)."""
    text = ""
    for device in _devices(netns):
        for group, users in _groups6(device):
            flags = MAF_NOREPORT if group == ALL_NODES_HERE else MAF_NOREPORT | MAF_LOADED if group == ALL_NODES else MAF_LOADED
            text += f"{device.ifindex:<4d} {device.name:<15s} {int(group):032x} {users:5d} {flags:08X} 0\n"
    return text


def _scope(ifa: Ifa6) -> int:
    if ifa.address == 1:
        return 0x10
    return 0x20 if ifa.address.is_linklocal else 0x40 if ifa.address.is_sitelocal else 0


def if_inet6(netns: Netns) -> str:
    """/proc/net/if_inet6 (`if6_seq_show`); the kernel's order is that of a seeded hash."""
    text = ""
    for device in _devices(netns):
        for ifa in device.inet6.addresses if device.inet6 is not None else ():
            text += f"{int(ifa.address):032x} {device.ifindex:02x} {ifa.length:02x} {_scope(ifa):02x} {ifa.flags & 0xFF:02x} {device.name:>8s}\n"
    return text


def _row6(netns: Netns, route: Fib6Info) -> str:
    out = netns.devices.get(route.ifindex)
    users = 2 if route.flags & (RTF_LOCAL | RTF_ANYCAST) else 1
    flags = route.flags | (0 if route.gateway is None else RTF_GATEWAY)
    gateway = int(route.gateway or 0)
    name = out.name if out is not None else ""
    return f"{int(route.dst):032x} {route.length:02x} {0:032x} 00 {gateway:032x} {route.metric:08x} {users:08x} 00000000 {flags:08x} {name:>8s}\n"


NULL_ENTRY = Fib6Info(IPv6(0), 0, 0xFFFFFFFF, flags=RTF_NONEXTHOP | RTF_REJECT)
"""The route that says there is none; it stands at the root of a table that has no default route."""


def ipv6_route(netns: Netns) -> str:
    """/proc/net/ipv6_route (`rt6_seq_show`); how often a route is in use beyond its table is not counted."""
    text = ""
    null = attrs.evolve(NULL_ENTRY, ifindex=netns.loopback.ifindex)
    for table in netns.inet6.fib.listed():
        rows = table.routes()
        text += "".join(_row6(netns, route) for route in rows)
        if not table.at(0, 0):
            text += _row6(netns, null)
    return text


def ptype(netns: Netns) -> str:
    """/proc/net/ptype: who takes which frames."""
    rows = {0x0800: "ip_rcv", 0x0004: "llc_rcv", 0x0806: "arp_rcv", 0x86DD: "ipv6_rcv"}
    return "Type Device      Function\n" + "".join(f"{number:04x}          {function}\n" for number, function in rows.items())


LISTINGS: dict[str, Callable[[Netns], str]] = {
    "arp": arp, "dev": dev, "dev_mcast": dev_mcast, "fib_trie": fib_trie, "icmp": icmp, "if_inet6": if_inet6, "igmp": igmp, "igmp6": igmp6,
    "ipv6_route": ipv6_route, "nf_conntrack": nf_conntrack, "netstat": netstat, "packet": packet, "ptype": ptype, "raw": raw, "raw6": raw6, "route": route, "snmp": snmp,
    "snmp6": snmp6, "sockstat": sockstat, "sockstat6": sockstat6, "tcp": tcp, "tcp6": tcp6, "udp": udp, "udp6": udp6, "udplite": udplite,
    "unix": unix,
}  # fmt: skip
"""File name -> what it says for a namespace."""
