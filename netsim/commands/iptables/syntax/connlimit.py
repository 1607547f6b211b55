"""`-m connlimit`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.connlimit import ConnlimitMatch

LIMITS = ("connlimit-upto", "connlimit-above")
SIDES = ("connlimit-saddr", "connlimit-daddr")


def build(given: list[Given], context: Context) -> ConnlimitMatch:
    """The match from its options."""
    found = once(given, "connlimit")
    asked = [found[name] for name in LIMITS if name in found]
    if not asked:
        raise Problem('You must specify "--connlimit-above" or "--connlimit-upto".')
    if len(asked) > 1:
        raise Problem('connlimit: option "--connlimit-upto" cannot be used together with "--connlimit-above".\n')
    limit = number(asked[0].value)
    if limit is None:
        raise Problem(f'connlimit: bad value for option "--{asked[0].name}", or out of range.\n')
    width = 32 if context.family == 2 else 128
    length = number(found["connlimit-mask"].value) if "connlimit-mask" in found else width
    if length is None or length > width:
        raise Problem(f'connlimit: bad value for option "--connlimit-mask", or out of range (0-{width}).\n')
    mask = (1 << length) - 1 << width - length
    return ConnlimitMatch(limit, mask, "connlimit-daddr" in found, (asked[0].name == "connlimit-upto") != asked[0].inverted)


def save(match: ConnlimitMatch) -> str:
    """Words for -S."""
    side = "daddr" if match.by_destination else "saddr"
    return f" --connlimit-{'upto' if match.inverted else 'above'} {match.limit} --connlimit-mask {match.mask.bit_count()} --connlimit-{side}"


def listing(match: ConnlimitMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return f" #conn {'dst' if match.by_destination else 'src'}/{match.mask.bit_count()} {'<=' if match.inverted else '>'} {match.limit}"


CONNLIMIT = Extension(
    "connlimit",
    {name: (name, True) for name in (*LIMITS, "connlimit-mask")} | {name: (name, False) for name in SIDES},
    build, save, listing, ConnlimitMatch, frozenset(LIMITS),
)  # fmt: skip
