"""From packets to tuples (`nf_ct_get_tuple`, `*_pkt_to_tuple`)."""

from __future__ import annotations

from typing import Any

from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.headers import content_of, protocol_of, transport_of
from netsim.kernel.tables.conntrack import PROTO_ICMP, PROTO_ICMP6, WITH_PORTS, Tuple
from netsim.packet import Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, IcmpOther, Ip, Tcp, Udp
from netsim.packet.codec import encode


def tuple_of(packet: Any, zone: int = 0) -> Tuple | None:
    """The tuple of a packet, or None when its transport header cannot be read."""
    header = packet.payload
    if type(packet) is Ip and isinstance(header, (Udp, Tcp)):
        return Tuple(PF_INET, packet.protocol, packet.src, packet.dst, header.sport, header.dport, zone)
    return _other(packet, zone)


def tuple_of_quoted(packet: Any, zone: int = 0) -> Tuple | None:
    """The tuple of a packet an error quotes: eight bytes of a transport header are enough."""
    found = tuple_of(packet, zone)
    protocol, data = protocol_of(packet), content_of(packet)
    if found is None and protocol in WITH_PORTS and len(data) >= 8:
        return _of_bytes(PF_INET if isinstance(packet, Ip) else PF_INET6, protocol, packet, data, zone)
    return found


def _other(packet: Any, zone: int) -> Tuple | None:
    family = PF_INET if isinstance(packet, Ip) else PF_INET6
    protocol = protocol_of(packet)
    header = transport_of(packet)
    if isinstance(header, (Udp, Tcp)):
        return Tuple(family, protocol, packet.src, packet.dst, header.sport, header.dport, zone)
    if header is None:
        return None
    if protocol == (PROTO_ICMP if family == PF_INET else PROTO_ICMP6):
        return _of_icmp(family, protocol, packet, header, zone)
    if protocol in WITH_PORTS:
        return _of_bytes(family, protocol, packet, header, zone)
    return Tuple(family, protocol, packet.src, packet.dst, 0, 0, zone)


def _of_icmp(family: int, protocol: int, packet: Any, header: Any, zone: int) -> Tuple | None:
    if isinstance(header, bytes):
        if len(header) < 8:
            return None
        return Tuple(family, protocol, packet.src, packet.dst, int.from_bytes(header[4:6], "big"), int.from_bytes(header[:2], "big"), zone)
    kind, code = getattr(header, "type", None), getattr(header, "code", 0)
    if kind is None:
        return None
    if isinstance(header, (IcmpEcho, Icmp6Echo)):
        ident = header.ident
    elif isinstance(header, (IcmpError, Icmp6Error, IcmpOther)):
        ident = header.rest >> 16
    else:
        ident = 0
    return Tuple(family, protocol, packet.src, packet.dst, ident, kind << 8 | code, zone)


def _of_bytes(family: int, protocol: int, packet: Any, header: Any, zone: int) -> Tuple | None:
    """SCTP, DCCP and UDP-Lite begin with their ports; so does a quoted piece of TCP or UDP."""
    data = header if isinstance(header, bytes) else encode(header)
    if len(data) < 4:
        return None
    return Tuple(family, protocol, packet.src, packet.dst, int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"), zone)
