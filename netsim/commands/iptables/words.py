"""Names and numbers as iptables reads and writes them: protocols, ports, addresses, marks."""

from __future__ import annotations

import re
from functools import lru_cache

from netsim.addr import IPv4, IPv6, mask4, mask6
from netsim.commands.iptables.known_names import KnownNames
from netsim.commands.iptables.problem import Problem
from netsim.machine.hostnames import in_hosts
from netsim.machine.services import ASSIGNED

PROTOCOLS = {
    "ip": 0, "icmp": 1, "igmp": 2, "ggp": 3, "ipencap": 4, "st": 5, "tcp": 6, "egp": 8, "igp": 9, "pup": 12, "udp": 17, "hmp": 20,
    "xns-idp": 22, "rdp": 27, "iso-tp4": 29, "dccp": 33, "xtp": 36, "ddp": 37, "idpr-cmtp": 38, "ipv6": 41, "ipv6-route": 43,
    "ipv6-frag": 44, "idrp": 45, "rsvp": 46, "gre": 47, "esp": 50, "ah": 51, "skip": 57, "ipv6-icmp": 58, "ipv6-nonxt": 59,
    "ipv6-opts": 60, "rspf": 73, "vmtp": 81, "eigrp": 88, "ospf": 89, "ax.25": 93, "ipip": 94, "etherip": 97, "encap": 98, "pim": 103,
    "ipcomp": 108, "vrrp": 112, "l2tp": 115, "isis": 124, "sctp": 132, "fc": 133, "mobility-header": 135, "udplite": 136,
    "mpls-in-ip": 137, "manet": 138, "hip": 139, "shim6": 140, "wesp": 141, "rohc": 142,
}  # fmt: skip
"""/etc/protocols of Debian 12, which the tools read."""

OWN_NAMES = {
    "tcp": 6,
    "sctp": 132,
    "udp": 17,
    "udplite": 136,
    "icmp": 1,
    "icmpv6": 58,
    "ipv6-icmp": 58,
    "esp": 50,
    "ah": 51,
    "ipv6-mh": 135,
    "mh": 135,
    "all": 0,
}
NUMBERS = PROTOCOLS | OWN_NAMES
WHOLE_MASK = {2: mask4(32), 10: mask6(128)}
"""The mask of one address, by family."""


def _services() -> tuple[dict[str, int], dict[tuple[int, str], str]]:
    ports: dict[str, int] = {}
    names: dict[tuple[int, str], str] = {}
    for entry in ASSIGNED.split(";"):
        name, _, where = entry.strip().partition(" ")
        number, _, carriers = where.partition("/")
        ports.setdefault(name, int(number))
        for carrier in carriers.split(","):
            names.setdefault((int(number), carrier), name)
    return ports, names


PORTS, _PORT_NAMES = _services()
_PROTOCOL_NAMES = {number: name for name, number in reversed(PROTOCOLS.items()) if number}


def protocol_number(word: str) -> int:
    """A protocol by number or name (`xtables_parse_protocol`)."""
    known = NUMBERS.get(word)
    if known is not None:
        return known
    if word.isdigit() and int(word) <= 255:
        return int(word)
    known = NUMBERS.get(word.lower())
    if known is not None:
        return known
    raise Problem(f'unknown protocol "{word}" specified')


def protocol_name(number: int) -> str:
    """The name rules are saved with, or the number."""
    if number == 58:
        return "ipv6-icmp"
    return _PROTOCOL_NAMES.get(number, str(number))


def number(word: str) -> int | None:
    """A whole number in decimal, hexadecimal or octal, or None."""
    if word[:1] != "0" and word.isdecimal():
        return int(word)
    if re.fullmatch(r"0[xX][0-9a-fA-F]+", word):
        return int(word, 16)
    if re.fullmatch(r"0[0-7]+", word):
        return int(word, 8)
    return int(word) if re.fullmatch(r"\d+", word) else None


def port(word: str) -> int:
    """A port by number or service name (`xtables_parse_port`)."""
    value = int(word) if word.isdecimal() and word[0] != "0" else number(word)
    if value is None:
        value = PORTS.get(word, 65536)
    if value > 65535:
        raise Problem(f"invalid port/service `{word}' specified")
    return value


def port_range(word: str) -> tuple[int, int]:
    """`N`, `N:M`, `:M` or `N:`."""
    low, colon, high = word.partition(":")
    if not colon:
        only = port(low)
        return only, only
    first, last = port(low) if low else 0, port(high) if high else 65535
    if first > last:
        raise Problem("invalid portrange (min > max)")
    return first, last


def port_name(value: int, *carriers: str) -> str:
    """The service's name where it has one over a carrier ("tcp" or "udp" when not said), else the number."""
    for carrier in carriers or ("tcp", "udp"):
        name = _PORT_NAMES.get((value, carrier))
        if name is not None:
            return name
    return str(value)


def addresses(word: str, family: int, hosts: KnownNames) -> tuple[tuple[int, int], ...]:
    """`ADDR[/MASK][,...]` as (masked address, mask) pairs; names are looked up."""
    if "," not in word:
        return plain_address(word, family) or _named(word, family, hosts)
    return tuple([pair for part in word.split(",") for pair in plain_address(part, family) or _named(part, family, hosts)])


@lru_cache(maxsize=1024)
def plain_address(word: str, family: int) -> tuple[tuple[int, int]] | None:
    """The pair that figures alone decide; None for a name."""
    text, slash, suffix = word.partition("/")
    mask = _mask(suffix, family) if slash else WHOLE_MASK[family]
    found = _numeric(text, family)
    return None if found is None else ((found & mask, mask),)


def _named(word: str, family: int, hosts: KnownNames) -> tuple[tuple[int, int], ...]:
    text, slash, suffix = word.partition("/")
    mask = _mask(suffix, family) if slash else WHOLE_MASK[family]
    wanted = IPv4 if family == 2 else IPv6
    found = tuple([(int(address) & mask, mask) for address in in_hosts(hosts.text, text) if isinstance(address, wanted)])
    if not found:
        raise Problem(f"host/network `{text}' not found")
    return found


def _numeric(text: str, family: int) -> int | None:
    try:
        if family == 10:
            return IPv6.parse(text)
        dots = text.count(".")
        if dots < 3 and all(part.isdigit() for part in text.split(".")):
            text += ".0" * (3 - dots)
        return IPv4.parse(text)
    except ValueError:
        return None


def _mask(text: str, family: int) -> int:
    longest = 32 if family == 2 else 128
    value = number(text)
    if value is not None and value <= longest:
        return mask4(value) if family == 2 else mask6(value)
    try:
        return int(IPv4.parse(text)) if family == 2 else int(IPv6.parse(text))
    except ValueError:
        raise Problem(f"invalid mask `{text}' specified") from None


def host_mask(text: str, family: int) -> int:
    """The mask of an address that stands for itself unless told otherwise; what is no prefix counts as none (`xtables_ipparse_any`)."""
    longest = 32 if family == 2 else 128
    value = number(text)
    if value is None and text:
        try:
            bits = int(IPv4.parse(text)) if family == 2 else int(IPv6.parse(text))
        except ValueError:
            bits = -1
        value = next((length for length in range(longest + 1) if bits == (mask4(length) if family == 2 else mask6(length))), longest)
    length = longest if value is None or value > longest else value
    return mask4(length) if family == 2 else mask6(length)


def mask_suffix(mask: int, family: int) -> str:
    """`/N`, or the mask in full when its bits are scattered."""
    width = 32 if family == 2 else 128
    ones = bin(mask).count("1")
    if mask == ((1 << ones) - 1) << (width - ones):
        return f"/{ones}"
    return f"/{IPv4(mask)}" if family == 2 else f"/{IPv6(mask)}"


def address_text(address: int, family: int) -> str:
    """An address without mask."""
    return str(IPv4(address)) if family == 2 else str(IPv6(address))


def mark(word: str, option: str) -> tuple[int, int]:
    """`VALUE[/MASK]` of a packet mark."""
    text, slash, rest = word.partition("/")
    value, mask = number(text), number(rest) if slash else 0xFFFFFFFF
    if value is None or mask is None or value > 0xFFFFFFFF or mask > 0xFFFFFFFF:
        raise Problem(f'{option}: bad integer value for option "--{option}", or out of range.\n')
    return value, mask
