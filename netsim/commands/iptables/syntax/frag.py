"""`-m frag` and `-m rt` of ip6tables."""

from __future__ import annotations

from netsim.addr import IPv6
from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.frag import ALL, FragMatch, RtMatch

FLAGS = ("fragres", "fragfirst", "fragmore", "fraglast")
TOLD = {"fragres": "reserved", "fragfirst": "first", "fragmore": "more", "fraglast": "last"}


def _span(option: Given, module: str) -> tuple[int, int]:
    low, colon, high = option.value.partition(":")
    first = number(low) if low or not colon else 0
    last = (number(high) if high else ALL) if colon else first
    if first is None or last is None or max(first, last) > ALL:
        raise Problem(f'{module}: bad value for option "--{option.name}" near "{option.value}", or out of range (0-{ALL}).\n')
    return first, last


def _frag(given: list[Given], context: Context) -> FragMatch:
    found = once(given, "frag")
    if "fragmore" in found and "fraglast" in found:
        raise Problem('frag: option "--fragmore" cannot be used together with "--fraglast".\n')
    ident, length = found.get("fragid"), found.get("fraglen")
    low, high = (0, ALL) if ident is None else _span(ident, "frag")
    size = 0 if length is None else number(length.value)
    if size is None or size > ALL:
        raise Problem(f'frag: bad value for option "--fraglen" near "{length.value if length else ""}", or out of range (0-{ALL}).\n')
    flags = frozenset(name for name in FLAGS if name in found)
    return FragMatch(low, high, bool(ident and ident.inverted), size, bool(length and length.inverted), flags)


def _save_frag(match: FragMatch) -> str:
    text = ""
    if (match.low, match.high, match.inverted) != (0, ALL, False):
        span = str(match.low) if match.low == match.high else f"{match.low}:{match.high}"
        text += f"{bang(match.inverted)} --fragid {span}"
    if match.length:
        text += f"{bang(match.length_inverted)} --fraglen {match.length}"
    return text + "".join(f" --{name}" for name in FLAGS if name in match.flags)


def _list_frag(match: FragMatch, numeric: bool, /) -> str:
    mark, text = "!" if match.inverted else "", " frag "
    if (match.low, match.high, match.inverted) != (0, ALL, False):
        text += f"id:{mark}{match.low}" if match.low == match.high else f"ids:{mark}{match.low}:{match.high}"
    if match.length:
        text += f" length:{'!' if match.length_inverted else ''}{match.length}"
    return text + "".join(f" {TOLD[name]}" for name in FLAGS if name in match.flags)


FRAG = Extension(
    "frag", {"fragid": ("fragid", True), "fraglen": ("fraglen", True)} | {name: (name, False) for name in FLAGS}, _frag, _save_frag, _list_frag, FragMatch,
    frozenset({"fragid", "fraglen"}),
)  # fmt: skip
OF_TYPE_0 = ("rt-0-res", "rt-0-addrs", "rt-0-not-strict")


def _rt(given: list[Given], context: Context) -> RtMatch:
    found = once(given, "rt")
    kind = found.get("rt-type")
    is_zero = kind is not None and number(kind.value) == 0 and not kind.inverted
    for option in given:
        if option.name in OF_TYPE_0[:2] and not is_zero:
            raise Problem(f"`--rt-type 0' required before `--{option.name}'")
        if option.name == "rt-0-not-strict" and "rt-0-addrs" not in found:
            raise Problem("`--rt-0-addr ...' required before `--rt-0-not-strict'")
    words = told = ""
    for name, shown in (("rt-type", "type"), ("rt-segsleft", "segsleft"), ("rt-len", "length")):
        if name in found:
            option = found[name]
            low, high = _span(option, "rt")
            span, mark = str(low) if low == high else f"{low}:{high}", "!" if option.inverted else ""
            words += f"{bang(option.inverted)} --{name} {span}"
            told += f" {shown}{'s' if low != high else ''}:{mark}{span}"
    if "rt-0-res" in found:
        words, told = words + " --rt-0-res", told + " reserved"
    if "rt-0-addrs" in found:
        listed = ",".join(str(_address(word)) for word in found["rt-0-addrs"].value.split(","))
        words, told = words + f" --rt-0-addrs {listed}", told + f" 0-addrs {listed}"
    if "rt-0-not-strict" in found:
        words, told = words + " --rt-0-not-strict", told + " 0-not-strict"
    return RtMatch(words, f" rt{told}")


def _address(word: str) -> IPv6:
    try:
        return IPv6.parse(word)
    except ValueError:
        raise Problem(f"invalid address `{word}' specified") from None


def _save_rt(match: RtMatch) -> str:
    return match.words


def _list_rt(match: RtMatch, numeric: bool, /) -> str:
    return match.told


RT = Extension(
    "rt", {name: (name, True) for name in ("rt-type", "rt-segsleft", "rt-len", "rt-0-addrs")} | {"rt-0-res": ("rt-0-res", False),
    "rt-0-not-strict": ("rt-0-not-strict", False)}, _rt, _save_rt, _list_rt, RtMatch, frozenset({"rt-type", "rt-segsleft", "rt-len"}),
)  # fmt: skip
