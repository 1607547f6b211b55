"""`-m limit`."""

from __future__ import annotations

import re

from netsim.commands.iptables.extension import Context, Extension, Given, once
from netsim.commands.iptables.problem import Problem
from netsim.commands.iptables.words import number
from netsim.kernel.netfilter.matches.limit import SCALE, LimitMatch

UNITS = (("day", 86400), ("hour", 3600), ("min", 60), ("sec", 1))
DEFAULT_BURST = 5


def rate_of(word: str) -> int:
    """`N/unit` as the time one packet costs, in 1/10000 s (`parse_rate`)."""
    parts = re.fullmatch(r"(\d+)(?:/(s|se|sec|seco|secon|second|m|mi|min|minu|minut|minute|h|ho|hou|hour|d|da|day))?", word, re.I)
    seconds = {"s": 1, "m": 60, "h": 3600, "d": 86400}[(parts[2] or "s")[0].lower()] if parts else 0
    if parts is None or not int(parts[1]):
        raise Problem(f'bad rate "{word}"\'')
    if int(parts[1]) > seconds * SCALE:
        raise Problem(f'Rate too fast "{word}"')
    return seconds * SCALE // int(parts[1])


def words_of(average: int) -> str:
    """The rate in the largest unit that divides well (`print_rate`)."""
    chosen = ("sec", 1)
    for name, seconds in reversed(UNITS):
        period = seconds * SCALE
        if average > period or period // average < period % average:
            continue
        chosen = (name, seconds)
        break
    else:
        chosen = UNITS[0]
    return f"{chosen[1] * SCALE // average}/{chosen[0]}"


def build(given: list[Given], context: Context) -> LimitMatch:
    """The match from its options."""
    found = once(given, "limit")
    burst = number(found["limit-burst"].value) if "limit-burst" in found else DEFAULT_BURST
    if burst is None or burst > 10000:
        raise Problem('limit: bad value for option "--limit-burst", or out of range (0-10000).\n')
    return LimitMatch(rate_of(found["limit"].value if "limit" in found else "3/hour"), burst)


def save(match: LimitMatch) -> str:
    """Words for -S."""
    return f" --limit {words_of(match.average)}" + (f" --limit-burst {match.burst}" if match.burst != DEFAULT_BURST else "")


def listing(match: LimitMatch, numeric: bool, /) -> str:
    """Words for -L."""
    return f" limit: avg {words_of(match.average)} burst {match.burst}"


LIMIT = Extension("limit", {"limit": ("limit", True), "limit-burst": ("limit-burst", True)}, build, save, listing, LimitMatch)
