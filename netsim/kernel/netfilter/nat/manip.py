"""Rewriting packets (`nf_nat_manip_pkt`)."""

from __future__ import annotations

from typing import Any

from netsim.addr import IPv4, IPv6
from netsim.kernel.netfilter.nat.ranges import MANIP_SRC
from netsim.kernel.tables.conntrack import ICMP6_TURNS, ICMP_TURNS, WITH_PORTS, Tuple
from netsim.packet import DestOpts, Fragment, HopByHop, Icmp6Echo, IcmpEcho, IcmpOther, Ip, Routing, Tcp, Udp

LEAST = {17: 8, 136: 8, 132: 8, 33: 8, 47: 8, 1: 8, 58: 8}
"""Bytes of a header that must be there to be written to (`l4proto_manip_pkt`)."""
_EXTENSIONS = (HopByHop, Routing, DestOpts)


def manipulated(packet: Any, target: Tuple, manip: int) -> Any:
    """The packet with its source (or destination) address and port, or its ICMP id, as the target says; the packet itself when that was done before."""
    if type(packet) is Ip:
        payload = packet.payload
        if type(payload) is Udp:
            if manip == MANIP_SRC:
                if payload.sport == target.sport and packet.src == target.src:
                    return packet
                payload = payload.with_sport(target.sport)
            else:
                if payload.dport == target.dport and packet.dst == target.dst:
                    return packet
                payload = payload.with_dport(target.dport)
        elif not packet.offset:
            payload = _transport(payload, packet.protocol, target, manip)
        address = target.src if manip == MANIP_SRC else target.dst
        if type(address) is not IPv4:
            address = IPv4(address)
        return packet.with_ends(address, packet.dst, payload) if manip == MANIP_SRC else packet.with_ends(packet.src, address, payload)
    payload = _behind_extensions(packet.payload, packet.nexthdr, target, manip)
    if manip == MANIP_SRC:
        return packet.with_ends(IPv6(target.src), packet.dst, payload)
    return packet.with_ends(packet.src, IPv6(target.dst), payload)


def is_writable(packet: Any) -> bool:
    """Whether there is enough of the transport header to translate the packet; what is cut shorter is dropped."""
    if type(packet.payload) is Udp or type(packet) is not Ip or packet.offset:
        return True
    return packet.size - packet.header_size >= LEAST.get(packet.protocol, 0)


def _behind_extensions(payload: Any, protocol: int, target: Tuple, manip: int) -> Any:
    if isinstance(payload, _EXTENSIONS):
        return payload.with_payload(_behind_extensions(payload.payload, payload.nexthdr, target, manip))
    if isinstance(payload, Fragment):
        return payload  # tracked packets are whole; this is one that was not put together
    return _transport(payload, protocol, target, manip)


def _transport(payload: Any, protocol: int, target: Tuple, manip: int) -> Any:
    kind = type(payload)
    if kind is Udp or kind is Tcp:
        return payload.with_sport(target.sport) if manip == MANIP_SRC else payload.with_dport(target.dport)
    if kind is IcmpEcho or kind is Icmp6Echo:
        return kind(payload.type, payload.code, target.sport, payload.seq, payload.data)
    if kind is IcmpOther and payload.type in ICMP_TURNS:
        return IcmpOther(payload.type, payload.code, target.sport << 16 | payload.rest & 0xFFFF, payload.data)
    if kind is bytes:
        return _bytes(payload, protocol, target, manip)
    return payload


def _bytes(data: bytes, protocol: int, target: Tuple, manip: int) -> bytes:
    """Protocols kept as bytes, and pieces of packets that errors quote."""
    if protocol in WITH_PORTS and len(data) >= 4:
        if manip == MANIP_SRC:
            return target.sport.to_bytes(2, "big") + data[2:]
        return data[:2] + target.dport.to_bytes(2, "big") + data[4:]
    if protocol in (1, 58) and len(data) >= 8 and data[0] in (ICMP_TURNS if protocol == 1 else ICMP6_TURNS):
        return data[:4] + target.sport.to_bytes(2, "big") + data[6:]
    return data
