"""Packets as values: IPv4 and IPv6 with UDP, TCP or echo requests in them, and Ethernet frames around."""

from __future__ import annotations

from hypothesis import strategies as st

from netsim.addr import IPv4Net
from netsim.packet import Ethernet, Icmp6Echo, IcmpEcho, Ip, Ip6, Tcp, Udp
from netsim.packet.numbers import ETH_P_IP, ETH_P_IPV6, IPPROTO_ICMP, IPPROTO_ICMPV6, IPPROTO_TCP, IPPROTO_UDP, TCP_SYN
from netsim.strategies.addresses import PRIVATE, ipv4s, ipv6s, macs

PORTS = st.integers(1, 65535)
DATA = st.binary(max_size=64)
TTLS = st.sampled_from([64, 64, 64, 128, 255, 2, 1])


def _udp() -> st.SearchStrategy[Udp]:
    return st.builds(Udp, PORTS, PORTS, DATA)


def _tcp() -> st.SearchStrategy[Tcp]:
    return st.builds(Tcp, sport=PORTS, dport=PORTS, seq=st.integers(0, 0xFFFFFFFF), ack=st.just(0), flags=st.just(TCP_SYN), window=st.just(64240))


def ipv4_packets(within: IPv4Net = PRIVATE) -> st.SearchStrategy[Ip]:
    """IPv4 packets between addresses of a prefix: UDP datagrams, TCP's first segments, echo requests."""
    src, dst = ipv4s(within), ipv4s(within)
    echo = st.builds(IcmpEcho, st.just(8), st.just(0), st.integers(0, 65535), st.integers(0, 65535), DATA)
    return st.one_of(
        st.builds(Ip, src, dst, st.just(IPPROTO_UDP), ttl=TTLS, payload=_udp()),
        st.builds(Ip, src, dst, st.just(IPPROTO_TCP), ttl=TTLS, payload=_tcp()),
        st.builds(Ip, src, dst, st.just(IPPROTO_ICMP), ttl=TTLS, payload=echo),
    )


def ipv6_packets() -> st.SearchStrategy[Ip6]:
    """IPv6 packets between unique local addresses: UDP datagrams, TCP's first segments, echo requests."""
    src, dst = ipv6s(), ipv6s()
    echo = st.builds(Icmp6Echo, st.just(128), st.just(0), st.integers(0, 65535), st.integers(0, 65535), DATA)
    return st.one_of(
        st.builds(Ip6, src, dst, st.just(IPPROTO_UDP), hop_limit=TTLS, payload=_udp()),
        st.builds(Ip6, src, dst, st.just(IPPROTO_TCP), hop_limit=TTLS, payload=_tcp()),
        st.builds(Ip6, src, dst, st.just(IPPROTO_ICMPV6), hop_limit=TTLS, payload=echo),
    )


def frames() -> st.SearchStrategy[Ethernet]:
    """Ethernet frames between virtual devices with such packets in them."""
    return st.one_of(
        st.builds(Ethernet, macs(), macs(), st.just(ETH_P_IP), ipv4_packets()),
        st.builds(Ethernet, macs(), macs(), st.just(ETH_P_IPV6), ipv6_packets()),
    )
