"""Addresses and prefixes."""

from __future__ import annotations

from hypothesis import strategies as st

from netsim.addr import MAC, IPv4, IPv4Net, IPv6, IPv6Net

PRIVATE = IPv4Net.parse("10.0.0.0/8")
UNIQUE_LOCAL = IPv6Net.parse("fd00::/8")


def ipv4s(within: IPv4Net = PRIVATE) -> st.SearchStrategy[IPv4]:
    """IPv4 addresses of a prefix, its network and broadcast addresses left out where it has them."""
    first, last = int(within.network), int(within.broadcast)
    return st.integers(first, last).map(IPv4) if within.length > 30 else st.integers(first + 1, last - 1).map(IPv4)


def ipv6s(within: IPv6Net = UNIQUE_LOCAL) -> st.SearchStrategy[IPv6]:
    """IPv6 addresses of a prefix, its first (the routers' anycast address) left out where it has another."""
    first, width = int(within.network), 128 - within.length
    return st.integers(first + (1 if width else 0), first + (1 << width) - 1).map(IPv6)


def ipv4_nets(within: IPv4Net = PRIVATE, longest: int = 30) -> st.SearchStrategy[IPv4Net]:
    """IPv4 prefixes inside a prefix, without host bits."""
    lengths = st.integers(within.length, longest)
    return st.builds(_net4, st.integers(int(within.network), int(within.broadcast)), lengths)


def ipv6_nets(within: IPv6Net = UNIQUE_LOCAL, longest: int = 64) -> st.SearchStrategy[IPv6Net]:
    """IPv6 prefixes inside a prefix, without host bits."""
    first = int(within.network)
    return st.builds(_net6, st.integers(first, first + (1 << 128 - within.length) - 1), st.integers(within.length, longest))


def _net4(address: int, length: int) -> IPv4Net:
    return IPv4Net(IPv4Net(IPv4(address), length).network, length)


def _net6(address: int, length: int) -> IPv6Net:
    return IPv6Net(IPv6Net(IPv6(address), length).network, length)


def macs() -> st.SearchStrategy[MAC]:
    """Locally administered unicast addresses, as virtual devices have them."""
    return st.integers(0, (1 << 40) - 1).map(_mac)


def _mac(number: int) -> MAC:
    return MAC(0x020000000000 | number)
