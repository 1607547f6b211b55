"""`-m tcp`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, own_once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.syntax import ports
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.tcp import TcpMatch

FLAGS = {"FIN": 1, "SYN": 2, "RST": 4, "PSH": 8, "ACK": 16, "URG": 32}
SYN_MASK, SYN_COMPARE = 0x17, 0x02


def flags_of(word: str) -> int:
    """`SYN,ACK`, `ALL` or `NONE` as bits."""
    value = 0
    for name in word.split(","):
        upper = name.upper()
        if upper not in FLAGS and upper not in ("ALL", "NONE"):
            raise Problem(f"Unknown TCP flag `{name}'")
        value |= 0x3F if upper == "ALL" else FLAGS.get(upper, 0)
    return value


def names_of(value: int) -> str:
    """Bits as names in the order of the header."""
    return ",".join(name for name, bit in FLAGS.items() if value & bit) or "NONE"


def build(given: list[Given], context: Context) -> TcpMatch:
    """The match from its options."""
    found = own_once([option if option.name != "syn" else Given("tcp-flags", "", option.inverted) for option in given])
    sports, sports_inverted = ports.asked(found, "source-port")
    dports, dports_inverted = ports.asked(found, "destination-port")
    mask = compare = 0
    flags = found.get("tcp-flags")
    if flags is not None:
        words = flags.value.split()
        mask, compare = (flags_of(words[0]), flags_of(words[1])) if words else (SYN_MASK, SYN_COMPARE)
    option = found.get("tcp-option")
    kind = number(option.value) if option else 0
    if option and not (kind and 1 <= kind <= 255):
        raise Problem(f"Bad TCP option `{option.value}'")
    return TcpMatch(
        sports, sports_inverted, dports, dports_inverted, mask, compare, bool(flags and flags.inverted), kind or 0, bool(option and option.inverted)
    )


def save(match: TcpMatch) -> str:
    """Words for -S."""
    text = ports.save("sport", match.sports, match.sports_inverted) + ports.save("dport", match.dports, match.dports_inverted)
    if match.option:
        text += f"{bang(match.option_inverted)} --tcp-option {match.option}"
    if match.flag_mask:
        text += f"{bang(match.flags_inverted)} --tcp-flags {names_of(match.flag_mask)} {names_of(match.flag_compare)}"
    return text


def listing(match: TcpMatch, numeric: bool, /) -> str:
    """Words for -L."""
    text = " tcp" + ports.listing("spt", match.sports, match.sports_inverted, numeric)
    text += ports.listing("dpt", match.dports, match.dports_inverted, numeric)
    if match.option:
        text += f" option={'!' if match.option_inverted else ''}{match.option}"
    if match.flag_mask:
        mark = "!" if match.flags_inverted else ""
        both = f"0x{match.flag_mask:02X}/0x{match.flag_compare:02X}" if numeric else f"{names_of(match.flag_mask)}/{names_of(match.flag_compare)}"
        text += f" flags:{mark}{both}"
    return text


TCP = Extension(
    "tcp",
    ports.OPTIONS | {"syn": ("syn", False), "tcp-flags": ("tcp-flags", True), "tcp-option": ("tcp-option", True)},
    build,
    save,
    listing,
    TcpMatch,
    frozenset({"source-port", "destination-port", "syn", "tcp-flags", "tcp-option"}),
    frozenset({6}),
)
