"""/proc/net/nf_conntrack and /proc/net/stat/nf_conntrack, and the words connections are listed in everywhere (`nf_conntrack_standalone.c`)."""

from __future__ import annotations

from collections.abc import Callable

from netsim.addr import IPv4, IPv6
from netsim.clock import MS, SECOND
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.core.netns import Netns
from netsim.kernel.netfilter.conntrack.tcp_states import NAMES
from netsim.kernel.tables.conntrack import IPS_ASSURED, IPS_SEEN_REPLY, ORIGINAL, REPLY, Connection, Tuple

L4_NAMES = {1: "icmp", 6: "tcp", 17: "udp", 33: "dccp", 47: "gre", 58: "icmpv6", 132: "sctp", 136: "udplite"}
WITH_PORTS = frozenset({6, 17, 33, 132, 136})
JIFFY = 4 * MS


def address_text(tuple_: Tuple, address: int) -> str:
    """An address as tools print it."""
    return str(IPv4(address) if tuple_.family == PF_INET else IPv6(address))


def long_address(tuple_: Tuple, address: int) -> str:
    """An address as the kernel prints it: all zeros of IPv6 written out."""
    if tuple_.family == PF_INET:
        return str(IPv4(address))
    return ":".join(f"{address >> shift & 0xFFFF:04x}" for shift in range(112, -1, -16))


def tuple_text(tuple_: Tuple, word: Callable[[Tuple, int], str]) -> str:
    """One direction: addresses, then ports, keys or type, code and id; each part with a blank after it."""
    text = f"src={word(tuple_, tuple_.src)} dst={word(tuple_, tuple_.dst)} "
    if tuple_.protocol in WITH_PORTS:
        return text + f"sport={tuple_.sport} dport={tuple_.dport} "
    if tuple_.protocol in (1, 58):
        return text + f"type={tuple_.dport >> 8} code={tuple_.dport & 255} id={tuple_.sport} "
    return text + "srckey=0x0 dstkey=0x0 " if tuple_.protocol == 47 else text


def seconds_left(connection: Connection, now: int) -> int:
    """What the timeout column says: whole seconds, counted in jiffies as the kernel does (`nf_ct_expires`)."""
    return max(0, connection.timeout // JIFFY - now // JIFFY) * JIFFY // SECOND


def state_text(connection: Connection) -> str:
    """The state of a TCP connection, with a blank; nothing for others."""
    return f"{NAMES[connection.tcp.state]} " if connection.tcp is not None else ""


def counters_text(connection: Connection, direction: int) -> str:
    """What was counted in one direction, where accounting is on."""
    if connection.packets is None or connection.bytes is None:
        return ""
    return f"packets={connection.packets[direction]} bytes={connection.bytes[direction]} "


def zone_text(connection: Connection, directions: int) -> str:
    """The zone, under the name of the directions it holds for."""
    if not connection.zone or connection.zone_directions != directions:
        return ""
    return f"{ {1: 'zone-orig', 2: 'zone-reply', 3: 'zone'}[directions] }={connection.zone} "


def ends_text(connection: Connection, word: Callable[[Tuple, int], str]) -> str:
    """Both directions with their counters and the marks between."""
    text = tuple_text(connection.original, word) + zone_text(connection, 1) + counters_text(connection, ORIGINAL)
    if not connection.status & IPS_SEEN_REPLY:
        text += "[UNREPLIED] "
    text += tuple_text(connection.reply, word) + zone_text(connection, 2) + counters_text(connection, REPLY)
    return text + ("[ASSURED] " if connection.status & IPS_ASSURED else "")


def nf_conntrack(netns: Netns) -> str:
    """/proc/net/nf_conntrack (`ct_seq_show`); the kernel's order is that of a seeded hash, here it is that of age."""
    state = netns.netfilter
    if state is None:
        return ""
    now, text = netns.kernel.clock.now, ""
    for connection in state.conntrack.connections(now):
        original = connection.original
        family = f"{'ipv4' if original.family == PF_INET else 'ipv6':<8s} {original.family}"
        protocol = f"{L4_NAMES.get(original.protocol, 'unknown'):<8s} {original.protocol}"
        delta = f"delta-time={(now - connection.began) // SECOND} " if connection.began else ""
        text += f"{family} {protocol} {seconds_left(connection, now)} {_own(netns, connection)}{ends_text(connection, long_address)}"
        zone = f"zone={connection.zone} " if connection.zone_directions == 3 else ""
        text += f"mark={connection.mark} {zone}{delta}use=2\n"
    return text


def _own(netns: Netns, connection: Connection) -> str:
    if connection.original.protocol == 47:
        conf = netns.netfilter.conntrack.conf
        return f"timeout={conf.gre_timeout}, stream_timeout={conf.gre_timeout_stream} "
    return state_text(connection)
