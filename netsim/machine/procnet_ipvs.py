"""/proc/net/ip_vs, ip_vs_conn and ip_vs_stats (`ip_vs_ctl.c`, `ip_vs_conn.c`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netsim.clock import SECOND
from netsim.kernel.core.hooks import PF_INET
from netsim.kernel.netfilter.ipvs import estimate
from netsim.kernel.netfilter.ipvs.ctl import ipvs_of, services_of
from netsim.kernel.netfilter.ipvs.states import state_name
from netsim.kernel.tables.ipvs import COUNTED, DROUTE, MASQ, SVC_ONEPACKET, SVC_PERSISTENT, TUNNEL, Destination, Service, VsConnection

if TYPE_CHECKING:
    from netsim.kernel.core.netns import Netns

HEAD = """\
IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
"""
METHODS = {MASQ: "Masq", TUNNEL: "Tunnel", DROUTE: "Route"}
PROTOCOLS = {6: "TCP", 17: "UDP", 0: "IP"}


def _address(family: int, address: int) -> str:
    """Hexadecimal digits; IPv6 ones in all their groups."""
    if family == PF_INET:
        return f"{address:08X}"
    digits = f"{address:032x}"
    return ":".join(digits[at : at + 4] for at in range(0, 32, 4))


def ip_vs(netns: Netns) -> str:
    """Services and their destinations (`ip_vs_info_seq_show`)."""
    return HEAD + "".join(_service(netns, service) for service in services_of(netns))


def _service(netns: Netns, service: Service) -> str:
    address = _address(service.family, service.address)
    if service.fwmark:
        name = f"FWM  {service.fwmark:08X}"
    elif service.family == PF_INET:
        name = f"{PROTOCOLS[service.protocol]}  {address}:{service.port:04X}"
    else:
        name = f"{PROTOCOLS[service.protocol]}  [{address}]:{service.port:04X}"
    text = f"{name} {service.scheduler} {'ops ' if service.flags & SVC_ONEPACKET else ''}"
    if service.flags & SVC_PERSISTENT:
        text += f"persistent {service.timeout * netns.kernel.profile.hz} {_netmask(service):08X}"
    return text + "\n" + "".join(_destination(destination) for destination in service.destinations)


def _netmask(service: Service) -> int:
    """An IPv6 prefix length stands where an IPv4 mask does, its bytes swapped."""
    if service.family == PF_INET:
        return service.netmask
    return int.from_bytes(service.netmask.to_bytes(4, "little"), "big")


def _destination(d: Destination) -> str:
    if d.family == PF_INET:
        return f"  -> {d.address:08X}:{d.port:04X}      {METHODS[d.method]:<7s} {d.weight:<6d} {d.active:<10d} {d.inactive:<10d}\n"
    return f"  -> [{_address(d.family, d.address)}]:{d.port:04X}      {METHODS[d.method]:<7s} {d.weight:<6d} {d.active:<10d} {d.inactive:<10d}\n"


def ip_vs_conn(netns: Netns) -> str:
    """Connections, oldest first (`ip_vs_conn_seq_show`; the kernel's order is that of a seeded hash)."""
    state, now = ipvs_of(netns), netns.kernel.clock.now
    text = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
    return text + "".join(_connection(known, now) for known in (*state.templates.values(), *state.incoming.values()))


def _connection(c: VsConnection, now: int) -> str:
    client, virtual, real = _address(c.family, c.caddr), _address(c.family, c.vaddr), _address(c.dfamily, c.daddr)
    ends = f"{client} {c.cport:04X} {virtual} {c.vport:04X} {real} {c.dport:04X}"
    return f"{PROTOCOLS[c.protocol]:<3s} {ends} {state_name(c):<11s} {max(0, c.expires - now) // SECOND:7d}\n"


def ip_vs_stats(netns: Netns) -> str:
    """The sums of all counters, and their averages, in hexadecimal (`ip_vs_stats_show`)."""
    stats = ipvs_of(netns).stats
    estimate.settle(netns, stats)
    counts, rates = estimate.counts(stats), estimate.rates(stats)
    return (
        "   Total Incoming Outgoing         Incoming         Outgoing\n"
        "   Conns  Packets  Packets            Bytes            Bytes\n"
        f"{_row(counts)}\n"
        " Conns/s   Pkts/s   Pkts/s          Bytes/s          Bytes/s\n"
        f"{_row(rates)}"
    )


def _row(numbers: dict[str, int]) -> str:
    return " ".join(f"{numbers[name]:{16 if 'bytes' in name else 8}X}" for name in COUNTED) + "\n"


LISTINGS = {"ip_vs": ip_vs, "ip_vs_conn": ip_vs_conn, "ip_vs_stats": ip_vs_stats}
"""There once the module is."""
