"""Addresses and prefixes as Go reads them, with its words for what they are not (`net/netip`, `net.ParseCIDR`)."""

from __future__ import annotations

from netsim.addr import IPv4, IPv4Net, IPv6, IPv6Net
from netsim.docker.ipam.pool import Address, Net


def address(text: str) -> Address:
    """An address of either family. Raises ValueError with netip's words (`ParseAddr`)."""
    try:
        return IPv6.parse(text) if ":" in text else IPv4.parse(text)
    except ValueError:
        raise ValueError(f'ParseAddr("{text}"): {_why(text)}') from None


def _why(text: str) -> str:
    if ":" in text or "." not in text:
        return "unable to parse IP"
    fields = text.split(".")
    for field in fields:
        if any(not digit.isdigit() for digit in field):
            at = next(place for place, digit in enumerate(text) if not (digit.isdigit() or digit == "."))
            return f'unexpected character (at "{text[at:]}")'
        if not field:
            return f'IPv4 field must have at least one digit (at "{text}")'
        if len(field) > 1 and field.startswith("0"):
            return "IPv4 field has octet with leading zero"
        if int(field) > 255:
            return "IPv4 field has value >255"
    return "IPv4 address too short" if len(fields) < 4 else "IPv4 address too long"


def prefix(text: str) -> Net:
    """An address with a length; its host bits stay. Raises ValueError with netip's words (`ParsePrefix`)."""
    body, slash, bits = text.rpartition("/")
    if not slash:
        raise ValueError(f"netip.ParsePrefix(\"{text}\"): no '/'")
    try:
        read = address(body)
    except ValueError as problem:
        raise ValueError(f'netip.ParsePrefix("{text}"): {problem}') from None
    if not bits.isdigit() or (len(bits) > 1 and bits.startswith("0")):
        raise ValueError(f'netip.ParsePrefix("{text}"): bad bits after slash: "{bits}"')
    if int(bits) > (32 if isinstance(read, IPv4) else 128):
        raise ValueError(f'netip.ParsePrefix("{text}"): prefix length out of range')
    return IPv4Net(read, int(bits)) if isinstance(read, IPv4) else IPv6Net(read, int(bits))


def cidr(text: str) -> Net:
    """The same with the older package's words (`net.ParseCIDR`)."""
    try:
        return prefix(text)
    except ValueError:
        raise ValueError(f"invalid CIDR address: {text}") from None


def masked(net: Net) -> Net:
    """The prefix with its host bits cleared."""
    return IPv4Net(net.network, net.length) if isinstance(net, IPv4Net) else IPv6Net(net.network, net.length)
