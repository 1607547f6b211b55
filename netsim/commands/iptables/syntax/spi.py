"""`-m esp` and `-m ah`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.spi import SpiMatch

ALL = 0xFFFFFFFF


def _range(option: Given | None, module: str) -> tuple[int, int, bool]:
    if option is None:
        return 0, ALL, False
    low, colon, high = option.value.partition(":")
    first = number(low) if low else 0
    last = (number(high) if high else ALL) if colon else first
    if first is None or last is None or first > ALL or last > ALL:
        raise Problem(f'{module}: bad value for option "--{option.name}" near "{option.value}", or out of range (0-{ALL}).\n')
    return first, last, option.inverted


def _esp(given: list[Given], context: Context) -> SpiMatch:
    return SpiMatch(50, *_range(once(given, "esp").get("espspi"), "esp"))


def _ah(given: list[Given], context: Context) -> SpiMatch:
    return SpiMatch(51, *_range(once(given, "ah").get("ahspi"), "ah"))


def save(match: SpiMatch) -> str:
    """Words for -S."""
    if (match.low, match.high, match.inverted) == (0, ALL, False):
        return ""
    option = "espspi" if match.protocol == 50 else "ahspi"
    return f"{bang(match.inverted)} --{option} {match.low}" + (f":{match.high}" if match.high != match.low else "")


def listing(match: SpiMatch, numeric: bool, /) -> str:
    """Words for -L."""
    name, mark = "esp" if match.protocol == 50 else "ah", "!" if match.inverted else ""
    if (match.low, match.high, match.inverted) == (0, ALL, False):
        return f" {name}"
    return f" {name} spi:{mark}{match.low}" if match.low == match.high else f" {name} spis:{mark}{match.low}:{match.high}"


ESP = Extension("esp", {"espspi": ("espspi", True)}, _esp, save, listing, SpiMatch, frozenset({"espspi"}), frozenset({50}))
AH = Extension("ah", {"ahspi": ("ahspi", True)}, _ah, save, listing, SpiMatch, frozenset({"ahspi"}), frozenset({51}))
