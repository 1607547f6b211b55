"""`-m statistic`."""

from __future__ import annotations

from netsim.commands.iptables.extension import Context, Extension, Given, bang, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.statistic import StatisticMatch

FULL = 0x80000000


def build(given: list[Given], context: Context) -> StatisticMatch:
    """The match from its options."""
    found = once(given, "statistic")
    if "mode" not in found:
        raise Problem('statistic: option "--mode" must be specified\n')
    mode = found["mode"].value
    if mode not in ("random", "nth"):
        raise Problem(f'Bad mode "{mode}"')
    if mode == "random":
        return _random(found)
    return _nth(found)


def _random(found: dict[str, Given]) -> StatisticMatch:
    option = found.get("probability")
    if option is None:
        raise Problem("--probability must be specified when using random mode")
    try:
        chance = float(option.value)
    except ValueError:
        chance = -1.0
    if not 0 <= chance <= 1:
        raise Problem('statistic: bad value for option "--probability", or out of range (0-1).\n')
    return StatisticMatch("random", probability=round(chance * FULL), inverted=option.inverted)


def _nth(found: dict[str, Given]) -> StatisticMatch:
    option = found.get("every")
    if option is None:
        raise Problem("--every must be specified when using nth mode")
    if "packet" not in found:
        raise Problem('statistic: option "--every" also requires "--packet".\n')
    every, packet = number(option.value), number(found["packet"].value)
    if not every:
        raise Problem('statistic: bad value for option "--every", or out of range.\n')
    if packet is None or packet >= every:
        raise Problem("the --packet p must be 0 <= p <= n-1")
    return StatisticMatch("nth", every=every, packet=packet, inverted=option.inverted)


def save(match: StatisticMatch) -> str:
    """Words for -S."""
    if match.mode == "random":
        return f" --mode random{bang(match.inverted)} --probability {match.probability / FULL:.11f}"
    return f" --mode nth{bang(match.inverted)} --every {match.every} --packet {match.packet}"


def listing(match: StatisticMatch, numeric: bool, /) -> str:
    """Words for -L."""
    mark = " !" if match.inverted else ""
    if match.mode == "random":
        return f" statistic mode random{mark} probability {match.probability / FULL:.11f}"
    return f" statistic mode nth{mark} every {match.every}" + (f" packet {match.packet}" if match.packet else "")


STATISTIC = Extension(
    "statistic",
    {"mode": ("mode", True), "probability": ("probability", True), "every": ("every", True), "packet": ("packet", True)},
    build,
    save,
    listing,
    StatisticMatch,
    frozenset({"probability", "every"}),
)
