"""`-m addrtype`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.kernel.netfilter.matches.addrtype import LIMIT_IN, LIMIT_OUT, AddrtypeMatch

NAMES = (
    "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT", "XRESOLVE",
)  # fmt: skip


def _bits(option: Given | None) -> tuple[int, bool]:
    if option is None:
        return 0, False
    value = 0
    for word in option.value.split(","):
        if word.upper() not in NAMES:
            raise Problem(f'addrtype: bad type "{word}"')
        value |= 1 << NAMES.index(word.upper())
    return value, option.inverted


def build(given: list[Given], context: Context) -> AddrtypeMatch:
    """The match from its options."""
    found = once(given, "addrtype")
    limits = [option.name for option in given if option.name.startswith("limit")]
    if len(limits) > 1:
        raise Problem(f'addrtype: option "--{limits[1]}" cannot be used together with "--{limits[0]}".\n')
    if "src-type" not in found and "dst-type" not in found:
        raise Problem("addrtype: you must specify --src-type or --dst-type")
    limit = LIMIT_IN if limits == ["limit-iface-in"] else LIMIT_OUT if limits else 0
    return AddrtypeMatch(*_bits(found.get("src-type")), *_bits(found.get("dst-type")), limit)


def _names(value: int) -> str:
    return ",".join(name for place, name in enumerate(NAMES) if value >> place & 1)


def save(match: AddrtypeMatch) -> str:
    """Words for -S."""
    text = ""
    if match.source:
        text += f"{bang(match.source_inverted)} --src-type {_names(match.source)}"
    if match.destination:
        text += f"{bang(match.destination_inverted)} --dst-type {_names(match.destination)}"
    return text + {0: "", LIMIT_IN: " --limit-iface-in", LIMIT_OUT: " --limit-iface-out"}[match.limit]


def listing(match: AddrtypeMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " ADDRTYPE match"
    if match.source:
        text += f" src-type {'!' if match.source_inverted else ''}{_names(match.source)}"
    if match.destination:
        text += f" dst-type {'!' if match.destination_inverted else ''}{_names(match.destination)}"
    return text + {0: "", LIMIT_IN: " limit-in", LIMIT_OUT: " limit-out"}[match.limit]


ADDRTYPE = Extension(
    "addrtype",
    {"src-type": ("src-type", True), "dst-type": ("dst-type", True), "limit-iface-in": ("limit-iface-in", False),
     "limit-iface-out": ("limit-iface-out", False)},
    build, save, listing, AddrtypeMatch, frozenset({"src-type", "dst-type"}),
)  # fmt: skip
