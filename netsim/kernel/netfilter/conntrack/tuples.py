"""From packets to tuples (`nf_ct_get_tuple`, `*_pkt_to_tuple`)."""

from __future__ import annotations

from typing import Any

from netsim.kernel.core.hooks import PF_INET, PF_INET6
from netsim.kernel.netfilter.headers import protocol_of, transport_of
from netsim.kernel.tables.conntrack import PROTO_GRE, PROTO_ICMP, PROTO_ICMP6, WITH_PORTS, Tuple
from netsim.packet import Gre, Icmp6Echo, Icmp6Error, IcmpEcho, IcmpError, IcmpOther, Ip, Tcp, Udp
from netsim.packet.codec import encode_content


def tuple_of(packet: Any) -> Tuple | None:
    """The tuple of a packet, or None when its transport header cannot be read."""
    family = PF_INET if isinstance(packet, Ip) else PF_INET6
    protocol = protocol_of(packet)
    header = transport_of(packet)
    if isinstance(header, (Udp, Tcp)):
        return Tuple(family, protocol, packet.src, packet.dst, header.sport, header.dport)
    if protocol in (PROTO_ICMP, PROTO_ICMP6):
        return _of_icmp(family, protocol, packet, header)
    if protocol == PROTO_GRE and isinstance(header, Gre):
        return Tuple(family, protocol, packet.src, packet.dst)
    if protocol in WITH_PORTS:
        return _of_bytes(family, protocol, packet, header)
    if isinstance(packet, Ip) and packet.offset:
        return None
    return Tuple(family, protocol, packet.src, packet.dst)


def _of_icmp(family: int, protocol: int, packet: Any, header: Any) -> Tuple | None:
    kind, code = getattr(header, "type", None), getattr(header, "code", 0)
    if kind is None:
        return None
    if isinstance(header, (IcmpEcho, Icmp6Echo)):
        ident = header.ident
    elif isinstance(header, (IcmpError, Icmp6Error, IcmpOther)):
        ident = header.rest >> 16
    else:
        ident = 0
    return Tuple(family, protocol, packet.src, packet.dst, ident, kind << 8 | code)


def _of_bytes(family: int, protocol: int, packet: Any, header: Any) -> Tuple | None:
    """SCTP, DCCP and UDP-Lite begin with their ports; so does a quoted piece of TCP or UDP."""
    data = header if isinstance(header, bytes) else encode_content(packet)[:4]
    if len(data) < 4:
        return None
    return Tuple(family, protocol, packet.src, packet.dst, int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big"))
