"""`-m connbytes`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.connbytes import NO_END, SIDES, ConnbytesMatch

NAMES = ("connbytes", "connbytes-dir", "connbytes-mode")
MODES = ("packets", "bytes", "avgpkt")


def build(given: list[Given], context: Context) -> ConnbytesMatch:
    """The match from its options."""
    for option in given:
        if option.name == "connbytes-dir" and option.value not in SIDES:
            raise Problem(f"Unknown --connbytes-dir `{option.value}'")
        if option.name == "connbytes-mode" and option.value not in MODES:
            raise Problem(f"Unknown --connbytes-mode `{option.value}'")
        if option.name == "connbytes":
            _span(option.value)
    found = once(given, "connbytes")
    for name in NAMES:
        if name not in found:
            raise Problem(f'connbytes: option "--{name}" must be specified\n')
    low, high = _span(found["connbytes"].value)
    return ConnbytesMatch(low, high, found["connbytes-mode"].value, found["connbytes-dir"].value, found["connbytes"].inverted)


def _span(text: str) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    low = number(first) if first else 0 if colon else None
    high = number(last) if last else NO_END
    if low is None or high is None or max(low, high) > NO_END:
        raise Problem(f'connbytes: bad value for option "--connbytes" near "{text}", or out of range (0-{NO_END}).\n')
    if high < low:
        raise Problem(f"{low} should be less than {high}")
    return low, high


def _text(match: ConnbytesMatch) -> str:
    return str(match.low) if match.high == NO_END else f"{match.low}:{match.high}"


def save(match: ConnbytesMatch) -> str:
    """Words for -S."""
    return f"{bang(match.inverted)} --connbytes {_text(match)} --connbytes-mode {match.mode} --connbytes-dir {match.direction}"


def listing(match: ConnbytesMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return f"{' !' if match.inverted else ''} connbytes {_text(match)} connbytes mode {match.mode} connbytes direction {match.direction}"


CONNBYTES = Extension("connbytes", {name: (name, True) for name in NAMES}, build, save, listing, ConnbytesMatch, frozenset({"connbytes"}))
