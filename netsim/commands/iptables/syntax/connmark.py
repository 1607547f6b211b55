"""`-m connmark` and `-j CONNMARK`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import mark, number
from netsim.kernel.netfilter.matches.connmark import ConnmarkMatch
from netsim.kernel.netfilter.targets.connmark import ConnmarkTarget

ALL_BITS = 0xFFFFFFFF
OPERATIONS = ("set-xmark", "set-mark", "and-mark", "or-mark", "xor-mark", "save-mark", "restore-mark")
SHIFTS = ("left-shift-mark", "right-shift-mark")
MASKS = ("ctmask", "nfmask", "mask")


def _match(given: list[Given], context: Context) -> ConnmarkMatch:
    option = once(given, "connmark").get("mark")
    if option is None:
        raise Problem('connmark: option "--mark" must be specified\n')
    try:
        value, mask = mark(option.value, "mark")
    except Problem:
        raise Problem('connmark: bad integer value for option "--mark", or out of range.\n') from None
    return ConnmarkMatch(value, mask, option.inverted)


def _match_words(match: ConnmarkMatch) -> str:
    return f"0x{match.value:x}" + (f"/0x{match.mask:x}" if match.mask != ALL_BITS else "")


def _match_save(match: ConnmarkMatch) -> str:
    return f"{' !' if match.inverted else ''} --mark {_match_words(match)}"


def _match_listing(match: ConnmarkMatch, numeric: bool, /) -> str:
    return f" connmark match {'!' if match.inverted else ''} {_match_words(match)}"


def _value(option: Given) -> int:
    value = number(option.value)
    if value is None or value > ALL_BITS:
        raise Problem(f'CONNMARK: bad integer value for option "--{option.name}", or out of range.\n')
    return value


def _value_and_mask(option: Given) -> tuple[int, int]:
    try:
        return mark(option.value, option.name)
    except Problem:
        raise Problem(f'CONNMARK: bad integer value for option "--{option.name}", or out of range.\n') from None


def _target(given: list[Given], context: Context) -> ConnmarkTarget:
    found = once(given, "CONNMARK")
    wanted = [name for name in OPERATIONS if name in found]
    first = next((option.name for option in given if option.name in OPERATIONS), "")
    if len(wanted) > 1:
        second = next(option.name for option in given if option.name in OPERATIONS and option.name != first)
        raise Problem(f'CONNMARK: option "--{first}" cannot be used together with "--{second}".\n')
    if not first:
        raise Problem("CONNMARK target: No operation specified")
    shift = _value(found[SHIFTS[0]]) if SHIFTS[0] in found else -_value(found[SHIFTS[1]]) if SHIFTS[1] in found else 0
    masks = {name: _value(found[name]) for name in MASKS if name in found}
    both = masks.get("mask", ALL_BITS)
    ctmask, nfmask = masks.get("ctmask", both), masks.get("nfmask", both)
    if first in ("save-mark", "restore-mark"):
        return ConnmarkTarget(first.partition("-")[0], 0, ctmask, nfmask, shift)
    value, mask = _set(found[first])
    return ConnmarkTarget("set", value, masks.get("mask", masks.get("ctmask", mask)), ALL_BITS, shift)


def _set(option: Given) -> tuple[int, int]:
    """Value and mask of one of the setting operations."""
    if option.name in ("set-xmark", "set-mark"):
        value, mask = _value_and_mask(option)
        return value, mask if option.name == "set-xmark" else (value | mask) & ALL_BITS
    value = _value(option)
    return {"and-mark": (0, ~value & ALL_BITS), "or-mark": (value, value), "xor-mark": (value, 0)}[option.name]


def _shift_words(target: ConnmarkTarget, dashes: str) -> str:
    if not target.shift:
        return ""
    return f" {dashes}{SHIFTS[0] if target.shift > 0 else SHIFTS[1]} {abs(target.shift)}"


def _target_save(target: ConnmarkTarget) -> str:
    if target.mode == "set":
        return f" --set-xmark 0x{target.value:x}/0x{target.ctmask:x}" + _shift_words(target, "--")
    return f" --{target.mode}-mark --nfmask 0x{target.nfmask:x} --ctmask 0x{target.ctmask:x}" + _shift_words(target, "--")


def _target_listing(target: ConnmarkTarget, numeric: bool, /) -> str:
    return f" CONNMARK {_operation(target)}" + _shift_words(target, "")


def _operation(target: ConnmarkTarget) -> str:
    value, ctmask, nfmask = target.value, target.ctmask, target.nfmask
    if target.mode == "set":
        if value == 0:
            return f"and 0x{~ctmask & ALL_BITS:x}"
        if value == ctmask:
            return f"or 0x{value:x}"
        if ctmask == 0:
            return f"xor 0x{value:x}"
        return f"set 0x{value:x}" if ctmask == ALL_BITS else f"xset 0x{value:x}/0x{ctmask:x}"
    if nfmask == ctmask == ALL_BITS:
        return target.mode
    if nfmask == ctmask:
        return f"{target.mode} mask 0x{nfmask:x}"
    if target.mode == "save":
        return f"save nfmask 0x{nfmask:x} ctmask ~0x{ctmask:x}"
    return f"restore ctmask 0x{ctmask:x} nfmask ~0x{nfmask:x}"


CONNMARKS = Extension("connmark", {"mark": ("mark", True)}, _match, _match_save, _match_listing, ConnmarkMatch, frozenset({"mark"}))
CONNMARK = Extension(
    "CONNMARK",
    {name: (name, name not in ("save-mark", "restore-mark")) for name in (*OPERATIONS, *SHIFTS, *MASKS)},
    _target, _target_save, _target_listing, ConnmarkTarget,
)  # fmt: skip
