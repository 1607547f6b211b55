"""/proc/net/snmp, netstat and snmp6: the namespace's counters in the kernel's order (`net/ipv4/proc.c`, `net/ipv6/proc.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.kernel.core.netns import snmp_fold
from netsim.machine.mib import ICMP6_TYPES, IP6_NAMES, NETSTAT_TABLES, SNMP_TABLES, UDP6_NAMES, UDPLITE6_NAMES

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

ESTABLISHED, CLOSE_WAIT = 1, 8
IPPROTO_TCP = 6


def _static(netns: Netns) -> dict[str, int]:
    """What is no counter: settings, and how many connections stand."""
    standing = sum(sock.state in (ESTABLISHED, CLOSE_WAIT) for key, sock in netns.sockets.connected.items() if key[0] == IPPROTO_TCP)
    return {
        "IpForwarding": 1 if netns.inet.conf_all.forwarding else 2,
        "IpDefaultTTL": int(netns.inet.sysctl.get("ip_default_ttl", 64)),
        "TcpRtoAlgorithm": 1,
        "TcpRtoMin": 200,
        "TcpRtoMax": 120000,
        "TcpMaxConn": -1,
        "TcpCurrEstab": standing,
    }


def columns(netns: Netns, table: tuple[str, ...]) -> list[str]:
    """The names of a table that the kernel's release has; `name@618` came with that release."""
    release = netns.kernel.profile.counters
    return [name for name, _, since in (column.partition("@") for column in table) if not since or int(since) <= release]


def _table(netns: Netns, title: str, names: list[str], known: dict[str, int]) -> str:
    mib = snmp_fold(netns)
    values = [known.get(title + name, mib[title + name]) for name in names]
    return f"{title}: {' '.join(names)}\n{title}: {' '.join(map(str, values))}\n"


def _icmp_messages(netns: Netns) -> str:
    """Messages by type, only those that were seen (`icmpmsg_put`)."""
    seen = [f"{way}Type{kind}" for way in ("In", "Out") for kind in range(256) if snmp_fold(netns)[f"IcmpMsg{way}Type{kind}"]]
    return _table(netns, "IcmpMsg", seen, {}) if seen else ""


def snmp(netns: Netns) -> str:
    """/proc/net/snmp."""
    text, known = "", _static(netns)
    for title, names in SNMP_TABLES.items():
        text += _table(netns, title, columns(netns, names), known)
        if title == "Icmp":
            text += _icmp_messages(netns)
    return text


def netstat(netns: Netns) -> str:
    """/proc/net/netstat."""
    tables = ((title, columns(netns, names)) for title, names in NETSTAT_TABLES.items())
    return "".join(_table(netns, title, names, {}) for title, names in tables if names)


def snmp6(netns: Netns) -> str:
    """/proc/net/snmp6: a counter a line; ICMPv6 messages by type only where there were some."""
    mib = snmp_fold(netns)
    names = [f"Ip6{name}" for name in columns(netns, IP6_NAMES)]
    names += ["Icmp6InMsgs", "Icmp6InErrors", "Icmp6OutMsgs", "Icmp6OutErrors", "Icmp6InCsumErrors", *columns(netns, ("Icmp6OutRateLimitHost@603",))]
    names += [f"Icmp6{way}{name}" for way in ("In", "Out") for name in ICMP6_TYPES]
    names += [name for way in ("In", "Out") for kind in range(256) if mib[name := f"Icmp6{way}Type{kind}"]]
    names += [f"Udp6{name}" for name in UDP6_NAMES] + [f"UdpLite6{name}" for name in UDPLITE6_NAMES]
    return "".join(f"{name:<32s}\t{mib[name]}\n" for name in names)
