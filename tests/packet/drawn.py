"""Hypothesis strategies: packets of every kind, as a codec must give them back.

The larger ones are deferred: spelt out, their reprs would grow without bound.
"""

from hypothesis import strategies as st

from netsim import packet as p
from netsim.addr import MAC, IPv4, IPv6
from netsim.packet import dns
from netsim.packet import numbers as n

octet = st.integers(0, 0xFF)
word = st.integers(0, 0xFFFF)
long = st.integers(0, 0xFFFFFFFF)
data = st.binary(max_size=80)

ipv4s = st.one_of(
    st.integers(0, 0xFFFFFFFF),
    st.sampled_from([0, 0xFFFFFFFF, 0x7F000001, 0xE0000001, 0x0A000001, 0xC0A80101]),
).map(IPv4)
ipv6s = st.one_of(
    st.integers(0, (1 << 128) - 1),
    st.lists(st.sampled_from([0, 0, 0, 1, 0xFFFF, 0xFE80, 0x2001]), min_size=8, max_size=8).map(
        lambda words: int("".join(f"{w:04x}" for w in words), 16)
    ),
    st.sampled_from([0, 1, 0xFE80 << 112 | 1, 0xFF02 << 112 | 1, 0xFF02 << 112 | 0x1FF000001]),
).map(IPv6)
macs = st.one_of(st.integers(0, (1 << 48) - 1), st.sampled_from([0, (1 << 48) - 1, 0x020000000001])).map(MAC)

# No port whose protocol tcpdump reads and we do not.
ports = st.one_of(
    st.integers(10000, 65535).filter(lambda port: port not in (10288, 12222, 12223, 17754, 30490)), st.sampled_from([9, 22, 80, 443, 8080])
)

arps = st.builds(p.Arp, st.integers(1, 4), macs, ipv4s, macs, ipv4s)
config_bpdus = st.builds(
    p.ConfigBpdu, octet, st.integers(0, (1 << 64) - 1), long, st.integers(0, (1 << 64) - 1), word, word, word, word, word
)  # fmt: skip
_llcs = st.builds(p.Llc, st.just(0x42), st.just(0x42), st.just(3), st.one_of(config_bpdus, st.just(p.TcnBpdu())))
llcs = st.deferred(lambda: _llcs)

udps = st.builds(p.Udp, ports, ports, data, st.sampled_from([p.UDP_CSUM, p.UDP_CSUM_NONE]))
_tcp_options = st.lists(
    st.one_of(
        st.just(p.NOP),
        st.just(p.SACK_PERMITTED),
        st.builds(p.mss, word),
        st.builds(p.window_scale, octet),
        st.builds(p.timestamps, long, long),
        st.lists(st.tuples(long, long), min_size=1, max_size=2).map(lambda blocks: p.sack(*blocks)),
        st.builds(p.TcpOption, st.sampled_from([14, 15, 27, 70, 100, 250]), st.binary(max_size=6)),
    ),
    max_size=5,
).map(tuple).filter(lambda options: sum(option.size for option in options) <= 40)  # fmt: skip
tcp_options = st.deferred(lambda: _tcp_options)
tcps = st.builds(p.Tcp, ports, ports, long, long, octet, word, tcp_options, word, data)

echos = st.builds(p.IcmpEcho, st.sampled_from([n.ICMP_ECHO, n.ICMP_ECHOREPLY]), st.integers(0, 3), word, word, data)
icmp_others = st.builds(p.IcmpOther, st.sampled_from([9, 10, 13, 14, 17, 18, 40]), octet, long, data)
_igmps = st.one_of(
    st.builds(p.Igmp, st.sampled_from([0x11, 0x12, 0x16, 0x17]), octet, ipv4s),
    st.builds(p.Igmpv3Query, octet, ipv4s, octet, octet, st.lists(ipv4s, max_size=3).map(tuple)),
    st.builds(
        p.Igmpv3Report,
        st.lists(st.builds(p.Igmpv3Record, st.integers(1, 6), ipv4s, st.lists(ipv4s, max_size=3).map(tuple)), max_size=3).map(tuple),
    ),
)
igmps = st.deferred(lambda: _igmps)

_nd_options = st.lists(
    st.one_of(
        st.builds(p.NdLinkAddr, st.sampled_from([1, 2]), macs),
        st.builds(p.NdMtu, long),
        st.builds(p.NdPrefix, st.integers(0, 128), octet, long, long, ipv6s),
        st.builds(p.NdOther, st.just(14), st.binary(min_size=6, max_size=6)),
    ),
    max_size=3,
).map(tuple)  # fmt: skip
nd_options = st.deferred(lambda: _nd_options)
mldv2_records = st.builds(p.Mldv2Record, st.integers(1, 6), ipv6s, st.lists(ipv6s, max_size=2).map(tuple))
_icmp6s = st.one_of(
    st.builds(p.Icmp6Echo, st.sampled_from([128, 129]), st.integers(0, 2), word, word, data),
    st.builds(p.NeighSolicit, ipv6s, nd_options),
    st.builds(p.NeighAdvert, st.sampled_from([0, 0x20, 0x60, 0xE0]), ipv6s, nd_options),
    st.builds(p.RouterSolicit, nd_options),
    st.builds(p.RouterAdvert, octet, octet, word, long, long, nd_options),
    st.builds(p.Redirect6, ipv6s, ipv6s, nd_options),
    st.builds(p.Mld, st.sampled_from([130, 131, 132]), word, ipv6s),
    st.builds(p.Mldv2Query, word, ipv6s, octet, octet, st.lists(ipv6s, max_size=2).map(tuple)),
    st.builds(p.Mldv2Report, st.lists(mldv2_records, max_size=3).map(tuple)),
)
icmp6s = st.deferred(lambda: _icmp6s)


def ip_around(protocol: int, payload: st.SearchStrategy[p.Payload]) -> st.SearchStrategy[p.Ip]:
    """IPv4 packets of a protocol, whole ones."""
    options = st.sampled_from([b"", b"", b"", n.IPOPT_RA, b"\x01\x01\x01\x00"])
    flags = st.sampled_from([0, n.IP_DF])
    return st.builds(p.Ip, ipv4s, ipv4s, st.just(protocol), octet, octet, word, flags, st.just(0), options, payload)


def ip6_around(protocol: int, payload: st.SearchStrategy[p.Payload]) -> st.SearchStrategy[p.Ip6]:
    """IPv6 packets of a protocol, some of them with extension headers."""
    plain = st.builds(p.Ip6, ipv6s, ipv6s, st.just(protocol), octet, octet, st.integers(0, 0xFFFFF), payload)
    alert = st.builds(lambda ip: ip.with_content(0, p.HopByHop(ip.nexthdr, p.ROUTER_ALERT_MLD, ip.payload)), plain)
    routed = st.builds(lambda ip, to: ip.with_content(43, p.Routing(ip.nexthdr, 2, 0, bytes(4) + to.packed, ip.payload)), plain, ipv6s)
    optioned = st.builds(lambda ip: ip.with_content(60, p.DestOpts(ip.nexthdr, b"\x01\x04" + bytes(4), ip.payload)), plain)
    return st.one_of(plain, plain, alert, routed, optioned)


_fragments = st.builds(
    p.Ip, ipv4s, ipv4s, st.sampled_from([1, 6, 17]), octet, octet, word, st.just(n.IP_MF), st.integers(0, 1000).map(lambda units: units * 8),
    st.just(b""), data,
)  # fmt: skip
fragments = st.deferred(lambda: _fragments)
_fragments6 = st.builds(
    lambda src, dst, offset, more, ident, body: p.Ip6(src, dst, 44, payload=p.Fragment(17, offset * 8, more, ident, body)),
    ipv6s, ipv6s, st.integers(0, 1000), st.sampled_from([0, 1]), long, data,
)  # fmt: skip
fragments6 = st.deferred(lambda: _fragments6)
_flat_ips = st.one_of(
    ip_around(17, udps), ip_around(6, tcps), ip_around(1, echos), ip_around(1, icmp_others), ip_around(2, igmps), ip_around(253, data), fragments
)  # fmt: skip
flat_ips = st.deferred(lambda: _flat_ips)
_flat_ip6s = st.one_of(
    ip6_around(17, udps.map(lambda udp: p.Udp(udp.sport, udp.dport, udp.payload))), ip6_around(6, tcps), ip6_around(58, icmp6s), fragments6
)
flat_ip6s = st.deferred(lambda: _flat_ip6s)
icmp_errors = st.builds(p.IcmpError, st.sampled_from([3, 4, 5, 11, 12]), st.integers(0, 15), long, flat_ips)
icmp6_errors = st.builds(p.Icmp6Error, st.sampled_from([1, 2, 3, 4]), st.integers(0, 6), long, flat_ip6s)
_ips = st.one_of(flat_ips, ip_around(1, icmp_errors))
ips = st.deferred(lambda: _ips)
_ip6s = st.one_of(flat_ip6s, ip6_around(58, icmp6_errors))
ip6s = st.deferred(lambda: _ip6s)


def frames_around(ethertype: int, payload: st.SearchStrategy[p.Payload]) -> st.SearchStrategy[p.Ethernet]:
    """Frames of an ethertype, some of them tagged."""
    plain = st.builds(p.Ethernet, macs, macs, st.just(ethertype), payload)
    tags = st.builds(p.Dot1Q, st.integers(0, 4095), st.integers(0, 7), st.integers(0, 1), st.just(ethertype), payload)
    tagged = st.builds(p.Ethernet, macs, macs, st.just(n.ETH_P_8021Q), tags)
    return st.one_of(plain, plain, tagged)


_flat_frames = st.one_of(
    frames_around(n.ETH_P_IP, ips), frames_around(n.ETH_P_IPV6, ip6s), frames_around(n.ETH_P_ARP, arps), frames_around(n.ETH_P_802_2, llcs)
)  # fmt: skip
flat_frames = st.deferred(lambda: _flat_frames)
_vxlans = st.builds(p.Udp, ports, st.just(4789), st.builds(p.Vxlan, st.integers(0, 0xFFFFFF), flat_frames))
vxlans = st.deferred(lambda: _vxlans)


def _gre(protocol: int, payload: st.SearchStrategy[p.Payload]) -> st.SearchStrategy[p.Gre]:
    def build(inner: p.Payload, flags: int, key: int, seq: int) -> p.Gre:
        return p.Gre(protocol, inner, flags, key if flags & n.GRE_KEY else 0, seq if flags & n.GRE_SEQ else 0)

    return st.builds(build, payload, st.sampled_from([0, 0, n.GRE_KEY, n.GRE_SEQ | n.GRE_KEY, n.GRE_CSUM, n.GRE_CSUM | n.GRE_KEY]), long, long)


_gres = st.one_of(_gre(n.ETH_P_IP, flat_ips), _gre(n.ETH_P_IPV6, flat_ip6s), _gre(n.ETH_P_TEB, flat_frames))
gres = st.deferred(lambda: _gres)
_tunnelled = st.one_of(ip_around(17, vxlans), ip_around(47, gres), ip_around(4, flat_ips), ip_around(41, flat_ip6s))
tunnelled = st.deferred(lambda: _tunnelled)
_frames = st.one_of(flat_frames, flat_frames, frames_around(n.ETH_P_IP, tunnelled))
frames = st.deferred(lambda: _frames)

labels = st.text("abcxyz019-_", min_size=1, max_size=12)
names = st.lists(labels, min_size=1, max_size=4).map(".".join)


def _record(kind: int, values: st.SearchStrategy[dns.RecordData]) -> st.SearchStrategy[dns.Record]:
    return st.builds(dns.Record, names, st.just(kind), st.integers(0, 1 << 31), values)


dns_records = st.one_of(
    _record(dns.TYPE_A, ipv4s), _record(dns.TYPE_AAAA, ipv6s), _record(dns.TYPE_CNAME, names), _record(dns.TYPE_PTR, names),
    _record(dns.TYPE_NS, names), _record(dns.TYPE_SRV, st.builds(dns.Srv, word, word, word, names)),
    _record(dns.TYPE_MX, st.builds(dns.Mx, word, names)), _record(dns.TYPE_SOA, st.builds(dns.Soa, names, names, long, long, long, long, long)),
    _record(dns.TYPE_TXT, st.lists(st.binary(max_size=20), min_size=1, max_size=3).map(tuple)), _record(99, st.binary(max_size=20)),
)  # fmt: skip
dns_questions = st.builds(dns.Question, names, st.sampled_from([1, 28, 12, 5, 33, 16, 255]))
dns_sections = st.lists(dns_records, max_size=3).map(tuple)
dns_messages = st.builds(
    dns.Dns, word, st.sampled_from([0x0100, 0x8180, 0x8183, 0x8580, 0x8182, 0x0120]), st.lists(dns_questions, max_size=2).map(tuple),
    dns_sections, dns_sections, dns_sections,
)  # fmt: skip
