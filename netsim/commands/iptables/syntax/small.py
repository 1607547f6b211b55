"""Matches with one or two options: comment, length, mac, mark, pkttype, ttl and hl."""

from __future__ import annotations

import re

from netsim.addr import MAC
from netsim.commands.iptables.extension import Context, Extension, Given, bang, once, quoted
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import mark, number
from netsim.kernel.core.skbuff import PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST, PACKET_OTHERHOST, PACKET_OUTGOING
from netsim.kernel.netfilter.matches.comment import CommentMatch
from netsim.kernel.netfilter.matches.length import LengthMatch
from netsim.kernel.netfilter.matches.mac import MacMatch
from netsim.kernel.netfilter.matches.marks import MarkMatch
from netsim.kernel.netfilter.matches.pkttype import PkttypeMatch
from netsim.kernel.netfilter.matches.ttl import TtlMatch

PACKET_TYPES = {
    "unicast": PACKET_HOST,
    "broadcast": PACKET_BROADCAST,
    "multicast": PACKET_MULTICAST,
    "otherhost": PACKET_OTHERHOST,
    "outgoing": PACKET_OUTGOING,
}


def _must(found: dict[str, Given], name: str, module: str) -> Given:
    if name not in found:
        raise Problem(f'{module}: option "--{name}" must be specified\n')
    return found[name]


def _comment(given: list[Given], context: Context) -> CommentMatch:
    text = _must(once(given, "comment"), "comment", "comment").value
    if len(text) > 255:
        raise Problem('comment: Argument passed to "--comment" is too long')
    return CommentMatch(text)


def _length(given: list[Given], context: Context) -> LengthMatch:
    option = _must(once(given, "length"), "length", "length")
    low, colon, high = option.value.partition(":")
    first = number(low) if low else 0
    last = (number(high) if high else 65535) if colon else first
    if first is None or last is None or first > 65535 or last > 65535:
        raise Problem(f'length: bad value for option "--length" near "{option.value}", or out of range (0-65535).\n')
    return LengthMatch(first, last, option.inverted)


def _length_words(match: LengthMatch) -> str:
    return str(match.low) if match.low == match.high else f"{match.low}:{match.high}"


def _mac(given: list[Given], context: Context) -> MacMatch:
    option = _must(once(given, "mac"), "mac-source", "mac")
    if not re.fullmatch(r"([0-9a-fA-F]{1,2}:){5}[0-9a-fA-F]{1,2}", option.value):
        raise Problem("Invalid MAC address specified.")
    return MacMatch(MAC.parse(option.value), option.inverted)


def _mark(given: list[Given], context: Context) -> MarkMatch:
    option = _must(once(given, "mark"), "mark", "mark")
    value, mask = mark(option.value, "mark")
    return MarkMatch(value, mask, option.inverted)


def _mark_words(match: MarkMatch) -> str:
    return f"0x{match.value:x}" + (f"/0x{match.mask:x}" if match.mask != 0xFFFFFFFF else "")


def _pkttype(given: list[Given], context: Context) -> PkttypeMatch:
    option = _must(once(given, "pkttype"), "pkt-type", "pkttype")
    known = {**PACKET_TYPES, "host": PACKET_HOST, "mcast": PACKET_MULTICAST, "bcast": PACKET_BROADCAST}
    if option.value.lower() not in known:
        raise Problem(f"Bad packet type '{option.value}'")
    return PkttypeMatch(known[option.value.lower()], option.inverted)


def _pkttype_name(match: PkttypeMatch) -> str:
    return next(name for name, kind in PACKET_TYPES.items() if kind == match.kind)


def _ttl(given: list[Given], context: Context) -> TtlMatch:
    module = "ttl" if context.family == 2 else "hl"
    if len(given) != 1:
        raise Problem(f"{module.upper()} match: You must specify one of `--{module}-eq', `--{module}-lt', `--{module}-gt")
    option = given[0]
    value = number(option.value)
    if value is None or value > 255:
        raise Problem(f'{module}: bad value for option "--{option.name}", or out of range (0-255).')
    compare = option.name[-2:]
    return TtlMatch("ne" if compare == "eq" and option.inverted else compare, value)


def _ttl_save(name: str, match: TtlMatch) -> str:
    return f"{bang(match.compare == 'ne')} --{name}-{'eq' if match.compare == 'ne' else match.compare} {match.value}"


def _ttl4_save(match: TtlMatch) -> str:
    return _ttl_save("ttl", match)


def _hl_save(match: TtlMatch) -> str:
    return _ttl_save("hl", match)


_SIGNS = {"eq": "==", "ne": "!=", "lt": "<", "gt": ">"}


def _ttl4_listing(match: TtlMatch, numeric: bool, /) -> str:
    return f" TTL match TTL {_SIGNS[match.compare]} {match.value}"


def _hl_listing(match: TtlMatch, numeric: bool, /) -> str:
    return f" HL match HL {_SIGNS[match.compare]} {match.value}"


def _comment_save(match: CommentMatch) -> str:
    return f" --comment{quoted(match.text)}"


def _comment_listing(match: CommentMatch, numeric: bool, /) -> str:
    return f" /* {match.text} */"


def _length_save(match: LengthMatch) -> str:
    return f"{bang(match.inverted)} --length {_length_words(match)}"


def _length_listing(match: LengthMatch, numeric: bool, /) -> str:
    return f" length {'!' if match.inverted else ''}{_length_words(match)}"


def _mac_save(match: MacMatch) -> str:
    return f"{bang(match.inverted)} --mac-source {match.address}"


def _mac_listing(match: MacMatch, numeric: bool, /) -> str:
    return f" MAC {'! ' if match.inverted else ''}{match.address}"


def _mark_save(match: MarkMatch) -> str:
    return f"{bang(match.inverted)} --mark {_mark_words(match)}"


def _mark_listing(match: MarkMatch, numeric: bool, /) -> str:
    return f" mark match {'! ' if match.inverted else ''}{_mark_words(match)}"


def _pkttype_save(match: PkttypeMatch) -> str:
    return f"{bang(match.inverted)} --pkt-type {_pkttype_name(match)}"


def _pkttype_listing(match: PkttypeMatch, numeric: bool, /) -> str:
    return f" PKTTYPE {'!=' if match.inverted else '='} {_pkttype_name(match)}"


COMMENT = Extension("comment", {"comment": ("comment", True)}, _comment, _comment_save, _comment_listing, CommentMatch)
LENGTH = Extension("length", {"length": ("length", True)}, _length, _length_save, _length_listing, LengthMatch, frozenset({"length"}))
MACS = Extension("mac", {"mac-source": ("mac-source", True)}, _mac, _mac_save, _mac_listing, MacMatch, frozenset({"mac-source"}))
MARKS = Extension("mark", {"mark": ("mark", True)}, _mark, _mark_save, _mark_listing, MarkMatch, frozenset({"mark"}))
PKTTYPE = Extension("pkttype", {"pkt-type": ("pkt-type", True)}, _pkttype, _pkttype_save, _pkttype_listing, PkttypeMatch, frozenset({"pkt-type"}))
TTL = Extension(
    "ttl",
    {"ttl": ("ttl-eq", True), "ttl-eq": ("ttl-eq", True), "ttl-lt": ("ttl-lt", True), "ttl-gt": ("ttl-gt", True)},
    _ttl, _ttl4_save, _ttl4_listing, TtlMatch, frozenset({"ttl-eq"}),
)  # fmt: skip
HL = Extension(
    "hl",
    {"hl-eq": ("hl-eq", True), "hl-lt": ("hl-lt", True), "hl-gt": ("hl-gt", True)},
    _ttl, _hl_save, _hl_listing, TtlMatch, frozenset({"hl-eq"}),
)  # fmt: skip
