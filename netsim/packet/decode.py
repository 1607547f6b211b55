"""The bytes of the wire to header values.

A value stands for exactly the bytes it was read from: what it could not give back (reserved bits set, a wrong checksum, a piece of a packet,
headers nested deeper than `DEPTH`) stays bytes at that place. Only trailers after a packet's own length are dropped, as `ip_rcv` trims them,
and a UDP or TCP checksum that is still to be completed (`Checksums.OFFLOADED`) is as good as a right one.
"""

from collections.abc import Callable
from struct import Struct
from typing import TypeVar

from netsim.addr import MAC, IPv4, IPv6
from netsim.packet.decode_icmp6 import ICMPV6_MESSAGES, DecodeError, group_records, need, slices
from netsim.packet.encode import Checksums, encode, encode_content
from netsim.packet.icmp import IcmpEcho, IcmpError, IcmpOther
from netsim.packet.icmp6 import (
    Icmp6Echo,
    Icmp6Error,
    Icmp6Other,
)
from netsim.packet.igmp import Igmp, Igmpv3Query, Igmpv3Record, Igmpv3Report
from netsim.packet.ip import Ip
from netsim.packet.ip6 import DestOpts, Fragment, HopByHop, Ip6, Routing
from netsim.packet.link import Arp, ConfigBpdu, Dot1Q, Ethernet, Llc, TcnBpdu
from netsim.packet.numbers import (
    BPDU_TYPE_CONFIG,
    BPDU_TYPE_TCN,
    ETH_P_802_2,
    ETH_P_802_3_MIN,
    ETH_P_8021AD,
    ETH_P_8021Q,
    ETH_P_ARP,
    ETH_P_IP,
    ETH_P_IPV6,
    ETH_P_TEB,
    GRE_CSUM,
    GRE_KEY,
    GRE_SEQ,
    ICMP_DEST_UNREACH,
    ICMP_ECHO,
    ICMP_ECHOREPLY,
    ICMP_PARAMETERPROB,
    ICMP_REDIRECT,
    ICMP_SOURCE_QUENCH,
    ICMP_TIME_EXCEEDED,
    ICMPV6_DEST_UNREACH,
    ICMPV6_ECHO_REPLY,
    ICMPV6_ECHO_REQUEST,
    ICMPV6_PARAMPROB,
    ICMPV6_PKT_TOOBIG,
    ICMPV6_TIME_EXCEED,
    IGMP_HOST_MEMBERSHIP_QUERY,
    IGMPV3_HOST_MEMBERSHIP_REPORT,
    IPPROTO_DSTOPTS,
    IPPROTO_FRAGMENT,
    IPPROTO_GRE,
    IPPROTO_HOPOPTS,
    IPPROTO_ICMP,
    IPPROTO_ICMPV6,
    IPPROTO_IGMP,
    IPPROTO_IPIP,
    IPPROTO_IPV6,
    IPPROTO_ROUTING,
    IPPROTO_TCP,
    IPPROTO_UDP,
    LLC_SAP_BSPAN,
    TCPOPT_NOP,
    VXLAN_PORT,
)
from netsim.packet.transport import UDP_CSUM, UDP_CSUM_NONE, Tcp, TcpOption, Udp
from netsim.packet.tunnel import Gre, Vxlan
from netsim.packet.value import Header, Payload

DEPTH = 16
"""So many headers may nest (an ICMP error in a tagged frame in a VXLAN in a tagged frame needs eleven)."""


def decode(data: bytes) -> Ethernet:
    """An Ethernet frame. Raises `DecodeError` if it is shorter than its header; whatever is unreadable further in stays bytes."""
    return _ethernet(data, DEPTH)


def decode_ip(data: bytes) -> Ip:
    """An IPv4 packet, a trailer dropped. Raises `DecodeError` if the header is malformed, its checksum wrong or the packet cut short."""
    return _ip(data, DEPTH)


def decode_ip6(data: bytes) -> Ip6:
    """An IPv6 packet, a trailer dropped. Raises `DecodeError` if the header is malformed or the packet cut short."""
    return _ip6(data, DEPTH)


def decode_content(packet: Ip | Ip6, data: bytes) -> Payload:
    """What a packet's protocol makes of bytes as its payload (after reassembly); bytes if it makes nothing of them."""
    if isinstance(packet, Ip):
        return _content4(packet, data, DEPTH)
    return _content6(packet, packet.nexthdr, data, DEPTH)


_T = TypeVar("_T", bound=Header)

_ETHERNET = Struct("!6s6sH")
_ARP = Struct("!HHBBH6s4s6s4s")
_BPDU = Struct("!HBBBQIQHHHHH")
_IP = Struct("!BBHHHBBH4s4s")
_IP6 = Struct("!IHBB16s16s")
_FRAGMENT = Struct("!BBHI")
_UDP = Struct("!HHHH")
_TCP = Struct("!HHIIHHHH")


def _exactly(value: Payload, data: bytes) -> Payload:
    if not any(encode(value, checksums) == data for checksums in Checksums):
        raise DecodeError(f"not plain {type(value).__name__}")
    return value


def _is_content(packet: Ip | Ip6, data: bytes) -> bool:
    return any(encode_content(packet, checksums) == data for checksums in Checksums)


def _ethernet(data: bytes, depth: int) -> Ethernet:
    need(data, 14, "Ethernet header")
    dst, src, ethertype = _ETHERNET.unpack_from(data)
    ethertype, payload = _after_type(ethertype, data[14:], depth - 1)
    return Ethernet(MAC.from_bytes(dst), MAC.from_bytes(src), ethertype, payload)


def _after_type(ethertype: int, data: bytes, depth: int) -> tuple[int, Payload]:
    """What follows a type field; a length there becomes `ETH_P_802_2`, unless it promises more than there is."""
    if ethertype < ETH_P_802_3_MIN:
        if ethertype > len(data):
            if ethertype == ETH_P_802_2:
                raise DecodeError("802.3 frame shorter than its length")
            return ethertype, data
        return ETH_P_802_2, _network(ETH_P_802_2, data[:ethertype], depth)
    return ethertype, _network(ethertype, data, depth)


def _network(ethertype: int, data: bytes, depth: int) -> Payload:
    decoder = _NETWORK.get(ethertype)
    if decoder is None or depth <= 0:
        return data
    try:
        return decoder(data, depth)
    except DecodeError:
        return data


def _dot1q(data: bytes, depth: int) -> Dot1Q:
    need(data, 4, "VLAN tag")
    tci = int.from_bytes(data[:2], "big")
    ethertype, payload = _after_type(int.from_bytes(data[2:4], "big"), data[4:], depth - 1)
    return Dot1Q(tci & 0xFFF, tci >> 13, tci >> 12 & 1, ethertype, payload)


def _llc(data: bytes, _depth: int) -> Llc:
    need(data, 3, "LLC header")
    payload: Payload = data[3:]
    if data[0] == data[1] == LLC_SAP_BSPAN:
        try:
            payload = _exactly(_bpdu(data[3:]), data[3:])
        except DecodeError:
            payload = data[3:]
    return Llc(data[0], data[1], data[2], payload)


def _bpdu(data: bytes) -> ConfigBpdu | TcnBpdu:
    need(data, 4, "BPDU")
    if data[3] == BPDU_TYPE_TCN:
        return TcnBpdu()
    need(data, 35, "configuration BPDU")
    _protocol, _version, kind, *fields = _BPDU.unpack_from(data)
    if kind != BPDU_TYPE_CONFIG:
        raise DecodeError(f"BPDU of type {kind}")
    return ConfigBpdu(*fields)


def _arp(data: bytes, _depth: int) -> Arp:
    need(data, 28, "ARP message")
    hardware, protocol, hlen, plen, op, sha, spa, tha, tpa = _ARP.unpack_from(data)
    if (hardware, protocol, hlen, plen) != (1, ETH_P_IP, 6, 4):
        raise DecodeError("ARP for other than IPv4 over Ethernet")
    return Arp(op, MAC.from_bytes(sha), IPv4.from_bytes(spa), MAC.from_bytes(tha), IPv4.from_bytes(tpa))


def _ip(data: bytes, depth: int) -> Ip:
    need(data, 20, "IP header")
    first, tos, total, ident, fragment, ttl, protocol, _check, src, dst = _IP.unpack_from(data)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < 20 or total < header:
        raise DecodeError("malformed IP header")
    need(data, total, "IP packet")
    shell = Ip(
        IPv4.from_bytes(src), IPv4.from_bytes(dst), protocol, ttl, tos, ident, fragment >> 13, (fragment & 0x1FFF) << 3, data[20:header]
    )  # fmt: skip
    body = data[header:total]
    packet = shell.with_payload(_content4(shell, body, depth - 1))
    _exactly(packet, data[:total])
    return packet


def _content4(packet: Ip, data: bytes, depth: int) -> Payload:
    decoder = _TRANSPORT4.get(packet.protocol)
    if decoder is None or depth <= 0 or packet.is_fragment:
        return data
    try:
        value = decoder(data, depth)
        if _is_content(packet.with_payload(value), data):
            return value
    except DecodeError:
        pass
    return data


def _ip6(data: bytes, depth: int) -> Ip6:
    need(data, 40, "IPv6 header")
    first, length, nexthdr, hop_limit, src, dst = _IP6.unpack_from(data)
    if first >> 28 != 6:
        raise DecodeError("malformed IPv6 header")
    need(data, 40 + length, "IPv6 packet")
    shell = Ip6(IPv6.from_bytes(src), IPv6.from_bytes(dst), nexthdr, hop_limit, first >> 20 & 255, first & 0xFFFFF)
    return shell.with_payload(_content6(shell, nexthdr, data[40 : 40 + length], depth - 1))


def _content6(packet: Ip6, nexthdr: int, data: bytes, depth: int) -> Payload:
    """The chain of extension headers and what it ends in; a chain that would not encode to the same bytes stays bytes."""
    try:
        value = _chain6(nexthdr, data, depth, _upper6)
        if _is_content(packet.with_content(nexthdr, value), data):
            return value
        value = _chain6(nexthdr, data, depth, _plain)
        if _is_content(packet.with_content(nexthdr, value), data):
            return value
    except DecodeError:
        pass
    return data


def _upper6(nexthdr: int, data: bytes, depth: int) -> Payload:
    decoder = _TRANSPORT6.get(nexthdr)
    if decoder is None or depth <= 0:
        return data
    try:
        return decoder(data, depth)
    except DecodeError:
        return data


def _plain(_nexthdr: int, data: bytes, _depth: int) -> Payload:
    return data


def _chain6(nexthdr: int, data: bytes, depth: int, upper: Callable[[int, bytes, int], Payload]) -> Payload:
    if depth <= 0 or nexthdr not in (IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_ROUTING, IPPROTO_FRAGMENT):
        return upper(nexthdr, data, depth)
    need(data, 8, "extension header")
    if nexthdr == IPPROTO_FRAGMENT:
        following, _reserved, offset, ident = _FRAGMENT.unpack_from(data)
        return Fragment(following, offset & 0xFFF8, offset & 1, ident, data[8:])
    size = 8 + data[1] * 8
    need(data, size, "extension header")
    rest = _chain6(data[0], data[size:], depth - 1, upper)
    if nexthdr == IPPROTO_ROUTING:
        return Routing(data[0], data[2], data[3], data[4:size], rest)
    kind = HopByHop if nexthdr == IPPROTO_HOPOPTS else DestOpts
    return kind(data[0], data[2:size], rest)


def _icmp(data: bytes, depth: int) -> IcmpEcho | IcmpError | IcmpOther:
    need(data, 8, "ICMP message")
    kind, code, rest, body = data[0], data[1], int.from_bytes(data[4:8], "big"), data[8:]
    if kind in (ICMP_ECHO, ICMP_ECHOREPLY):
        return IcmpEcho(kind, code, rest >> 16, rest & 0xFFFF, body)
    if kind in _ICMP_ERRORS:
        return IcmpError(kind, code, rest, _quoted(_ip, body, depth), max(548, len(body)))
    return IcmpOther(kind, code, rest, body)


def _quoted(decoder: Callable[[bytes, int], _T], data: bytes, depth: int) -> _T | bytes:
    """The packet an error is about, if all of it is there."""
    if depth <= 1:
        return data
    try:
        packet = decoder(data, depth - 1)
        _exactly(packet, data)
    except DecodeError:
        return data
    return packet


def _icmp6(data: bytes, depth: int) -> Header:
    need(data, 8, "ICMPv6 message")
    kind, code, rest, body = data[0], data[1], int.from_bytes(data[4:8], "big"), data[8:]
    if kind in (ICMPV6_ECHO_REQUEST, ICMPV6_ECHO_REPLY):
        return Icmp6Echo(kind, code, rest >> 16, rest & 0xFFFF, body)
    if kind in _ICMPV6_ERRORS:
        return Icmp6Error(kind, code, rest, _quoted(_ip6, body, depth), max(1232, len(body)))
    decoder = ICMPV6_MESSAGES.get(kind)
    if decoder is not None:
        try:
            # Addresses of the pseudo header do not matter here, so compare all but the checksum.
            value = decoder(kind, rest, body)
            wire = encode(value)
            if wire[:2] + wire[4:] == data[:2] + data[4:]:
                return value
        except DecodeError:
            pass
    return Icmp6Other(kind, code, rest, body)


def _igmp(data: bytes, _depth: int) -> Igmp | Igmpv3Query | Igmpv3Report:
    need(data, 8, "IGMP message")
    kind, code, rest, body = data[0], data[1], int.from_bytes(data[4:8], "big"), data[8:]
    if kind == IGMPV3_HOST_MEMBERSHIP_REPORT:
        records = group_records(body, rest & 0xFFFF, 4)
        return Igmpv3Report(
            tuple(Igmpv3Record(kind, IPv4.from_bytes(group), tuple(map(IPv4.from_bytes, sources))) for kind, group, sources in records)
        )
    if kind == IGMP_HOST_MEMBERSHIP_QUERY and len(data) >= 12:
        return Igmpv3Query(code, IPv4(rest), body[0], body[1], tuple(map(IPv4.from_bytes, slices(body[4:], 4))))
    return Igmp(kind, code, IPv4(rest))


def _udp(data: bytes, depth: int) -> Udp:
    need(data, 8, "UDP header")
    sport, dport, _length, check = _UDP.unpack_from(data)
    payload: Payload = data[8:]
    if dport == VXLAN_PORT and depth > 1:
        try:
            vxlan = _vxlan(data[8:], depth - 1)
            payload = _exactly(vxlan, data[8:])
        except DecodeError:
            payload = data[8:]
    return Udp(sport, dport, payload, UDP_CSUM if check else UDP_CSUM_NONE)


def _tcp(data: bytes, _depth: int) -> Tcp:
    need(data, 20, "TCP header")
    sport, dport, seq, ack, word, window, _check, urgent = _TCP.unpack_from(data)
    header = (word >> 12) * 4
    if header < 20:
        raise DecodeError("malformed TCP header")
    need(data, header, "TCP header")
    return Tcp(sport, dport, seq, ack, word & 0xFFF, window, _tcp_options(data[20:header]), urgent, data[header:])


def _tcp_options(data: bytes) -> tuple[TcpOption, ...]:
    options = []
    at = 0
    while at < len(data):
        kind = data[at]
        if kind == 0:
            if at + 3 < len(data) or any(data[at:]):
                options.append(TcpOption(kind, data[at + 1 :]))
            break
        size = 1 if kind == TCPOPT_NOP else data[at + 1] if at + 1 < len(data) else 0
        if size == 0 or (kind != TCPOPT_NOP and size < 2) or at + size > len(data):
            options.append(TcpOption(-1, data[at:]))
            break
        options.append(TcpOption(kind, data[at + 2 : at + size] if size > 1 else b""))
        at += size
    return tuple(options)


def _gre(data: bytes, depth: int) -> Gre:
    need(data, 4, "GRE header")
    flags, protocol = int.from_bytes(data[:2], "big"), int.from_bytes(data[2:4], "big")
    if flags & ~(GRE_CSUM | GRE_KEY | GRE_SEQ):
        raise DecodeError("GRE with routing or of another version")
    at = 8 if flags & GRE_CSUM else 4
    words = []
    for flag in (GRE_KEY, GRE_SEQ):
        words.append(int.from_bytes(data[at : at + 4], "big") if flags & flag else 0)
        at += 4 if flags & flag else 0
    need(data, at, "GRE header")
    try:
        payload = _exactly(_network(protocol, data[at:], depth - 1), data[at:])
    except DecodeError:
        payload = data[at:]
    return Gre(protocol, payload, flags, *words)


def _vxlan(data: bytes, depth: int) -> Vxlan:
    need(data, 8, "VXLAN header")
    return Vxlan(int.from_bytes(data[4:7], "big"), _ethernet(data[8:], depth - 1))


_ICMP_ERRORS = frozenset((ICMP_DEST_UNREACH, ICMP_SOURCE_QUENCH, ICMP_REDIRECT, ICMP_TIME_EXCEEDED, ICMP_PARAMETERPROB))
_ICMPV6_ERRORS = frozenset((ICMPV6_DEST_UNREACH, ICMPV6_PKT_TOOBIG, ICMPV6_TIME_EXCEED, ICMPV6_PARAMPROB))
_NETWORK: dict[int, Callable[[bytes, int], Header]] = {
    ETH_P_802_2: _llc,
    ETH_P_IP: _ip,
    ETH_P_ARP: _arp,
    ETH_P_8021Q: _dot1q,
    ETH_P_8021AD: _dot1q,
    ETH_P_IPV6: _ip6,
    ETH_P_TEB: _ethernet,
}
_TRANSPORT4: dict[int, Callable[[bytes, int], Header]] = {
    IPPROTO_ICMP: _icmp,
    IPPROTO_IGMP: _igmp,
    IPPROTO_IPIP: _ip,
    IPPROTO_TCP: _tcp,
    IPPROTO_UDP: _udp,
    IPPROTO_IPV6: _ip6,
    IPPROTO_GRE: _gre,
}
_TRANSPORT6: dict[int, Callable[[bytes, int], Header]] = {
    IPPROTO_ICMPV6: _icmp6,
    IPPROTO_IPIP: _ip,
    IPPROTO_TCP: _tcp,
    IPPROTO_UDP: _udp,
    IPPROTO_IPV6: _ip6,
    IPPROTO_GRE: _gre,
}
