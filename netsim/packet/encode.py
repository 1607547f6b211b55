"""Header values to the bytes of the wire."""

import enum
from collections.abc import Callable
from struct import Struct
from typing import Any

from netsim.packet.checksum import checksum, fold, transport_checksum, words
from netsim.packet.icmp import IcmpEcho, IcmpError, IcmpOther
from netsim.packet.icmp6 import (
    Icmp6Echo,
    Icmp6Error,
    Icmp6Other,
    Mld,
    Mldv2Query,
    Mldv2Record,
    Mldv2Report,
    NdLinkAddr,
    NdMtu,
    NdOption,
    NdPrefix,
    NeighAdvert,
    NeighSolicit,
    Redirect6,
    RouterAdvert,
    RouterSolicit,
)
from netsim.packet.igmp import Igmp, Igmpv3Query, Igmpv3Record, Igmpv3Report
from netsim.packet.ip import Ip
from netsim.packet.ip6 import DestOpts, Fragment, HopByHop, Ip6, Routing
from netsim.packet.link import Arp, ConfigBpdu, Dot1Q, Ethernet, Llc, TcnBpdu
from netsim.packet.numbers import (
    BPDU_TYPE_TCN,
    ETH_P_802_2,
    GRE_CSUM,
    GRE_KEY,
    GRE_SEQ,
    ICMPV6_MLD2_REPORT,
    IGMP_HOST_MEMBERSHIP_QUERY,
    IGMPV3_HOST_MEMBERSHIP_REPORT,
    IPPROTO_ICMPV6,
    IPPROTO_TCP,
    IPPROTO_UDP,
    ND_OPT_MTU,
    ND_OPT_PREFIX_INFO,
    NDISC_NEIGHBOUR_ADVERTISEMENT,
    NDISC_NEIGHBOUR_SOLICITATION,
    NDISC_REDIRECT,
    NDISC_ROUTER_ADVERTISEMENT,
    NDISC_ROUTER_SOLICITATION,
    TCP_RST,
    TCPOPT_NOP,
)
from netsim.packet.transport import UDP_CSUM_NONE, Tcp, TcpOption, Udp
from netsim.packet.tunnel import Gre, Vxlan
from netsim.packet.value import Payload


class Checksums(enum.Enum):
    """Which checksums UDP and TCP carry."""

    COMPLETE = enum.auto()
    """Right ones, as on a cable."""
    OFFLOADED = enum.auto()
    """As a capture on a virtual device shows them: the sum of the pseudo header only, left for hardware to complete (`CHECKSUM_PARTIAL`)."""


def encode(value: Payload, checksums: Checksums = Checksums.COMPLETE) -> bytes:
    """The bytes of a header value with all it carries; bytes stay as they are.

    A transport header alone gets its checksum as if the pseudo header summed to zero: encode it inside its `Ip` or `Ip6`. Raises `ValueError`
    or `struct.error` where a field does not fit its place, which only a programming error can cause.
    """
    return _encode(value, 0, checksums)


def encode_content(packet: Ip | Ip6, checksums: Checksums = Checksums.COMPLETE) -> bytes:
    """What follows the fixed header and options of an IP packet, with checksums over the right pseudo header (what is cut into fragments)."""
    if isinstance(packet, Ip) and _is_stateless_reset(packet.payload):
        checksums = Checksums.COMPLETE
    return _encode(packet.payload, packet.src + _final_dst(packet), checksums)


def is_offloaded(value: Payload) -> bool:
    """Whether the innermost transport header of a frame is one that Linux leaves to hardware."""
    while not isinstance(value, bytes | Udp | Tcp):
        if isinstance(value, Ip) and _is_stateless_reset(value.payload):
            return False
        value = getattr(value, "payload", b"")
    return isinstance(value, Tcp) or (isinstance(value, Udp) and value.csum != UDP_CSUM_NONE)


def _is_stateless_reset(payload: Payload) -> bool:
    """A reset without a socket, whose checksum IPv4 completes itself (`ip_send_unicast_reply`), but IPv6 does not."""
    return isinstance(payload, Tcp) and payload.flags & TCP_RST != 0 and payload.window == 0


def _encode(value: Payload, pseudo: int, checksums: Checksums) -> bytes:
    if isinstance(value, bytes):
        return value
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        raise TypeError(f"no wire form for {type(value).__name__}")
    return encoder(value, pseudo, checksums)


_ETHERNET = Struct("!6s6sH")
_DOT1Q = Struct("!HH")
_ARP = Struct("!HHBBH6s4s6s4s")
_BPDU = Struct("!HBBBQIQHHHHH")
_IP = Struct("!BBHHHBBH4s4s")
_IP6 = Struct("!IHBB16s16s")
_FRAGMENT = Struct("!BBHI")
_ICMP = Struct("!BBHI")
_UDP = Struct("!HHHH")
_TCP = Struct("!HHIIHHHH")
_GRE = Struct("!HH")
_LLC = Struct("!BBB")


def _ethernet(frame: Ethernet, _pseudo: int, checksums: Checksums) -> bytes:
    body = _encode(frame.payload, 0, checksums)
    ethertype = len(body) if frame.ethertype == ETH_P_802_2 else frame.ethertype
    return _ETHERNET.pack(frame.dst.packed, frame.src.packed, ethertype) + body


def _dot1q(tag: Dot1Q, _pseudo: int, checksums: Checksums) -> bytes:
    body = _encode(tag.payload, 0, checksums)
    ethertype = len(body) if tag.ethertype == ETH_P_802_2 else tag.ethertype
    return _DOT1Q.pack(tag.pcp << 13 | tag.dei << 12 | tag.vid, ethertype) + body


def _llc(header: Llc, _pseudo: int, checksums: Checksums) -> bytes:
    return _LLC.pack(header.dsap, header.ssap, header.control) + _encode(header.payload, 0, checksums)


def _config_bpdu(b: ConfigBpdu, _pseudo: int, _checksums: Checksums) -> bytes:
    return _BPDU.pack(
        0, 0, 0, b.flags, b.root, b.root_path_cost, b.bridge, b.port, b.message_age, b.max_age, b.hello_time, b.forward_delay
    )  # fmt: skip


def _tcn_bpdu(_bpdu: TcnBpdu, _pseudo: int, _checksums: Checksums) -> bytes:
    return bytes((0, 0, 0, BPDU_TYPE_TCN))


def _arp(arp: Arp, _pseudo: int, _checksums: Checksums) -> bytes:
    return _ARP.pack(1, 0x0800, 6, 4, arp.op, arp.sha.packed, arp.spa.packed, arp.tha.packed, arp.tpa.packed)


def _ip(ip: Ip, _pseudo: int, checksums: Checksums) -> bytes:
    body = encode_content(ip, checksums)
    length = 20 + len(ip.options)
    first = 0x40 | length >> 2
    fragment = ip.flags << 13 | ip.offset >> 3
    header = _IP.pack(first, ip.tos, length + len(body), ip.ident, fragment, ip.ttl, ip.protocol, 0, ip.src.packed, ip.dst.packed) + ip.options
    return header[:10] + checksum(words(header)).to_bytes(2, "big") + header[12:] + body


def _ip6(ip: Ip6, _pseudo: int, checksums: Checksums) -> bytes:
    body = encode_content(ip, checksums)
    first = 6 << 28 | ip.tclass << 20 | ip.flowlabel
    return _IP6.pack(first, len(body), ip.nexthdr, ip.hop_limit, ip.src.packed, ip.dst.packed) + body


def _final_dst(ip: Ip | Ip6) -> int:
    """The destination that counts in the pseudo header: the last one of a routing header that is not used up (RFC 8200, 8.1)."""
    header: Any = ip.payload
    while isinstance(header, HopByHop | DestOpts | Routing):
        if isinstance(header, Routing) and header.segments_left and len(header.data) >= 20:
            return int.from_bytes(header.data[4:20] if header.type == 4 else header.data[-16:], "big")
        header = header.payload
    return ip.dst


def _options_header(header: HopByHop | DestOpts, pseudo: int, checksums: Checksums) -> bytes:
    return bytes((header.nexthdr, len(header.options) - 6 >> 3)) + header.options + _encode(header.payload, pseudo, checksums)


def _routing(header: Routing, pseudo: int, checksums: Checksums) -> bytes:
    fixed = bytes((header.nexthdr, len(header.data) - 4 >> 3, header.type, header.segments_left))
    return fixed + header.data + _encode(header.payload, pseudo, checksums)


def _fragment(header: Fragment, _pseudo: int, _checksums: Checksums) -> bytes:
    return _FRAGMENT.pack(header.nexthdr, 0, header.offset | header.more, header.ident) + header.payload


def _icmp_message(kind: int, code: int, rest: int, data: bytes, pseudo: int) -> bytes:
    """An ICMP message; `pseudo` is what its checksum counts besides (0 for IPv4)."""
    total = (kind << 8 | code) + rest + words(data) + pseudo
    return _ICMP.pack(kind, code, checksum(total), rest) + data


def _icmp_echo(icmp: IcmpEcho, _pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp_message(icmp.type, icmp.code, icmp.ident << 16 | icmp.seq, icmp.data, 0)


def _icmp_error(icmp: IcmpError, _pseudo: int, checksums: Checksums) -> bytes:
    return _icmp_message(icmp.type, icmp.code, icmp.rest, _encode(icmp.inner, 0, checksums)[: icmp.room], 0)


def _icmp_other(icmp: IcmpOther, _pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp_message(icmp.type, icmp.code, icmp.rest, icmp.data, 0)


def _icmp6_message(kind: int, code: int, rest: int, data: bytes, pseudo: int) -> bytes:
    return _icmp_message(kind, code, rest, data, pseudo + IPPROTO_ICMPV6 + 8 + len(data))


def _icmp6_echo(icmp: Icmp6Echo, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(icmp.type, icmp.code, icmp.ident << 16 | icmp.seq, icmp.data, pseudo)


def _icmp6_error(icmp: Icmp6Error, pseudo: int, checksums: Checksums) -> bytes:
    return _icmp6_message(icmp.type, icmp.code, icmp.rest, _encode(icmp.inner, 0, checksums)[: icmp.room], pseudo)


def _icmp6_other(icmp: Icmp6Other, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(icmp.type, icmp.code, icmp.rest, icmp.data, pseudo)


def _nd_options(options: tuple[NdOption, ...]) -> bytes:
    return b"".join(map(_nd_option, options))


def _nd_option(option: NdOption) -> bytes:
    if isinstance(option, NdLinkAddr):
        return bytes((option.kind, 1)) + option.address.packed
    if isinstance(option, NdMtu):
        return bytes((ND_OPT_MTU, 1, 0, 0)) + option.mtu.to_bytes(4, "big")
    if isinstance(option, NdPrefix):
        fixed = bytes((ND_OPT_PREFIX_INFO, 4, option.length, option.flags))
        return fixed + option.valid.to_bytes(4, "big") + option.preferred.to_bytes(4, "big") + bytes(4) + option.prefix.packed
    return bytes((option.kind, len(option.data) + 2 >> 3)) + option.data


def _neigh_solicit(nd: NeighSolicit, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(NDISC_NEIGHBOUR_SOLICITATION, 0, 0, nd.target.packed + _nd_options(nd.options), pseudo)


def _neigh_advert(nd: NeighAdvert, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(NDISC_NEIGHBOUR_ADVERTISEMENT, 0, nd.flags << 24, nd.target.packed + _nd_options(nd.options), pseudo)


def _router_solicit(nd: RouterSolicit, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(NDISC_ROUTER_SOLICITATION, 0, 0, _nd_options(nd.options), pseudo)


def _router_advert(nd: RouterAdvert, pseudo: int, _checksums: Checksums) -> bytes:
    rest = nd.hop_limit << 24 | nd.flags << 16 | nd.lifetime
    timers = nd.reachable.to_bytes(4, "big") + nd.retrans.to_bytes(4, "big")
    return _icmp6_message(NDISC_ROUTER_ADVERTISEMENT, 0, rest, timers + _nd_options(nd.options), pseudo)


def _redirect6(nd: Redirect6, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(NDISC_REDIRECT, 0, 0, nd.target.packed + nd.destination.packed + _nd_options(nd.options), pseudo)


def _mld(mld: Mld, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(mld.type, 0, mld.max_delay << 16, mld.group.packed, pseudo)


def _mldv2_query(mld: Mldv2Query, pseudo: int, _checksums: Checksums) -> bytes:
    sources = b"".join(source.packed for source in mld.sources)
    tail = bytes((mld.flags, mld.interval)) + len(mld.sources).to_bytes(2, "big") + sources
    return _icmp6_message(130, 0, mld.max_delay << 16, mld.group.packed + tail, pseudo)


def _mldv2_report(mld: Mldv2Report, pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp6_message(ICMPV6_MLD2_REPORT, 0, len(mld.records), b"".join(map(_group_record, mld.records)), pseudo)


def _group_record(record: Igmpv3Record | Mldv2Record) -> bytes:
    """One record of an IGMPv3 or MLDv2 report; they differ in the width of addresses only."""
    sources = b"".join(source.packed for source in record.sources)
    return bytes((record.kind, 0)) + len(record.sources).to_bytes(2, "big") + record.group.packed + sources


def _igmp(igmp: Igmp, _pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp_message(igmp.type, igmp.max_resp, igmp.group, b"", 0)


def _igmpv3_query(igmp: Igmpv3Query, _pseudo: int, _checksums: Checksums) -> bytes:
    sources = b"".join(source.packed for source in igmp.sources)
    tail = bytes((igmp.flags, igmp.interval)) + len(igmp.sources).to_bytes(2, "big") + sources
    return _icmp_message(IGMP_HOST_MEMBERSHIP_QUERY, igmp.max_resp, igmp.group, tail, 0)


def _igmpv3_report(igmp: Igmpv3Report, _pseudo: int, _checksums: Checksums) -> bytes:
    return _icmp_message(IGMPV3_HOST_MEMBERSHIP_REPORT, 0, len(igmp.records), b"".join(map(_group_record, igmp.records)), 0)


def _udp(udp: Udp, pseudo: int, checksums: Checksums) -> bytes:
    body = _encode(udp.payload, 0, checksums)
    length = 8 + len(body)
    pseudo += IPPROTO_UDP + length
    if udp.csum == UDP_CSUM_NONE:
        check = 0
    elif checksums is Checksums.COMPLETE:
        check = transport_checksum(pseudo + udp.sport + udp.dport + length + words(body))
    elif is_offloaded(udp.payload):
        # The kernel sums up a tunnel's outer header as if the inner one had been completed already (`lco_csum`).
        check = transport_checksum(pseudo + udp.sport + udp.dport + length + words(_encode(udp.payload, 0, Checksums.COMPLETE)))
    else:
        check = fold(pseudo)
    return _UDP.pack(udp.sport, udp.dport, length, check) + body


def _tcp(tcp: Tcp, pseudo: int, checksums: Checksums) -> bytes:
    body = _encode(tcp.payload, 0, checksums)
    options = b"".join(map(_tcp_option, tcp.options))
    options += bytes(-len(options) % 4)
    length = 20 + len(options)
    pseudo += IPPROTO_TCP + length + len(body)
    word = length >> 2 << 12 | tcp.flags
    if checksums is Checksums.COMPLETE:
        zero = _TCP.pack(tcp.sport, tcp.dport, tcp.seq, tcp.ack, word, tcp.window, 0, tcp.urgent)
        check = checksum(pseudo + words(zero + options + body))
    else:
        check = fold(pseudo)
    return _TCP.pack(tcp.sport, tcp.dport, tcp.seq, tcp.ack, word, tcp.window, check, tcp.urgent) + options + body


def _tcp_option(option: TcpOption) -> bytes:
    if option.kind == -1:
        return option.data
    if option.kind <= TCPOPT_NOP:
        return bytes((option.kind,)) + option.data
    return bytes((option.kind, 2 + len(option.data))) + option.data


def _gre(gre: Gre, _pseudo: int, checksums: Checksums) -> bytes:
    body = _encode(gre.payload, 0, checksums)
    tail = b""
    if gre.flags & GRE_KEY:
        tail += gre.key.to_bytes(4, "big")
    if gre.flags & GRE_SEQ:
        tail += gre.seq.to_bytes(4, "big")
    head = _GRE.pack(gre.flags, gre.protocol)
    if gre.flags & GRE_CSUM:
        head += checksum(words(head + tail + body)).to_bytes(2, "big") + bytes(2)
    return head + tail + body


def _vxlan(vxlan: Vxlan, _pseudo: int, checksums: Checksums) -> bytes:
    return bytes((8, 0, 0, 0)) + vxlan.vni.to_bytes(3, "big") + bytes(1) + _encode(vxlan.payload, 0, checksums)


_ENCODERS: dict[type, Callable[[Any, int, Checksums], bytes]] = {
    Arp: _arp,
    ConfigBpdu: _config_bpdu,
    DestOpts: _options_header,
    Dot1Q: _dot1q,
    Ethernet: _ethernet,
    Fragment: _fragment,
    Gre: _gre,
    HopByHop: _options_header,
    Icmp6Echo: _icmp6_echo,
    Icmp6Error: _icmp6_error,
    Icmp6Other: _icmp6_other,
    IcmpEcho: _icmp_echo,
    IcmpError: _icmp_error,
    IcmpOther: _icmp_other,
    Igmp: _igmp,
    Igmpv3Query: _igmpv3_query,
    Igmpv3Report: _igmpv3_report,
    Ip: _ip,
    Ip6: _ip6,
    Llc: _llc,
    Mld: _mld,
    Mldv2Query: _mldv2_query,
    Mldv2Report: _mldv2_report,
    NeighAdvert: _neigh_advert,
    NeighSolicit: _neigh_solicit,
    Redirect6: _redirect6,
    RouterAdvert: _router_advert,
    RouterSolicit: _router_solicit,
    Routing: _routing,
    TcnBpdu: _tcn_bpdu,
    Tcp: _tcp,
    Udp: _udp,
    Vxlan: _vxlan,
}
